import { createHash } from 'node:crypto';
import { createAnchorSet } from '../../src/domain/anchor-set.ts';
import type { Certificate, DecodedExtensions, DistinguishedName } from '../../src/domain/certificate.ts';
import type { Candidate } from '../../src/domain/path.ts';
import { DEFAULT_POLICY, type Policy } from '../../src/domain/policy.ts';
import type { CertificateSignatureCheck } from '../../src/path/certificate-signature.ts';

/**
 * Certificates as records, for what does not depend on bytes: thousands of graphs in a second, and fields of any value.
 * A key is a word, and a signature is the word of the key that made it.
 */
export interface RecordOptions {
  /** Relative distinguished names, `O=Corp` first: default `CN=<id>`. */
  readonly subject?: readonly string[];
  /** Absent: self-issued. */
  readonly issuer?: Certificate | readonly string[];
  /** Default: the last of `subject`. */
  readonly key?: string;
  /** Default: the key of `issuer` when that is a certificate, else its own. */
  readonly signedBy?: string;
  /** Default: a CA, and `{}` for end entities. */
  readonly decoded?: DecodedExtensions;
  readonly notBefore?: number;
  readonly notAfter?: number;
  readonly version?: number;
  readonly extensions?: Certificate['extensions'];
  readonly faults?: Certificate['faults'];
}

export const AT = Date.UTC(2026, 5, 1);
export const YEAR_MS = 365 * 24 * 3600 * 1000;
export const CA: DecodedExtensions = {
  basicConstraints: { ca: true, pathLength: null },
  keyUsage: new Set(['key_cert_sign'] as const),
};

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const nothing = Buffer.alloc(0);
const algorithm = { oid: '1.2.840.10045.4.3.2', name: 'ecdsa-with-SHA256', der: nothing, parameters: null };

export function nameOf(...rdns: readonly string[]): DistinguishedName {
  const attributes = rdns.map((text) => {
    const [type = '', value = ''] = text.split('=');
    const oid = { CN: '2.5.4.3', O: '2.5.4.10', E: '1.2.840.113549.1.9.1' }[type] ?? type;
    return { oid, value, tag: 12, key: `${oid}=${value.toLowerCase()}` };
  });
  return {
    der: nothing,
    rdns: attributes.map((attribute) => [attribute]),
    text: rdns.toReversed().join(','),
    key: attributes.map(({ key }) => key).join(','),
  };
}

/** @param id makes the certificate; two with the same id are the same certificate */
export function certificateRecord(id: string, options: RecordOptions = {}): Certificate {
  const subjectText = options.subject ?? [`CN=${id}`];
  const subject = nameOf(...subjectText);
  const issuer = options.issuer === undefined ? subject : issuerName(options.issuer);
  const key = options.key ?? subjectText.join();
  const signer = options.signedBy ?? (isCertificate(options.issuer) ? keyOf(options.issuer) : key);
  return {
    der: nothing,
    sha256: sha256(`certificate ${id}`),
    tbs: nothing,
    version: options.version ?? 3,
    serial: '01',
    issuer,
    subject,
    notBefore: options.notBefore ?? AT - YEAR_MS,
    notAfter: options.notAfter ?? AT + YEAR_MS,
    spki: {
      der: nothing,
      sha256: sha256(`key ${key}`),
      algorithm,
      publicKey: Buffer.from(key),
      facts: { type: 'ec', curve: 'P-256', bits: 256 },
    },
    signature: { algorithm, value: Buffer.from(signer), hash: 'sha256', pss: null },
    extensions: options.extensions ?? [],
    decoded: options.decoded ?? CA,
    selfIssued: issuer.key === subject.key,
    faults: options.faults ?? [],
  };
}

function isCertificate(issuer: RecordOptions['issuer']): issuer is Certificate {
  return issuer !== undefined && 'sha256' in issuer;
}

function issuerName(issuer: Certificate | readonly string[]): DistinguishedName {
  return 'sha256' in issuer ? issuer.subject : nameOf(...issuer);
}

function keyOf(certificate: Certificate): string {
  return certificate.spki.publicKey.toString();
}

export const verifyRecord: CertificateSignatureCheck = (issuer, { signature }) =>
  signature.value.equals(issuer.publicKey) ? 'valid' : 'invalid';

export function anchorSet(...anchors: readonly Certificate[]) {
  return createAnchorSet({ name: 'test', sha256: '', anchors, intermediates: [], crls: [], skipped: [] });
}

export function presented(...certificates: readonly Certificate[]): Candidate[] {
  return certificates.map((certificate, index) => ({ certificate, source: 'presented', presentedIndex: index + 1 }));
}

/** What `buildPath` asks for beside the certificates. */
export function searchDefaults(policy: Partial<Policy> = {}) {
  return {
    at: AT,
    policy: { ...DEFAULT_POLICY, profile: 'rfc5280', ...policy } as Policy,
    judge: () => [],
    verify: verifyRecord,
  };
}
