import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it, vi } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { systemConnect } from '../../src/net/connect.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { startServer } from '../../src/server.ts';
import { createService } from '../../src/service.ts';
import { HttpConnection } from '../soak/http-connection.ts';

const CONNECTIONS = 20;
const TOKEN = 'known';
const KEPT_BYTES = 100;
/** Until every cache is full: of the open kinds each fifth is a body that is remembered, and 2,048 of those are. */
const WARM_UP = 12_000;

/** One request as it is sent; `index` makes each one another, so that whatever is kept of them grows. */
type Hostile = (index: number) => string;

const post = (headers: readonly string[], body: string, host = '127.0.0.1'): string =>
  [
    'POST /verify HTTP/1.1',
    `Host: ${host}`,
    ...headers,
    `Content-Length: ${Buffer.byteLength(body, 'latin1')}`,
    '',
    body,
  ].join('\r\n');
const JSON_TYPE = 'Content-Type: application/json';
const json = (body: string, ...headers: string[]): string => post([JSON_TYPE, ...headers], body);

const OPEN: Readonly<Record<string, Hostile>> = {
  'bad JSON': (index) => json(`{"host":"h${index}.example",`),
  'a name twice': (index) => json(`{"host":"a.example","x${index}":1,"x${index}":2}`),
  'no UTF-8': (index) => json(`{"host":"\xff${index}"}`),
  'a field that is none': (index) => json(`{"host":"a.example","f${index}":${'['.repeat(40)}${']'.repeat(40)}}`),
  'a wrong content type': (index) => post([`Content-Type: text/x-${index}`], '{"host":"a.example"}'),
  'a compressed body': (index) => json('{"host":"a.example"}', `Content-Encoding: x${index}`),
  'a rebound Host': (index) => post([JSON_TYPE], '{"host":"a.example"}', `h${index}.example`),
  'another site': (index) => json('{"host":"a.example"}', `Origin: https://h${index}.example`),
  'a host that does not exist': (index) => json(`{"host":"h${index}.example"}`),
  'a forbidden address': (index) => json(`{"host":"169.254.${index & 255}.${(index >> 8) & 255}"}`),
  'an unknown authority': (index) => json(`{"host":"a.example","ca":"ca-${index}"}`),
  'a path that is none': (index) => `GET /p${index}?q=${index} HTTP/1.1\r\nHost: a\r\n\r\n`,
  'a method that is none': (index) => `PUT /verify?x=${index} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n`,
  'no HTTP': (index) => `${index}\r\n\r\n`,
  'two Hosts': (index) => `GET /codes HTTP/1.1\r\nHost: a\r\nHost: h${index}\r\n\r\n`,
};

const WITH_TOKENS: Readonly<Record<string, Hostile>> = {
  'no token': (index) => json(`{"host":"h${index}.example"}`),
  'a token that nobody has': (index) => json('{"host":"a.example"}', `Authorization: Bearer t${index}`),
  'no bearer token': (index) => json('{"host":"a.example"}', `Authorization: Basic ${index}`),
  'a target that was not granted': (index) => json(`{"host":"h${index}.example"}`, `Authorization: Bearer ${TOKEN}`),
};

/** Whether it is answered as a fault of the caller's, or with a verdict: never as one of ours. */
const isFair = (status: number): boolean => status === 200 || (status >= 400 && status < 500);

/** The service behind its listener, in this process. */
async function listen(settings: Readonly<Record<string, string>>) {
  const { app, close, refuseEarly, connections } = await createService(readConfig(settings), {
    now: Date.now,
    lookUp: async () => {
      throw Object.assign(new Error('none'), { code: 'ENOTFOUND' });
    },
    connect: systemConnect,
    logger: createLogger('info', { write() {} }),
    isDraining: () => false,
    isStalled: () => false,
  });
  const server = await startServer({
    fetch: (request, peer) => app.fetch(request, peer),
    host: '127.0.0.1',
    port: 0,
    refuseEarly,
    connections,
  });
  const stop = async () => {
    await server.stop(0);
    await close();
  };
  return { port: server.address.port, load: () => connections.load().open, stop };
}

/** Sends so many of these in turn over kept connections, each closed at the end; those that were not answered fairly. */
async function attack(port: number, kinds: Readonly<Record<string, Hostile>>, from: number, count: number) {
  const list = Object.entries(kinds);
  const unfair: string[] = [];
  const work = async (first: number): Promise<void> => {
    let connection = new HttpConnection(port, '127.0.0.1');
    for (let index = first; index < from + count; index += CONNECTIONS) {
      if (!connection.isOpen) connection = new HttpConnection(port, '127.0.0.1');
      const [name = '', hostile] = list[index % list.length] ?? [];
      const { status, outcome } = await connection.ask(hostile?.(index) ?? '');
      if (!isFair(status)) unfair.push(`${name}: ${status} ${outcome}`);
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, (_, index) => work(from + index)));
  return unfair;
}

/** What is reachable in this process, caller and service together. */
async function heldBytes(): Promise<number> {
  setFlagsFromString('--expose-gc');
  await runInNewContext('gc')({ execution: 'async' });
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const active = (type: string): number => process.getActiveResourcesInfo().filter((name) => name === type).length;

/** Asks until every cache is full, then so many times more: nothing may be left of these. */
async function leavesNothing(settings: Readonly<Record<string, string>>, kinds: typeof OPEN, count: number) {
  const { port, load, stop } = await listen(settings);
  const rest = () => vi.waitFor(() => expect(load()).toBe(0), 10_000);
  expect(await attack(port, kinds, 0, WARM_UP)).toEqual([]);
  await rest();
  const before = { bytes: await heldBytes(), timers: active('Timeout'), sockets: active('TCPSocketWrap') };
  expect(await attack(port, kinds, WARM_UP, count)).toEqual([]);
  await rest();
  // The callers' ends close a moment after the service's.
  await vi.waitFor(() => {
    expect(active('Timeout')).toBeLessThanOrEqual(before.timers);
    expect(active('TCPSocketWrap')).toBeLessThanOrEqual(before.sockets);
  }, 10_000);
  expect(((await heldBytes()) - before.bytes) / count).toBeLessThan(KEPT_BYTES);
  await stop();
}

it('16,000 hostile requests leave memory, sockets and timers where they were', async () => {
  await leavesNothing({ TARGET_LIMIT: 'off' }, OPEN, 16_000);
}, 300_000);

it('4,000 without the right token do as well', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tls-verdict-'));
  const file = join(folder, 'tokens.yaml');
  const sha256 = createHash('sha256').update(TOKEN).digest('hex');
  await writeFile(file, `tokens:\n  - name: ci\n    sha256: ${sha256}\n    targets: [granted.example]\n`);
  await leavesNothing({ API_TOKENS_FILE: file }, WITH_TOKENS, 4_000);
  await rm(folder, { recursive: true });
}, 300_000);
