import { describe, expect, it } from 'vitest';
import { heapShareOf, mostWorkers, shareOf } from '../../src/workers/worker-share.ts';

const settings = {
  maxInFlight: 256,
  maxQueue: 1024,
  maxConnections: 4096,
  cacheMb: 128,
  targetLimit: { atOnce: 16, perMinute: 600 },
};

describe('the share of one worker', () => {
  it.each([1, 2, 3, 7, 16])('adds up to the whole with %i workers, and is never nothing', (of) => {
    const shares = Array.from({ length: of }, (_, index) => shareOf(settings, { number: index + 1, of }));
    const sum = (read: (share: typeof settings) => number) => shares.reduce((total, share) => total + read(share), 0);
    expect(sum(({ maxInFlight }) => maxInFlight)).toBe(256);
    expect(sum(({ maxQueue }) => maxQueue)).toBe(1024);
    expect(sum(({ maxConnections }) => maxConnections)).toBe(4096);
    expect(sum(({ cacheMb }) => cacheMb)).toBeCloseTo(128);
    expect(sum(({ targetLimit }) => targetLimit.atOnce)).toBe(16);
    expect(Math.min(...shares.map(({ targetLimit }) => targetLimit.atOnce))).toBeGreaterThan(0);
    for (const { targetLimit } of shares) expect(targetLimit.perMinute).toBe(600);
  });

  it('leaves a limit that is off as it is', () => {
    expect(shareOf({ ...settings, targetLimit: null }, { number: 1, of: 2 }).targetLimit).toBeNull();
  });
});

it('divides the heap that the container has room for, and leaves other arguments of Node as they are', () => {
  const image = ['--max-semi-space-size=16', '--max-old-space-size-percentage=50'];
  expect(heapShareOf(image, 3)).toEqual(['--max-semi-space-size=16', '--max-old-space-size-percentage=16.67']);
  expect(heapShareOf(['--max-old-space-size=384'], 3)).toEqual(['--max-old-space-size=384']);
});

describe('the most workers', () => {
  it.each([
    { name: 'by places of one target', changes: {}, most: 16 },
    { name: 'by all places', changes: { maxInFlight: 4 }, most: 4 },
    { name: 'by connections', changes: { maxConnections: 3 }, most: 3 },
    { name: 'by all places, without a limit of targets', changes: { targetLimit: null }, most: 256 },
  ])('are bound $name', ({ changes, most }) => {
    expect(mostWorkers({ ...settings, ...changes })).toBe(most);
  });
});
