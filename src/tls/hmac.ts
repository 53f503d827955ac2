import { hash } from 'node:crypto';

export type ScheduleHash = 'sha256' | 'sha384';

export const HASH_LENGTH = { sha256: 32, sha384: 48 } as const;

const BLOCK_LENGTH = { sha256: 64, sha384: 128 } as const;

/**
 * HMAC (RFC 2104) over two one-shot digests. `createHmac` costs Node three times as much for the short inputs of a
 * key schedule, and a Buffer result twice as much as a binary (latin1) string that is written back.
 */
export function hmac(algorithm: ScheduleHash, key: Buffer, message: Buffer): Buffer {
  const block = BLOCK_LENGTH[algorithm];
  // Only a premaster secret of P-521 (66 octets) with SHA-256 is longer than the block.
  if (key.length > block) return hmac(algorithm, hash(algorithm, key, 'buffer'), message);
  const inner = Buffer.allocUnsafe(block + message.length);
  const outer = Buffer.allocUnsafe(block + HASH_LENGTH[algorithm]);
  inner.fill(0x36, 0, block);
  outer.fill(0x5c, 0, block);
  for (let i = 0; i < key.length; i++) {
    inner[i] = 0x36 ^ (key[i] ?? 0);
    outer[i] = 0x5c ^ (key[i] ?? 0);
  }
  message.copy(inner, block);
  outer.write(hash(algorithm, inner, 'binary'), block, 'latin1');
  return Buffer.from(hash(algorithm, outer, 'binary'), 'latin1');
}
