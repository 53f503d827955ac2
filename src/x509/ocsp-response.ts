import { type Certificate, isReadable, type SignatureInfo } from '../domain/certificate.ts';
import type { OcspErrorStatus, OcspResponse, ReadOcspResponse, SingleResponse } from '../domain/ocsp-response.ts';
import { checkSignatureParameters, readAlgorithm, signatureInfo } from './algorithm.ts';
import { readGeneralizedTime } from './asn1-time.ts';
import { readCertificate } from './certificate.ts';
import { reasonOf } from './crl-entries.ts';
import {
  contextConstructed,
  contextPrimitive,
  type DerCursor,
  DerError,
  DerSource,
  readBitString,
  readCount,
  readInteger,
  readOid,
  TAG,
  type Violation,
} from './der.ts';
import { documentFault, documentFaults } from './document-fault.ts';
import { readExtension } from './extensions.ts';
import { readName } from './name.ts';
import { EXTENSION, extensionName, HASHES } from './oids.ts';

/** Real ones have 0.5 to 4 KiB; post-quantum signatures add tens. */
export const MAX_OCSP_BYTES = 256 * 1024;
const MAX_RESPONSES = 100;
const MAX_CERTIFICATES = 10;
const MAX_ELEMENTS = 20_000;
const MAX_VIOLATIONS = 100;

const BASIC_RESPONSE = '1.3.6.1.5.5.7.48.1.1';
/** By their numbers; 4 is not used (RFC 6960 §4.2.1). */
const ERRORS: readonly (OcspErrorStatus | null)[] = [
  null,
  'malformed_request',
  'internal_error',
  'try_later',
  'undefined',
  'sig_required',
  'unauthorized',
];

/** Reads an OCSPResponse (RFC 6960 §4.2.1): total for any bytes. */
export function readOcspResponse(der: Buffer): ReadOcspResponse {
  const violations: Violation[] = [];
  const report = (violation: Violation): void => {
    if (violations.length < MAX_VIOLATIONS) violations.push(violation);
  };
  try {
    if (der.length > MAX_OCSP_BYTES) {
      throw new DerError('ocsp.too_large', 0, `the OCSP response has ${der.length} octets`);
    }
    const read = readOuter(new DerSource(der, report, MAX_ELEMENTS));
    if (typeof read === 'string') return { kind: 'error', status: read };
    const faults = documentFaults(violations, 'ocsp_response_invalid', 'ocsp.encoding');
    return { kind: 'response', response: { ...read, faults } };
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return { kind: 'unreadable', fault: documentFault(error.violation, 'ocsp_response_invalid', 'ocsp.encoding') };
  }
}

function readOuter(source: DerSource): Omit<OcspResponse, 'faults'> | OcspErrorStatus {
  const document = source.cursor();
  const outer = document.enter(TAG.sequence, 'the OCSP response');
  document.finish('the OCSP response');
  const status = readCount(source, outer.take(TAG.enumerated, 'responseStatus'), 'responseStatus');
  const error = status < ERRORS.length ? ERRORS[status] : 'undefined';
  if (error) return error;
  const bytes = outer.enter(contextConstructed(0), 'responseBytes').enter(TAG.sequence, 'responseBytes');
  const type = bytes.take(TAG.oid, 'responseType');
  const oid = readOid(source, type, 'responseType');
  if (oid !== BASIC_RESPONSE) throw new DerError('ocsp.encoding', type.start, `the response is of type ${oid}`);
  const content = bytes.take(TAG.octetString, 'response');
  bytes.finish('responseBytes');
  outer.finish('the OCSP response');
  const inner = source.inside(content);
  const basic = readBasic(inner.enter(TAG.sequence, 'BasicOCSPResponse'));
  inner.finish('BasicOCSPResponse');
  return basic;
}

/** BasicOCSPResponse ::= SEQUENCE { tbsResponseData, signatureAlgorithm, signature, certs [0] EXPLICIT OPTIONAL }. */
function readBasic(fields: DerCursor): Omit<OcspResponse, 'faults'> {
  const { source } = fields;
  const tbs = fields.take(TAG.sequence, 'tbsResponseData');
  const data = readResponseData(source.inside(tbs));
  const signature = readSignature(fields);
  const certificates = readCertificates(fields);
  fields.finish('BasicOCSPResponse');
  return { tbs: source.der(tbs), ...data, signature, certificates };
}

function readSignature(fields: DerCursor): SignatureInfo {
  const { source } = fields;
  const offset = fields.offset;
  const algorithm = readAlgorithm(fields, 'signatureAlgorithm');
  checkSignatureParameters(source, algorithm, offset);
  const value = readBitString(source, fields.take(TAG.bitString, 'signature'), 'signature').bytes;
  return signatureInfo(algorithm, value);
}

