import type { Random } from './random.ts';

type Edit = (span: Buffer, random: Random, words: readonly Buffer[]) => Buffer;

const EDGES = [0x00, 0x01, 0x0a, 0x20, 0x2e, 0x7f, 0x80, 0x81, 0xfe, 0xff];

/** What may become of a few octets in a row. */
const EDITS: readonly Edit[] = [
  () => Buffer.alloc(0),
  (span) => Buffer.concat([span, span]),
  (span, random) => random.bytes(span.length),
  (span, random) => withOctet(span, random, (octet) => octet ^ (1 << random.below(8))),
  (span, random) => withOctet(span, random, (octet) => octet + random.pick([-1, 1])),
  (span, random) => withOctet(span, random, () => random.pick(EDGES)),
  (span) => Buffer.from(span).reverse(),
  (span, random) => Buffer.concat([random.bytes(1 + random.size(64)), span]),
  (span, random, words) => (words.length === 0 ? span : Buffer.concat([random.pick(words), span])),
  (_span, random, words) => (words.length === 0 ? Buffer.alloc(0) : random.pick(words)),
];

/** A few changes of octets, in no regard of what they mean. `words` are put in here and there. */
export function mutateBytes(input: Buffer, random: Random, words: readonly Buffer[] = []): Buffer {
  let bytes = input;
  for (let changes = 1 + random.size(4); changes > 0; changes--) {
    if (random.once(12)) {
      bytes = bytes.subarray(0, random.below(bytes.length + 1));
      continue;
    }
    const start = random.below(bytes.length + 1);
    const end = Math.min(bytes.length, start + 1 + random.size(64));
    const changed = random.pick(EDITS)(bytes.subarray(start, end), random, words);
    bytes = Buffer.concat([bytes.subarray(0, start), changed, bytes.subarray(end)]);
  }
  return bytes;
}

function withOctet(span: Buffer, random: Random, change: (octet: number) => number): Buffer {
  const changed = Buffer.from(span);
  const at = random.below(span.length);
  if (span.length > 0) changed[at] = change(changed[at] ?? 0);
  return changed;
}
