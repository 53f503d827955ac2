import type { RuleId } from '../domain/rules.ts';

/** A departure from a rule, at an offset of the whole input. */
export interface Violation {
  readonly rule: RuleId;
  readonly offset: number;
  /** One sentence with what stands there. */
  readonly detail: string;
}

/** Takes the departures after which reading can go on. */
export type Report = (violation: Violation) => void;

/** A departure after which the element cannot be read. Never leaves this folder: readers turn it into values. */
export class DerError extends Error {
  readonly violation: Violation;

  constructor(rule: RuleId, offset: number, detail: string) {
    super(detail);
    this.name = 'DerError';
    this.violation = { rule, offset, detail };
  }
}

/** One TLV by its offsets in the input; nothing is copied. */
export interface Element {
  /** The identifier octet: class, constructed bit and number (always below 31). */
  readonly tag: number;
  /** Of the identifier octet. */
  readonly start: number;
  /** Of the first content octet. */
  readonly content: number;
  /** After the last content octet. */
  readonly end: number;
}

/** Identifier octets of the universal types that PKIX uses. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  numericString: 0x12,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  visibleString: 0x1a,
  universalString: 0x1c,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Identifier octet of a context-specific primitive field, `[n] IMPLICIT` of a primitive type. */
export function contextPrimitive(number: number): number {
  return 0x80 | number;
}

/** Identifier octet of a context-specific constructed field: `[n] EXPLICIT`, or IMPLICIT of a constructed type. */
export function contextConstructed(number: number): number {
  return 0xa0 | number;
}

const tagNames = new Map<number, string>(
  Object.entries(TAG).map(([name, tag]) => [tag, name.replace(/^./, (first) => first.toUpperCase())]),
);

function nameOfTag(tag: number): string {
  const hex = tag.toString(16).padStart(2, '0');
  const name = tagNames.get(tag) ?? ((tag & 0xc0) === 0x80 ? `[${tag & 0x1f}]` : undefined);
  return name === undefined ? `tag ${hex}` : `${name} (tag ${hex})`;
}

/**
 * The bytes of one DER document with where to report departures, and a ceiling on the elements read from it.
 * All offsets are of `bytes`, also those inside an OCTET STRING.
 */
export class DerSource {
  readonly bytes: Buffer;
  readonly report: Report;
  readonly #maxElements: number;
  #elements = 0;

  constructor(bytes: Buffer, report: Report, maxElements = Number.POSITIVE_INFINITY) {
    this.bytes = bytes;
    this.report = report;
    this.#maxElements = maxElements;
  }

  /** Elements read so far. */
  get elements(): number {
    return this.#elements;
  }

  /** Counts work against the ceiling. Throws DerError when it is reached. */
  charge(elements: number, offset: number): void {
    this.#elements += elements;
    if (this.#elements > this.#maxElements) {
      throw new DerError('der.too_many_elements', offset, 'the ceiling on elements was reached here');
    }
  }

  /** A cursor over the whole input. */
  cursor(): DerCursor {
    return new DerCursor(this, 0, this.bytes.length);
  }

  /** A cursor over the content of an element. */
  inside(element: Element): DerCursor {
    return new DerCursor(this, element.content, element.end);
  }

  /** The whole element, a view. */
  der(element: Element): Buffer {
    return this.bytes.subarray(element.start, element.end);
  }

  /** Its content octets, a view. */
  content(element: Element): Buffer {
    return this.bytes.subarray(element.content, element.end);
  }
}

/** Walks the elements of one container in order. A list of any length can be walked without holding it. */
export class DerCursor {
  readonly source: DerSource;
  readonly end: number;
  offset: number;

  constructor(source: DerSource, start: number, end: number) {
    this.source = source;
    this.offset = start;
    this.end = end;
  }

  get done(): boolean {
    return this.offset >= this.end;
  }

  /** Identifier octet of the next element; -1 at the end. */
  get tag(): number {
    return this.done ? -1 : (this.source.bytes[this.offset] as number);
  }

  /** Reads the next element, whatever it is. Throws DerError when there is none or it does not fit. */
  next(what: string): Element {
    const { bytes } = this.source;
    const start = this.offset;
    this.source.charge(1, start);
    if (start >= this.end) throw new DerError('der.field_missing', start, `${what} is missing`);
    const tag = bytes[start] as number;
    if ((tag & 0x1f) === 0x1f) {
      throw new DerError('der.tag_multi_octet', start, `${what} has a tag of several octets`);
    }
    if (start + 2 > this.end) throw new DerError('der.element_truncated', start, `${what} ends before its length`);
    let content = start + 2;
    let length = bytes[start + 1] as number;
    if (length >= 0x80) {
      const octets = length & 0x7f;
      length = this.#longLength(what, content, octets);
      content += octets;
    }
    const end = content + length;
    if (end > this.end) {
      throw new DerError(
        'der.element_truncated',
        start,
        `${what} has ${length} octets of content where ${this.end - content} are left`,
      );
    }
    this.offset = end;
    return { tag, start, content, end };
  }

