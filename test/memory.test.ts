import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { MAX_BODY_BYTES } from '../src/http/request-body.ts';
import { MAX_CERTIFICATE_MESSAGE_BYTES } from '../src/tls/message-assembler.ts';
import { startTargets, type Targets } from './soak/targets.ts';
import { issue } from './support/pki.ts';
import { MAIN, runProgram } from './support/run-program.ts';
import { inRecords } from './tls/hostile-peer.ts';
import { certificateMessage, serverHello } from './tls/server-bytes.ts';

const ROOT = join(import.meta.dirname, '..');
const MIB = 2 ** 20;
/** Minutes of a busy machine. */
const PATIENCE_MS = 180_000;

const deployment = parseDocument(readFileSync(join(ROOT, 'k8s/base/deployment.yaml'), 'utf8'));
const container = deployment.getIn(['spec', 'template', 'spec', 'containers', 0]) as {
  toJSON(): { resources: { limits: { memory: string } }; env: { name: string; value: string }[] };
};
const { resources, env } = container.toJSON();
const limitMib = 1024 * Number(/^(\d+)Gi$/.exec(resources.limits.memory)?.[1]);
const settings = Object.fromEntries(
  env.filter(({ name }) => /_MB$/.test(name)).map(({ name, value }) => [name, value]),
);
const dockerfile = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');
const imageArguments = (JSON.parse(/^CMD (\[.*\])$/m.exec(dockerfile)?.[1] ?? '[]') as string[]).slice(1, -1);

/** Networks of the peers, so that no share of one of them keeps the others' certificates away. */
const NETWORKS = 16;
const CALLERS = Array.from({ length: 8 }, (_, index) => `127.0.0.${20 + index}`);

let targets: Targets;
let ca: string;
/** Peers that send all of the largest certificate but its end. */
const peers: { readonly host: string; readonly port: number; close(): void }[] = [];

beforeAll(async () => {
  targets = await startTargets(Date.now());
  ca = (await issue({ ca: true })).pem;
  const hello = serverHello({ cipherSuite: 0xc02b });
  const unfinished = inRecords(hello, certificateMessage([Buffer.alloc(MAX_CERTIFICATE_MESSAGE_BYTES - 6)]));
  for (let index = 0; index < NETWORKS; index++) {
    const host = `127.0.${100 + index}.1`;
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.write(unfinished.subarray(0, -8)));
    });
    server.listen(0, host);
    await once(server, 'listening');
    peers.push({ host, port: (server.address() as AddressInfo).port, close: () => server.close() });
  }
});
afterAll(() => {
  targets.close();
  for (const peer of peers) peer.close();
});

/** What became of one request: its status, `open` while it has none, `closed` when there will be none. */
interface Asked {
  readonly socket: Socket;
  readonly status: Promise<string>;
}

function ask(port: number, from: string, path: string, body: string, sent = body.length): Asked {
  const socket = connect({ host: '127.0.0.1', port, localAddress: from });
  const head = `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close`;
  socket.write(`${head}\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, sent)}`);
  const status = new Promise<string>((resolve) => {
    socket.on('error', () => {});
    socket.once('data', (chunk) => resolve(chunk.toString('latin1').slice(9, 12)));
    socket.once('close', () => resolve('closed'));
  });
  return { socket, status };
}

const list = <T>(length: number, make: (index: number) => T): T[] => Array.from({ length }, (_, index) => make(index));
const callerOf = (index: number): string => CALLERS[index % CALLERS.length] as string;
const upTo = (bytes: number, json: (padding: string) => string): string =>
  json('x'.repeat(Math.max(0, bytes - json('').length)));

/** Everything at once that holds memory for long: each part to its own bound and beyond. */
function attack(port: number): Asked[] {
  const large = upTo(MAX_BODY_BYTES, (padding) =>
    JSON.stringify({
      host: '127.0.0.1',
      port: 1,
      ca: { pem: `${ca}${padding.slice(MIB)}`, crls_pem: padding.slice(-MIB) },
    }),
  );
  const bomb = upTo(
    MAX_BODY_BYTES,
    (padding) => `{"host":"a.example","x":[${'{"a":1},'.repeat(padding.length / 8)}1]}`,
  );
  const batch = JSON.stringify({
    targets: list(1000, (index) => ({ host: `h${index}.example`, connect_to: '127.0.0.1:1' })),
    defaults: { ca: { pem: ca + 'x'.repeat(MIB / 2) }, include: ['pem', 'details'] },
  });
  const chain = (index: number) => {
    const { host, port } = peers[index % NETWORKS] as (typeof peers)[number];
    return JSON.stringify({ host, port, ca: { pem: ca }, timeout_ms: 8000 });
  };
  return [
    ...list(320, (index) => ask(port, callerOf(index), '/verify', chain(index))),
    ...list(64, (index) => ask(port, callerOf(index), '/verify', large, MAX_BODY_BYTES - 1)),
    ...list(64, (index) => ask(port, callerOf(index), '/verify/batch', batch)),
    ...list(32, (index) => ask(port, callerOf(index), '/verify', large)),
    ...list(16, (index) => ask(port, callerOf(index), '/verify', bomb)),
    ...list(1000, (index) => ask(port, callerOf(index), `/verify?x=${'x'.repeat(14_000)}`, '1', 0)),
  ];
}

