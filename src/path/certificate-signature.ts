import { LRUCache } from 'lru-cache';
import type { Certificate, SubjectPublicKeyInfo } from '../domain/certificate.ts';
import { type SignatureOutcome, verifySignature } from '../x509/signature.ts';

/** Whether the key `issuer` made the signature of `certificate`. */
export type CertificateSignatureCheck = (issuer: SubjectPublicKeyInfo, certificate: Certificate) => SignatureOutcome;

/** Links of the chains of a few hundred hosts; an entry takes about 250 octets. */
const MAX_KNOWN = 4096;

const known = new LRUCache<string, SignatureOutcome>({ max: MAX_KNOWN });

/**
 * `verifySignature` for a certificate, kept by the SHA-256 of key and certificate. The outcome depends on nothing
 * else, so all searches share it; their counts of work do not depend on what is kept.
 */
export const checkCertificateSignature: CertificateSignatureCheck = (issuer, certificate) => {
  const link = issuer.sha256 + certificate.sha256;
  const outcome =
    known.get(link) ?? verifySignature({ data: certificate.tbs, signature: certificate.signature, spki: issuer });
  known.set(link, outcome);
  return outcome;
};
