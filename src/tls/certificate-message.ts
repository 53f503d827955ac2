import type { CertificateEntry } from '../domain/handshake.ts';
import { abort, malformed } from './abort.ts';
import { ALERT } from './alerts.ts';
import { checkExtensions, readCertificateStatus, readExtensions } from './extensions.ts';
import { EXTENSION, HANDSHAKE_TYPE } from './registry.ts';
import { handshakeMessage, vector, WireReader } from './wire.ts';

/** Ten times what is ever judged; each entry costs us an object. */
export const MAX_CERTIFICATES = 1000;

/** Certificate message of TLS 1.2 and older: a list of DER certificates (RFC 5246 §7.4.2). */
export function readTls12Certificates(body: Buffer): CertificateEntry[] {
  const reader = new WireReader(body, 'Certificate');
  const list = reader.nested(3);
  reader.end();
  return readEntries(list, (der) => ({ der, ocspStaple: null, sctList: null }));
}

/** Certificate message of TLS 1.3: each certificate with its own extensions (RFC 8446 §4.4.2). */
export function readTls13Certificates(body: Buffer, offered: ReadonlySet<number>): CertificateEntry[] {
  const reader = new WireReader(body, 'Certificate');
  if (reader.vector(1).length > 0) throw malformed('certificate_request_context of a server is not empty');
  const list = reader.nested(3);
  reader.end();
  return readEntries(list, (der) => {
    const extensions = readExtensions(list, 'CertificateEntry');
    checkExtensions(extensions, {
      message: 'CertificateEntry',
      allowed: [EXTENSION.statusRequest, EXTENSION.signedCertificateTimestamp],
      offered,
    });
    const status = extensions.get(EXTENSION.statusRequest);
    return {
      der,
      ocspStaple: status === undefined ? null : readCertificateStatus(status),
      sctList: extensions.get(EXTENSION.signedCertificateTimestamp) ?? null,
    };
  });
}

/** Our answer to a CertificateRequest: DER, leaf first; empty when we show none (RFC 8446 §4.4.2, RFC 5246 §7.4.6). */
export function clientCertificateMessage(version: 'TLSv1.3' | 'TLSv1.2', chain: readonly Buffer[]): Buffer {
  const extensions = version === 'TLSv1.3' ? [vector(2)] : [];
  const list = vector(3, ...chain.flatMap((der) => [vector(3, der), ...extensions]));
  const body = version === 'TLSv1.3' ? Buffer.concat([vector(1), list]) : list;
  return handshakeMessage(HANDSHAKE_TYPE.certificate, body);
}

function readEntries(list: WireReader, readEntry: (der: Buffer) => CertificateEntry): CertificateEntry[] {
  if (list.remaining === 0) {
    throw abort('tls_certificate_missing', 'The Certificate message of the server is empty', {
      alert: ALERT.decodeError,
    });
  }
  const entries: CertificateEntry[] = [];
  while (list.remaining > 0) {
    if (entries.length === MAX_CERTIFICATES) {
      throw abort('tls_chain_too_large', `The server sends more than ${MAX_CERTIFICATES} certificates`, {
        evidence: { limit_certificates: MAX_CERTIFICATES },
        alert: ALERT.internalError,
      });
    }
    entries.push(readEntry(list.vector(3, 1)));
  }
  return entries;
}
