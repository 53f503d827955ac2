import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DerError,
  DerSource,
  readBoolean,
  readCount,
  readInteger,
  readOid,
  TAG,
  type Violation,
} from '../../src/x509/der.ts';
import { integer, octets, oid, sequence, tlv, utf8 } from '../support/der.ts';

function sourceOf(der: Buffer): { source: DerSource; violations: Violation[] } {
  const violations: Violation[] = [];
  return { source: new DerSource(der, (violation) => violations.push(violation)), violations };
}

describe('OBJECT IDENTIFIER', () => {
  it.each([
    '0.0',
    '0.39',
    '1.0',
    '1.39',
    '2.0',
    '2.39',
    '2.40',
    '2.999.3',
    '1.2.840.113549.1.1.11',
    '2.25.9007199254740991',
    '2.25.9007199254740992',
    '2.25.340282366920938463463374607431768211455',
  ])('%s', (text) => {
    const { source } = sourceOf(oid(text));
    expect(readOid(source, source.cursor().next('it'), 'it')).toBe(text);
  });

  it('is read back whatever its arcs', () => {
    const arc = fc.bigInt({ min: 0n, max: 2n ** 70n });
    fc.assert(
      fc.property(fc.array(arc, { maxLength: 8 }), arc, (rest, second) => {
        const text = [2n, second, ...rest].join('.');
        const { source } = sourceOf(oid(text));
        expect(readOid(source, source.cursor().next('it'), 'it')).toBe(text);
      }),
    );
  });
});

describe('INTEGER', () => {
  it.each([
    [0, 0],
    [127, 127],
    [128, 128],
    [2 ** 31 - 1, 2 ** 31 - 1],
  ])('counts %d', (value, expected) => {
    const { source } = sourceOf(integer(value));
    expect(readCount(source, source.cursor().next('it'), 'it')).toBe(expected);
  });

  it.each([-1, -(2 ** 40), 2 ** 31, 2n ** 4000n])('does not count %d', (value) => {
    const { source } = sourceOf(integer(value));
    expect(() => readCount(source, source.cursor().next('it'), 'it')).toThrow(DerError);
  });

  it('gives its content octets as encoded', () => {
    const { source } = sourceOf(integer(-129));
    expect(readInteger(source, source.cursor().next('it'), 'it').toString('hex')).toBe('ff7f');
  });
});

describe('a walk over elements', () => {
  it('reads lengths of one to four octets', () => {
    for (const length of [0, 1, 127, 128, 255, 256, 65_535, 65_536, 2 ** 24]) {
      const { source, violations } = sourceOf(octets(Buffer.alloc(length)));
      const element = source.cursor().take(TAG.octetString, 'it');
      expect(element.end - element.content).toBe(length);
      expect(violations).toEqual([]);
    }
  });

  it('needs no memory for the list itself, and gives views of the input', () => {
    const member = sequence(integer(1), utf8('a'));
    const der = sequence(Buffer.alloc(member.length * 10_000, member));
    const { source } = sourceOf(der);
    const list = source.cursor().enter(TAG.sequence, 'list');
    let count = 0;
    while (!list.done) {
      const element = list.take(TAG.sequence, 'member');
      expect(source.der(element).buffer).toBe(der.buffer);
      count++;
    }
    expect(count).toBe(10_000);
  });

  it('has offsets of the whole input inside an OCTET STRING', () => {
    const inner = tlv(0x01, Buffer.from([7]));
    const { source, violations } = sourceOf(sequence(integer(1), octets(inner)));
    const fields = source.cursor().enter(TAG.sequence, 'outer');
    fields.take(TAG.integer, 'number');
    const content = fields.enter(TAG.octetString, 'wrapper');
    expect(readBoolean(source, content.take(TAG.boolean, 'flag'), 'flag')).toBe(true);
    expect(violations).toMatchObject([{ rule: 'der.boolean_value', offset: 9 }]);
  });

  it('ends at the ceiling on elements', () => {
    const list = sequence(integer(1), integer(2));
    const read = (ceiling: number): void => {
      const cursor = new DerSource(list, () => {}, ceiling).cursor().enter(TAG.sequence, 'list');
      while (!cursor.done) cursor.next('member');
    };
    expect(() => read(3)).not.toThrow();
    expect(() => read(2)).toThrow(DerError);
  });
});
