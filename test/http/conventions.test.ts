import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startServer } from '../../src/server.ts';
import { requestByContract } from '../support/contract.ts';
import { testApp } from '../support/test-app.ts';

/** What holds for every resource of the API document, so that a new one is held to it as well. */
const document = JSON.parse(readFileSync(join(import.meta.dirname, '../../openapi/openapi.json'), 'utf8')) as {
  paths: Record<string, Record<string, unknown>>;
};
const CHECK = '/check/{target}';
const EXAMPLES: Readonly<Record<string, string>> = {
  '/verify': '/verify?host=a.example',
  '/probe': '/probe?target=a.example',
  [CHECK]: '/check/a.example',
  '/authorities/{name}': '/authorities/public',
  '/codes/{code}': '/codes/cert_expired',
};
const resources = Object.entries(document.paths).map(([path, item]) => {
  const methods = ['get', 'post'].filter((method) => method in item);
  return {
    path,
    url: EXAMPLES[path] ?? path,
    allow: [...methods.flatMap((method) => (method === 'get' ? ['GET', 'HEAD'] : ['POST'])), 'OPTIONS'].join(', '),
    hasGet: methods.includes('get'),
  };
});
const closed = resources.filter(({ path }) => path !== CHECK);
const answers = [
  ...resources.map(({ url }) => ({ method: 'GET', url })),
  ...closed.map(({ url }) => ({ method: 'DELETE', url })),
  ...closed.map(({ url }) => ({ method: 'OPTIONS', url })),
  { method: 'GET', url: '/nothing' },
];
const TRACE = { id: '4bf92f3577b34da6a3ce929d0e0e4736', span: '00f067aa0ba902b7' };

describe('every answer', () => {
  it.each(answers)('$method $url has the headers of all, and stands in the log', async ({ method, url }) => {
    const { app, lines } = testApp();
    const headers = { 'X-Request-Id': 'abc-1', traceparent: `00-${TRACE.id}-${TRACE.span}-01` };
    const response = await requestByContract(app, url, { method, headers });
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'cache-control': 'no-store',
      'content-security-policy': expect.stringMatching(/^default-src 'none'; /),
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'x-request-id': 'abc-1',
    });
    await response.text();
    const line = lines.find(({ msg }) => msg === 'request');
    expect(line).toMatchObject({ request_id: 'abc-1', trace_id: TRACE.id, parent_span_id: TRACE.span, method });
  });

  it('has them before the application too', async () => {
    const { app } = testApp();
    const server = await startServer({ fetch: (request) => app.fetch(request), host: '127.0.0.1', port: 0 });
    const { request } = await import('node:http');
    const response = await new Promise<import('node:http').IncomingMessage>((resolve, reject) =>
      request({ port: server.address.port, path: '/check/a/%2e%2e/b' }, resolve).on('error', reject).end(),
    );
    response.resume();
    expect(response.statusCode).toBe(400);
    expect(response.headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    await server.stop(0);
  });

  it.each([
    { name: 'a version to come', value: `cc-${TRACE.id}-${TRACE.span}-01-more`, taken: true },
    { name: 'the forbidden version', value: `ff-${TRACE.id}-${TRACE.span}-01`, taken: false },
    { name: 'no trace', value: `00-${'0'.repeat(32)}-${TRACE.span}-01`, taken: false },
    { name: 'no span', value: `00-${TRACE.id}-${'0'.repeat(16)}-01`, taken: false },
    { name: 'upper case', value: `00-${TRACE.id.toUpperCase()}-${TRACE.span}-01`, taken: false },
    { name: 'too short', value: `00-${TRACE.id}-${TRACE.span}`, taken: false },
  ])('traceparent with $name: taken $taken', async ({ value, taken }) => {
    const { app, lines } = testApp();
    await requestByContract(app, '/nothing', { headers: { traceparent: value } });
    expect(lines.some((line) => line.trace_id === TRACE.id)).toBe(taken);
  });
});

describe('methods', () => {
  it.each(closed)('OPTIONS $path allows $allow', async ({ url, allow }) => {
    const response = await requestByContract(testApp().app, url, { method: 'OPTIONS' });
    expect([response.status, response.headers.get('Allow'), await response.text()]).toEqual([204, allow, '']);
  });

  it.each(closed)('DELETE $path is a problem that allows $allow', async ({ url, allow }) => {
    const response = await requestByContract(testApp().app, url, { method: 'DELETE' });
    expect([response.status, response.headers.get('Allow')]).toEqual([405, allow]);
    expect(await response.json()).toMatchObject({ code: 'method_not_allowed' });
  });

  it.each(resources.filter(({ hasGet }) => hasGet))('HEAD $path is GET without its body', async ({ url }) => {
    const { app } = testApp({ makeRequestId: () => 'r' });
    const get = await requestByContract(app, url);
    const head = await requestByContract(app, url, { method: 'HEAD' });
    expect(head.status).toBe(get.status);
    expect(Object.fromEntries(head.headers)).toEqual(Object.fromEntries(get.headers));
    expect(await head.text()).toBe('');
  });
});
