import { describe, expect, it } from 'vitest';
import { Problem } from '../src/domain/problem.ts';
import { MAX_BODY_BYTES } from '../src/http/request-body.ts';
import { requestByContract } from './support/contract.ts';
import { postVerify, testApp } from './support/test-app.ts';
import { sampleFinding, sampleVerdict } from './support/verdict.ts';

const good = { host: 'wiki.corp.example' };

describe('POST /verify', () => {
  it('answers 200 with the verdict and its header', async () => {
    const response = await requestByContract(testApp().app, '/verify', postVerify(good));
    expect(response.status).toBe(200);
    expect(response.headers.get('X-Verdict')).toBe('pass');
    expect(response.headers.get('Content-Type')).toBe('application/json');
    expect(await response.json()).toMatchObject({ ok: true, verdict: 'pass' });
  });

  it.each([
    { name: 'a bad verdict is still 200', query: '', verdict: 'fail', status: 200 },
    { name: 'unless a status is asked for', query: '?fail_status=424', verdict: 'fail', status: 424 },
    { name: 'unreachable counts as bad', query: '?fail_status=502', verdict: 'unreachable', status: 502 },
    { name: 'warn does not', query: '?fail_status=502', verdict: 'warn', status: 200 },
    { name: 'nor does pass', query: '?fail_status=503', verdict: 'pass', status: 200 },
  ] as const)('$name', async ({ query, verdict, status }) => {
    const ok = verdict === 'pass' || verdict === 'warn';
    const { app } = testApp({ verify: async () => sampleVerdict({ ok, verdict }) });
    const response = await requestByContract(app, `/verify${query}`, postVerify(good));
    expect(response.status).toBe(status);
    expect(response.headers.get('X-Verdict')).toBe(verdict);
  });

  it('hands the use case a signal that aborts when the caller goes away', async () => {
    const caller = new AbortController();
    const { app, lines } = testApp({
      verify: async (_request, { signal }) => {
        caller.abort();
        signal.throwIfAborted();
        return sampleVerdict();
      },
    });
    await requestByContract(app, '/verify', { ...postVerify(good), signal: caller.signal });
    expect(lines.filter((line) => line.msg === 'unexpected error')).toEqual([]);
    expect(lines.at(-1)).toMatchObject({ aborted: true, level: 'info' });
  });
});

describe('GET /verify', () => {
  it('takes host, port and ca', async () => {
    const seen: unknown[] = [];
    const { app } = testApp({
      verify: async (request) => {
        seen.push(request.target?.port, request.ca?.refs);
        return sampleVerdict();
      },
    });
    const response = await requestByContract(app, '/verify?host=a.example&port=8443&ca=corp&ca=public');
    expect(response.status).toBe(200);
    expect(seen).toEqual([8443, ['corp', 'public']]);
  });

  it.each([
    { name: 'no host', query: '', errors: ['?host required'] },
    { name: 'an empty host', query: '?host=', errors: ['?host invalid_host'] },
    { name: 'a bad port', query: '?host=a.example&port=0x1bb', errors: ['?port out_of_range'] },
    { name: 'a host twice', query: '?host=a.example&host=b.example', errors: ['?host duplicate_parameter'] },
    { name: 'an unknown parameter', query: '?host=a.example&prot=1', errors: ['?prot unknown_parameter'] },
    {
      name: 'a status out of the list',
      query: '?host=a.example&fail_status=200',
      errors: ['?fail_status not_allowed_value'],
    },
    { name: 'an empty ca', query: '?host=a.example&ca=', errors: ['?ca too_short'] },
    {
      name: 'all at once',
      query: '?host=a..b&port=0&x=1',
      errors: ['?host invalid_host', '?port out_of_range', '?x unknown_parameter'],
    },
  ])('refuses $name', async ({ query, errors }) => {
    const response = await requestByContract(testApp().app, `/verify${query}`);
    expect(response.status).toBe(400);
    const body = (await response.json()) as { errors: { pointer: string; code: string }[] };
    expect(body.errors.map(({ pointer, code }) => `${pointer} ${code}`)).toEqual(errors);
  });
});

