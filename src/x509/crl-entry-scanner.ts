import type { RuleId } from '../domain/rules.ts';
import { DerError, TAG } from './der.ts';

/**
 * Walks the entries of a CRL without making an object for any of them: a million entries leave nothing behind. The
 * fields hold the element read last. Stricter than `DerCursor`: every departure ends the reading.
 */
export class EntryScanner {
  readonly bytes: Buffer;
  offset: number;
  end: number;
  tag = 0;
  content = 0;
  stop = 0;

  constructor(bytes: Buffer, offset: number, end: number) {
    this.bytes = bytes;
    this.offset = offset;
    this.end = end;
  }

  /** Reads the identifier and length of the next element and moves behind it. Throws DerError. */
  next(): void {
    const { bytes, offset: start, end } = this;
    if (start + 2 > end) throw new DerError('der.element_truncated', start, 'an entry of the CRL is cut');
    this.tag = bytes[start] as number;
    let content = start + 2;
    let length = bytes[start + 1] as number;
    if (length >= 0x80) {
      const octets = length & 0x7f;
      if (octets === 0 || octets > 3 || content + octets > end) {
        throw new DerError('der.length_too_long', start + 1, 'an entry of the CRL has a length of no use');
      }
      length = bytes.readUIntBE(content, octets);
      if (length < 0x80 || bytes[content] === 0) {
        throw new DerError(
          'der.length_not_minimal',
          start + 1,
          'an entry of the CRL has a length with needless octets',
        );
      }
      content += octets;
    }
    const stop = content + length;
    if (stop > end)
      throw new DerError('der.element_truncated', start, 'an entry of the CRL is longer than what holds it');
    this.content = content;
    this.stop = stop;
    this.offset = stop;
  }

  /** Reads the next element, which must have this tag. Throws DerError. */
  take(tag: number, rule: RuleId = 'crl.entry_form'): void {
    const start = this.offset;
    this.next();
    if (this.tag !== tag)
      throw new DerError(rule, start, 'an entry of the CRL has another element here than it should');
  }

  /** Narrows the walk to the content of the element read last. Returns the end of what held it, for `leave`. */
  enter(): number {
    const outer = this.end;
    this.offset = this.content;
    this.end = this.stop;
    return outer;
  }

  /** Goes on behind an element that was entered. What is left of it is a departure. */
  leave(outer: number): void {
    if (this.offset !== this.end) {
      throw new DerError('crl.entry_form', this.offset, 'octets follow the last element of an entry of the CRL');
    }
    this.end = outer;
  }

  /** Reads serialNumber; `content` and `stop` are then those of its shortest form. */
  takeSerial(): void {
    this.take(TAG.integer);
    const { bytes, content, stop } = this;
    if (content === stop) throw new DerError('der.integer_empty', content, 'a serial number of the CRL is empty');
    this.content = shortestInteger(bytes, content, stop);
    if (this.content !== content) {
      throw new DerError('der.integer_not_minimal', content, 'a serial number of the CRL has a needless octet');
    }
  }

  /** Reads revocationDate: UTCTime or GeneralizedTime in Zulu form to the second; that the day exists is not asked. */
  takeTime(): void {
    const start = this.offset;
    this.next();
    const { bytes, tag, content, stop } = this;
    const length = tag === TAG.utcTime ? 13 : tag === TAG.generalizedTime ? 15 : -1;
    let fits = stop - content === length && bytes[stop - 1] === 0x5a;
    for (let offset = content; fits && offset < stop - 1; offset++) {
      const digit = bytes[offset] as number;
      fits = digit >= 0x30 && digit <= 0x39;
    }
    if (!fits) throw new DerError('crl.entry_form', start, 'a revocation date is not a time in Zulu form');
  }
}

/** Offset of the first octet that an INTEGER needs (X.690 §8.3.2). */
export function shortestInteger(bytes: Buffer, content: number, stop: number): number {
  let start = content;
  while (start + 1 < stop) {
    const first = bytes[start] as number;
    const isNext = (bytes[start + 1] as number) >= 0x80;
    if (!((first === 0 && !isNext) || (first === 0xff && isNext))) break;
    start++;
  }
  return start;
}
