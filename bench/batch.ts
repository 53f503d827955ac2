/**
 * A batch of 1,000 loopback targets, 5 % of them silent and 5 % refused, put to a process that has just started, and
 * then again and again:
 *   npm run bench -- batch [--repeats 10] [--timeout-ms 10000]
 * For each it prints when its first line came and what processor time the service had taken by then (which a busy
 * machine disturbs less), how long the whole took, and what memory the process has afterwards. "work" is a batch of its
 * good targets alone: the whole should take that and one time-out. The first whole is compared with the first work of
 * another process, which has as much to load and to compile.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import type { BatchPeers } from './batch-peers.ts';

const { values } = parseArgs({
  options: { repeats: { type: 'string', default: '10' }, 'timeout-ms': { type: 'string', default: '10000' } },
});
const timeoutMs = Number(values['timeout-ms']);
const COUNT = 1_000;

const peers = spawnNode(['bench/batch-peers.ts']);
const { caPem, goodPort, silentPort, closedPort } = JSON.parse(await firstLine(peers)) as BatchPeers;
const folder = mkdtempSync(join(tmpdir(), 'tls-verdict-bench-'));
writeFileSync(join(folder, 'bench.pem'), caPem);

/** An endpoint of its own for each target, in many networks: nothing waits for the bounds on one of either. */
const addressOf = (index: number) => `127.${1 + Math.floor(index / 250)}.${index % 250}.1`;
const portOf = (index: number) => (index % 20 === 7 ? silentPort : index % 20 === 13 ? closedPort : goodPort);
const all = Array.from({ length: COUNT }, (_, index) => ({
  host: 'host.bench.example',
  connect_to: `${addressOf(index)}:${portOf(index)}`,
}));
const good = all.filter((_, index) => portOf(index) === goodPort);

console.log(`${COUNT} targets, time-out ${timeoutMs} ms, concurrency 64; the first batch is the first request at all`);
const other = await startService();
const coldWork = await batch(other, good);
other.process.kill();

const service = await startService();
for (let round = 0; round < Number(values.repeats); round++) {
  const whole = await batch(service, all);
  const work = round === 0 ? coldWork : await batch(service, good);
  const row = {
    round,
    first_line_ms: Math.round(whole.firstLineMs),
    first_line_cpu_ms: whole.firstLineCpuMs,
    total_ms: Math.round(whole.totalMs),
    work_and_timeout_ms: Math.round(work.totalMs + timeoutMs),
    rss_mib: Number(residentMib(service.process).toFixed(1)),
    verdicts: whole.verdicts,
  };
  console.log(JSON.stringify(row));
}
service.process.kill();
peers.kill();
rmSync(folder, { recursive: true });

interface Service {
  readonly process: ChildProcess;
  readonly port: number;
}

async function startService(): Promise<Service> {
  const child = spawnNode(['--max-semi-space-size=16', '--heap-growing-percent=30', 'src/main.ts'], {
    PORT: '0',
    CA_DIR: folder,
    UV_THREADPOOL_SIZE: '64',
  });
  const { port } = JSON.parse(await firstLine(child)) as { port: number };
  child.stdout?.resume();
  return { process: child, port };
}

interface Answer {
  readonly firstLineMs: number;
  readonly firstLineCpuMs: number;
  readonly totalMs: number;
  readonly verdicts: Readonly<Record<string, number>>;
}

async function batch({ process: child, port }: Service, targets: readonly object[]): Promise<Answer> {
  const body = JSON.stringify({ targets, defaults: { ca: 'bench', timeout_ms: timeoutMs } });
  const began = performance.now();
  const processorBegan = processorMs(child);
  const call = request({
    port,
    path: '/verify/batch',
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) },
  });
  call.end(body);
  const [response] = await once(call, 'response');
  let firstLineMs = 0;
  let firstLineCpuMs = 0;
  let last = '';
  for await (const line of createInterface(response)) {
    if (firstLineMs === 0) {
      firstLineMs = performance.now() - began;
      firstLineCpuMs = processorMs(child) - processorBegan;
    }
    last = line;
  }
  const { summary } = JSON.parse(last) as { summary?: { targets: number; verdicts: Record<string, number> } };
  if (summary?.targets !== targets.length) throw new Error(`cut, or refused: ${last.slice(0, 500)}`);
  return { firstLineMs, firstLineCpuMs, totalMs: performance.now() - began, verdicts: summary.verdicts };
}

function spawnNode(args: readonly string[], environment: Record<string, string> = {}): ChildProcess {
  return spawn(process.execPath, args, {
    env: { ...process.env, ...environment },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('no output to read');
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return line;
}

/** User and system time of a process, from proc(5); a clock tick is 10 ms on Linux. */
function processorMs({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function residentMib({ pid }: ChildProcess): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}