describe('problems', () => {
  const big = 'x'.repeat(MAX_BODY_BYTES + 1);
  const json = { 'Content-Type': 'application/json' };
  const chunked = () =>
    new ReadableStream({
      start(controller) {
        for (let sent = 0; sent <= MAX_BODY_BYTES; sent += 65_536) controller.enqueue(new Uint8Array(65_536));
        controller.close();
      },
    });
  it.each<{ name: string; path?: string; init: RequestInit; status: number; code: string; headers?: object }>([
    { name: 'an unknown path', path: '/nothing', init: {}, status: 404, code: 'not_found' },
    { name: 'a trailing slash', path: '/verify/', init: postVerify(good), status: 404, code: 'not_found' },
    {
      name: 'PUT',
      init: { method: 'PUT' },
      status: 405,
      code: 'method_not_allowed',
      headers: { allow: 'GET, HEAD, POST, OPTIONS' },
    },
    { name: 'DELETE', init: { method: 'DELETE' }, status: 405, code: 'method_not_allowed' },
    {
      name: 'curl -d',
      init: postVerify(good, { 'Content-Type': 'application/x-www-form-urlencoded' }),
      status: 415,
      code: 'unsupported_media_type',
    },
    {
      name: 'text',
      init: postVerify(good, { 'Content-Type': 'text/plain' }),
      status: 415,
      code: 'unsupported_media_type',
    },
    {
      name: 'another charset',
      init: postVerify(good, { 'Content-Type': 'application/json; charset=latin1' }),
      status: 415,
      code: 'unsupported_media_type',
    },
    {
      name: 'a compressed body',
      init: postVerify(good, { 'Content-Encoding': 'gzip' }),
      status: 415,
      code: 'unsupported_media_type',
    },
    {
      name: 'an Accept without JSON',
      init: postVerify(good, { Accept: 'text/html' }),
      status: 406,
      code: 'not_acceptable',
    },
    {
      name: 'an Accept that excludes JSON',
      init: postVerify(good, { Accept: '*/*, application/json;q=0' }),
      status: 406,
      code: 'not_acceptable',
    },
    {
      name: 'a large body',
      init: { method: 'POST', headers: json, body: big },
      status: 413,
      code: 'payload_too_large',
    },
    {
      name: 'a large body of unknown length',
      init: { method: 'POST', headers: json, body: chunked(), duplex: 'half' } as RequestInit,
      status: 413,
      code: 'payload_too_large',
    },
    {
      name: 'bytes that are no UTF-8',
      init: { method: 'POST', headers: json, body: new Uint8Array([0x22, 0xff, 0x22]) },
      status: 400,
      code: 'invalid_request',
    },
    { name: 'no body', init: { method: 'POST', headers: json }, status: 400, code: 'invalid_request' },
  ])('$name', async ({ path = '/verify', init, status, code, headers = {} }) => {
    const response = await requestByContract(testApp().app, path, init);
    expect(response.status).toBe(status);
    expect(response.headers.get('Content-Type')).toBe('application/problem+json');
    expect(response.headers.get('X-Verdict')).toBeNull();
    expect(Object.fromEntries(response.headers)).toMatchObject(headers);
    const body = await response.json();
    expect(body).toMatchObject({ code, status, type: `/codes/${code}` });
    expect((body as { instance: string }).instance).toMatch(/^urn:uuid:[0-9a-f-]{36}$/);
  });

  it('takes a body of exactly the bound, and charset and +json spellings', async () => {
    const { app } = testApp();
    const body = JSON.stringify({ ...good, chain_pem: '' });
    const padded = body.replace('""', `"${'x'.repeat(MAX_BODY_BYTES - body.length)}"`);
    expect((await requestByContract(app, '/verify', postVerify(padded))).status).toBe(200);
    for (const type of ['application/json; charset=UTF-8', 'Application/JSON', 'application/merge-patch+json']) {
      expect((await requestByContract(app, '/verify', postVerify(good, { 'Content-Type': type }))).status).toBe(200);
    }
  });

  it('passes on what the use case refuses', async () => {
    const { app } = testApp({
      verify: async () => {
        throw new Problem('target_forbidden', '169.254.169.254 is never dialled');
      },
    });
    const response = await requestByContract(app, '/verify', postVerify(good));
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({
      code: 'target_forbidden',
      detail: '169.254.169.254 is never dialled',
    });
  });

  it('tells the log, not the caller, what went wrong here', async () => {
    const { app, lines } = testApp({
      verify: async () => {
        throw new Error('a secret of ours');
      },
    });
    const response = await requestByContract(app, '/verify', postVerify(good));
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('secret');
    expect(JSON.stringify(lines)).toContain('a secret of ours');
  });
});

