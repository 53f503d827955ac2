import { createHash } from 'node:crypto';
import { EXTENSION, groupName, VERSION } from './registry.ts';
import { signatureSchemeName } from './signature-schemes.ts';

/** ServerHello of TLS 1.2 and older (RFC 5246 §7.4.1.3). */
export interface LegacyServerHello {
  readonly version: number;
  readonly cipherSuite: number;
  /** Extension data by type. */
  readonly extensions: ReadonlyMap<number, Buffer>;
}

/** How the key exchange went, as ServerKeyExchange shows it (RFC 5246 §7.4.3, RFC 8422 §5.4). */
export interface LegacyKeyExchange {
  readonly group: string;
  /** Bits of the finite-field prime; null on a curve. */
  readonly dhBits: number | null;
  /** Null before TLS 1.2, where the key type alone decides the digest (RFC 4346 §7.4.3). */
  readonly signatureScheme: string | null;
}

/** CertificateRequest of TLS 1.2 and older (RFC 5246 §7.4.4). */
export interface LegacyCertificateRequest {
  readonly authorities: readonly Buffer[];
  readonly signatureSchemes: readonly string[];
}

/** Names in a CertificateRequest that are kept; a server that trusts a public root store sends a few hundred. */
export const MAX_AUTHORITIES = 1000;

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
 * Walks the presentation language of TLS (RFC 5246 §4). Reading past the end gives zeros and empty buffers and is
 * remembered, so a decoder reads on and asks once, at its end, whether everything was there.
 */
class Cursor {
  readonly #bytes: Buffer;
  #offset = 0;
  #short = false;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get more(): boolean {
    return !this.#short && this.#offset < this.#bytes.length;
  }

  /** Everything that was read was there, and nothing is left. */
  get complete(): boolean {
    return !this.#short && this.#offset === this.#bytes.length;
  }

  uint(octets: 1 | 2 | 3): number {
    const bytes = this.bytes(octets);
    return bytes.length === octets ? bytes.readUIntBE(0, octets) : 0;
  }

  bytes(length: number): Buffer {
    if (this.#offset + length > this.#bytes.length) {
      this.#short = true;
      return Buffer.alloc(0);
    }
    this.#offset += length;
    return this.#bytes.subarray(this.#offset - length, this.#offset);
  }

  /** A vector with a length field of so many octets. */
  vector(lengthOctets: 1 | 2 | 3): Buffer {
    return this.bytes(this.uint(lengthOctets));
  }
}

/** Null when the bytes are no ServerHello: cut, with something behind it, or with an extension twice. */
export function parseServerHello(body: Buffer): LegacyServerHello | null {
  const cursor = new Cursor(body);
  const version = cursor.uint(2);
  cursor.bytes(32);
  const sessionId = cursor.vector(1);
  const cipherSuite = cursor.uint(2);
  const compression = cursor.uint(1);
  const extensions = cursor.more ? parseExtensions(cursor.vector(2)) : new Map<number, Buffer>();
  if (!cursor.complete || extensions === null || sessionId.length > 32 || compression !== 0) return null;
  return { version, cipherSuite, extensions };
}

function parseExtensions(block: Buffer): ReadonlyMap<number, Buffer> | null {
  const cursor = new Cursor(block);
  const extensions = new Map<number, Buffer>();
  while (cursor.more) {
    const type = cursor.uint(2);
    // RFC 5246 §7.4.1.4: not more than one extension of a type.
    if (extensions.has(type)) return null;
    extensions.set(type, cursor.vector(2));
  }
  return cursor.complete ? extensions : null;
}

/** The one protocol in an ALPN extension of a ServerHello (RFC 7301 §3.1); null when absent or not exactly one. */
export function parseSelectedAlpn(hello: LegacyServerHello): string | null {
  const data = hello.extensions.get(EXTENSION.alpn);
  if (!data) return null;
  const cursor = new Cursor(data);
  const names = new Cursor(cursor.vector(2));
  const name = names.vector(1);
  return cursor.complete && names.complete && name.length > 0 ? name.toString('latin1') : null;
}

/** The certificate_list (RFC 5246 §7.4.2), leaf first; null when it is malformed. */
export function parseCertificateList(body: Buffer): readonly Buffer[] | null {
  const outer = new Cursor(body);
  const list = new Cursor(outer.vector(3));
  if (!outer.complete) return null;
  const certificates: Buffer[] = [];
  while (list.more) {
    const certificate = list.vector(3);
    // ASN.1Cert<1..2^24-1>: an entry cannot be empty.
    if (certificate.length === 0) return null;
    certificates.push(certificate);
  }
  return list.complete ? certificates : null;
}

/** The OCSPResponse of a CertificateStatus message (RFC 6066 §8); null when it is another type or malformed. */
export function parseCertificateStatus(body: Buffer): Buffer | null {
  const cursor = new Cursor(body);
  const type = cursor.uint(1);
  const response = cursor.vector(3);
  return cursor.complete && type === 1 && response.length > 0 ? response : null;
}

/** Reads what a ServerKeyExchange shows; whether its signature is right is for the side that completes the exchange. */
export function parseServerKeyExchange(body: Buffer, kind: 'ecdhe' | 'dhe', version: number): LegacyKeyExchange | null {
  const cursor = new Cursor(body);
  const parameters = kind === 'ecdhe' ? parseCurve(cursor) : parseFiniteField(cursor);
  if (parameters === null) return null;
  const scheme = version >= VERSION.tls12 ? cursor.uint(2) : null;
  cursor.vector(2);
  if (!cursor.complete) return null;
  return { ...parameters, signatureScheme: scheme === null ? null : signatureSchemeName(scheme) };
}

function parseCurve(cursor: Cursor): Pick<LegacyKeyExchange, 'group' | 'dhBits'> | null {
  if (cursor.uint(1) !== NAMED_CURVE) return null;
  const group = groupName(cursor.uint(2));
  cursor.vector(1);
  return { group, dhBits: null };
}

function parseFiniteField(cursor: Cursor): Pick<LegacyKeyExchange, 'group' | 'dhBits'> | null {
  const prime = withoutLeadingZeros(cursor.vector(2));
  cursor.vector(2);
  cursor.vector(2);
  const [first] = prime;
  if (first === undefined) return null;
  const group = FFDHE_PRIMES[createHash('sha256').update(prime).digest('hex')] ?? 'DH';
  return { group, dhBits: prime.length * 8 - (Math.clz32(first) - 24) };
}

function withoutLeadingZeros(bytes: Buffer): Buffer {
  const start = bytes.findIndex((octet) => octet !== 0);
  return start < 0 ? Buffer.alloc(0) : bytes.subarray(start);
}

export function parseCertificateRequest(body: Buffer, version: number): LegacyCertificateRequest | null {
  const cursor = new Cursor(body);
  cursor.vector(1);
  const schemes = new Cursor(version >= VERSION.tls12 ? cursor.vector(2) : Buffer.alloc(0));
  const names = new Cursor(cursor.vector(2));
  const signatureSchemes: string[] = [];
  while (schemes.more) signatureSchemes.push(signatureSchemeName(schemes.uint(2)));
  const authorities: Buffer[] = [];
  while (names.more) {
    const name = names.vector(2);
    if (authorities.length < MAX_AUTHORITIES) authorities.push(Buffer.from(name));
  }
  return cursor.complete && schemes.complete && names.complete ? { authorities, signatureSchemes } : null;
}
