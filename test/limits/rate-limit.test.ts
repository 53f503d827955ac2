import { expect, it } from 'vitest';
import { createRateLimit } from '../../src/limits/rate-limit.ts';

it('allows as many as it says and tells how long to wait for the next', async () => {
  const limit = createRateLimit({ perMinute: 2 });
  expect([await limit.peek('a'), await limit.take('a'), await limit.take('a')]).toEqual([null, null, null]);
  for (const wait of [await limit.peek('a'), await limit.take('a')]) {
    expect(wait).toBeGreaterThanOrEqual(59);
    expect(wait).toBeLessThanOrEqual(60);
  }
});

it('counts each key for itself', async () => {
  const limit = createRateLimit({ perMinute: 1 });
  expect([await limit.take('a'), await limit.take('b'), await limit.take('a')]).toEqual([
    null,
    null,
    expect.any(Number),
  ]);
});

it('does not count a look', async () => {
  const limit = createRateLimit({ perMinute: 1 });
  for (let count = 0; count < 3; count++) expect(await limit.peek('a')).toBeNull();
  expect(await limit.take('a')).toBeNull();
});

it('allows everything when it is off', async () => {
  const limit = createRateLimit(null);
  for (let count = 0; count < 3; count++) expect(await limit.take('a')).toBeNull();
});
