import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { parseVerifyRequest } from '../../src/http/parse-verify-request.ts';
import { createAdmission } from '../../src/limits/admission.ts';
import { limitVerify } from '../../src/limits/limit-verify.ts';
import { createRateLimit } from '../../src/limits/rate-limit.ts';
import { requestByContract } from '../support/contract.ts';
import { startRawTcp } from '../support/servers.ts';
import { startService } from '../support/service.ts';
import { postVerify } from '../support/test-app.ts';
import { sampleVerdict } from '../support/verdict.ts';

/** A server that accepts and says nothing, and how many connections it has had. */
let silent: Awaited<ReturnType<typeof startRawTcp>>;
let accepted: Socket[] = [];
let onAccept = (): void => {};

beforeAll(async () => {
  silent = await startRawTcp((socket) => {
    socket.on('error', () => {});
    // Reading on, it learns when the other side has gone.
    accepted.push(socket.resume());
    onAccept();
  });
});
afterAll(() => silent.close());
beforeEach(() => {
  accepted = [];
});

/** Resolves when the server has had so many connections. */
function connections(count: number): Promise<void> {
  return new Promise((resolve) => {
    onAccept = () => {
      if (accepted.length >= count) resolve();
    };
    onAccept();
  });
}

const chain = { chain_pem: '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----' };
const verifying = (body: object, init: RequestInit = {}) => ({ ...postVerify(body), ...init });
const hanging = () => ({ host: '127.0.0.1', port: silent.port, timeout_ms: 60_000 });

it('refuses what has no place, and answers health all the same', async () => {
  const { app } = await startService({ MAX_IN_FLIGHT: '1', MAX_QUEUE: '0' });
  const caller = new AbortController();
  const first = Promise.resolve(app.request('/verify', verifying(hanging(), { signal: caller.signal })));
  await connections(1);

  const refused = await requestByContract(app, '/verify', verifying(chain));
  expect(refused.status).toBe(503);
  expect(refused.headers.get('Retry-After')).toBe('2');
  expect(await refused.json()).toMatchObject({ code: 'overloaded', detail: expect.stringContaining('MAX_IN_FLIGHT') });
  for (const path of ['/livez', '/readyz']) expect((await requestByContract(app, path)).status).toBe(200);

  // A caller that goes away gives its place back, and its socket closes.
  const closed = once(accepted[0] as Socket, 'close');
  caller.abort();
  await Promise.all([first, closed]);
  expect((await app.request('/verify', verifying(chain))).status).toBe(200);
});

it('lets a silent target hold its share and no more', async () => {
  const { app } = await startService({ MAX_IN_FLIGHT: '8', MAX_QUEUE: '0' });
  const caller = new AbortController();
  const first = [1, 2].map(() => app.request('/verify', verifying(hanging(), { signal: caller.signal })));
  await connections(2);
  const refused = await requestByContract(app, '/verify', verifying(hanging()));
  expect(refused.status).toBe(429);
  expect(await refused.json()).toMatchObject({ code: 'target_limited' });
  // The same server under another name that is dialled instead.
  const detour = { host: 'a.example', connect_to: `127.0.0.1:${silent.port}` };
  expect((await requestByContract(app, '/verify', verifying(detour))).status).toBe(429);
  expect((await requestByContract(app, '/verify', verifying(chain))).status).toBe(200);
  caller.abort();
  await Promise.all(first);
});

it('lets one range of addresses hold half of the places, whatever names lead there', async () => {
  const { app } = await startService({ MAX_IN_FLIGHT: '8', MAX_QUEUE: '0' }, { lookUp: async () => ['127.0.0.1'] });
  const caller = new AbortController();
  const ask = (name: string) => ({ ...hanging(), host: name });
  const first = ['a', 'b', 'c', 'd'].map((name) =>
    app.request('/verify', verifying(ask(`${name}.example`), { signal: caller.signal })),
  );
  await connections(4);
  const refused = await requestByContract(app, '/verify', verifying(ask('e.example')));
  expect(refused.status).toBe(503);
  expect(await refused.json()).toMatchObject({ code: 'overloaded', detail: expect.stringContaining('127.0.0.0/24') });
  const closed = accepted.map((socket) => once(socket, 'close'));
  caller.abort();
  await Promise.all([...first, ...closed]);
  // Given back with the sockets.
  const again = { ...ask('e.example'), timeout_ms: 100 };
  expect((await app.request('/verify', verifying(again))).status).toBe(200);
});

