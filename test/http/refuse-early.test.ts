import { connect } from 'node:net';
import { afterEach, expect, it, vi } from 'vitest';
import { Problem } from '../../src/domain/problem.ts';
import { createConnectionLimit } from '../../src/http/connection-limit.ts';
import { createEarlyRefusal, type RawRequest } from '../../src/http/refuse-early.ts';
import { problemSchema } from '../../src/http/schemas/problem.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { Metrics } from '../../src/observability/metrics.ts';
import { type RunningServer, startServer } from '../../src/server.ts';
import { testApp } from '../support/test-app.ts';

const servers: RunningServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop(0)));
});

const full = new Problem('overloaded', 'full', { headers: { 'Retry-After': '3' } });

/** An early refusal for which only `busy` callers have no chance. */
function refusal(changes: Partial<Parameters<typeof createEarlyRefusal>[0]> = {}) {
  const metrics = new Metrics();
  const asked: string[] = [];
  const refuseEarly = createEarlyRefusal({
    refusalOf(caller) {
      asked.push(caller);
      return caller.includes('busy') || caller === 'address:127.0.0.1' ? full : null;
    },
    findCaller: null,
    metrics,
    logger: createLogger('silent', { write() {} }),
    ...changes,
  });
  return { refuseEarly, metrics, asked };
}

const raw = (changes: Partial<RawRequest> = {}): RawRequest => ({
  method: 'POST',
  url: '/verify',
  authorization: undefined,
  peerAddress: '127.0.0.1',
  surplus: null,
  ...changes,
});

it.each([
  { name: 'a verification', request: raw(), code: 'overloaded' },
  { name: 'the short form', request: raw({ method: 'GET', url: '/verify?host=a.example' }), code: 'overloaded' },
  { name: 'another caller', request: raw({ peerAddress: '127.0.0.2' }), code: undefined },
  { name: 'a batch, whose targets wait', request: raw({ url: '/verify/batch' }), code: undefined },
  { name: 'a check, which may be answered from before', request: raw({ url: '/check/a.example' }), code: undefined },
  { name: 'health', request: raw({ url: '/livez' }), code: undefined },
  {
    name: 'health on a connection too many',
    request: raw({ url: '/readyz', surplus: 'All 8 are open (MAX_CONNECTIONS).' }),
    code: undefined,
  },
  {
    name: 'anything else on one',
    request: raw({ url: '/codes', surplus: 'All 8 are open (MAX_CONNECTIONS).' }),
    code: 'overloaded',
  },
])('$name: $code', ({ request, code }) => {
  expect(refusal().refuseEarly(request)?.code).toBe(code);
});

it('knows callers by their tokens, and leaves those that have none to the application', () => {
  const findCaller = (token: string) => (token === 'known' ? { id: 'token:busy', grant: null } : null);
  const { refuseEarly, asked } = refusal({ findCaller });
  expect(refuseEarly(raw({ authorization: 'Bearer known' }))?.code).toBe('overloaded');
  expect(refuseEarly(raw({ authorization: 'Bearer other' }))).toBeNull();
  expect(refuseEarly(raw())).toBeNull();
  expect(asked).toEqual(['token:busy']);
});

it('tells once a second how many of whom were refused and why: of ten callers, and the rest beyond a thousand as one', () => {
  vi.useFakeTimers();
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger('info', { write: (line) => lines.push(JSON.parse(line)) });
  const { refuseEarly } = refusal({ logger, refusalOf: () => full });
  for (let caller = 0; caller < 1002; caller++) {
    const peerAddress = `10.0.${caller >> 8}.${caller & 255}`;
    const times = caller < 10 ? 3 : caller < 1000 ? 1 : 4;
    for (let time = 0; time < times; time++) refuseEarly(raw({ peerAddress }));
  }
  expect(lines).toEqual([]);
  vi.advanceTimersByTime(1000);
  refuseEarly(raw({ peerAddress: '192.0.2.1', surplus: 'All 8 are open (MAX_CONNECTIONS).', url: '/codes' }));
  vi.advanceTimersByTime(1000);
  vi.advanceTimersByTime(1000);
  vi.useRealTimers();
  expect(lines).toMatchObject([
    { level: 'warn', msg: 'requests refused early', requests: 1028, reason: 'full' },
    { requests: 1, callers: { 'address:192.0.2.1': 1 }, reason: expect.stringContaining('MAX_CONNECTIONS') },
  ]);
  const named = Array.from({ length: 9 }, (_, index) => [`address:10.0.0.${index}`, 3]);
  expect(lines[0]?.callers).toEqual({ others: 8, ...Object.fromEntries(named) });
});

async function start(most: number) {
  const { app } = testApp();
  const { refuseEarly, metrics } = refusal();
  const server = await startServer({
    fetch: (request, peer) => app.fetch(request, peer),
    host: '127.0.0.1',
    port: 0,
    refuseEarly,
    connections: createConnectionLimit(most),
  });
  servers.push(server);
  return { port: server.address.port, metrics };
}

it('answers as the application does, counts it, and keeps the connection in order', async () => {
  const { port, metrics } = await start(8);
  const url = `http://127.0.0.1:${port}`;
  const init = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: 'x'.repeat(100_000) };
  const refused = await fetch(`${url}/verify`, init);
  expect(refused.status).toBe(503);
  expect(problemSchema.parse(await refused.json())).toMatchObject({ code: 'overloaded', detail: 'full' });
  const ordinary = await fetch(`${url}/nowhere`);
  for (const [name, value] of ordinary.headers) {
    if (['date', 'content-length', 'x-request-id', 'content-type'].includes(name)) continue;
    expect([name, refused.headers.get(name)]).toEqual([name, value]);
  }
  expect(refused.headers.get('Content-Type')).toBe('application/problem+json');
  expect(refused.headers.get('Retry-After')).toBe('3');
  // Refusals are counted together, once a second.
  await vi.waitFor(async () => {
    const text = await metrics.text();
    expect(text).toMatch(/tls_verdict_problems_total\{code="overloaded"\} 1\n/);
    expect(text).toMatch(/tls_verdict_http_requests_total\{route="\/verify",method="POST",status="503"\} 1\n/);
  }, 10_000);
});

it('answers health on a connection too many, closes it after another answer, and closes what is beyond that', async () => {
  const { port } = await start(1);
  const first = connect(port, '127.0.0.1').on('error', () => {});
  const ask = (path: string) =>
    new Promise<string>((resolve) => {
      const socket = connect(port, '127.0.0.1').on('error', () => {});
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk;
      });
      socket.once('close', () => resolve(text));
      socket.write(
        `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${path === '/livez' ? 'Connection: close\r\n' : ''}\r\n`,
      );
    });
  // The first request has come, so that its connection is not idle and not closed to make room.
  first.write('GET /livez HTTP/1.1\r\nHost: localhost\r\n');
  await new Promise((resolve) => first.once('connect', resolve));
  expect(await ask('/livez')).toMatch(/^HTTP\/1\.1 200 /);
  expect(await ask('/codes')).toMatch(/^HTTP\/1\.1 503 .* \d+ connections .*MAX_CONNECTIONS/s);
  const second = connect(port, '127.0.0.1').on('error', () => {});
  second.write('GET /livez HTTP/1.1\r\nHost: localhost\r\n');
  await new Promise((resolve) => second.once('connect', resolve));
  expect(await ask('/livez')).toBe('');
  first.destroy();
  second.destroy();
});
