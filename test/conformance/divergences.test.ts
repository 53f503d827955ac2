import { describe, expect, it } from 'vitest';
import { parseDivergences, readDivergences } from './divergences.ts';

describe('parseDivergences', () => {
  it('reads id and reason of each row, and no other table', () => {
    const text = [
      '| case | expected | ours | reason |',
      '| --- | --- | --- | --- |',
      '| `rfc5280::nc::a-b` | SUCCESS | fail | RFC 5280 §4.2.1.10 says otherwise |',
      '| openssl | `code` | because |',
    ].join('\n');
    expect([...parseDivergences(text)]).toEqual([['rfc5280::nc::a-b', 'RFC 5280 §4.2.1.10 says otherwise']]);
  });

  it.each([
    ['a row without a reason', '| `a::b` | SUCCESS | fail | |'],
    ['a row twice', '| `a::b` | SUCCESS | fail | x |\n| `a::b` | SUCCESS | fail | x |'],
  ])('refuses %s', (_name, text) => {
    expect(() => parseDivergences(text)).toThrow(/a::b/);
  });

  it('can read the list in force', () => {
    expect(() => readDivergences()).not.toThrow();
  });
});
