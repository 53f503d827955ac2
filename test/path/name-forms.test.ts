import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DistinguishedName } from '../../src/domain/certificate.ts';
import { comparableBase, comparableName, isInside } from '../../src/path/name-forms.ts';
import { SubtreeList } from '../../src/path/subtree-list.ts';
import { DerSource } from '../../src/x509/der.ts';
import { readName } from '../../src/x509/name.ts';
import { printable, sequence, set, utf8 } from '../support/der.ts';
import { attribute } from '../x509/certificate-bytes.ts';

const C = '2.5.4.6';
const O = '2.5.4.10';
const CN = '2.5.4.3';

/** Each member is one relative distinguished name. */
const nameOf = (...rdns: readonly (readonly Buffer[])[]): DistinguishedName =>
  readName(new DerSource(sequence(rdns.map((rdn) => set(...rdn))), () => {}).cursor(), 'name');

function isWithin(name: DistinguishedName, base: DistinguishedName): boolean {
  const compared = comparableName({ type: 'directory', value: name });
  const subtree = comparableBase({ type: 'directory', value: base, hasDistance: false });
  if (compared === null || subtree === null) throw new Error('a directoryName is always comparable');
  const list = new SubtreeList();
  list.add(subtree);
  const inside = isInside(compared, subtree);
  expect([list.holds(compared), list.touches(compared)]).toEqual([inside, inside]);
  return inside;
}

describe('directoryName subtrees (RFC 5280 §4.2.1.10)', () => {
  const country = attribute(C, printable('DE'));
  const corp = attribute(O, utf8('Corp'));
  const common = attribute(CN, utf8('a'));
  const base = nameOf([country], [corp]);

  it.each([
    { name: 'the base itself', of: base, inside: true },
    { name: 'a name below it', of: nameOf([country], [attribute(O, printable('CORP'))], [common]), inside: true },
    { name: 'a name above it', of: nameOf([country]), inside: false },
    { name: 'a name beside it', of: nameOf([country], [attribute(O, utf8('Corp2'))]), inside: false },
    { name: 'the same attributes further down', of: nameOf([common], [country], [corp]), inside: false },
    { name: 'a second attribute beside the last one', of: nameOf([country], [corp, common]), inside: false },
    { name: 'both in one', of: nameOf([country, corp]), inside: false },
    {
      name: 'a value that spells out the separator',
      of: nameOf([country], [attribute(O, utf8('Corp,2.5.4.3:2=a'))]),
      inside: false,
    },
    { name: 'a value that goes on', of: nameOf([country], [attribute(O, utf8('Corp,'))]), inside: false },
    { name: 'an empty one first', of: nameOf([], [country], [corp]), inside: false },
    { name: 'the empty name', of: nameOf(), inside: false },
  ])('$name', ({ of, inside }) => {
    expect(isWithin(of, base)).toBe(inside);
  });

  it('the empty base holds every name', () => {
    expect(isWithin(base, nameOf())).toBe(true);
    expect(isWithin(nameOf(), nameOf())).toBe(true);
  });

  it('is the comparison of one after the other', () => {
    const value = fc.constantFrom('a', 'b', 'a,', 'a+', '', '2.5.4.3:2=a', 'a'.repeat(300), `${'a'.repeat(299)}b`);
    const rdn = fc.array(fc.record({ type: fc.constantFrom(CN, O), value }), { maxLength: 2 });
    const rdns = fc.array(rdn, { maxLength: 3 });
    const read = (list: readonly (readonly { type: string; value: string }[])[]) =>
      nameOf(...list.map((members) => members.map((member) => attribute(member.type, utf8(member.value)))));
    fc.assert(
      fc.property(rdns, rdns, (ofName, ofBase) => {
        // What separates keys is no part of an attribute's own: compared alone, each RDN is its whole name.
        const keys = (list: typeof ofName) => list.map((one) => `${one.length}/${read([one]).key}`);
        const [name, wanted] = [keys(ofName), keys(ofBase)];
        const expected = wanted.length <= name.length && wanted.every((key, index) => key === name[index]);
        expect(isWithin(read(ofName), read(ofBase))).toBe(expected);
      }),
      { numRuns: 5000 },
    );
  });
});
