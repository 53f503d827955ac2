import type { KeyObject } from 'node:crypto';
import { AEAD, type AeadName, open, seal } from './aead.ts';
import { CONTENT_TYPE, VERSION } from './registry.ts';
import { uint } from './wire.ts';

export interface RecordContent {
  readonly type: number;
  readonly content: Buffer;
}

/** Keys of one direction, and the sequence number of its next record. */
export interface RecordProtection {
  /** Octets by which a protected fragment may exceed 2^14. */
  readonly maxExpansion: number;
  /** A whole record, header included. */
  seal(type: number, content: Buffer): Buffer;
  /** What a record holds; null when its tag does not match or it has no room for one. */
  open(header: Buffer, fragment: Buffer): RecordContent | null;
}

export interface TrafficKeys {
  readonly aead: AeadName;
  readonly key: KeyObject;
  /** TLS 1.3: 12 octets. TLS 1.2: 4 (the GCM salt, RFC 5288 §3) or 12 (RFC 7905 §2). */
  readonly iv: Buffer;
}

/** The 12-octet nonce: the IV with the sequence number XORed into its end (RFC 8446 §5.3, RFC 7905 §2). */
function xorNonce(iv: Buffer, sequence: number): Buffer {
  const nonce = Buffer.from(iv);
  // 2^32 records are far beyond what one handshake may hold, so the upper half of the number is always zero.
  nonce.writeUInt32BE((nonce.readUInt32BE(8) ^ sequence) >>> 0, 8);
  return nonce;
}

/** TLS 1.3 (RFC 8446 §5.2): the real type stands behind the content, zero padding behind that. */
export function tls13Protection(keys: TrafficKeys): RecordProtection {
  const { tagLength } = AEAD[keys.aead];
  let sequence = 0;
  return {
    maxExpansion: 256,
    seal(type, content) {
      const inner = Buffer.concat([content, uint(1, type)]);
      const header = recordHeader(CONTENT_TYPE.applicationData, inner.length + tagLength);
      return Buffer.concat([header, ...seal(keys.aead, keys.key, xorNonce(keys.iv, sequence++), inner, header)]);
    },
    open(header, fragment) {
      if (header[0] !== CONTENT_TYPE.applicationData || fragment.length <= tagLength) return null;
      const inner = open(keys.aead, keys.key, xorNonce(keys.iv, sequence++), fragment, header);
      if (inner === null) return null;
      let end = inner.length - 1;
      while (end >= 0 && inner[end] === 0) end--;
      // All padding and no type: reported as type 0, which nothing accepts (RFC 8446 §5.4).
      return end < 0 ? { type: 0, content: inner } : { type: inner.readUInt8(end), content: inner.subarray(0, end) };
    },
  };
}

const EXPLICIT_NONCE_LENGTH = 8;

/** TLS 1.2 with an AEAD (RFC 5246 §6.2.3.3): GCM with an explicit nonce (RFC 5288 §3), ChaCha20-Poly1305 without. */
export function tls12Protection(keys: TrafficKeys): RecordProtection {
  const { tagLength } = AEAD[keys.aead];
  const explicitLength = keys.aead === 'chacha20-poly1305' ? 0 : EXPLICIT_NONCE_LENGTH;
  let sequence = 0;
  return {
    maxExpansion: 2048,
    seal(type, content) {
      const explicit = sequenceOctets(sequence).subarray(0, explicitLength);
      const nonce = explicitLength > 0 ? Buffer.concat([keys.iv, explicit]) : xorNonce(keys.iv, sequence);
      const additional = additionalData(sequence++, type, VERSION.tls12, content.length);
      const header = recordHeader(type, explicitLength + content.length + tagLength);
      return Buffer.concat([header, explicit, ...seal(keys.aead, keys.key, nonce, content, additional)]);
    },
    open(header, fragment) {
      const length = fragment.length - explicitLength - tagLength;
      if (length < 0) return null;
      const nonce =
        explicitLength > 0
          ? Buffer.concat([keys.iv, fragment.subarray(0, explicitLength)])
          : xorNonce(keys.iv, sequence);
      const type = header.readUInt8(0);
      const additional = additionalData(sequence++, type, header.readUInt16BE(1), length);
      const content = open(keys.aead, keys.key, nonce, fragment.subarray(explicitLength), additional);
      return content === null ? null : { type, content };
    },
  };
}

/** A record header with legacy_record_version 1.2 (RFC 8446 §5.1). */
export function recordHeader(type: number, length: number, version: number = VERSION.tls12): Buffer {
  const header = Buffer.allocUnsafe(5);
  header.writeUInt8(type, 0);
  header.writeUInt16BE(version, 1);
  header.writeUInt16BE(length, 3);
  return header;
}

function sequenceOctets(sequence: number): Buffer {
  const octets = Buffer.alloc(8);
  octets.writeUInt32BE(sequence, 4);
  return octets;
}

function additionalData(sequence: number, type: number, version: number, length: number): Buffer {
  return Buffer.concat([sequenceOctets(sequence), recordHeader(type, length, version)]);
}
