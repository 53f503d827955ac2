import { expect, it } from 'vitest';
import { createConnectionLimit } from '../../src/http/connection-limit.ts';

/** What becomes of connections from these addresses, in order: taken, `surplus` or `closed`. */
function fate(limit: ReturnType<typeof createConnectionLimit>, count: number, address: string): string[] {
  return Array.from({ length: count }, () => {
    const held = limit.take(address);
    if (held === null) return 'closed';
    return held.surplus === null ? 'taken' : 'surplus';
  });
}

it('takes the limit, answers a quarter more, and closes the rest', () => {
  const limit = createConnectionLimit(8);
  const fates = ['a', 'b', 'c', 'd', 'e', 'f'].flatMap((address) => fate(limit, 2, address));
  expect(fates).toEqual([...Array(8).fill('taken'), ...Array(2).fill('surplus'), ...Array(2).fill('closed')]);
  expect(limit.load()).toEqual({ open: 10, closed: 2 });
});

it('leaves room for others, whatever one address opens', () => {
  const limit = createConnectionLimit(8);
  expect(fate(limit, 8, 'greedy')).toEqual([...Array(6).fill('taken'), 'surplus', 'closed']);
  expect(fate(limit, 2, 'other')).toEqual(['taken', 'surplus']);
});

it('has room again for what is closed', () => {
  const limit = createConnectionLimit(1);
  const held = limit.take('a');
  expect(held?.surplus).toBeNull();
  expect(limit.take('b')?.surplus).not.toBeNull();
  held?.release();
  expect(limit.load().open).toBe(1);
});

it('says which bound it was, and how many that is', () => {
  const limit = createConnectionLimit(8);
  const taken = (address: string) => limit.take(address)?.surplus;
  for (let index = 0; index < 6; index++) expect(taken('a')).toBeNull();
  expect(taken('a')).toMatch(/^This address has 6 connections open.* \(3\/4 of MAX_CONNECTIONS\)/);
  for (const address of ['b', 'c']) taken(address);
  expect(taken('d')).toMatch(/^All 8 connections .*\(MAX_CONNECTIONS\)/);
});
