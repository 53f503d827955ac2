import { hash } from 'node:crypto';
import type { Certificate } from '../domain/certificate.ts';
import { TAG } from './der.ts';
import { writeElement } from './der-writer.ts';

/** Digests of certificate identifiers: every responder knows the first; some newer ones want the second. */
export type CertIdHash = 'sha1' | 'sha256';

/** AlgorithmIdentifier contents: 1.3.14.3.2.26 and 2.16.840.1.101.3.4.2.1, with NULL parameters. */
const HASH_OIDS: Readonly<Record<CertIdHash, Buffer>> = {
  sha1: Buffer.from('2b0e03021a', 'hex'),
  sha256: Buffer.from('608648016503040201', 'hex'),
};

/**
 * OCSPRequest (RFC 6960 §4.1.1) about one certificate: unsigned and without nonce, so that a responder may answer with
 * what it signed beforehand and the answer may be cached (RFC 5019 §2.1).
 */
export function encodeOcspRequest(certificate: Certificate, issuer: Certificate, digest: CertIdHash): Buffer {
  const algorithm = writeElement(TAG.sequence, writeElement(TAG.oid, HASH_OIDS[digest]), writeElement(TAG.null));
  const certId = writeElement(
    TAG.sequence,
    algorithm,
    writeElement(TAG.octetString, hash(digest, certificate.issuer.der, 'buffer')),
    writeElement(TAG.octetString, hash(digest, issuer.spki.publicKey, 'buffer')),
    writeElement(TAG.integer, Buffer.from(certificate.serial, 'hex')),
  );
  const request = writeElement(TAG.sequence, certId);
  return writeElement(TAG.sequence, writeElement(TAG.sequence, writeElement(TAG.sequence, request)));
}
