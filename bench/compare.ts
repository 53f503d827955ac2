/**
 * What one verification costs, of this service and of what people use in its place, in one run and alternating:
 *   npm run bench -- compare --json results.json
 * All visit the same 64 servers under one CA. The price is processor time of the whole process tree that does the work
 * (for a service: HTTP, answer, log and all), which a busy machine disturbs less than it does wall-clock time.
 * `--cold` shows every connection a chain that was never shown before, so that no cache of ours has anything.
 */
import { writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import {
  type Contestant,
  type Measured,
  type StartContestant,
  startBare,
  startBlackbox,
  startCurl,
  startGo,
  startService,
} from './contestants.ts';
import { firstLine, startProgram, stopProgram, versionOf } from './processes.ts';
import type { BenchResults, ResultRow } from './results.ts';
import type { ServedHosts } from './tls-servers.ts';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '2000' },
    rounds: { type: 'string', default: '3' },
    concurrency: { type: 'string', default: '1,16,64,256' },
    keys: { type: 'string', default: 'ec-p256,rsa-2048' },
    only: { type: 'string', default: 'bare,service,curl,blackbox,go' },
    cold: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
});
const count = Number(values.count);
const rounds = Number(values.rounds);
const levels = values.concurrency.split(',').map(Number);
/** For each process, until V8 has compiled the paths that one of some minutes' age runs on. */
const WARM_UP = 10_000;
/** The same for one that shall know none of the chains: they are made first, which takes longer than to verify them. */
const COLD_WARM_UP = 3_000;
/** One at a time, and one process for each, take long and vary little. */
const SLOW_COUNT = 500;

const STARTS: Readonly<Record<string, StartContestant>> = {
  bare: startBare,
  service: startService(),
  workers: startService(2),
  curl: startCurl,
  blackbox: startBlackbox,
  go: startGo,
};

const rows: ResultRow[] = [];
for (const key of values.keys.split(',')) {
  const contestantCount = values.only.split(',').length;
  const chains = values.cold ? contestantCount * (levels.length * rounds * count + COLD_WARM_UP) : 0;
  const servers = startProgram(process.execPath, ['bench/tls-servers.ts', '64', key, String(chains)]);
  const served = JSON.parse(await firstLine(servers)) as ServedHosts;
  const contestants = await startAll(served);
  for (const concurrency of levels) {
    const measured = new Map<string, Measured[]>();
    for (let round = 0; round < rounds; round++) {
      for (const contestant of contestants) {
        const { name } = contestant;
        const size = concurrency === 1 || name === 'curl' ? Math.min(SLOW_COUNT, count) : count;
        const result = await contestant.measure({ ...served, count: size, concurrency });
        measured.set(name, [...(measured.get(name) ?? []), result]);
      }
    }
    for (const row of rowsOf(key, concurrency, measured)) {
      rows.push(row);
      console.log(JSON.stringify(row));
    }
  }
  for (const contestant of contestants) await contestant.stop();
  await stopProgram(servers);
}

const results: BenchResults = {
  machine: {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memory_gb: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
  },
  versions: {
    node: process.version,
    openssl: process.versions.openssl,
    curl: versionOf('curl', '--version'),
    blackbox_exporter: versionOf('prometheus-blackbox-exporter', '--version'),
    go: versionOf('go', 'version'),
  },
  cold: values.cold,
  count,
  rounds,
  rows,
};
if (values.json) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);

async function startAll(served: ServedHosts): Promise<Contestant[]> {
  const started: Contestant[] = [];
  for (const name of values.only.split(',')) {
    const start = STARTS[name];
    if (start === undefined) throw new Error(`no contestant ${name}: ${Object.keys(STARTS).join(', ')}`);
    const contestant = await start(served);
    if (contestant === null) continue;
    const isServer = name !== 'bare' && name !== 'curl';
    const warmUp = values.cold ? COLD_WARM_UP : WARM_UP * (contestant.workers ?? 1);
    if (isServer) await contestant.measure({ ...served, count: warmUp, concurrency: 16 });
    started.push(contestant);
  }
  return started;
}

/** The medians of all rounds; ratios are taken in each round, beside the bare loop of the same round. */
function rowsOf(key: string, concurrency: number, measured: ReadonlyMap<string, readonly Measured[]>): ResultRow[] {
  const bare = measured.get('bare tls.connect') ?? [];
  return [...measured].map(([name, all]) => {
    const middle = (pick: (one: Measured) => number | null) => median(all.map(pick));
    const beside = (pick: (one: Measured) => number) =>
      median(all.map((one, round) => (bare[round] === undefined ? null : pick(one) / pick(bare[round]))));
    return {
      key,
      concurrency,
      name,
      cpu_ms: middle(({ cpuMs }) => cpuMs),
      cpu_ratio: beside(({ cpuMs }) => cpuMs),
      per_second: middle(({ perSecond }) => perSecond),
      p50_ms: middle(({ p50 }) => p50),
      p99_ms: middle(({ p99 }) => p99),
      p99_ratio: beside(({ p99 }) => p99),
      rss_mb: middle(({ rssMb }) => rssMb),
    };
  });
}

function median(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null).toSorted((a, b) => a - b);
  const value = known[Math.floor(known.length / 2)];
  return value === undefined ? null : Number(value.toPrecision(4));
}