  #longLength(what: string, offset: number, octets: number): number {
    if (octets === 0) throw new DerError('der.length_indefinite', offset - 1, `${what} has an indefinite length`);
    if (octets > 4) throw new DerError('der.length_too_long', offset - 1, `${what} has a length of ${octets} octets`);
    if (offset + octets > this.end) {
      throw new DerError('der.element_truncated', offset - 1, `${what} ends inside its length`);
    }
    const length = this.source.bytes.readUIntBE(offset, octets);
    if (length < 0x80 || this.source.bytes[offset] === 0) {
      const detail = `${what} spends ${octets} more octets than needed or leading zeros on the length ${length}`;
      this.source.report({ rule: 'der.length_not_minimal', offset: offset - 1, detail });
    }
    return length;
  }

  /** Reads the next element, which must have this identifier octet. */
  take(tag: number, what: string): Element {
    if (this.offset < this.end && this.source.bytes[this.offset] !== tag) {
      const found = nameOfTag(this.tag);
      throw new DerError('der.unexpected_tag', this.offset, `${what} is ${found} instead of ${nameOfTag(tag)}`);
    }
    return this.next(what);
  }

  /** Reads the next element if it has this identifier octet. */
  takeOptional(tag: number, what: string): Element | null {
    return this.tag === tag ? this.next(what) : null;
  }

  /** A cursor over the content of the next element, which must have this identifier octet. */
  enter(tag: number, what: string): DerCursor {
    return this.source.inside(this.take(tag, what));
  }

  /** Reports what is left over when a structure should be at its end. */
  finish(what: string): void {
    if (this.done) return;
    const detail = `${this.end - this.offset} octets follow the last field of ${what}`;
    this.source.report({ rule: 'der.unexpected_element', offset: this.offset, detail });
  }
}

/** BOOLEAN; any octet but 00 is read as TRUE and one that is not FF is reported (X.690 §11.1). */
export function readBoolean(source: DerSource, element: Element, what: string): boolean {
  if (element.end - element.content !== 1) {
    throw new DerError('der.boolean_value', element.start, `${what} is a BOOLEAN of other than one octet`);
  }
  const octet = source.bytes[element.content] as number;
  if (octet !== 0 && octet !== 0xff) {
    const detail = `${what} is the BOOLEAN ${octet.toString(16).padStart(2, '0')}`;
    source.report({ rule: 'der.boolean_value', offset: element.content, detail });
  }
  return octet !== 0;
}

/** Content octets of an INTEGER, two's complement. Extra leading octets are reported (X.690 §8.3.2). */
export function readInteger(source: DerSource, element: Element, what: string): Buffer {
  const { bytes } = source;
  const { content, end } = element;
  if (end === content) throw new DerError('der.integer_empty', element.start, `${what} is an empty INTEGER`);
  if (end - content > 1) {
    const first = bytes[content] as number;
    const second = bytes[content + 1] as number;
    if ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80)) {
      source.report({ rule: 'der.integer_not_minimal', offset: content, detail: `${what} has a superfluous octet` });
    }
  }
  return bytes.subarray(content, end);
}

/** A count: an INTEGER from 0 to 2^31 - 1. Anything else throws DerError. */
export function readCount(source: DerSource, element: Element, what: string): number {
  const octets = readInteger(source, element, what);
  let value = (octets[0] as number) >= 0x80 ? -1 : 0;
  for (let index = 0; index < octets.length && value >= 0 && value < 2 ** 31; index++) {
    value = value * 256 + (octets[index] as number);
  }
  if (value < 0 || value >= 2 ** 31) {
    throw new DerError('der.integer_range', element.content, `${what} is negative or above 2^31 - 1`);
  }
  return value;
}

export interface BitString {
  /** Without the octet that counts the unused bits. */
  readonly bytes: Buffer;
  readonly unusedBits: number;
}

