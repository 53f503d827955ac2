import { hash } from 'node:crypto';
import { AEAD, type AeadName, aeadKey } from './aead.ts';
import { HASH_LENGTH, hmac, type ScheduleHash } from './hmac.ts';
import type { TrafficKeys } from './record-protection.ts';
import { uint, vector } from './wire.ts';

/** HKDF-Extract (RFC 5869 §2.2). */
function hkdfExtract(algorithm: ScheduleHash, salt: Buffer, inputKeyMaterial: Buffer): Buffer {
  return hmac(algorithm, salt, inputKeyMaterial);
}

/** The part of HkdfLabel that comes before its context: a few constants, made once each. */
const labelPrefixes = new Map<string, Buffer>();

function labelPrefix(label: string, length: number): Buffer {
  const name = `${label} ${length}`;
  let prefix = labelPrefixes.get(name);
  if (prefix === undefined) {
    prefix = Buffer.concat([uint(2, length), vector(1, Buffer.from(`tls13 ${label}`, 'latin1'))]);
    labelPrefixes.set(name, prefix);
  }
  return prefix;
}

/** HKDF-Expand-Label (RFC 8446 §7.1) for outputs of at most one hash, which is all that TLS 1.3 here asks for. */
function expandLabel(
  algorithm: ScheduleHash,
  secret: Buffer,
  { label, context, length }: { label: string; context: Buffer; length: number },
): Buffer {
  const prefix = labelPrefix(label, length);
  // HKDF-Expand's first block: HMAC(PRK, info | 0x01), with info written in place.
  const block = Buffer.allocUnsafe(prefix.length + context.length + 2);
  prefix.copy(block);
  block[prefix.length] = context.length;
  context.copy(block, prefix.length + 1);
  block[block.length - 1] = 1;
  return hmac(algorithm, secret, block).subarray(0, length);
}

/** Derive-Secret (RFC 8446 §7.1) from a transcript hash. */
export function deriveSecret(algorithm: ScheduleHash, secret: Buffer, label: string, transcriptHash: Buffer): Buffer {
  return expandLabel(algorithm, secret, { label, context: transcriptHash, length: HASH_LENGTH[algorithm] });
}

const EMPTY = Buffer.alloc(0);

/** What a schedule without PSK begins with, and the hash of no messages: constants of each hash. */
function constants(algorithm: ScheduleHash): { zeros: Buffer; emptyHash: Buffer; saltOfHandshake: Buffer } {
  const zeros = Buffer.alloc(HASH_LENGTH[algorithm]);
  const emptyHash = hash(algorithm, EMPTY, 'buffer');
  const early = hkdfExtract(algorithm, EMPTY, zeros);
  return { zeros, emptyHash, saltOfHandshake: deriveSecret(algorithm, early, 'derived', emptyHash) };
}

const CONSTANTS = { sha256: constants('sha256'), sha384: constants('sha384') } as const;

/** Handshake Secret from the (EC)DHE shared secret, without PSK (RFC 8446 §7.1). */
export function handshakeSecret(algorithm: ScheduleHash, sharedSecret: Buffer): Buffer {
  return hkdfExtract(algorithm, CONSTANTS[algorithm].saltOfHandshake, sharedSecret);
}

export function masterSecret(algorithm: ScheduleHash, secretOfHandshake: Buffer): Buffer {
  const { zeros, emptyHash } = CONSTANTS[algorithm];
  return hkdfExtract(algorithm, deriveSecret(algorithm, secretOfHandshake, 'derived', emptyHash), zeros);
}

/** Record keys of a traffic secret (RFC 8446 §7.3). */
export function trafficKeys(algorithm: ScheduleHash, secret: Buffer, aead: AeadName): TrafficKeys {
  const key = expandLabel(algorithm, secret, { label: 'key', context: EMPTY, length: AEAD[aead].keyLength });
  const iv = expandLabel(algorithm, secret, { label: 'iv', context: EMPTY, length: 12 });
  return { aead, key: aeadKey(key), iv };
}

/** verify_data of Finished by the holder of `trafficSecret` (RFC 8446 §4.4.4). */
export function finishedVerifyData(algorithm: ScheduleHash, trafficSecret: Buffer, transcriptHash: Buffer): Buffer {
  const length = HASH_LENGTH[algorithm];
  const finishedKey = expandLabel(algorithm, trafficSecret, { label: 'finished', context: EMPTY, length });
  return hmac(algorithm, finishedKey, transcriptHash);
}
