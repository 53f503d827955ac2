import { elementsOf } from './der-elements.ts';
import { replaced } from './mutate-der.ts';

const MAX_TRIES = 20_000;

/** A smaller input that still `fails`: elements of DER are taken out, then spans of octets. */
export async function shrink(input: Buffer, fails: (input: Buffer) => Promise<boolean>): Promise<Buffer> {
  let smallest = input;
  let tries = 0;
  for (let isSmaller = true; isSmaller && tries < MAX_TRIES; ) {
    isSmaller = false;
    for (const candidate of smallerThan(smallest)) {
      if (candidate.length >= smallest.length) continue;
      if (++tries > MAX_TRIES) break;
      if (!(await fails(candidate))) continue;
      smallest = candidate;
      isSmaller = true;
      break;
    }
  }
  return smallest;
}

function* smallerThan(input: Buffer): Generator<Buffer> {
  const elements = elementsOf(input);
  for (let index = 0; index < elements.length; index++) yield replaced(input, elements, index, Buffer.alloc(0));
  for (let length = input.length >> 1; length > 0; length >>= 1) {
    for (let start = 0; start < input.length; start += length) {
      yield Buffer.concat([input.subarray(0, start), input.subarray(start + length)]);
    }
  }
}
