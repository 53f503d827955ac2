import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { readConfig } from '../src/config.ts';
import { systemConnect } from '../src/net/connect.ts';
import { systemLookUp } from '../src/net/resolve.ts';
import { createLogger } from '../src/observability/logger.ts';
import { type RunningServer, startServer } from '../src/server.ts';
import { createService } from '../src/service.ts';
import { freePort } from './support/child-server.ts';
import { leaf, root } from './support/pki.ts';
import { startNodeTls, startRawTcp } from './support/servers.ts';
import { testApp } from './support/test-app.ts';
import { sampleVerdict } from './support/verdict.ts';

const servers: RunningServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop(0)));
});

async function serve(app: { fetch: (request: Request) => Response | Promise<Response> }): Promise<number> {
  const server = await startServer({ fetch: (request) => app.fetch(request), host: '127.0.0.1', port: 0 });
  servers.push(server);
  return server.address.port;
}

const init = (body: unknown) => ({
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(body),
});

const hosts = Array.from({ length: 200 }, (_, index) => `h${index}.example`);

describe('a batch over a socket', () => {
  it('stops when the caller goes away', async () => {
    let begun = 0;
    const aborted: Promise<unknown>[] = [];
    const { app, lines } = testApp({
      verify: async (_request, { signal }) => {
        begun++;
        if (begun === 1) return sampleVerdict();
        const gone = once(signal, 'abort');
        aborted.push(gone);
        await gone;
        return sampleVerdict();
      },
    });
    const port = await serve(app);
    const request = httpRequest({ port, path: '/verify/batch', ...init({}) });
    request.on('error', () => {});
    request.end(JSON.stringify({ targets: hosts, concurrency: 4 }));
    const [response] = await once(request, 'response');
    await once(response, 'data');
    response.on('error', () => {});
    request.destroy();
    await Promise.all(aborted);
    while (!lines.some(({ msg }) => msg === 'batch')) await delay(5);
    // At most the one that took the place of the first.
    expect(begun).toBeLessThanOrEqual(5);
    expect(lines.find(({ msg }) => msg === 'batch')).toMatchObject({ aborted: true });
    expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('does not run ahead of a caller that reads nothing', async () => {
    let begun = 0;
    const big = sampleVerdict({ summary: 'x'.repeat(200_000) });
    const { app } = testApp({
      verify: async () => {
        begun++;
        return big;
      },
    });
    const port = await serve(app);
    const request = httpRequest({ port, path: '/verify/batch', ...init({}) });
    request.on('error', () => {});
    request.end(JSON.stringify({ targets: hosts, concurrency: 2 }));
    const [response] = await once(request, 'response');
    let before = -1;
    while (begun !== before) {
      before = begun;
      await delay(150);
    }
    expect(begun).toBeLessThan(hosts.length);
    let length = 0;
    for await (const chunk of response) length += chunk.length;
    expect(begun).toBe(hosts.length);
    expect(length).toBeGreaterThan(200 * 200_000);
  });

  it('sends its first line before it dials the last target, and waits for no more silent ones than it may', async () => {
    const ca = await root('Batch Root');
    await using good = await startNodeTls({ leaf: await leaf(ca, ['localhost']) });
    let silentNow = 0;
    let silentMost = 0;
    await using silent = await startRawTcp((socket) => {
      silentMost = Math.max(silentMost, ++silentNow);
      socket.on('close', () => silentNow--).resume();
    });
    const closed = await freePort();
    let dialled = 0;
    const service = await createService(readConfig({}), {
      now: () => Date.parse('2026-06-01T00:00:00Z'),
      lookUp: systemLookUp,
      connect({ port: to }) {
        dialled++;
        return systemConnect({ address: '127.0.0.1', port: to });
      },
      logger: createLogger('silent', { write() {} }),
      isDraining: () => false,
      isStalled: () => false,
    });
    const port = await serve(service.app);
    // Of twenty one is silent and one refuses, each target at an endpoint of its own.
    const portOf = (index: number) => (index % 20 === 7 ? silent.port : index % 20 === 13 ? closed : good.port);
    const targets = Array.from({ length: 200 }, (_, index) => ({
      host: 'localhost',
      connect_to: `127.1.${index}.1:${portOf(index)}`,
    }));
    // Longer than a slow machine takes for all that stand between two silent ones.
    const defaults = { ca: { pem: ca.pem }, timeout_ms: 6000 };
    const concurrency = 8;
    const response = await fetch(`http://127.0.0.1:${port}/verify/batch`, init({ targets, defaults, concurrency }));
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    const first = await reader?.read();
    expect(first?.value).toContain('"verdict":"pass"');
    expect(dialled).toBeLessThan(targets.length);
    let text = '';
    for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) text += part.value;
    expect(dialled).toBe(targets.length);
    expect(silentMost).toBe(concurrency);
    const { summary } = JSON.parse(text.trimEnd().split('\n').at(-1) ?? '');
    expect(summary).toMatchObject({ verdicts: { pass: 180, fail: 10, unreachable: 10 } });
  }, 60_000);

  it('tells good, silent and closed ports apart, against real servers', async () => {
    const ca = await root('Batch Root');
    await using good = await startNodeTls({ leaf: await leaf(ca, ['localhost']) });
    await using silent = await startRawTcp(() => {});
    const closed = await freePort();
    const service = await createService(readConfig({}), {
      now: () => Date.parse('2026-06-01T00:00:00Z'),
      lookUp: systemLookUp,
      connect: systemConnect,
      logger: createLogger('silent', { write() {} }),
      isDraining: () => false,
      isStalled: () => false,
    });
    const port = await serve(service.app);
    const at = (to: number) => ({ host: 'localhost', port: to, address_family: 'ipv4' });
    const response = await fetch(
      `http://127.0.0.1:${port}/verify/batch`,
      init({
        targets: [at(silent.port), at(good.port), at(closed)],
        defaults: { ca: { pem: ca.pem }, timeout_ms: 800 },
      }),
    );
    const lines = (await response.text())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const byIndex = new Map(lines.map((line) => [line.index, line.verdict]));
    expect(byIndex.get(1)).toMatchObject({ verdict: 'pass' });
    expect(byIndex.get(0)).toMatchObject({ verdict: 'fail', findings: [{ code: 'tls_timeout' }] });
    expect(byIndex.get(2)).toMatchObject({ verdict: 'unreachable' });
    expect(lines.at(-1)?.summary).toMatchObject({
      targets: 3,
      exit_code: 2,
      verdicts: { pass: 1, fail: 1, unreachable: 1 },
    });
  });
});
