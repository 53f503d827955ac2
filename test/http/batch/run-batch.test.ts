import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Problem } from '../../../src/domain/problem.ts';
import { runBatch } from '../../../src/http/batch/run-batch.ts';
import { type BatchItem, readPlainBatch } from '../../../src/http/batch/targets.ts';
import type { BatchResult } from '../../../src/http/schemas/batch.ts';
import { sampleVerdict } from '../../support/verdict.ts';

const context = { defaults: { timeoutMs: 1000, presets: new Map() }, maxBatch: 10_000 };

/** Runs a batch with a use case that takes a few milliseconds; reports the most that were under way at once. */
async function run(
  hosts: readonly string[],
  changes: Partial<Parameters<typeof runBatch>[1]> = {},
  items: Iterable<BatchItem | null> = readPlainBatch(hosts.join('\n'), {}, context).items,
) {
  const results: BatchResult[] = [];
  const now = new Map<string, number>();
  const most = new Map<string, number>();
  const count = (key: string, by: number) => {
    const value = (now.get(key) ?? 0) + by;
    now.set(key, value);
    most.set(key, Math.max(most.get(key) ?? 0, value));
  };
  await runBatch(items, {
    verify: async ({ target }) => {
      const host = target?.host.text ?? '';
      count('all', 1);
      count(host, 1);
      await delay(2);
      count('all', -1);
      count(host, -1);
      return sampleVerdict();
    },
    concurrency: 8,
    signal: new AbortController().signal,
    requestId: 'r1',
    caller: () => ({ id: 'address:127.0.0.1', grant: null }),
    write: async (result) => {
      results.push(result);
    },
    isDue: () => true,
    onProblem: (problem) => {
      throw problem;
    },
    ...changes,
  });
  return { results, most };
}

const different = Array.from({ length: 40 }, (_, index) => `h${index}`);

it('has as many under way as it may, and no more', async () => {
  const { results, most } = await run(different);
  expect(results).toHaveLength(40);
  expect(most.get('all')).toBe(8);
});

it('lets others have a turn where no target was found yet', async () => {
  const { items } = readPlainBatch('a\nb\nc', {}, context);
  const [a = null, b = null, c = null] = items;
  let turns = 0;
  const searching = (function* () {
    for (const item of [null, a, null, null, b, c, null]) {
      setImmediate(() => turns++);
      yield item;
      if (item === null) expect(turns, 'a turn after each stretch without a target').toBeGreaterThan(0);
      turns = 0;
    }
  })();
  expect((await run([], {}, searching)).results).toHaveLength(3);
});

it('never has more than four to one endpoint, and lets others pass these', async () => {
  const { results, most } = await run([...Array(20).fill('same'), ...different]);
  expect(results).toHaveLength(60);
  expect(most.get('same')).toBe(4);
  expect(most.get('all')).toBe(8);
  const firstOther = results.findIndex(({ index }) => index >= 20);
  expect(firstOther).toBeLessThan(10);
});

it('begins nothing while what is done is not taken', async () => {
  let release: () => void = () => {};
  const taken = new Promise<void>((resolve) => {
    release = resolve;
  });
  let begun = 0;
  const running = run(different, {
    verify: async () => {
      begun++;
      return sampleVerdict();
    },
    write: () => taken,
  });
  await delay(30);
  expect(begun).toBe(8);
  release();
  await running;
  expect(begun).toBe(40);
});

it('begins nothing more once told to stop', async () => {
  const gone = new AbortController();
  let begun = 0;
  await run(different, {
    verify: async () => {
      if (++begun === 8) gone.abort();
      return sampleVerdict();
    },
    signal: gone.signal,
  });
  expect(begun).toBe(8);
});

it('rejects when writing fails', async () => {
  const failing = run(different, {
    write: async () => {
      throw new Error('gone');
    },
  });
  await expect(failing).rejects.toThrow('gone');
});

it('keeps to the window that the form of the answer has', async () => {
  let finished = 0;
  const { results } = await run(different, {
    isDue: (index) => index < finished + 3,
    write: async ({ index }) => {
      expect(index).toBeLessThan(finished + 3);
      finished++;
    },
  });
  expect(results).toEqual([]);
  expect(finished).toBe(40);
});

it('writes the first result before it has begun, or read, as many as it may', async () => {
  const { items } = readPlainBatch(different.join('\n'), {}, context);
  let read = 0;
  let begun = 0;
  let atFirst: readonly number[] = [];
  await run(
    different,
    {
      concurrency: 40,
      // What takes some turns of the event loop, as a handshake does.
      verify: async () => {
        begun++;
        for (let turn = 0; turn < 5; turn++) await nextTurn();
        return sampleVerdict();
      },
      write: async () => {
        if (atFirst.length === 0) atFirst = [begun, read];
      },
    },
    Iterator.from(items).map((item) => {
      read++;
      return item;
    }),
  );
  expect(atFirst[0]).toBeLessThanOrEqual(10);
  expect(atFirst[1]).toBe(atFirst[0]);
  expect(begun).toBe(40);
});

it.each([
  { name: 'asks again for a target that there was no room for', refusals: 4, result: { verdict: {} } },
  { name: 'gives up after five times', refusals: 5, result: { problem: { code: 'overloaded' } } },
])('$name', async ({ refusals, result }) => {
  let count = 0;
  const { results } = await run(['a'], {
    verify: async () => {
      if (count++ < refusals) throw new Problem('overloaded', 'full', { headers: { 'Retry-After': '0' } });
      return sampleVerdict();
    },
    onProblem: () => {},
  });
  expect(count).toBe(5);
  expect(results).toMatchObject([result]);
});
