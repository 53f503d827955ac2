import { randomBytes, randomFillSync } from 'node:crypto';

/** Enough for some sixty hellos. */
const BLOCK_LENGTH = 4096;

const block = Buffer.alloc(BLOCK_LENGTH);
let used = BLOCK_LENGTH;

/**
 * Random octets, drawn from the system a block at a time, since a draw of 4096 costs as much as one of 64. Each is given
 * out once, and none stays behind in the block.
 */
export function randomOctets(length: number): Buffer {
  if (length > BLOCK_LENGTH) return randomBytes(length);
  if (used + length > BLOCK_LENGTH) {
    randomFillSync(block);
    used = 0;
  }
  const next = block.subarray(used, used + length);
  const octets = Buffer.from(next);
  next.fill(0);
  used += length;
  return octets;
}
