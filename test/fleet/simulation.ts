import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { SweepLine } from '../../src/sweep/result-file.ts';
import { freePort, startCommand } from '../support/child-server.ts';
import { bundle } from '../support/issued.ts';
import { issue, root } from '../support/pki.ts';
import { MAIN } from '../support/run-program.ts';

const SPIFFE_ID = 'spiffe://fleet.example/host';
const DAY_MS = 86_400_000;
/** Of so many targets one has an expired certificate, and another one listens nowhere. */
const FAULT_EVERY = 50;

export interface Simulation {
  readonly targets: number;
  readonly indexes: number;
  readonly kills: number;
  /** The longest time between two kills. */
  readonly killWithinMs: number;
  readonly concurrency: number;
}

export interface SimulationResult {
  readonly seconds: number;
  readonly per_second: number;
  readonly processes: number;
  readonly kills: number;
  /** Targets with more than one result in the report, and those without one. */
  readonly duplicates: number;
  readonly missing: number;
  readonly verdicts: Readonly<Record<string, number>>;
  readonly expected: Readonly<Record<string, number>>;
  /** What was found at targets whose verdict is another one than they were built for: how often each code. */
  readonly surprises: Readonly<Record<string, number>>;
  readonly merge_seconds: number;
  readonly report_bytes: number;
}

/**
 * A fleet on one machine: every target is another address of 127.0.0.0/8, behind which one web server stands, and each
 * index is a process as a pod of an indexed Job has it. Processes are killed at random (SIGKILL) and started again, as
 * Kubernetes does, until all have ended by themselves; then the parts are merged and counted.
 */