/** BIT STRING. Unused bits that are not zero are reported (X.690 §11.2.1). */
export function readBitString(source: DerSource, element: Element, what: string): BitString {
  const { content, end } = element;
  const unusedBits = content < end ? (source.bytes[content] as number) : 8;
  if (unusedBits > 7 || (unusedBits > 0 && end - content === 1)) {
    throw new DerError('der.bit_string_form', content, `${what} is a BIT STRING without a valid count of unused bits`);
  }
  if (unusedBits > 0 && ((source.bytes[end - 1] as number) & ((1 << unusedBits) - 1)) !== 0) {
    source.report({
      rule: 'der.bit_string_form',
      offset: end - 1,
      detail: `${what} has unused bits that are not zero`,
    });
  }
  return { bytes: source.bytes.subarray(content + 1, end), unusedBits };
}

/** NULL. Content is reported. */
export function readNull(source: DerSource, element: Element, what: string): void {
  if (element.end !== element.content) {
    source.report({ rule: 'der.null_value', offset: element.content, detail: `${what} is a NULL with content` });
  }
}

const MAX_OID_OCTETS = 128;
/** Those that certificates really have are fewer than two hundred. */
const MAX_KNOWN_OIDS = 512;

/** Texts by content octets (as Latin-1): the same few OIDs stand in every certificate, and text costs more to write. */
let knownOids = new Map<string, string>();

/** OBJECT IDENTIFIER as dotted text; arcs of any size within the bound on octets. */
export function readOid(source: DerSource, element: Element, what: string): string {
  const octets = source.bytes.toString('latin1', element.content, element.end);
  const known = knownOids.get(octets);
  if (known !== undefined) return known;
  const text = writeOid(source, element, what);
  // Whoever fills it with OIDs of his own has it begin anew: cheaper than to keep in order what is nearly never full.
  if (knownOids.size === MAX_KNOWN_OIDS) knownOids = new Map();
  knownOids.set(octets, text);
  return text;
}

function writeOid({ bytes }: DerSource, element: Element, what: string): string {
  const { content, end } = element;
  const length = end - content;
  if (length === 0 || length > MAX_OID_OCTETS || (bytes[end - 1] as number) >= 0x80) {
    throw new DerError('der.oid_form', element.start, `${what} is an OBJECT IDENTIFIER that is empty, cut or too long`);
  }
  let text = '';
  for (let offset = content; offset < end; ) {
    if (bytes[offset] === 0x80) {
      throw new DerError('der.oid_form', offset, `${what} has a subidentifier with a leading zero`);
    }
    const first = offset;
    let arc = 0;
    while ((bytes[offset] as number) >= 0x80) arc = arc * 128 + ((bytes[offset++] as number) & 0x7f);
    arc = arc * 128 + (bytes[offset++] as number);
    const exact = Number.isSafeInteger(arc) ? arc : exactArc(bytes.subarray(first, offset));
    text += first === content ? firstArcs(exact) : `.${exact}`;
  }
  return text;
}

/** X.690 §8.19.4: the first subidentifier holds two arcs, 40 * first + second, the first being at most 2. */
function firstArcs(value: number | bigint): string {
  if (value < 40) return `0.${value}`;
  if (value < 80) return `1.${Number(value) - 40}`;
  return `2.${typeof value === 'bigint' ? value - 80n : value - 80}`;
}

function exactArc(octets: Buffer): bigint {
  let arc = 0n;
  for (const octet of octets) arc = (arc << 7n) | BigInt(octet & 0x7f);
  return arc;
}

/** EXTERNAL, EMBEDDED PDV, SEQUENCE, SET and CHARACTER STRING: the universal types that hold elements. */
const CONSTRUCTED_TYPES: ReadonlySet<number> = new Set([8, 11, 16, 17, 29]);

const OPEN_VALUE_READERS: Readonly<Record<number, (source: DerSource, element: Element, what: string) => unknown>> = {
  [TAG.boolean]: readBoolean,
  [TAG.integer]: readInteger,
  [TAG.enumerated]: readInteger,
  [TAG.bitString]: readBitString,
  [TAG.null]: readNull,
  [TAG.oid]: readOid,
};

/**
 * A value whose type its definition leaves open (ANY). One of a universal type is primitive or constructed as DER has
 * that type (X.690 §8, §10.2), and one of a simple type has its form. Throws DerError or reports like its reader.
 */
export function checkOpenValue(source: DerSource, element: Element, what: string): void {
  const { tag, start } = element;
  const number = tag & 0x1f;
  const isConstructed = (tag & 0x20) !== 0;
  if (tag < 0x40 && (number === 0 || isConstructed !== CONSTRUCTED_TYPES.has(number))) {
    throw new DerError('der.unexpected_tag', start, `${what} has ${nameOfTag(tag)}, which no value of DER has`);
  }
  OPEN_VALUE_READERS[tag]?.(source, element, what);
}
