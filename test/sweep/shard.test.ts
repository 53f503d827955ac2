import { describe, expect, it } from 'vitest';
import { parseShard, shardOf } from '../../src/sweep/shard.ts';

describe('parseShard', () => {
  it.each([
    ['0/1', { index: 0, of: 1 }],
    ['7/8', { index: 7, of: 8 }],
    ['99999/100000', { index: 99_999, of: 100_000 }],
  ])('%s is right', (text, shard) => expect(parseShard(text)).toEqual(shard));

  it.each(['', '8', '8/8', '1/0', '-1/8', '01/8', '0/08', '0/100001', '0/8/2', ' 0/8', '$JOB/8'])(
    '%j is wrong',
    (text) => expect(parseShard(text)).toHaveProperty('error'),
  );
});

describe('shardOf', () => {
  it('is the same in every version', () => {
    // printf %s NAME | sha256sum: 6794a9dc…, 5afd19e8…, 12ca17b4…
    const shards = ['wiki.corp.example', '2001:db8::1', '127.0.0.1'].map((host) => shardOf(host, 1000));
    expect(shards).toEqual([0x6794a9dc % 1000, 0x5afd19e8 % 1000, 0x12ca17b4 % 1000]);
  });

  it('deals hosts out evenly', () => {
    const counts = Array.from({ length: 8 }, () => 0);
    for (let index = 0; index < 8000; index++) {
      const shard = shardOf(`host-${index}.example`, 8);
      counts[shard] = (counts[shard] ?? 0) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});
