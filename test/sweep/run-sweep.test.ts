import { appendFile, cp, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Problem } from '../../src/domain/problem.ts';
import { formatEndpoint } from '../../src/domain/target.ts';
import { mergeShards } from '../../src/sweep/merge.ts';
import { parseSweepArguments, type SweepOptions } from '../../src/sweep/options.ts';
import { roundOf } from '../../src/sweep/rounds.ts';
import { OtherSweepError, runSweep, type SweepWorld } from '../../src/sweep/run-sweep.ts';
import { sampleVerdict } from '../support/verdict.ts';

let folder = '';
let list = '';
let out = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tls-verdict-'));
  list = join(folder, 'targets.txt');
  out = join(folder, 'out');
});
afterEach(() => rm(folder, { recursive: true }));

const options = (more: readonly string[] = []) =>
  parseSweepArguments(['--targets', list, '--out', out, '--concurrency', '4', ...more], 128) as SweepOptions;

/** A use case that passes everything and says what it was asked. */
function world(changes: Partial<SweepWorld> = {}) {
  const asked: string[] = [];
  const damages: number[] = [];
  const made: SweepWorld = {
    async verify({ target }) {
      if (target === null) throw new Error('no target');
      asked.push(formatEndpoint(target.host, target.port));
      return sampleVerdict();
    },
    accept() {},
    defaults: { timeoutMs: 1000, presets: new Map() },
    perEndpoint: 4,
    signal: new AbortController().signal,
    lock: {
      pid: process.pid,
      isAlive: () => false,
      onWait: () => {},
      onLoss: () => {},
    },
    progress: { terminal: null, log: () => {} },
    onDamage: (bytes) => damages.push(bytes),
    onProblem: () => {},
    requestId: 'test',
    ...changes,
  };
  return { asked, damages, world: made };
}