/** The service with the image's arguments but another heap: here no container tells its limit. */
function start(heapMib: number) {
  const own = imageArguments.filter((argument) => !argument.startsWith('--max-old-space-size'));
  return runProgram(process.execPath, [...own, `--max-old-space-size=${heapMib}`, MAIN], {
    ...settings,
    TARGET_LIMIT: 'off',
    UV_THREADPOOL_SIZE: '64',
  });
}

/** The statuses of that many requests, one after the other. */
async function probe(url: string, times: number): Promise<number[]> {
  const program = 'for (let n = 0; n < process.argv[2]; n++) console.log((await fetch(process.argv[1])).status)';
  const args = ['--input-type=module', '-e', program, url, String(times)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return stdout.trim().split('\n').map(Number);
}

const mostResidentMib = (pid: number | undefined): number =>
  Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

describe.skipIf(process.platform !== 'linux')('the ceiling of memory', { timeout: PATIENCE_MS }, () => {
  it('is not reached under the limit of the manifests, whatever comes at once', async () => {
    using service = start(limitMib / 2);
    const port = Number((await service.logged('listening')).port);
    const asked = attack(port);
    // Answered in between. From a process of their own, as a kubelet's: this one sends hundreds of megabytes, so that
    // its heads may come seconds after their connection.
    expect(await probe(`http://127.0.0.1:${port}/livez`, 5)).toEqual([200, 200, 200, 200, 200]);
    const statuses = new Set(await Promise.all(asked.map(({ status }) => status)));
    expect([...statuses].filter((status) => !/^(200|400|408|413|422|429|503)$/.test(status))).toEqual([]);
    for (const { socket } of asked) socket.destroy();
    expect(mostResidentMib(service.child.pid)).toBeLessThan(limitMib);
    service.child.kill('SIGTERM');
    expect(await service.exited).toMatchObject({ code: 0 });
  });

  it('ends the process with a reason when the heap is far too small, and leaves no caller waiting', async () => {
    using service = start(24);
    const listening = service.logged('listening').then(({ port }) => Number(port));
    // What is needed before the first request may come to outgrow it too.
    const port = await Promise.race([listening.catch(() => null), service.exited.then(() => null)]);
    if (port !== null) await Promise.all(attack(port).map(({ status }) => status));
    const { stderr } = await service.exited;
    expect(service.child.signalCode).toBe('SIGABRT');
    expect(stderr).toMatch(/FATAL ERROR: .*JavaScript heap out of memory/);
  });
});

/** A folder of cgroup v1 or v2 where this process may make others; null where it may not, which is usual. */
function memoryGroup(): { readonly folder: string; readonly limitFile: string } | null {
  for (const [folder, limitFile] of [
    ['/sys/fs/cgroup/memory/tls-verdict-test', 'memory.limit_in_bytes'],
    ['/sys/fs/cgroup/tls-verdict-test', 'memory.max'],
  ] as const) {
    try {
      mkdirSync(folder);
      writeFileSync(join(folder, limitFile), String(512 * MIB));
      return { folder, limitFile };
    } catch {
      // Not ours to make.
    }
  }
  console.warn('SKIPPED: no control group can be made on this machine');
  return null;
}

describe('the heap of the image', () => {
  const group = memoryGroup();
  afterAll(() => group && rmdirSync(group.folder));

  it.skipIf(group === null).each([256, 512, 1024])('is half of a container of %i MiB', (mib) => {
    const { folder = '', limitFile = '' } = group ?? {};
    writeFileSync(join(folder, limitFile), String(mib * MIB));
    const print = 'console.log(v8.getHeapStatistics().heap_size_limit / 2 ** 20)';
    const inGroup = `echo $$ > ${folder}/cgroup.procs && exec "$0" "$@"`;
    const output = execFileSync('sh', ['-c', inGroup, process.execPath, ...imageArguments, '-e', print]);
    // What the heap may have besides: the young generation, three times --max-semi-space-size.
    expect(Number(output)).toBe(mib / 2 + 48);
  });
});
