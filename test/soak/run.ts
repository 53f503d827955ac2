import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Load, percentile, type Sample } from './load.ts';
import type { Target } from './targets.ts';

/**
 * Holds the service under four times the load that it can bear, from many callers and against good, broken, silent
 * and hostile targets, and says whether the good ones were served as well as without. Linux only: it reads /proc.
 */
const { values } = parseArgs({ options: { minutes: { type: 'string', default: '1' } } });
const soakMs = Number(values.minutes) * 60_000;

const QUEUE_TIMEOUT_MS = 2000;
const WARM_UP_MS = 10_000;
const MEASURE_MS = 10_000;
const OVERLOAD = 4;
const MIX = ['good', 'good', 'good', 'good', 'good', 'good', 'good', 'broken', 'silent', 'hostile'] as const;

const servers = spawn(process.execPath, [join(import.meta.dirname, 'serve-targets.ts')], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const [announced] = await once(createInterface(servers.stdout), 'line');
const targets: { readonly ca: string; readonly all: readonly Target[] } = JSON.parse(announced);
const folder = await mkdtemp(join(tmpdir(), 'tls-verdict-'));
await writeFile(join(folder, 'soak.pem'), targets.ca);
const child = spawn(process.execPath, [join(import.meta.dirname, '../../src/main.ts')], {
  env: {
    ...process.env,
    ...{
      HOST: '127.0.0.1',
      PORT: '0',
      CA_DIR: folder,
      TARGET_LIMIT: 'off',
      LOG_LEVEL: 'info',
      UV_THREADPOOL_SIZE: '64',
    },
    QUEUE_TIMEOUT_MS: String(QUEUE_TIMEOUT_MS),
  },
  stdio: ['ignore', 'pipe', 'inherit'],
});
const port = await new Promise<number>((resolve) => {
  createInterface(child.stdout).on('line', (line) => {
    if (line.includes('"msg":"listening"')) resolve(JSON.parse(line).port);
  });
});

const load = new Load(port);
let turn = 0;
const of = (kind: Target['kind']): Target => {
  const some = targets.all.filter((target) => target.kind === kind);
  return some[turn++ % some.length] as Target;
};
const mixed = () => of(MIX[Math.floor(Math.random() * MIX.length)] ?? 'good');
const take = () => load.samples.splice(0);

await load.closed(32, WARM_UP_MS, () => of('good'));
take();
const socketsBefore = await sockets();
await load.closed(1, MEASURE_MS, () => of('good'));
const alone = take().map(({ ms }) => ms);
await load.closed(64, MEASURE_MS, () => of('good'));
const maximum = (take().length * 1000) / MEASURE_MS;
console.log(
  `unloaded: p50 ${f(percentile(alone, 50))} ms, p99 ${f(percentile(alone, 99))} ms; at most ${f(maximum)} good a second`,
);

const memory: number[] = [];
const sampling = setInterval(() => void resident().then((mb) => memory.push(mb)), 1000);
const offered = await load.open(maximum * OVERLOAD, soakMs, mixed);
clearInterval(sampling);
const samples = take();
load.close();
await delay(3000);
const left = (await sockets()) - socketsBefore;
child.kill('SIGTERM');
const [exitCode] = await once(child, 'exit');
servers.stdin.end();
await rm(folder, { recursive: true });
process.exitCode = report(samples) ? 0 : 1;

/** Prints the figures beside what they must be; whether all are kept. */
function report(all: readonly Sample[]): boolean {
  const good = all.filter(({ kind }) => kind === 'good');
  const accepted = good.filter(({ status }) => status === 200);
  const passed = accepted.filter(({ outcome }) => outcome === 'pass');
  const latencyMs = percentile(
    accepted.map(({ ms }) => ms),
    99,
  );
  const boundMs = 2 * percentile(alone, 99) + QUEUE_TIMEOUT_MS;
  const perSecond = (accepted.length * 1000) / soakMs;
  const quarter = Math.floor(memory.length / 4);
  const [second, last] = [mean(memory.slice(quarter, 2 * quarter)), mean(memory.slice(3 * quarter))];
  const cut = all.filter(({ status }) => status === 0).length;
  const rows: [string, string, boolean][] = [
    [
      'good among accepted good',
      `${f((100 * passed.length) / accepted.length, 3)} %`,
      passed.length >= 0.999 * accepted.length,
    ],
    ['p99 of accepted good', `${f(latencyMs)} ms, at most ${f(boundMs)}`, latencyMs < boundMs],
    ['accepted good a second', `${f(perSecond)}, at least ${f(0.8 * maximum)}`, perSecond >= 0.8 * maximum],
    ['resident memory, second and last quarter', `${f(second)} and ${f(last)} MB`, last <= 1.05 * second],
    ['requests without a whole answer', String(cut), cut === 0],
    ['sockets left', String(left), left <= 0],
    ['exit', String(exitCode), exitCode === 0],
  ];
  console.log(`offered: ${f(offered)} a second, ${f(soakMs / 60_000)} minutes, ${all.length} requests`);
  for (const [outcome, group] of Map.groupBy(all, ({ kind, status, outcome }) => `${kind} ${status} ${outcome}`)) {
    console.log(`  ${outcome}: ${group.length}`);
  }
  for (const [name, value, isKept] of rows) console.log(`${isKept ? 'kept  ' : 'BROKEN'} ${name}: ${value}`);
  return rows.every(([, , isKept]) => isKept);
}

async function resident(): Promise<number> {
  const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
}

async function sockets(): Promise<number> {
  const folderOfChild = `/proc/${child.pid}/fd`;
  const links = (await readdir(folderOfChild)).map((fd) => readlink(join(folderOfChild, fd)).catch(() => ''));
  return (await Promise.all(links)).filter((link) => link.startsWith('socket:')).length;
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, each) => sum + each, 0) / Math.max(1, numbers.length);
}

function f(value: number, digits = 1): string {
  return value.toFixed(digits);
}
