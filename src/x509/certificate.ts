import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Certificate, ReadCertificate, SignatureInfo } from '../domain/certificate.ts';
import { checkSignatureParameters, readAlgorithm, signatureInfo } from './algorithm.ts';
import { readTime } from './asn1-time.ts';
import { checkProfile, type FieldOffsets } from './certificate-profile.ts';
import {
  contextConstructed,
  contextPrimitive,
  type DerCursor,
  DerError,
  DerSource,
  readBitString,
  readCount,
  readInteger,
  TAG,
  type Violation,
} from './der.ts';
import { type ExtensionsRead, readExtensions } from './extensions.ts';
import { FaultLog, faultOf } from './fault-log.ts';
import { readName } from './name.ts';
import { readPublicKey } from './public-key.ts';

/** Octets of one certificate. Real ones have 1 to 3 KiB, those with a hundred names 10 KiB. */
export const MAX_CERTIFICATE_BYTES = 1024 * 1024;
/** Elements of one certificate, so that its records stay within tens of megabytes. A thousand names take 1,000. */
export const MAX_ELEMENTS = 100_000;
/** Of the records kept, by the estimate below: about 3,000 ordinary certificates. */
const CACHE_BYTES = 32 * 1024 * 1024;
/** Measured: the objects of a record take 75 octets for each element of its certificate. */
const BYTES_PER_ELEMENT = 80;

const cache = new LRUCache<string, ReadCertificate>({ maxSize: CACHE_BYTES });

/**
 * Reads a certificate: total for any bytes, in a number of steps bounded by their length. `der` is copied; the record
 * keeps nothing of it. The same bytes give the same record while it is cached (a record depends on nothing else).
 */
export function readCertificate(der: Buffer): ReadCertificate {
  const sha256 = hash('sha256', der, 'hex');
  const known = cache.get(sha256);
  if (known !== undefined) return known;
  const { certificate, elements } = parse(der, sha256);
  cache.set(sha256, certificate, { size: 1024 + certificate.der.length + elements * BYTES_PER_ELEMENT });
  return certificate;
}

/** As `readCertificate`, without its cache. */
export function parseCertificate(der: Buffer): ReadCertificate {
  return parse(der, hash('sha256', der, 'hex')).certificate;
}

function parse(der: Buffer, sha256: string): { certificate: ReadCertificate; elements: number } {
  if (der.length > MAX_CERTIFICATE_BYTES) {
    const detail = `the certificate has ${der.length} octets`;
    // Nothing is known of these megabytes; the fingerprint says which they were.
    const violation: Violation = { rule: 'certificate.too_large', offset: 0, detail };
    const unreadable = faultOf(violation, sha256);
    return { certificate: { der: Buffer.alloc(0), sha256, unreadable }, elements: 0 };
  }
  // Its own memory: a view would keep alive the network buffer, or the pool of small buffers, that it came from.
  const bytes = Buffer.allocUnsafeSlow(der.length);
  der.copy(bytes);
  const faults = new FaultLog(sha256);
  const source = new DerSource(bytes, (violation) => faults.add(violation), MAX_ELEMENTS);
  const certificate = readOrExplain(source, faults);
  return { certificate, elements: source.elements };
}

function readOrExplain(source: DerSource, faults: FaultLog): ReadCertificate {
  const { bytes: der } = source;
  const { sha256 } = faults;
  try {
    return { der, sha256, ...readOuter(source), faults: faults.list() };
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return { der, sha256, unreadable: faultOf(error.violation, sha256) };
  }
}

/** Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue } (RFC 5280 §4.1). */
function readOuter(source: DerSource): Omit<Certificate, 'der' | 'sha256' | 'faults'> {
  const document = source.cursor();
  const outer = document.enter(TAG.sequence, 'the certificate');
  if (!document.done) {
    const detail = `${document.end - document.offset} octets follow the certificate`;
    source.report({ rule: 'der.trailing_bytes', offset: document.offset, detail });
  }
  const tbs = outer.take(TAG.sequence, 'tbsCertificate');
  const fields = source.inside(tbs);
  const { version, versionOffset } = readVersion(fields);
  const serialElement = fields.take(TAG.integer, 'serialNumber');
  const serial = readInteger(source, serialElement, 'serialNumber').toString('hex');
  const inner = readAlgorithm(fields, 'signature');
  const issuerOffset = fields.offset;
  const issuer = readName(fields, 'issuer');
  const validity = fields.take(TAG.sequence, 'validity');
  const { notBefore, notAfter } = readValidity(source.inside(validity));
  const subjectOffset = fields.offset;
  const subject = readName(fields, 'subject');
  const spki = readPublicKey(fields);
  const uniqueId = readUniqueIds(fields);
  const extensionsOffset = fields.tag === contextConstructed(3) ? fields.offset : null;
  const { extensions, decoded } = readExtensionsField(fields);

  const signature = readSignature(outer, inner.der);
  const record = { version, serial, issuer, subject, notBefore, notAfter, extensions, decoded };
  const offsets: FieldOffsets = {
    version: versionOffset,
    serial: serialElement.start,
    issuer: issuerOffset,
    validity: validity.start,
    subject: subjectOffset,
    uniqueId,
    extensions: extensionsOffset,
  };
  checkProfile(record, offsets, source.report);
  return { ...record, tbs: source.der(tbs), spki, signature, selfIssued: issuer.key === subject.key };
}

/** `[0] EXPLICIT INTEGER DEFAULT v1` (RFC 5280 §4.1.2.1); v1 is 0. */
function readVersion(fields: DerCursor): { version: number; versionOffset: number } {
  const { source } = fields;
  const versionOffset = fields.offset;
  const element = fields.takeOptional(contextConstructed(0), 'version');
  if (element === null) return { version: 1, versionOffset };
  const inner = source.inside(element);
  const version = 1 + readCount(source, inner.take(TAG.integer, 'version'), 'version');
  inner.finish('version');
  if (version === 1) {
    source.report({ rule: 'der.default_encoded', offset: versionOffset, detail: 'version 1 is spelled out' });
  }
  return { version, versionOffset };
}

function readValidity(fields: DerCursor): { notBefore: number; notAfter: number } {
  let notBefore = Number.NaN;
  let notAfter = Number.NaN;
  recover(fields.source, () => {
    notBefore = readTime(fields, 'notBefore');
    notAfter = readTime(fields, 'notAfter');
    fields.finish('validity');
  });
  return { notBefore, notAfter };
}

/** issuerUniqueID [1] and subjectUniqueID [2] (RFC 5280 §4.1.2.8): the offset of the first, null when there is none. */
function readUniqueIds(fields: DerCursor): number | null {
  const offset = fields.offset;
  const elements = [1, 2].flatMap(
    (number) => fields.takeOptional(contextPrimitive(number), 'a unique identifier') ?? [],
  );
  for (const element of elements) {
    recover(fields.source, () => readBitString(fields.source, element, 'a unique identifier'));
  }
  return elements.length === 0 ? null : offset;
}

function readExtensionsField(fields: DerCursor): ExtensionsRead {
  let read: ExtensionsRead = { extensions: [], decoded: {} };
  recover(fields.source, () => {
    const element = fields.takeOptional(contextConstructed(3), 'the extensions');
    if (element !== null) read = readExtensions(fields.source.inside(element));
    fields.finish('tbsCertificate');
  });
  return read;
}

/** signatureAlgorithm and signatureValue; `inner` is the algorithm inside of what is signed (RFC 5280 §4.1.1.2). */
function readSignature(outer: DerCursor, inner: Buffer): SignatureInfo {
  const { source } = outer;
  const offset = outer.offset;
  const algorithm = readAlgorithm(outer, 'signatureAlgorithm');
  if (!algorithm.der.equals(inner)) {
    const detail = `signatureAlgorithm (${algorithm.name}) differs from the algorithm inside of what is signed`;
    source.report({ rule: 'certificate.algorithm_mismatch', offset, detail });
  }
  checkSignatureParameters(source, algorithm, offset);
  const element = outer.take(TAG.bitString, 'signatureValue');
  const { bytes, unusedBits } = readBitString(source, element, 'signatureValue');
  if (unusedBits !== 0) {
    const detail = `signatureValue has ${unusedBits} unused bits`;
    source.report({ rule: 'certificate.signature_unused_bits', offset: element.content, detail });
  }
  outer.finish('the certificate');
  return signatureInfo(algorithm, bytes);
}

/** Reads a field whose failure leaves a hole in the record, with a fault that is an error in every profile. */
function recover(source: DerSource, read: () => void): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    source.report(error.violation);
  }
}
