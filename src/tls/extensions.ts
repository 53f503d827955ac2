import { invalid, malformed } from './abort.ts';
import { ALERT } from './alerts.ts';
import { EXTENSION, hexCode } from './registry.ts';
import { totalLength, uint, WireReader } from './wire.ts';

export type Extensions = ReadonlyMap<number, Buffer>;

/** One extension as it is sent. */
export function extension(type: number, ...data: readonly Buffer[]): Buffer {
  return Buffer.concat([uint(2, type), uint(2, totalLength(data)), ...data]);
}

/** The extensions at the end of a message; the same one twice aborts (RFC 8446 §4.2). */
export function readExtensions(reader: WireReader, what: string): Extensions {
  const list = reader.nested(2);
  const extensions = new Map<number, Buffer>();
  while (list.remaining > 0) {
    const type = list.uint16();
    const data = list.vector(2);
    if (extensions.has(type)) {
      throw invalid(ALERT.illegalParameter, `${what} has extension ${type} twice`, { extension: type });
    }
    extensions.set(type, data);
  }
  return extensions;
}

/** Which extensions a message may hold, and which others we have asked for (allowed, but not here). */
export interface ExtensionRules {
  readonly message: string;
  readonly allowed: readonly number[];
  readonly offered: ReadonlySet<number>;
}

/**
 * A server may only answer what was asked: an extension that we did not send is unsupported_extension, one that we
 * sent but that has no place in this message illegal_parameter (RFC 8446 §4.2, RFC 5246 §7.4.1.4).
 */
export function checkExtensions(extensions: Extensions, { message, allowed, offered }: ExtensionRules): void {
  for (const type of extensions.keys()) {
    if (allowed.includes(type) && offered.has(type)) continue;
    const alert = offered.has(type) ? ALERT.illegalParameter : ALERT.unsupportedExtension;
    throw invalid(alert, `Extension ${hexCode(type)} may not stand in ${message}`, { extension: type, message });
  }
}

/** The one protocol that the server chose from our list (RFC 7301 §3.1). */
export function readAlpn(data: Buffer, offered: readonly string[]): string {
  const reader = new WireReader(data, 'application_layer_protocol_negotiation');
  const list = reader.nested(2);
  reader.end();
  const protocol = list.vector(1, 1).toString('latin1');
  list.end();
  if (!offered.includes(protocol)) {
    throw invalid(ALERT.illegalParameter, 'The server chose an application protocol that was not offered', {
      extension: EXTENSION.alpn,
    });
  }
  return protocol;
}

/** An extension whose presence says everything. */
export function checkEmpty(extensions: Extensions, type: number): void {
  const data = extensions.get(type);
  if (data !== undefined && data.length > 0) {
    throw malformed(`Extension ${hexCode(type)} of the server is not empty`, { extension: type });
  }
}

/** OCSPResponse of a CertificateStatus structure (RFC 6066 §8); status types other than ocsp abort. */
export function readCertificateStatus(data: Buffer): Buffer {
  const reader = new WireReader(data, 'CertificateStatus');
  const type = reader.uint8();
  if (type !== 1) throw invalid(ALERT.illegalParameter, `CertificateStatus of type ${type}`, { status_type: type });
  const response = reader.vector(3, 1);
  reader.end();
  return response;
}
