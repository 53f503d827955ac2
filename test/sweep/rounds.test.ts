import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { countRounds, countTargets, roundOf, targetsOf } from '../../src/sweep/rounds.ts';
import { TargetFile } from '../../src/sweep/target-file.ts';
import { TargetSet } from '../../src/sweep/target-set.ts';

const MIB = 2 ** 20;

describe('countRounds', () => {
  it.each([
    { name: 'a short list', bytes: 10, shards: 1, rounds: 1 },
    { name: 'an empty list', bytes: 0, shards: 1, rounds: 1 },
    { name: 'what one round holds', bytes: 32 * MIB, shards: 1, rounds: 1 },
    { name: 'one octet more', bytes: 32 * MIB + 1, shards: 1, rounds: 2 },
    { name: 'eight parts of that', bytes: 8 * 32 * MIB, shards: 8, rounds: 1 },
    { name: 'a hundred million names in one part', bytes: 2.4e9, shards: 1, rounds: 72 },
  ])('$name', ({ bytes, shards, rounds }) => expect(countRounds(bytes, shards)).toBe(rounds));
});

describe('the rounds of a list', () => {
  it('have each of its targets once, in parts of much the same size', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tls-verdict-'));
    const path = join(folder, 'targets.txt');
    const hosts = Array.from({ length: 4000 }, (_, index) => `host-${index}.example`);
    await writeFile(path, [...hosts, ...hosts].join('\n'));
    const list = new TargetFile(path, 443);
    const part = { list, shard: { index: 0, of: 1 }, rounds: 8 };
    const rounds = Array.from({ length: 8 }, (_, round) =>
      [...targetsOf(part, round)].flatMap((line) => (line === null ? [] : [line.host])),
    );
    expect(rounds.flat().toSorted()).toEqual([...hosts, ...hosts].toSorted());
    for (const [round, own] of rounds.entries()) {
      expect(own.length).toBeGreaterThan(800);
      expect(own.length).toBeLessThan(1200);
      expect(new Set(own.map((host) => roundOf(`${host}:443`, 8)))).toEqual(new Set([round]));
    }
    expect(await countTargets(part, new TargetSet(), new AbortController().signal)).toBe(4000);
    list.close();
    await rm(folder, { recursive: true });
  });
});
