import { describe, expect, it } from 'vitest';
import type { Claimants } from '../../src/net/claimants.ts';
import { createDocumentCache, keepFailureMs, keepUntil } from '../../src/revocation/document-cache.ts';

const never = new AbortController().signal;
const reader = { caller: 'a', signal: never, fits: () => true };
const HOUR = 3_600_000;

describe('the cache of documents', () => {
  it.each([
    { name: 'until the document ends', endsIn: 60_000, keepMs: 60_000 },
    { name: 'for an hour at most', endsIn: HOUR + 1, keepMs: HOUR },
    { name: 'for an hour when it ends then', endsIn: HOUR, keepMs: HOUR },
    { name: 'no longer than until it ends, however soon', endsIn: 1, keepMs: 1 },
    { name: 'for half a minute when it has ended', endsIn: 0, keepMs: keepFailureMs },
    { name: 'for half a minute when it has no end', endsIn: Number.NaN, keepMs: keepFailureMs },
  ])('keeps $name', ({ endsIn, keepMs }) => {
    expect(keepUntil(1_000_000 + endsIn, 1_000_000)).toBe(keepMs);
  });

  it('stays within its bound', async () => {
    const cache = createDocumentCache(2000);
    let made = 0;
    const load = (key: string, bytes: number) =>
      cache.load(key, reader, async () => ({ document: { number: ++made }, bytes, keepMs: HOUR }));
    await load('a', 1200);
    expect((await load('a', 1200)).cached).toBe(true);
    await load('b', 1200);
    const { bytes, ...use } = cache.use();
    expect(use).toEqual({ hits: 1, joins: 0, misses: 2, entries: 1 });
    expect(bytes).toBeGreaterThan(1200);
    expect(bytes).toBeLessThanOrEqual(2000);
    expect((await load('a', 1200)).cached).toBe(false);
    expect((await load('too large', 2001)).cached).toBe(false);
    expect((await load('too large', 2001)).cached).toBe(false);
  });

  it('keeps nothing of what failed by accident', async () => {
    const cache = createDocumentCache(1000);
    const failing = () => cache.load('a', reader, () => Promise.reject(new Error('once')));
    await expect(failing()).rejects.toThrow('once');
    const second = await cache.load('a', reader, async () => ({ document: {}, bytes: 1, keepMs: 0 }));
    expect(second.cached).toBe(false);
    expect((await cache.load('a', reader, async () => ({ document: {}, bytes: 1, keepMs: 0 }))).cached).toBe(false);
  });

  it('ends the wait of one caller alone', async () => {
    const cache = createDocumentCache(1000);
    const { promise, resolve } = Promise.withResolvers<void>();
    const make = async () => {
      await promise;
      return { document: { made: true }, bytes: 1, keepMs: HOUR };
    };
    const hasty = new AbortController();
    const first = cache.load('a', { ...reader, signal: hasty.signal }, make);
    const second = cache.load('a', reader, make);
    hasty.abort();
    expect(await first).toEqual({ document: null, cached: false, hadTurn: false });
    resolve();
    expect((await second).document).toEqual({ made: true });
    expect(cache.use()).toMatchObject({ hits: 0, joins: 1, misses: 1, entries: 1 });
  });

  it('says whether a document that was not waited for was being asked for', async () => {
    const cache = createDocumentCache(1000);
    const hasty = new AbortController();
    const make = (claimants: Claimants) => {
      claimants.hasTurn = true;
      return new Promise<never>(() => {});
    };
    const waits = [1, 2].map(() => cache.load('a', { ...reader, signal: hasty.signal }, make));
    await new Promise((done) => setImmediate(done));
    hasty.abort();
    const ended = { document: null, cached: false, hadTurn: true };
    expect(await Promise.all(waits)).toEqual([ended, ended]);
  });
});