describe('who may call', () => {
  it.each([
    { name: 'curl', headers: {}, status: 200 },
    { name: 'a browser, address typed', headers: { 'Sec-Fetch-Site': 'none' }, status: 200 },
    {
      name: 'our own page',
      headers: { 'Sec-Fetch-Site': 'same-origin', Origin: 'http://localhost:8080' },
      status: 200,
    },
    { name: 'our own page behind a proxy', headers: { Origin: 'https://tls.example.com' }, status: 200 },
    { name: 'another site', headers: { 'Sec-Fetch-Site': 'cross-site' }, status: 403 },
    { name: 'a sibling site', headers: { 'Sec-Fetch-Site': 'same-site' }, status: 403 },
    { name: 'another origin', headers: { Origin: 'https://evil.example' }, status: 403 },
    { name: 'another port', headers: { Origin: 'http://localhost:9090' }, status: 403 },
    { name: 'a sandboxed frame', headers: { Origin: 'null' }, status: 403 },
    {
      name: 'a link from elsewhere that would dial',
      headers: { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate' },
      status: 403,
    },
  ])('$name: $status', async ({ headers, status }) => {
    const init = { headers: { Host: 'localhost:8080', ...headers } };
    const response = await requestByContract(testApp().app, '/verify?host=a.example', init);
    expect(response.status).toBe(status);
    if (status === 403) expect(await response.json()).toMatchObject({ code: 'cross_site_request' });
  });

  it.each([
    { host: '127.0.0.1:8080', status: 200 },
    { host: '[::1]:8080', status: 200 },
    { host: '203.0.113.7', status: 200 },
    { host: 'localhost', status: 200 },
    { host: 'tls-verdict:80', status: 200 },
    { host: 'tls-verdict.ops.svc', status: 200 },
    { host: 'tls-verdict.ops.svc.cluster.local', status: 200 },
    { host: 'verdict.corp.internal', status: 200 },
    { host: 'printer.local', status: 200 },
    { host: 'nas.home.arpa', status: 200 },
    { host: 'app.test', status: 200 },
    { host: 'TLS.example.com:443', status: 200 },
    { host: 'tls.example.com.', status: 200 },
    { host: 'sub.tls.example.com', status: 421 },
    { host: 'rebound.example.com', status: 421 },
    { host: 'svc.example.com', status: 421 },
    { host: 'evilsvc.com', status: 421 },
    { host: '127.0.0.1.example.com', status: 421 },
    { host: '2130706433', status: 421 },
    { host: 'a b', status: 421 },
    { host: '', status: 421 },
  ])('Host $host: $status', async ({ host, status }) => {
    const response = await requestByContract(testApp().app, '/verify?host=a.example', { headers: { Host: host } });
    expect(response.status).toBe(status);
    if (status === 421) expect(await response.json()).toMatchObject({ code: 'host_not_allowed' });
  });
});

describe('every answer', () => {
  it.each(['', 'a b', 'x'.repeat(129), 'a"b'])('replaces the malformed request id %j', async (id) => {
    const response = await requestByContract(testApp({ makeRequestId: () => 'made' }).app, '/nothing', {
      headers: { 'X-Request-Id': id },
    });
    expect(response.headers.get('X-Request-Id')).toBe('made');
  });

  it('closes its connection while draining', async () => {
    const response = await requestByContract(testApp({ isDraining: () => true }).app, '/nothing');
    expect(response.headers.get('Connection')).toBe('close');
  });
});

describe('the access log', () => {
  it('has one line a request with what an operator looks for', async () => {
    const finding = sampleFinding({ code: 'cert_expired' });
    const { app, lines } = testApp({
      verify: async () => sampleVerdict({ ok: false, verdict: 'fail', findings: [finding, finding] }),
    });
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    await requestByContract(
      app,
      '/verify?secret=1',
      postVerify({ ...good, ca: { pem: '-----BEGIN' } }, { traceparent }),
    );
    await requestByContract(
      app,
      '/verify',
      postVerify({ ...good, ca: { pem: '-----BEGIN' } }, { traceparent, 'X-Request-Id': 'r1' }),
    );
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatchObject({ problem: 'invalid_request', status: 400, path: '/verify' });
    expect(lines[1]).toMatchObject({
      level: 'info',
      method: 'POST',
      path: '/verify',
      status: 200,
      target: 'wiki.corp.example:443',
      verdict: 'fail',
      codes: ['cert_expired'],
      timing: { dns_ms: 2 },
      request_id: 'r1',
      trace_id: 'a'.repeat(32),
      parent_span_id: 'b'.repeat(16),
    });
    expect(JSON.stringify(lines)).not.toMatch(/BEGIN|secret/);
  });

  it('cleans and cuts the path', async () => {
    const { app, lines } = testApp();
    await requestByContract(app, `/%E2%80%AE${'x'.repeat(5000)}`);
    expect(String(lines[0]?.path).length).toBeLessThan(300);
    expect(String(lines[0]?.path)).not.toContain('\u202e');
  });
});
