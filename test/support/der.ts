/**
 * A DER encoder that refuses nothing, so that tests can write both correct and hostile bytes. Content may be given as
 * buffers or nested arrays of them; lengths are minimal unless `length` is given to `tlv`-like callers by hand.
 */

export type Content = Uint8Array | readonly Content[];

/** Joins content, however deeply nested. */
export function concat(...content: readonly Content[]): Buffer {
  return Buffer.concat(content.map((part) => (part instanceof Uint8Array ? part : concat(...part))));
}

/** Length octets, minimal (X.690 §10.1). */
export function lengthOctets(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return Buffer.from([0x80 | octets.length, ...octets]);
}

/** One value with a single-octet identifier: `tlv(0x30, ...)`. */
export function tlv(tag: number, ...content: readonly Content[]): Buffer {
  const body = concat(...content);
  return Buffer.concat([Buffer.from([tag]), lengthOctets(body.length), body]);
}

export const sequence = (...content: readonly Content[]) => tlv(0x30, ...content);

/** SET in the order given: sorting (X.690 §11.6) is the caller's, who may want it wrong. */
export const set = (...content: readonly Content[]) => tlv(0x31, ...content);

/** Content octets of an OBJECT IDENTIFIER, as an implicitly tagged one needs them. */
export function oidContent(dotted: string): Buffer {
  const [first = 0n, second = 0n, ...rest] = dotted.split('.').map(BigInt);
  return Buffer.concat([first * 40n + second, ...rest].map(base128));
}

export const oid = (dotted: string) => tlv(0x06, oidContent(dotted));

/** Content octets of an INTEGER: two's complement, minimal. */
export function integerContent(value: number | bigint): Buffer {
  const wide = BigInt(value);
  let size = 1;
  while (BigInt.asIntN(size * 8, wide) !== wide) size += 1;
  const hex = BigInt.asUintN(size * 8, wide)
    .toString(16)
    .padStart(size * 2, '0');
  return Buffer.from(hex, 'hex');
}

/** A number is encoded minimally; bytes are taken as the content octets. */
export function integer(value: number | bigint | Uint8Array): Buffer {
  return tlv(0x02, value instanceof Uint8Array ? value : integerContent(value));
}

export const bool = (value: boolean) => tlv(0x01, Buffer.from([value ? 0xff : 0x00]));
export const nil = () => tlv(0x05);
export const octets = (...content: readonly Content[]) => tlv(0x04, ...content);

/** BIT STRING; `unused` is the number of unused bits that is claimed. */
export const bits = (content: Content, unused = 0) => tlv(0x03, Buffer.from([unused]), content);

export const utf8 = (text: string) => tlv(0x0c, Buffer.from(text, 'utf8'));
export const printable = (text: string) => tlv(0x13, Buffer.from(text, 'latin1'));
export const ia5 = (text: string) => tlv(0x16, Buffer.from(text, 'latin1'));

/** `YYMMDDHHMMSSZ`, or the text as it stands. */
export function utcTime(time: Date | string): Buffer {
  return tlv(0x17, Buffer.from(typeof time === 'string' ? time : compactTime(time).slice(2), 'latin1'));
}

/** `YYYYMMDDHHMMSSZ`, or the text as it stands. */
export function generalizedTime(time: Date | string): Buffer {
  return tlv(0x18, Buffer.from(typeof time === 'string' ? time : compactTime(time), 'latin1'));
}

/** Time as a certificate has to encode it: UTCTime until 2049 (RFC 5280 §4.1.2.5). */
export function time(value: Date): Buffer {
  const year = value.getUTCFullYear();
  return year >= 1950 && year < 2050 ? utcTime(value) : generalizedTime(value);
}

/** Context-specific tag 0..30. */
export function context(number: number, constructed: boolean, ...content: readonly Content[]): Buffer {
  return tlv(0x80 | (constructed ? 0x20 : 0) | number, ...content);
}

/** The values directly inside a constructed value. Only for bytes that the tests made themselves. */
export function children(der: Buffer): Buffer[] {
  const found: Buffer[] = [];
  const { start, end } = extent(der, 0);
  for (let position = start; position < end; ) {
    const next = extent(der, position).end;
    found.push(der.subarray(position, next));
    position = next;
  }
  return found;
}

function base128(arc: bigint): Buffer {
  const groups = [Number(arc & 0x7fn)];
  for (let rest = arc >> 7n; rest > 0n; rest >>= 7n) groups.unshift(Number(rest & 0x7fn) | 0x80);
  return Buffer.from(groups);
}

function compactTime(time: Date): string {
  return time.toISOString().replace(/[-:T]|\.\d+/g, '');
}

/** The content octets of one value, under the same condition. */
export function contentOf(der: Buffer): Buffer {
  const { start, end } = extent(der, 0);
  return der.subarray(start, end);
}

function extent(der: Buffer, position: number): { start: number; end: number } {
  const first = der[position + 1] ?? 0;
  if (first < 0x80) return { start: position + 2, end: position + 2 + first };
  const count = first & 0x7f;
  const start = position + 2 + count;
  return { start, end: start + der.readUIntBE(position + 2, count) };
}
