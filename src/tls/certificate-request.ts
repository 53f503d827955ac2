import type { ClientCertificateRequest } from '../domain/handshake.ts';
import { invalid } from './abort.ts';
import { ALERT } from './alerts.ts';
import { readExtensions } from './extensions.ts';
import { EXTENSION } from './registry.ts';
import { signatureSchemeName } from './signature-schemes.ts';
import { WireReader } from './wire.ts';

/** Names of CAs that we keep of a CertificateRequest, and codes of signature schemes. */
export const MAX_AUTHORITIES = 100;
const MAX_SCHEMES = 64;

type Request = Pick<ClientCertificateRequest, 'authorities' | 'signatureSchemes'>;

/** CertificateRequest of TLS 1.3 (RFC 8446 §4.3.2). Unknown extensions are ignored, as that section asks. */
export function readTls13CertificateRequest(body: Buffer): Request {
  const reader = new WireReader(body, 'CertificateRequest');
  if (reader.vector(1).length > 0) {
    throw invalid(ALERT.illegalParameter, 'certificate_request_context during the handshake is not empty');
  }
  const extensions = readExtensions(reader, 'CertificateRequest');
  reader.end();
  const schemes = extensions.get(EXTENSION.signatureAlgorithms);
  if (schemes === undefined) {
    throw invalid(ALERT.missingExtension, 'CertificateRequest without signature_algorithms');
  }
  const authorities = extensions.get(EXTENSION.certificateAuthorities);
  return {
    signatureSchemes: schemeNames(wholeReader(schemes)),
    authorities: authorities === undefined ? [] : distinguishedNames(wholeReader(authorities)),
  };
}

/** CertificateRequest of TLS 1.2 (RFC 5246 §7.4.4). */
export function readTls12CertificateRequest(body: Buffer): Request {
  const reader = new WireReader(body, 'CertificateRequest');
  reader.vector(1, 1);
  const signatureSchemes = schemeNames(reader);
  const authorities = distinguishedNames(reader);
  reader.end();
  return { signatureSchemes, authorities };
}

/** CertificateRequest of TLS 1.0 and 1.1, which has no signature algorithms (RFC 4346 §7.4.4). */
export function readTls10CertificateRequest(body: Buffer): Request {
  const reader = new WireReader(body, 'CertificateRequest');
  reader.vector(1, 1);
  const authorities = distinguishedNames(reader);
  reader.end();
  return { signatureSchemes: [], authorities };
}

function wholeReader(data: Buffer): WireReader {
  return new WireReader(data, 'CertificateRequest');
}

function schemeNames(reader: WireReader): string[] {
  return reader.codes().slice(0, MAX_SCHEMES).map(signatureSchemeName);
}

function distinguishedNames(reader: WireReader): Buffer[] {
  const list = reader.nested(2);
  const names: Buffer[] = [];
  while (list.remaining > 0) {
    const name = list.vector(2, 1);
    if (names.length < MAX_AUTHORITIES) names.push(name);
  }
  return names;
}
