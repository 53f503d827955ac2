import { ATTRIBUTES, EXTENSION, HASHES, KEY_ALGORITHM, SIGNATURE_ALGORITHMS } from '../../src/x509/oids.ts';
import { integerContent, lengthOctets, oidContent } from '../support/der.ts';
import { type DerElement, elementsOf } from './der-elements.ts';
import { mutateBytes } from './mutate-bytes.ts';
import type { Random } from './random.ts';

/** An element and what it stands among. */
interface Place {
  readonly der: Buffer;
  readonly element: DerElement;
  /** Another document, whose elements may be put in. */
  readonly donor: Buffer;
  readonly random: Random;
}

/** A document that has grown to this is changed no further. */
const MAX_BYTES = 64 * 1024;
const TAGS = [
  1, 2, 3, 4, 5, 6, 10, 12, 19, 20, 22, 23, 24, 28, 30, 0x30, 0x31, 0x80, 0x82, 0x86, 0x87, 0xa0, 0xa1, 0xa3, 0xa4,
];
const WRAPPERS = [0x30, 0x31, 0x04, 0xa0, 0xa1, 0xa2, 0xa3];

const OIDS: readonly Buffer[] = [
  ...Object.values(EXTENSION),
  ...Object.values(KEY_ALGORITHM),
  ...SIGNATURE_ALGORITHMS.keys(),
  ...HASHES.keys(),
  ...ATTRIBUTES.keys(),
  '2.5.29.32.0',
  '2.5.29.37.0',
  '1.3.6.1.5.5.7.3.1',
  '1.3.6.1.5.5.7.3.9',
  '2.999.18446744073709551616',
].map(oidContent);
const INTEGERS: readonly Buffer[] = [
  ...[0, 1, -1, 127, 128, 255, 256, 2 ** 31 - 1, 2 ** 31].map(integerContent),
  ...[2n ** 63n, -(2n ** 63n), 2n ** 159n, 2n ** 160n].map(integerContent),
  Buffer.from([0, 1]),
  Buffer.from([0xff, 0xff]),
  Buffer.alloc(0),
];
const TIMES = [
  '500101000000Z',
  '491231235959Z',
  '260615120000Z',
  '260229000000Z',
  '2606151200Z',
  '260615120000+0000',
  '20260615120000Z',
  '99991231235959Z',
  '20260615120060Z',
  '00000101000000Z',
  '20260615120000.5Z',
].map((text) => Buffer.from(text));
const TEXTS: readonly Buffer[] = [
  ...['', '.', '*', '*.', '*.example', 'a\0b', 'host.example', '.example', '-a-', 'xn--a', '1.2.3.4', '::1', 'a@b@c'],
  ...[
    'http://a.example/',
    'ldap://x',
    'http://a@b:99999/\\',
    'spiffe://x/y',
    'ａ',
    '\u202e',
    ' a  b ',
    `${'a'.repeat(64)}.example`,
  ],
].map((text) => Buffer.from(text));

/** Content that each tag has trouble with. */
const CONTENTS: Readonly<Record<number, readonly Buffer[]>> = {
  1: [Buffer.from([0]), Buffer.from([1]), Buffer.from([0xff]), Buffer.from([0xff, 0xff]), Buffer.alloc(0)],
  2: INTEGERS,
  3: [
    Buffer.alloc(0),
    Buffer.from([0]),
    Buffer.from([7, 0x80]),
    Buffer.from([8, 0]),
    Buffer.from([1, 0xff]),
    Buffer.from([0, 0]),
  ],
  5: [Buffer.alloc(0), Buffer.from([0])],
  6: OIDS,
  10: INTEGERS,
  23: TIMES,
  24: TIMES,
};

const self = ({ der, element }: Place): Buffer => der.subarray(element.start, element.end);
const content = ({ der, element }: Place): Buffer => der.subarray(element.content, element.end);
const headerOf = (tag: number, length: number): Buffer => Buffer.concat([Buffer.from([tag]), lengthOctets(length)]);
const encode = (tag: number, octets: Buffer): Buffer => Buffer.concat([headerOf(tag, octets.length), octets]);

const known = new WeakMap<Buffer, readonly DerElement[]>();

/** For documents that are met again and again. */
function knownElementsOf(der: Buffer): readonly DerElement[] {
  const elements = known.get(der) ?? elementsOf(der);
  known.set(der, elements);
  return elements;
}

