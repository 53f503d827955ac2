import { createHash } from 'node:crypto';
import { invalid, malformed } from './abort.ts';
import { ALERT } from './alerts.ts';
import { EXTENSION, groupName, hexCode, VERSION } from './registry.ts';
import type { ServerHello } from './server-hello.ts';
import { signatureSchemeName } from './signature-schemes.ts';
import { WireReader } from './wire.ts';

/** How the key exchange goes, as ServerKeyExchange shows it (RFC 5246 §7.4.3, RFC 8422 §5.4). */
export interface LegacyKeyExchange {
  readonly group: string;
  /** Bits of the finite-field prime; null on a curve. */
  readonly dhBits: number | null;
  /** Null before TLS 1.2, where the key type alone decides the digest (RFC 4346 §7.4.3). */
  readonly signatureScheme: string | null;
}

/**
 * The groups of RFC 7919 by SHA-256 of their prime: before TLS 1.3 the wire has the prime itself and no name.
 * The digests were taken from the parameters that OpenSSL writes for each group.
 */
const FFDHE_PRIMES: Readonly<Record<string, string>> = {
  '9cd3b7f336872f46c09428d1bbc19877a4d440512cda8d1c1cf0cd6e33698966': 'ffdhe2048',
  '0eaf67db3a839156d5013494a5318a772b5697d270d721f37f092efc69ea5a17': 'ffdhe3072',
  '4648414224ac881b3d0dc59b466f96d06a558278776807797ecf1f66ff397b3e': 'ffdhe4096',
  '227ac9066b3ddd9e193670cda2388fa884f65ba0cf98b742d1fe77a6687c79c7': 'ffdhe6144',
  '770b14efaf6f049929c523113b3fa99a8d11dab1b18af3609590122075d19833': 'ffdhe8192',
};

/** ECCurveType named_curve (RFC 8422 §5.4). */
const NAMED_CURVE = 3;

/**
 * Reads what a ServerKeyExchange of TLS 1.0 to 1.2 shows. Whether its signature is right is for the side that
 * completes the exchange. `cipherSuite` is the IANA name; one without such a message aborts.
 */
export function readLegacyKeyExchange(body: Buffer, cipherSuite: string, version: number): LegacyKeyExchange {
  const reader = new WireReader(body, 'ServerKeyExchange');
  const parameters = readParameters(reader, cipherSuite);
  const signatureScheme = version >= VERSION.tls12 ? signatureSchemeName(reader.uint16()) : null;
  reader.vector(2);
  reader.end();
  return { ...parameters, signatureScheme };
}

function readParameters(reader: WireReader, cipherSuite: string): Pick<LegacyKeyExchange, 'group' | 'dhBits'> {
  if (cipherSuite.startsWith('TLS_ECDHE_')) return { group: readCurve(reader), dhBits: null };
  if (cipherSuite.startsWith('TLS_DHE_')) return readFiniteField(reader);
  throw invalid(ALERT.unexpectedMessage, `ServerKeyExchange although ${cipherSuite} has none`);
}

function readCurve(reader: WireReader): string {
  const curveType = reader.uint8();
  if (curveType !== NAMED_CURVE) {
    throw invalid(ALERT.illegalParameter, `ServerKeyExchange with curve type ${hexCode(curveType)}`);
  }
  const group = groupName(reader.uint16());
  reader.vector(1, 1);
  return group;
}

function readFiniteField(reader: WireReader): { group: string; dhBits: number } {
  const written = reader.vector(2, 1);
  reader.vector(2, 1);
  reader.vector(2, 1);
  const start = written.findIndex((octet) => octet !== 0);
  if (start < 0) throw malformed('The prime of ServerKeyExchange is zero');
  const prime = written.subarray(start);
  const group = FFDHE_PRIMES[createHash('sha256').update(prime).digest('hex')] ?? 'DH';
  return { group, dhBits: prime.length * 8 - (Math.clz32(prime.readUInt8(0)) - 24) };
}

/** Cipher suites in the body of a ClientHello (RFC 5246 §7.4.1.2): what OpenSSL has put into ours. */
export function readOfferedSuites(body: Buffer): ReadonlySet<number> {
  const reader = new WireReader(body, 'ClientHello');
  reader.uint16();
  reader.bytes(32);
  reader.vector(1);
  return new Set(reader.codes());
}

/** The one protocol in an ALPN extension of a ServerHello (RFC 7301 §3.1); null when there is none. */
export function readSelectedAlpn({ extensions }: ServerHello): string | null {
  const data = extensions.get(EXTENSION.alpn);
  if (data === undefined) return null;
  const reader = new WireReader(data, 'application_layer_protocol_negotiation');
  const list = reader.nested(2);
  reader.end();
  const protocol = list.vector(1, 1);
  list.end();
  return protocol.toString('latin1');
}
