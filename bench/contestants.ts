import { type ChildProcess, execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import packageJson from '../package.json' with { type: 'json' };
import { inParallel, type Target, type Timed, type Work } from './load.ts';
import {
  endedChildrenMs,
  firstLine,
  isAbsent,
  processorMs,
  residentMb,
  startProgram,
  stopProgram,
} from './processes.ts';
import type { ServedHosts } from './tls-servers.ts';

export interface Measured extends Timed {
  /** Processor time of one verification, of the whole process tree. */
  readonly cpuMs: number;
  /** Null where every verification is a process of its own. */
  readonly rssMb: number | null;
}

/** A program that verifies hosts, ready to be asked. */
export interface Contestant {
  readonly name: string;
  /** Processes that share the work; 1 when left out. */
  readonly workers?: number;
  measure(work: Work): Promise<Measured>;
  stop(): Promise<void>;
}

/** Starts one against these hosts; null where a program that it needs is not installed. */
export type StartContestant = (served: ServedHosts) => Promise<Contestant | null>;

/** A loop of `tls.connect` on the same Node, verified by OpenSSL: what the others are measured by. */
export const startBare: StartContestant = async () => ({
  name: 'bare tls.connect',
  async measure(work) {
    const child = startProgram(process.execPath, ['bench/bare-tls.ts']);
    child.stdin?.end(JSON.stringify(work));
    return JSON.parse(await firstLine(child)) as Measured;
  },
  stop: async () => {},
});

/** The flags of `npm start`, which is how the service runs. */
const NODE_FLAGS = packageJson.scripts.start.match(/--\S+/g) ?? [];

/** This service over HTTP with the CA by name, as `npm start` runs it. */
export function startService(workers = 1): StartContestant {
  return async ({ caPem }) => {
    const folder = mkdtempSync(join(tmpdir(), 'tls-verdict-bench-'));
    writeFileSync(join(folder, 'bench.pem'), caPem);
    const child = startProgram(process.execPath, [...NODE_FLAGS, 'src/main.ts'], {
      PORT: '0',
      CA_DIR: folder,
      UV_THREADPOOL_SIZE: '64',
      WORKERS: String(workers),
      TARGET_LIMIT: 'off',
      // All targets stand in one range, which may have half of this at once; a busy machine must not refuse any.
      MAX_IN_FLIGHT: '1024',
      QUEUE_TIMEOUT_MS: '60000',
      // Half of this may go by before a verification begins.
      TIMEOUT_MS: '60000',
    });
    const { port } = JSON.parse(await firstLine(child, /"msg":"listening"/, workers)) as { port: number };
    const ask = async (agent: Agent, { name, port: targetPort }: Target) => {
      const body = JSON.stringify({ host: name, port: targetPort, connect_to: '127.0.0.1', ca: 'bench' });
      const verdict = await call(agent, { port, path: '/verify', method: 'POST' }, body);
      if (!verdict.includes('"ok":true')) throw new Error(verdict.slice(0, 2000));
    };
    return {
      name: workers === 1 ? 'tls-verdict' : `tls-verdict, WORKERS=${workers}`,
      workers,
      measure: (work) => measureServer(child, work, ask),
      async stop() {
        await stopProgram(child);
        rmSync(folder, { recursive: true });
      },
    };
  };
}

/** A process for each verification, as shell scripts do. */
export const startCurl: StartContestant = async ({ caPem }) => {
  if (isAbsent('curl', '--version')) return null;
  const folder = mkdtempSync(join(tmpdir(), 'tls-verdict-bench-'));
  const caFile = join(folder, 'ca.pem');
  writeFileSync(caFile, caPem);
  const verify = ({ name, port }: Target) =>
    new Promise<void>((resolve, reject) => {
      const place = `${name}:${port}`;
      const args = [
        '-sS',
        '--cacert',
        caFile,
        '--resolve',
        `${place}:127.0.0.1`,
        '-o',
        '/dev/null',
        `https://${place}/`,
      ];
      execFile('curl', args, (error) => (error ? reject(error) : resolve()));
    });
  return {
    name: 'curl',
    async measure({ hosts, count, concurrency }) {
      const before = endedChildrenMs();
      const timed = await inParallel(count, concurrency, (index) => verify(targetAt(hosts, index)));
      return { ...timed, cpuMs: (endedChildrenMs() - before) / count, rssMb: null };
    },
    stop: async () => rmSync(folder, { recursive: true }),
  };
};

/** prometheus-blackbox-exporter with a module of its own for each host, since a module has one server name. */
export const startBlackbox: StartContestant = async ({ caPem, hosts }) => {
  const program = 'prometheus-blackbox-exporter';
  if (isAbsent(program, '--version')) return null;
  const folder = mkdtempSync(join(tmpdir(), 'tls-verdict-bench-'));
  writeFileSync(join(folder, 'ca.pem'), caPem);
  const modules = hosts.map(({ name }) => [
    name,
    { prober: 'tcp', tcp: { tls: true, tls_config: { ca_file: join(folder, 'ca.pem'), server_name: name } } },
  ]);
  const config = join(folder, 'blackbox.yml');
  // JSON is YAML.
  writeFileSync(config, JSON.stringify({ modules: Object.fromEntries(modules) }));
  const port = 20_000 + (process.pid % 10_000);
  const args = [`--config.file=${config}`, `--web.listen-address=127.0.0.1:${port}`, '--log.level=error'];
  const child = startProgram(program, args);
  await untilListening(port);
  const ask = async (agent: Agent, { name, port: targetPort }: Target) => {
    const answer = await call(agent, { port, path: `/probe?module=${name}&target=127.0.0.1:${targetPort}` });
    if (!answer.includes('\nprobe_success 1')) throw new Error(answer.slice(0, 2000));
  };
  return {
    name: 'blackbox_exporter',
    measure: (work) => measureServer(child, work, ask),
    async stop() {
      await stopProgram(child);
      rmSync(folder, { recursive: true });
    },
  };
};

/** The service that one would write in an afternoon in Go: `bench/go/main.go`. */
export const startGo: StartContestant = async ({ caPem }) => {
  if (isAbsent('go', 'version')) return null;
  const folder = mkdtempSync(join(tmpdir(), 'tls-verdict-bench-'));
  writeFileSync(join(folder, 'ca.pem'), caPem);
  const binary = join(folder, 'verify');
  await new Promise<void>((resolve, reject) => {
    execFile('go', ['build', '-o', binary, 'bench/go/main.go'], (error) => (error ? reject(error) : resolve()));
  });
  const child = startProgram(binary, [join(folder, 'ca.pem')]);
  const port = Number(await firstLine(child));
  const ask = async (agent: Agent, { name, port: targetPort }: Target) => {
    const answer = await call(agent, { port, path: `/verify?host=${name}&address=127.0.0.1:${targetPort}` });
    if (!answer.includes('"ok":true')) throw new Error(answer.slice(0, 2000));
  };
  return {
    name: 'plain Go service',
    measure: (work) => measureServer(child, work, ask),
    async stop() {
      await stopProgram(child);
      rmSync(folder, { recursive: true });
    },
  };
};

async function measureServer(
  child: ChildProcess,
  { hosts, count, concurrency }: Work,
  ask: (agent: Agent, target: Target) => Promise<void>,
): Promise<Measured> {
  const { pid } = child;
  if (pid === undefined) throw new Error('not started');
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  const before = processorMs(pid);
  const timed = await inParallel(count, concurrency, (index) => ask(agent, targetAt(hosts, index)));
  const cpuMs = (processorMs(pid) - before) / count;
  agent.destroy();
  return { ...timed, cpuMs, rssMb: residentMb(pid) };
}

function targetAt(hosts: readonly Target[], index: number): Target {
  const host = hosts[index % hosts.length];
  if (host === undefined) throw new Error('no hosts');
  return host;
}

function call(
  agent: Agent,
  to: { readonly port: number; readonly path: string; readonly method?: string },
  body?: string,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers =
      body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const asked = request({ agent, host: '127.0.0.1', ...to, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve(Buffer.concat(chunks).toString()));
      response.on('error', reject);
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

async function untilListening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const isThere = await call(new Agent(), { port, path: '/' }).then(
      () => true,
      () => false,
    );
    if (isThere) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`nothing listens on port ${port}`);
}