function other({ der, donor, random }: Place): Buffer {
  const from = random.once(2) ? donor : der;
  const elements = knownElementsOf(from);
  if (elements.length === 0) return Buffer.alloc(0);
  const { start, end } = random.pick(elements);
  return from.subarray(start, end);
}

/** What may become of one element. */
const EDITS: readonly ((place: Place) => Buffer)[] = [
  () => Buffer.alloc(0),
  (place) => Buffer.concat([self(place), self(place)]),
  repeated,
  other,
  (place) => Buffer.concat([other(place), self(place)]),
  (place) => Buffer.concat([self(place), other(place)]),
  (place) => encode(place.random.pick(WRAPPERS), self(place)),
  content,
  (place) => encode(place.random.once(4) ? place.random.below(256) : place.random.pick(TAGS), content(place)),
  (place) => encode(place.element.tag ^ 0x20, content(place)),
  withOtherLength,
  withEdgeContent,
  withEdgeContent,
  withEdgeContent,
  (place) => encode(place.element.tag, place.random.pick(TEXTS)),
  (place) => encode(place.element.tag, mutateBytes(content(place), place.random, TEXTS)),
  (place) => encode(place.element.tag, mutateBytes(content(place), place.random)),
];

/** Many times, in a few thousand octets. */
function repeated(place: Place): Buffer {
  const once = self(place);
  return Buffer.alloc(once.length * place.random.size(Math.trunc(4096 / once.length)), once);
}

function withEdgeContent(place: Place): Buffer {
  const edges = CONTENTS[place.element.tag] ?? TEXTS;
  return encode(place.element.tag, place.random.pick(edges));
}

/** Not minimal, indefinite, or not that of the content. */
function withOtherLength(place: Place): Buffer {
  const octets = content(place);
  const { length } = octets;
  const lengths = [
    Buffer.from([0x81, length & 0xff]),
    Buffer.from([0x82, length >> 8, length & 0xff]),
    Buffer.from([0x84, 0, 0, length >> 8, length & 0xff]),
    Buffer.from([0x85, 0, 0, 0, 0, length & 0xff]),
    Buffer.from([0x80]),
    lengthOctets(length + 1),
    lengthOctets(Math.max(0, length - 1)),
    Buffer.from([0x84, 0xff, 0xff, 0xff, 0xff]),
    Buffer.from([0xff]),
  ];
  return Buffer.concat([Buffer.from([place.element.tag]), place.random.pick(lengths), octets]);
}

/**
 * A few changes of a DER document along its elements. Mostly the lengths around a change are set right again, so that
 * what is inside is reached; sometimes they are left wrong, or octets are changed without regard to elements.
 */
export function mutateDer(input: Buffer, random: Random, donor: Buffer = input): Buffer {
  let der = input;
  const changes = random.once(2) ? 1 : 2 + random.size(2);
  for (let change = 0; change < changes && der.length < MAX_BYTES; change++) {
    const elements = change === 0 ? knownElementsOf(der) : elementsOf(der);
    if (elements.length === 0 || random.once(8)) {
      der = mutateBytes(der, random);
      continue;
    }
    const index = random.below(elements.length);
    const element = elements[index] as DerElement;
    const changed = random.pick(EDITS)({ der, element, donor, random });
    der = random.once(10) ? spliced(der, element, changed) : replaced(der, elements, index, changed);
  }
  return der;
}

function spliced(der: Buffer, { start, end }: DerElement, octets: Buffer): Buffer {
  return Buffer.concat([der.subarray(0, start), octets, der.subarray(end)]);
}

/** `der` with one element replaced, and the lengths of all that it stands in. */
export function replaced(der: Buffer, elements: readonly DerElement[], index: number, octets: Buffer): Buffer {
  const inner = elements[index] as DerElement;
  const parts = [octets, der.subarray(inner.end)];
  let growth = octets.length - (inner.end - inner.start);
  let { start } = inner;
  for (let outer = elements[inner.parent]; outer !== undefined; outer = elements[outer.parent]) {
    const header = headerOf(outer.tag, outer.end - outer.content + growth);
    parts.unshift(header, der.subarray(outer.content, start));
    growth += header.length - (outer.content - outer.start);
    start = outer.start;
  }
  return Buffer.concat([der.subarray(0, start), ...parts]);
}