export async function simulate({ targets, indexes, kills, killWithinMs, concurrency }: Simulation) {
  const folder = await mkdtemp(join(tmpdir(), 'tls-verdict-fleet-'));
  await using server = await startFleetServer();
  try {
    const list = listTargets(targets, server);
    const listFile = join(folder, 'targets.txt');
    // One in ten stands twice, and comments between them: each is judged once all the same.
    await writeFile(
      listFile,
      list.map((each, index) => (index % 10 === 0 ? `# again\n${each}\n${each}\n` : `${each}\n`)).join(''),
    );
    const presets = join(folder, 'presets.json');
    await writeFile(
      presets,
      JSON.stringify({ fleet: { ca: { pem: server.caPem }, expect: { spiffe_id: SPIFFE_ID } } }),
    );
    const out = join(folder, 'out');
    const start = (index: number) =>
      runSweep(presets, [
        ...['--targets', listFile, '--shard', `${index}/${indexes}`, '--out', out, '--preset', 'fleet'],
        ...['--concurrency', String(concurrency), '--exit-zero'],
      ]);
    const startedAt = performance.now();
    const { processes, killed } = await runFleet(start, { indexes, kills, killWithinMs });
    const seconds = (performance.now() - startedAt) / 1000;
    const report = join(folder, 'report.ndjson');
    const mergedAt = performance.now();
    const merge = runSweep(presets, ['merge', '--out', report, '--exit-zero', out]);
    const [status] = await once(merge, 'close');
    if (status !== 0) throw new Error(`merge ended with ${status}`);
    const mergeSeconds = (performance.now() - mergedAt) / 1000;
    return {
      seconds: round(seconds),
      per_second: round(targets / seconds),
      processes,
      kills: killed,
      ...(await countResults(report, list)),
      expected: expectedVerdicts(targets),
      merge_seconds: round(mergeSeconds),
    } satisfies SimulationResult;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Runs every index to its end; `kills` times one of those that run is killed, and started again. */
async function runFleet(
  start: (index: number) => ChildProcess,
  { indexes, kills, killWithinMs }: Pick<Simulation, 'indexes' | 'kills' | 'killWithinMs'>,
) {
  const running = new Map<number, ChildProcess>();
  let processes = 0;
  let killed = 0;
  const runToEnd = async (index: number): Promise<void> => {
    for (;;) {
      processes++;
      const child = start(index);
      running.set(index, child);
      const [status, signal] = await once(child, 'close');
      running.delete(index);
      if (signal === 'SIGKILL') continue;
      if (status !== 0) throw new Error(`index ${index} ended with ${status ?? signal}`);
      return;
    }
  };
  let isOver = false;
  const killing = (async () => {
    while (!isOver && killed < kills) {
      await delay(Math.random() * killWithinMs);
      const children = [...running.values()];
      const victim = children[Math.floor(Math.random() * children.length)];
      if (victim?.kill('SIGKILL')) killed++;
    }
  })();
  await Promise.all(Array.from({ length: indexes }, (_, index) => runToEnd(index)));
  isOver = true;
  await killing;
  return { processes, killed };
}

function runSweep(presets: string, args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [MAIN, 'sweep', ...args], {
    // A minute, since one web server stands for all targets, and the machine may be busy with other things.
    env: { ...process.env, PRESETS_FILE: presets, UV_THREADPOOL_SIZE: '8', LOG_LEVEL: 'warn', TIMEOUT_MS: '60000' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** Every result of the report, against the list; read as text, so that it does not depend on the code it checks. */
async function countResults(report: string, list: readonly string[]) {
  const text = await readFile(report);
  const left = new Map(list.map((target, index) => [target, verdictOf(index)]));
  const verdicts: Record<string, number> = {};
  const surprises: Record<string, number> = {};
  let duplicates = 0;
  for (let from = 0, to = text.indexOf(10); to >= 0; from = to + 1, to = text.indexOf(10, from)) {
    const line = JSON.parse(text.toString('utf8', from, to)) as SweepLine;
    if (!('target' in line)) continue;
    const expected = left.get(line.target);
    if (!left.delete(line.target)) duplicates++;
    const [outcome, codes] =
      'verdict' in line
        ? [line.verdict.verdict, line.verdict.findings.map(({ code }) => code)]
        : ['problem', [line.problem.code]];
    verdicts[outcome] = (verdicts[outcome] ?? 0) + 1;
    if (outcome !== expected) for (const code of codes) surprises[code] = (surprises[code] ?? 0) + 1;
  }
  return { duplicates, missing: left.size, verdicts, surprises, report_bytes: text.length };
}

interface FleetServer extends AsyncDisposable {
  readonly caPem: string;
  readonly goodPort: number;
  readonly expiredPort: number;
  readonly closedPort: number;
}

/** nginx on every address of the machine: at one port with a good certificate, at the other with one that has ended. */
async function startFleetServer(): Promise<FleetServer> {
  const now = Date.now();
  const year = { notBefore: new Date(now - DAY_MS), notAfter: new Date(now + 365 * DAY_MS) };
  const past = { notBefore: new Date(now - 30 * DAY_MS), notAfter: new Date(now - DAY_MS) };
  const ca = await root('Fleet Root', { ...year, notBefore: past.notBefore });
  const good = await issue({ issuer: ca, subject: 'CN=host', uris: [SPIFFE_ID], ...year });
  const expired = await issue({ issuer: ca, subject: 'CN=old host', uris: [SPIFFE_ID], ...past });
  const [expiredPort, closedPort] = [await freePort(), await freePort()];
  const listener = (port: number, name: string) =>
    `server { listen 0.0.0.0:${port} ssl backlog=4096; ssl_certificate ${name}.pem; ssl_certificate_key ${name}.key; return 204; }`;
  const server = await startCommand({
    program: 'nginx',
    files: (_folder, port) => ({
      'good.pem': bundle(good),
      'good.key': good.keyPem,
      'expired.pem': bundle(expired),
      'expired.key': expired.keyPem,
      'nginx.conf': `
        daemon off; master_process off; pid nginx.pid; error_log stderr crit;
        events { worker_connections 8192; }
        http {
          access_log off;
          ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((each) => `${each}_temp_path ${each};`).join(' ')}
          ${listener(port, 'good')}
          ${listener(expiredPort, 'expired')}
        }`,
    }),
    args: (folder) => ['-p', folder, '-c', 'nginx.conf', '-e', 'stderr'],
  });
  return {
    caPem: ca.pem,
    goodPort: server.port,
    expiredPort,
    closedPort,
    [Symbol.asyncDispose]: () => server.close(),
  };
}

function listTargets(count: number, { goodPort, expiredPort, closedPort }: FleetServer): string[] {
  return Array.from({ length: count }, (_, index) => {
    const address = `127.${1 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`;
    const port = { pass: goodPort, fail: expiredPort, unreachable: closedPort }[verdictOf(index)];
    return `${address}:${port}`;
  });
}

/** What the target with this number in the list is built for. */
function verdictOf(index: number): 'pass' | 'fail' | 'unreachable' {
  const kind = index % FAULT_EVERY;
  return kind === 0 ? 'fail' : kind === 1 ? 'unreachable' : 'pass';
}

function expectedVerdicts(targets: number): Record<string, number> {
  const counts = { pass: 0, fail: 0, unreachable: 0 };
  for (let index = 0; index < targets; index++) counts[verdictOf(index)]++;
  return counts;
}

const round = (value: number) => Math.round(value * 10) / 10;
