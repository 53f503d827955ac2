import { expect, it } from 'vitest';
import { createConnectionLimit } from '../../src/http/connection-limit.ts';

/** What becomes of connections from these addresses, in order: taken, `surplus` or `closed`. */
function fate(limit: ReturnType<typeof createConnectionLimit>, count: number, address: string): string[] {
  return Array.from({ length: count }, () => {
    const held = limit.take(address);
    if (held === null) return 'closed';
    return held.isSurplus ? 'surplus' : 'taken';
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
  expect(held?.isSurplus).toBe(false);
  expect(limit.take('b')?.isSurplus).toBe(true);
  held?.release();
  expect(limit.load().open).toBe(1);
});
