import { LRUCache } from 'lru-cache';
import type { Certificate, PublicKeyFacts, SubjectPublicKeyInfo } from '../domain/certificate.ts';
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

/** Hashing this much costs about as much as one check with P-256. */
const OCTETS_PER_UNIT = 64 * 1024;

/** What a check costs, in checks with P-256 (measured: 70 µs on one core of 2026). At least 1. */
export function signatureCost(issuer: SubjectPublicKeyInfo, certificate: Certificate): number {
  return Math.max(1, Math.ceil(keyCost(issuer.facts))) + Math.floor(certificate.tbs.length / OCTETS_PER_UNIT);
}

function keyCost(facts: PublicKeyFacts): number {
  switch (facts.type) {
    case 'rsa':
    case 'rsa-pss':
      // Squarings grow with the square of the modulus, their number with the length of the exponent (65537 has 17 bits).
      return ((facts.bits / 4096) ** 2 * facts.exponent.toString(2).length) / 17;
    case 'ec':
      // OpenSSL has fast code for P-256 only.
      if (facts.bits <= 256) return facts.curve === 'P-256' ? 1 : 4;
      return facts.bits <= 384 ? 8 : 18;
    case 'dsa':
    case 'ed448':
    case 'ml-dsa':
      return 4;
    case 'slh-dsa':
      return 22;
    default:
      return 1;
  }
}
