/**
 * What one verification costs, beside a bare `tls.connect` that OpenSSL verifies, in one run and alternating:
 *   npm run bench
 * Both sides visit the same 64 servers under one CA. The price is processor time of the whole process that does the
 * work (for the service: HTTP, JSON, log and all), which a busy machine disturbs less than it does wall-clock time.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { inParallel, type Timed, type Work } from './load.ts';
import type { ServedHosts } from './tls-servers.ts';

interface Measured extends Timed {
  readonly cpuMs: number;
  readonly rssMb: number;
}

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '2000' },
    rounds: { type: 'string', default: '3' },
    concurrency: { type: 'string', default: '16,64,256' },
    keys: { type: 'string', default: 'ec-p256,rsa-2048' },
    json: { type: 'string' },
  },
});
const count = Number(values.count);
/** Until V8 has compiled the paths that a process of some minutes' age runs on. */
const WARM_UP = 3_000;

const folder = mkdtempSync(join(tmpdir(), 'tls-verdict-bench-'));
const results: Record<string, unknown>[] = [];
for (const key of values.keys.split(',')) {
  const servers = spawnNode(['bench/tls-servers.ts', '64', key]);
  const served = JSON.parse(await firstLine(servers)) as ServedHosts;
  writeFileSync(join(folder, 'bench.pem'), served.caPem);
  const service = spawnNode(['src/main.ts'], {
    PORT: '0',
    CA_DIR: folder,
    UV_THREADPOOL_SIZE: '64',
    TARGET_LIMIT: 'off',
    // All targets stand in one range, which may have half of this at once.
    MAX_IN_FLIGHT: '1024',
    // Nothing is to be refused, however slow the machine.
    QUEUE_TIMEOUT_MS: '60000',
  });
  const { port } = JSON.parse(await firstLine(service)) as { port: number };
  service.stdout?.resume();
  await throughService(port, service, { ...served, count: WARM_UP, concurrency: 16 });
  for (const concurrency of values.concurrency.split(',').map(Number)) {
    const work: Work = { ...served, count, concurrency };
    const rounds: { bare: Measured; service: Measured }[] = [];
    for (let round = 0; round < Number(values.rounds); round++) {
      rounds.push({ bare: await bare(work), service: await throughService(port, service, work) });
    }
    report(key, concurrency, rounds);
  }
  service.kill();
  servers.kill();
}
rmSync(folder, { recursive: true });
if (values.json) {
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version };
  writeFileSync(values.json, `${JSON.stringify({ machine, results }, null, 2)}\n`);
}

async function bare(work: Work): Promise<Measured> {
  const child = spawnNode(['bench/bare-tls.ts']);
  child.stdin?.end(JSON.stringify(work));
  return JSON.parse(await firstLine(child)) as Measured;
}

async function throughService(port: number, service: ChildProcess, work: Work): Promise<Measured> {
  const agent = new Agent({ keepAlive: true, maxSockets: work.concurrency });
  const before = processorMs(service);
  const timed = await inParallel(work.count, work.concurrency, async (index) => {
    const host = work.hosts[index % work.hosts.length];
    if (host === undefined) throw new Error('no hosts');
    const body = JSON.stringify({ host: host.name, port: host.port, connect_to: '127.0.0.1', ca: 'bench' });
    const verdict = await post(agent, port, body);
    if (!verdict.includes('"ok":true')) throw new Error(verdict.slice(0, 2000));
  });
  const cpuMs = (processorMs(service) - before) / work.count;
  agent.destroy();
  return { ...timed, cpuMs, rssMb: residentMb(service) };
}

function post(agent: Agent, port: number, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const call = request({ agent, port, host: '127.0.0.1', path: '/verify', method: 'POST', headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve(Buffer.concat(chunks).toString()));
    });
    call.on('error', reject);
    call.end(body);
  });
}

function spawnNode(args: readonly string[], environment: Record<string, string> = {}): ChildProcess {
  return spawn(process.execPath, args, {
    env: { ...process.env, ...environment },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('no output to read');
  const lines = createInterface({ input: child.stdout });
  const [line] = (await once(lines, 'line')) as [string];
  lines.close();
  return line;
}

/** User and system time of a process, from proc(5); a clock tick is 10 ms on Linux. */
function processorMs({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function residentMb({ pid }: ChildProcess): number {
  const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
  return (pages * 4096) / 1e6;
}

function report(key: string, concurrency: number, rounds: readonly { bare: Measured; service: Measured }[]): void {
  const median = (pick: (round: (typeof rounds)[number]) => number) =>
    rounds.map(pick).toSorted((a, b) => a - b)[Math.floor(rounds.length / 2)] ?? 0;
  const row = {
    key,
    concurrency,
    service_cpu_ms: median(({ service }) => service.cpuMs),
    bare_cpu_ms: median(({ bare }) => bare.cpuMs),
    ratio: median(({ service, bare }) => service.cpuMs / bare.cpuMs),
    service_per_second: median(({ service }) => service.perSecond),
    bare_per_second: median(({ bare }) => bare.perSecond),
    service_p50_ms: median(({ service }) => service.p50),
    bare_p50_ms: median(({ bare }) => bare.p50),
    service_p99_ms: median(({ service }) => service.p99),
    bare_p99_ms: median(({ bare }) => bare.p99),
    service_rss_mb: median(({ service }) => service.rssMb),
  };
  results.push(row);
  const rounded = Object.entries(row).map(([name, value]) => [
    name,
    typeof value === 'number' ? Number(value.toFixed(2)) : value,
  ]);
  console.log(JSON.stringify(Object.fromEntries(rounded)));
}