it('counts a minute of one target', async () => {
  const { app } = await startService({ TARGET_LIMIT: '16,2/min' });
  const refusedPort = { host: '127.0.0.1', port: 1 };
  for (let count = 0; count < 2; count++) {
    expect((await app.request('/verify', verifying(refusedPort))).status).toBe(200);
  }
  const third = await requestByContract(app, '/verify', verifying(refusedPort));
  expect(third.status).toBe(429);
  expect(Number(third.headers.get('Retry-After'))).toBeGreaterThan(0);
  expect(await third.json()).toMatchObject({ code: 'target_limited', detail: expect.stringContaining('TARGET_LIMIT') });
  expect((await app.request('/verify', verifying({ host: '127.0.0.1', port: 2 }))).status).toBe(200);
});

it('counts a minute of one caller, by address', async () => {
  const { app } = await startService({ RATE_LIMIT: '1/min' });
  const ask = async (peerAddress: string) => await app.request('/verify', verifying(chain), { peerAddress });
  const answers = [await ask('192.0.2.1'), await ask('192.0.2.1'), await ask('192.0.2.2')];
  expect(answers.map(({ status }) => status)).toEqual([200, 429, 200]);
  expect(await answers[1]?.json()).toMatchObject({
    code: 'rate_limited',
    detail: expect.stringContaining('RATE_LIMIT'),
  });
});

it('takes the wait out of the time of the verification', async () => {
  const admission = createAdmission({ maxInFlight: 1, maxQueue: 1, queueTimeoutMs: 60_000, targetAtOnce: null });
  const { signal } = new AbortController();
  const leave = await admission.enter({ caller: 'other', requestId: 'o', target: null, patienceMs: 1000, signal });
  const given: number[] = [];
  const verify = limitVerify(
    async ({ timeoutMs }) => {
      given.push(timeoutMs);
      return sampleVerdict();
    },
    {
      admission,
      perCaller: createRateLimit(null),
      perTarget: createRateLimit(null),
      rates: { caller: null, target: null },
    },
  );
  const request = parseVerifyRequest('{"host":"a.example"}', { timeoutMs: 10_000, presets: new Map() });
  const waiting = verify(request, { signal, requestId: 'r', caller: { id: 'c', grant: null } });
  await new Promise((resolve) => setTimeout(resolve, 5));
  leave();
  await waiting;
  expect(given[0]).toBeLessThan(10_000);
});

it('answers one caller at once while another asks about four hundred silent targets', async () => {
  await using service = await startService({ TARGET_LIMIT: 'off', ALLOW_TARGETS: '127.0.0.0/8' });
  const { app } = service;
  const everywhere = createServer((socket) => {
    accepted.push(socket.on('error', () => {}).resume());
    onAccept();
  }).listen(0, '0.0.0.0');
  await once(everywhere, 'listening');
  const { port } = everywhere.address() as AddressInfo;
  const gone = new AbortController();
  const asking = Array.from({ length: 400 }, (_, index) => {
    // Sixteen networks of twenty-five addresses each: no limit of a target or of a range is what stops them.
    const host = `127.1.${index % 16}.${1 + Math.floor(index / 16)}`;
    const init = verifying({ ...hanging(), host, port }, { signal: gone.signal });
    return app.request('/verify', init, { peerAddress: '192.0.2.1' });
  });
  // Three quarters of 256.
  await connections(192);
  const good = await app.request('/verify', verifying({ host: '127.0.0.1', port: 1 }), { peerAddress: '192.0.2.2' });
  expect(good.status).toBe(200);
  expect(accepted.length).toBe(192);
  gone.abort();
  await Promise.all(asking);
  everywhere.close();
});

it('refuses rather than judge a target by what the wait has left of its time', async () => {
  const admission = createAdmission({ maxInFlight: 1, maxQueue: 1, queueTimeoutMs: 60_000, targetAtOnce: null });
  const { signal } = new AbortController();
  await admission.enter({ caller: 'other', requestId: 'o', target: null, patienceMs: 1000, signal });
  const begun: unknown[] = [];
  const verify = limitVerify(
    async (request) => {
      begun.push(request);
      return sampleVerdict();
    },
    {
      admission,
      perCaller: createRateLimit(null),
      perTarget: createRateLimit(null),
      rates: { caller: null, target: null },
    },
  );
  const request = parseVerifyRequest('{"host":"a.example","timeout_ms":100}', { timeoutMs: 0, presets: new Map() });
  const waiting = verify(request, { signal, requestId: 'r', caller: { id: 'c', grant: null } });
  await expect(waiting).rejects.toMatchObject({ code: 'overloaded', message: expect.stringContaining(' 50 ms') });
  expect(begun).toEqual([]);
});
