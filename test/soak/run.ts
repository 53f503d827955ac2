import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Child } from './child.ts';
import type { LoadOrder } from './generate-load.ts';
import type { LoadResult } from './load.ts';
import { judge, percentile } from './marks.ts';
import type { Kind, Target } from './targets.ts';

/**
 * Holds the service under four times the load that it can bear, from eight callers and against good, broken, silent and
 * hostile targets, and says whether the good ones were served as well as without. Linux only: it reads /proc.
 *   npm run soak -- --minutes 10 --json FILE
 */
const { values } = parseArgs({ options: { minutes: { type: 'string', default: '1' }, json: { type: 'string' } } });
const soakMs = Number(values.minutes) * 60_000;

const QUEUE_TIMEOUT_MS = 2000;
const WARM_UP_MS = 20_000;
const MEASURE_MS = 12_000;
const DRAIN_MS = 3000;
const OVERLOAD = 4;
/** Callers that ask one after the other: too few leave the processor idle, since one in ten waits for a silent target. */
const WORKERS = [64, 128, 256];
const MIX: readonly Kind[] = ['good', 'good', 'good', 'good', 'good', 'good', 'good', 'broken', 'silent', 'hostile'];

const servers = Child.run('serve-targets.ts');
const targets = await servers.line<{ readonly ca: string; readonly all: readonly Target[] }>();
const folder = await mkdtemp(join(tmpdir(), 'tls-verdict-'));
await writeFile(join(folder, 'soak.pem'), targets.ca);
const service = await Child.start({
  CA_DIR: folder,
  // The four servers stand for all there are: their own limits are not what is under test.
  TARGET_LIMIT: 'off',
  QUEUE_TIMEOUT_MS: String(QUEUE_TIMEOUT_MS),
});
const port = await service.listening();
const generator = Child.run('generate-load.ts', [String(port), JSON.stringify(targets.all)]);
const load = (order: LoadOrder) => generator.ask<LoadResult>(order);
const goodPerSecond = ({ acceptedGoodMs, durationMs }: LoadResult) => (acceptedGoodMs.length * 1000) / durationMs;

await load({ workers: Math.max(...WORKERS), durationMs: WARM_UP_MS, mix: MIX });
await delay(DRAIN_MS);
const [socketsBefore, timersBefore] = [await ownSockets(), await timers()];
const { acceptedGoodMs: unloadedMs } = await load({ workers: 1, durationMs: MEASURE_MS, mix: ['good'] });
console.log(
  `unloaded: p50 ${percentile(unloadedMs, 50).toFixed(1)} ms, p99 ${percentile(unloadedMs, 99).toFixed(1)} ms`,
);
let [maximumPerSecond, capacity] = [0, 0];
for (const workers of WORKERS) {
  const result = await load({ workers, durationMs: MEASURE_MS, mix: MIX });
  const [good, all] = [goodPerSecond(result), verdictsPerSecond(result)];
  console.log(`${workers} callers at once: ${all.toFixed(0)} verdicts a second, of which ${good.toFixed(0)} good`);
  maximumPerSecond = Math.max(maximumPerSecond, good);
  capacity = Math.max(capacity, all);
  await delay(DRAIN_MS);
}

const memoryMb: number[] = [];
const sampling = setInterval(() => void service.residentMb().then((mb) => memoryMb.push(mb)), 1000);
const processorBefore = await processors();
const soak = await load({ perSecond: capacity * OVERLOAD, durationMs: soakMs, mix: MIX });
const processorAfter = await processors();
clearInterval(sampling);
generator.process.stdin?.end();
await delay(DRAIN_MS);
const [socketsAfter, timersAfter] = [await ownSockets(), await timers()];
const measured = {
  soakMs,
  queueTimeoutMs: QUEUE_TIMEOUT_MS,
  unloadedMs,
  maximumPerSecond,
  ...soak,
  memoryMb,
  socketsLeft: socketsAfter - socketsBefore,
  timersLeft: timersAfter - timersBefore,
  exitCode: await service.end(),
};
servers.process.stdin?.end();
await rm(folder, { recursive: true });

const marks = judge(measured);
const shares = processorAfter.map((after, index) => (after - (processorBefore[index] ?? 0)) / soakMs);
const [ofService, ofTargets, ofGenerator] = shares.map((share) => share.toFixed(2));
console.log(`\n${values.minutes} minutes, ${(capacity * OVERLOAD).toFixed(0)} requests a second`);
console.log(`cores used: service ${ofService}, targets ${ofTargets}, generator ${ofGenerator}, of ${cpus().length}`);
for (const [outcome, count] of Object.entries(soak.outcomes)) console.log(`  ${outcome}: ${count}`);
console.log('\n| mark | measured | bound | kept |\n| --- | --- | --- | --- |');
for (const { name, value, bound, isKept } of marks) {
  console.log(`| ${name} | ${value} | ${bound} | ${isKept ? 'yes' : '**no**'} |`);
}
if (values.json !== undefined) {
  const { acceptedGoodMs, ...rest } = measured;
  const distribution = (ms: readonly number[]) =>
    Object.fromEntries([50, 90, 99, 99.9, 100].map((percent) => [`p${percent}`, percentile(ms, percent)]));
  const figures = {
    ...rest,
    unloadedMs: distribution(unloadedMs),
    acceptedGoodMs: distribution(acceptedGoodMs),
    offeredPerSecond: capacity * OVERLOAD,
    cores: { service: ofService, targets: ofTargets, generator: ofGenerator },
    marks,
  };
  await writeFile(values.json, `${JSON.stringify(figures, null, 2)}\n`);
}
process.exitCode = marks.every(({ isKept }) => isKept) ? 0 : 1;

/** Verifications that were done, whatever came of them: what was refused is not what the machine can do. */
function verdictsPerSecond({ outcomes, durationMs }: LoadResult): number {
  const done = Object.entries(outcomes).filter(([outcome]) => / 200 /.test(outcome));
  return (done.reduce((total, [, count]) => total + count, 0) * 1000) / durationMs;
}

function processors(): Promise<number[]> {
  return Promise.all([service, servers, generator].map((child) => child.processorMs()));
}

/** Sockets of the service but for those of the generator's kept connections. */
async function ownSockets(): Promise<number> {
  const [all, metrics] = [await service.sockets(), await read('tls_verdict_connections')];
  return all - metrics;
}

function timers(): Promise<number> {
  return read('nodejs_active_resources{type="Timeout"}');
}

async function read(metric: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const line = text.split('\n').find((each) => each.startsWith(`${metric} `));
  return Number(line?.slice(metric.length + 1) ?? 0);
}