/** Certificates that cannot be read sign nothing and are left out. */
function readCertificates(fields: DerCursor): Certificate[] {
  const { source } = fields;
  const element = fields.takeOptional(contextConstructed(0), 'certs');
  if (element === null) return [];
  const list = source.inside(element).enter(TAG.sequence, 'certs');
  const certificates: Certificate[] = [];
  for (let count = 0; !list.done; count++) {
    const item = list.take(TAG.sequence, 'a certificate');
    if (count >= MAX_CERTIFICATES) {
      throw new DerError('ocsp.too_large', item.start, `more than ${MAX_CERTIFICATES} certificates come with it`);
    }
    const certificate = readCertificate(source.der(item));
    if (isReadable(certificate)) certificates.push(certificate);
  }
  return certificates;
}

/** ResponseData (RFC 6960 §4.2.1). */
function readResponseData(fields: DerCursor): Pick<OcspResponse, 'responder' | 'producedAt' | 'responses'> {
  const { source } = fields;
  const version = fields.takeOptional(contextConstructed(0), 'version');
  // v1 is 0 and should be left out; some responders spell it out, and nobody minds.
  if (version !== null && readCount(source, source.inside(version).take(TAG.integer, 'version'), 'version') !== 0) {
    source.report({ rule: 'ocsp.version', offset: version.start, detail: 'the response is of another version than 1' });
  }
  const responder = readResponder(fields);
  const producedAt = readGeneralizedTime(fields, 'producedAt');
  const list = fields.enter(TAG.sequence, 'responses');
  const responses: SingleResponse[] = [];
  while (!list.done) {
    if (responses.length >= MAX_RESPONSES) {
      throw new DerError('ocsp.too_large', list.offset, `it has more than ${MAX_RESPONSES} single responses`);
    }
    responses.push(readSingle(list.enter(TAG.sequence, 'a single response')));
  }
  readExtensions(fields);
  fields.finish('tbsResponseData');
  return { responder, producedAt, responses };
}

function readResponder(fields: DerCursor): OcspResponse['responder'] {
  const { source } = fields;
  const byName = fields.takeOptional(contextConstructed(1), 'responderID');
  if (byName !== null) {
    const inner = source.inside(byName);
    const name = readName(inner, 'responderID');
    inner.finish('responderID');
    return { name };
  }
  const byKey = fields.enter(contextConstructed(2), 'responderID');
  const keyHash = source.content(byKey.take(TAG.octetString, 'responderID'));
  byKey.finish('responderID');
  return { keyHash };
}

function readSingle(fields: DerCursor): SingleResponse {
  const { source } = fields;
  const id = fields.enter(TAG.sequence, 'certID');
  const algorithm = readAlgorithm(id, 'hashAlgorithm');
  const issuerNameHash = source.content(id.take(TAG.octetString, 'issuerNameHash'));
  const issuerKeyHash = source.content(id.take(TAG.octetString, 'issuerKeyHash'));
  const serial = readInteger(source, id.take(TAG.integer, 'serialNumber'), 'serialNumber').toString('hex');
  id.finish('certID');
  const status = readStatus(fields);
  const thisUpdate = readGeneralizedTime(fields, 'thisUpdate');
  const next = fields.takeOptional(contextConstructed(0), 'nextUpdate');
  const nextUpdate = next === null ? Number.NaN : readGeneralizedTime(source.inside(next), 'nextUpdate');
  readExtensions(fields);
  fields.finish('a single response');
  const hash = HASHES.get(algorithm.oid) ?? null;
  return { hash, issuerNameHash, issuerKeyHash, serial, ...status, thisUpdate, nextUpdate };
}

/** CertStatus: `good [0]`, `revoked [1] RevokedInfo`, `unknown [2]`. */
function readStatus(fields: DerCursor): Pick<SingleResponse, 'status' | 'revokedAt' | 'reason'> {
  const { source } = fields;
  const none = { revokedAt: Number.NaN, reason: null };
  if (fields.takeOptional(contextPrimitive(0), 'certStatus') !== null) return { status: 'good', ...none };
  if (fields.takeOptional(contextPrimitive(2), 'certStatus') !== null) return { status: 'unknown', ...none };
  const info = fields.enter(contextConstructed(1), 'certStatus');
  const revokedAt = readGeneralizedTime(info, 'revocationTime');
  const field = info.takeOptional(contextConstructed(0), 'revocationReason');
  info.finish('RevokedInfo');
  if (field === null) return { status: 'revoked', revokedAt, reason: null };
  const code = readCount(source, source.inside(field).take(TAG.enumerated, 'revocationReason'), 'revocationReason');
  return { status: 'revoked', revokedAt, reason: reasonOf(code) };
}

/** `[1] EXPLICIT Extensions OPTIONAL`: none of them changes what the response says, so critical ones are departures. */
function readExtensions(fields: DerCursor): void {
  const { source } = fields;
  const element = fields.takeOptional(contextConstructed(1), 'extensions');
  if (element === null) return;
  const list = source.inside(element).enter(TAG.sequence, 'extensions');
  while (!list.done) {
    const { extension } = readExtension(source, list.take(TAG.sequence, 'an extension'));
    if (!extension.critical || extension.oid === EXTENSION.ocspNonce) continue;
    const detail = `${extensionName(extension.oid)} is critical and not known`;
    source.report({ rule: 'ocsp.unknown_critical_extension', offset: extension.offset, detail });
  }
}