const resultFile = () => join(out, 'shard-0-of-1.ndjson');
const linesOf = async (path: string) =>
  (await readFile(path, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('runSweep', () => {
  it('judges each target once, whatever stands twice, and ends with the summary', async () => {
    await writeFile(list, 'a.example\nA.example:443\n# c\nb.example:8443\na..b\n');
    const { asked, world: made } = world();
    const summary = await runSweep(options(), made);
    expect(asked.toSorted()).toEqual(['a.example:443', 'b.example:8443']);
    expect(summary).toMatchObject({ targets: 3, verdicts: { pass: 2 }, problems: 1, exit_code: 3 });
    const lines = await linesOf(resultFile());
    expect(lines[0]).toMatchObject({ sweep: { shard: '0/1', targets: 3, request: {} } });
    expect(
      lines
        .slice(1, 4)
        .map(({ target }) => target)
        .toSorted(),
    ).toEqual(['a..b', 'a.example:443', 'b.example:8443']);
    expect(lines.at(-1)).toEqual({ summary });
  });

  it('does nothing again when it is complete', async () => {
    await writeFile(list, 'a.example\nb.example\n');
    const first = await runSweep(options(), world().world);
    const before = await readFile(resultFile());
    const { asked, world: made } = world();
    expect(await runSweep(options(), made)).toEqual(first);
    expect(asked).toEqual([]);
    expect(await readFile(resultFile())).toEqual(before);
  });

  it.each([
    { mib: 15, asks: 0 },
    { mib: 18, asks: 2 },
  ])('takes a line of $mib MiB for one of the file, up to 16 and no further', async ({ mib, asks }) => {
    await writeFile(list, 'a.example\nb.example\n');
    await runSweep(options(), world().world);
    const [header, first, second] = await linesOf(resultFile());
    const long = { ...first, padding: 'x'.repeat(mib * 2 ** 20) };
    await writeFile(resultFile(), [header, long, second].map((line) => `${JSON.stringify(line)}\n`).join(''));
    const { asked, damages, world: made } = world();
    expect(await runSweep(options(), made)).toMatchObject({ targets: 2 });
    expect(asked).toHaveLength(asks);
    expect(damages).toHaveLength(asks === 0 ? 0 : 1);
  });

  it('goes on behind what is whole, wherever a kill cut the file', async () => {
    const hosts = Array.from({ length: 6 }, (_, index) => `host-${index}.example:443`);
    await writeFile(list, hosts.join('\n'));
    await runSweep(options(), world().world);
    const whole = await readFile(resultFile());
    const ends = [...whole.entries()].filter(([, octet]) => octet === 10).map(([at]) => at + 1);
    for (const length of [0, 1, 100, ...ends, ...ends.map((end) => end - 1), ...ends.map((end) => end + 7)]) {
      if (length > whole.length) continue;
      await writeFile(resultFile(), whole);
      await truncate(resultFile(), length);
      const { asked, damages, world: made } = world();
      expect(await runSweep(options(), made), `cut at ${length}`).toMatchObject({ targets: 6 });
      const lines = await linesOf(resultFile());
      const results = lines.flatMap(({ target }) => (target === undefined ? [] : [target]));
      expect(results.toSorted(), `cut at ${length}`).toEqual(hosts);
      const kept = ends.filter((end) => end <= length).length - 1;
      expect(asked.length).toBe(6 - Math.min(6, Math.max(0, kept)));
      expect(damages.length).toBe(length === 0 || ends.includes(length) ? 0 : 1);
    }
  });

  it('goes on in any of its rounds, wherever a kill cut the file', async () => {
    const hosts = Array.from({ length: 12 }, (_, index) => `host-${String(index).padStart(2, '0')}.example:443`);
    await writeFile(list, [...hosts, ...hosts].join('\n'));
    const rounds = { roundBytes: 128 };
    await runSweep(options(), world(rounds).world);
    const [first, ...lines] = await linesOf(resultFile());
    expect(first.sweep).toMatchObject({ targets: 12, rounds: 4 });
    const order = lines.flatMap(({ target }) => (target === undefined ? [] : [roundOf(target, 4)]));
    expect(order).toEqual(order.toSorted());
    expect(new Set(order).size).toBeGreaterThan(2);
    const whole = await readFile(resultFile());
    const ends = [...whole.entries()].filter(([, octet]) => octet === 10).map(([at]) => at + 1);
    for (const [kept, length] of ends.entries()) {
      await writeFile(resultFile(), whole.subarray(0, length));
      // As many rounds as the file says, whatever they would be for a new one.
      const { asked, world: made } = world({ roundBytes: kept % 2 === 0 ? 128 : 1024 });
      expect(await runSweep(options(), made), `${kept} kept`).toMatchObject({ targets: 12 });
      expect(asked).toHaveLength(Math.max(0, 12 - kept));
      const results = (await linesOf(resultFile())).flatMap(({ target }) => (target === undefined ? [] : [target]));
      expect(results.toSorted(), `${kept} kept`).toEqual(hosts);
    }
  });

  it('refuses results in an order that no sweep writes', async () => {
    await writeFile(list, Array.from({ length: 12 }, (_, index) => `host-${index}.example`).join('\n'));
    await runSweep(options(), world({ roundBytes: 64 }).world);
    const [header, ...lines] = (await readFile(resultFile(), 'utf8')).split('\n').slice(0, 13);
    await writeFile(resultFile(), `${[header, ...lines.toReversed()].join('\n')}\n`);
    await expect(runSweep(options(), world().world)).rejects.toThrow('not written by a sweep');
    await expect(mergeShards([out], join(folder, 'report.ndjson'))).rejects.toThrow('not written by a sweep');
  });

  it('does not pass off a list that was changed meanwhile for the one that it was', async () => {
    await writeFile(list, 'a.example\nb.example\nc.example\nd.example\n');
    const { world: made } = world({
      async verify() {
        await writeFile(list, '');
        return sampleVerdict();
      },
      roundBytes: 8,
    });
    await expect(runSweep(options(), made)).rejects.toThrow(OtherSweepError);
    expect((await linesOf(resultFile())).some((line) => 'summary' in line)).toBe(false);
  });

  it('does again what a crash of the machine left unreadable', async () => {
    await writeFile(list, 'a.example\nb.example\n');
    await runSweep(options(), world().world);
    const lines = (await readFile(resultFile(), 'utf8')).split('\n');
    await writeFile(resultFile(), `${lines.slice(0, 2).join('\n')}\n`);
    await appendFile(resultFile(), `${'\0'.repeat(300)}\n{"target":"b.example:443"}\n`);
    const { asked, world: made } = world();
    expect(await runSweep(options(), made)).toMatchObject({ targets: 2 });
    expect(asked).toHaveLength(1);
  });

  it('records nothing of what a stop cut, and goes on later', async () => {
    await writeFile(list, Array.from({ length: 20 }, (_, index) => `host-${index}.example`).join('\n'));
    const stopping = new AbortController();
    let count = 0;
    const { world: made } = world({
      signal: stopping.signal,
      async verify() {
        if (++count === 10) stopping.abort();
        stopping.signal.throwIfAborted();
        return sampleVerdict();
      },
    });
    expect(await runSweep(options(), made)).toBeNull();
    const before = (await linesOf(resultFile())).length - 1;
    expect(before).toBeLessThan(20);
    const { asked, world: again } = world();
    expect(await runSweep(options(), again)).toMatchObject({ targets: 20, problems: 0 });
    expect(asked).toHaveLength(20 - before);
  });

  it.each([
    { name: 'another list', change: () => writeFile(list, 'b.example\n'), more: [] },
    { name: 'other options', change: async () => {}, more: ['--ca', 'corp'] },
  ])('refuses to go on with $name', async ({ change, more }) => {
    await writeFile(list, 'a.example\n');
    await runSweep(options(), world().world);
    await change();
    await expect(runSweep(options(more), world().world)).rejects.toThrow('give another --out');
  });

  it('refuses at once what every target would be refused for', async () => {
    await writeFile(list, 'a.example\n');
    await expect(runSweep(options(['--preset', 'corp']), world().world)).rejects.toThrow(Problem);
    const accept = () => {
      throw new Problem('unknown_ca', 'There is none.');
    };
    await expect(runSweep(options(['--ca', 'corp']), world({ accept }).world)).rejects.toThrow(Problem);
  });

  it('waits while another process has the part', async () => {
    await writeFile(list, 'a.example\n');
    await runSweep(options(), world().world);
    await rm(resultFile());
    let hasWaited = false;
    const first = Promise.withResolvers<void>();
    const verify = () => first.promise.then(() => sampleVerdict());
    const held = runSweep(options(), world({ verify }).world);
    const { asked, world: second } = world({
      lock: {
        pid: process.pid,
        isAlive: () => true,
        onLoss: () => {},
        onWait() {
          hasWaited = true;
          first.resolve();
        },
      },
    });
    await new Promise((resolve) => setTimeout(resolve, 200));
    const waiting = runSweep(options(), second);
    expect(await held).toEqual(await waiting);
    expect(hasWaited).toBe(true);
    expect(asked).toEqual([]);
  });
});

describe('mergeShards', () => {
  const sweepAll = async (indexes: readonly number[], of: number) => {
    for (const index of indexes) await runSweep(options(['--shard', `${index}/${of}`]), world().world);
  };
  const report = () => join(folder, 'report.ndjson');

  it('folds all parts into one, each target once', async () => {
    const hosts = Array.from({ length: 40 }, (_, index) => `host-${String(index).padStart(2, '0')}.example:443`);
    await writeFile(list, hosts.join('\n'));
    await sweepAll([0, 1, 2, 3], 4);
    const summary = await mergeShards([out], report());
    expect(summary).toMatchObject({ targets: 40, duplicates: 0, exit_code: 0 });
    expect(summary.shards).toEqual({ wanted: 4, complete: 4, incomplete: [], missing: [] });
    const lines = await linesOf(report());
    expect(
      lines
        .slice(0, -1)
        .map(({ target }) => target)
        .toSorted(),
    ).toEqual(hosts);
    expect(lines.at(-1)).toEqual({ summary });
  });

  it('leaves out what stands twice, and says so', async () => {
    await writeFile(list, 'a.example\n');
    await sweepAll([0], 1);
    expect(await mergeShards([out, out], report())).toMatchObject({ targets: 1, duplicates: 1 });
  });

  it('finds what stands twice in files of several rounds', async () => {
    const hosts = Array.from({ length: 30 }, (_, index) => `host-${String(index).padStart(2, '0')}.example:443`);
    await writeFile(list, hosts.join('\n'));
    const sweep = () => runSweep(options(['--shard', '0/1']), world({ roundBytes: 100 }).world);
    await sweep();
    const other = join(folder, 'other');
    await cp(out, other, { recursive: true });
    await rm(resultFile());
    const stopping = new AbortController();
    let count = 0;
    const verify = async () => {
      if (++count === 17) stopping.abort();
      stopping.signal.throwIfAborted();
      return sampleVerdict();
    };
    expect(await runSweep(options(), world({ roundBytes: 100, verify, signal: stopping.signal }).world)).toBeNull();
    const kept = (await linesOf(resultFile())).length - 1;
    const summary = await mergeShards([out, other], report());
    expect(summary).toMatchObject({ targets: 30, duplicates: kept, shards: { complete: 1 } });
    const targets = (await linesOf(report())).flatMap(({ target }) => (target === undefined ? [] : [target]));
    expect(targets.toSorted()).toEqual(hosts);
  });

  it('says which parts are missing and which are not finished', async () => {
    await writeFile(list, Array.from({ length: 40 }, (_, index) => `host-${index}.example`).join('\n'));
    await sweepAll([0, 2], 4);
    const path = join(out, 'shard-2-of-4.ndjson');
    const lines = (await readFile(path, 'utf8')).split('\n');
    await writeFile(path, `${lines.slice(0, 4).join('\n')}\n{"targ`);
    const { shards } = await mergeShards([out], report());
    expect(shards).toMatchObject({ wanted: 4, complete: 1, missing: [1, 3] });
    expect(shards.incomplete).toEqual([{ shard: 2, done: 3, targets: lines.length - 3 }]);
  });

  it('refuses parts of different sweeps, and folders without any', async () => {
    await writeFile(list, 'a.example\nb.example\nc.example\n');
    await sweepAll([0], 2);
    await writeFile(list, 'a.example\n');
    await sweepAll([1], 2);
    await expect(mergeShards([out], report())).rejects.toThrow('different sweeps');
    await expect(readFile(report())).rejects.toThrow('ENOENT');
    await expect(mergeShards([folder], report())).rejects.toThrow('no shard-I-of-N.ndjson');
    await expect(mergeShards([join(folder, 'nowhere')], report())).rejects.toThrow('cannot be read');
  });
});
