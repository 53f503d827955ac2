import { describe, expect, it } from 'vitest';
import { Problem } from '../../../src/domain/problem.ts';
import type { VerifyRequest } from '../../../src/domain/request.ts';
import type { Verdict } from '../../../src/domain/verdict.ts';
import { MAX_CHECK_BYTES } from '../../../src/http/check/check-result.ts';
import { requestByContract } from '../../support/contract.ts';
import { testApp } from '../../support/test-app.ts';
import { sampleFinding, sampleVerdict } from '../../support/verdict.ts';

const health = { headers: { Accept: 'application/health+json' } };

function appOf(changes: Partial<Verdict> = {}) {
  const asked: VerifyRequest[] = [];
  const { app, lines } = testApp({
    verify: async (request) => {
      asked.push(request);
      return sampleVerdict(changes);
    },
  });
  return { app, asked, lines };
}

const verdictOf = (verdict: Verdict['verdict']) => ({ verdict, ok: verdict === 'pass' || verdict === 'warn' });

describe('/check/{target}', () => {
  it.each([
    { verdict: 'pass', query: '', status: 200 },
    { verdict: 'warn', query: '', status: 200 },
    { verdict: 'warn', query: '?warn_status=200', status: 200 },
    { verdict: 'warn', query: '?warn_status=429', status: 429 },
    { verdict: 'warn', query: '?fail_status=500', status: 200 },
    { verdict: 'fail', query: '', status: 502 },
    { verdict: 'fail', query: '?warn_status=429', status: 502 },
    { verdict: 'fail', query: '?fail_status=403', status: 403 },
    { verdict: 'fail', query: '?fail_status=424', status: 424 },
    { verdict: 'fail', query: '?fail_status=500', status: 500 },
    { verdict: 'fail', query: '?fail_status=502', status: 502 },
    { verdict: 'fail', query: '?fail_status=503', status: 503 },
    { verdict: 'unreachable', query: '', status: 504 },
    { verdict: 'unreachable', query: '?fail_status=403', status: 403 },
  ] as const)('$verdict$query: $status', async ({ verdict, query, status }) => {
    const { app } = appOf(verdictOf(verdict));
    const response = await requestByContract(app, `/check/a.example${query}`);
    expect(response.status).toBe(status);
    expect(response.headers.get('X-Verdict')).toBe(verdict);
    const inHealthForm = await requestByContract(app, `/check/a.example${query}`, health);
    expect(inHealthForm.status).toBe(status);
  });

  it.each([
    ['a.example', 'a.example:443'],
    ['a.example:8443', 'a.example:8443'],
    ['%5B::1%5D:8443', '[::1]:8443'],
    ['[::1]:8443', '[::1]:8443'],
    ['::1', '[::1]:443'],
    ['b%C3%BCcher.example', 'xn--bcher-kva.example:443'],
  ])('reads the target %s', async (target, expected) => {
    const { app, lines } = appOf();
    expect((await requestByContract(app, `/check/${target}`)).status).toBe(200);
    expect(lines.at(-1)).toMatchObject({ target: expected, verdict: 'pass' });
  });

  it('says the reason in the first line, and what to do in the others', async () => {
    const findings = [sampleFinding(), sampleFinding({ code: 'chain_extra_certs', severity: 'info' })];
    const { app } = appOf({ ...verdictOf('fail'), summary: 'a.example:443: expired\nX', findings });
    const response = await requestByContract(app, '/check/a.example');
    expect(response.headers.get('Content-Type')).toBe('text/plain; charset=utf-8');
    expect((await response.text()).split('\n')).toEqual([
      'a.example:443: expired\ufffdX',
      'verdict fail, checked at 2026-11-24T14:20:00Z',
      'error cert_expired: Renew the certificate.',
      '',
    ]);
  });

  it('stays under 4 KiB in either form, with all that a verdict may hold', async () => {
    const findings = Array.from({ length: 100 }, () => sampleFinding({ fix: '"\u00e9\\'.repeat(3000) }));
    const { app } = appOf({ ...verdictOf('fail'), summary: '"'.repeat(100_000), findings });
    const target = `${'a'.repeat(60)}.`.repeat(4).slice(0, -1);
    for (const init of [{}, health]) {
      const body = await (await requestByContract(app, `/check/${target}`, init)).text();
      expect(Buffer.byteLength(body)).toBeLessThan(MAX_CHECK_BYTES);
      expect(body).toContain('error cert_expired');
    }
  });

  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD', 'PROPFIND'])('takes the method %s', async (method) => {
    const { app, asked } = appOf(verdictOf('fail'));
    const body = method === 'HEAD' ? null : 'name=flagger';
    const response = await requestByContract(app, '/check/a.example', { method, body });
    expect(response.status).toBe(502);
    expect(response.headers.get('X-Verdict')).toBe('fail');
    expect(asked).toHaveLength(1);
  });

  it.each(['/', '/?x=1', '/orders/7', '//', '//?ca=corp', '/a?ca=corp&fail_status=503&x=1'])(
    'ignores what stands behind it: %s',
    async (behind) => {
      const { app, asked } = appOf(verdictOf('fail'));
      const response = await requestByContract(app, `/check/a.example:8443${behind}`, { method: 'PUT' });
      expect(response.status).toBe(502);
      expect(asked[0]).toMatchObject({ ca: null, target: { port: 8443 } });
    },
  );

  it('hands on CA, address and time, of which it keeps a little for itself', async () => {
    const { app, asked } = appOf();
    await requestByContract(app, '/check/a.example?ca=corp&ca=public&connect_to=10.0.0.7:8443&timeout_ms=200');
    await requestByContract(app, '/check/a.example');
    expect(asked[0]).toMatchObject({
      ca: { refs: ['corp', 'public'] },
      target: { host: { text: 'a.example' }, connectTo: { host: { text: '10.0.0.7' }, port: 8443 } },
      timeoutMs: 180,
    });
    expect(asked[1]?.timeoutMs).toBe(9950);
  });

  it('answers with a verdict of the age allowed, to the same question only', async () => {
    const { app, asked } = appOf();
    await requestByContract(app, '/check/a.example');
    const kept = await requestByContract(app, '/check/a.example?max_age_seconds=60&warn_status=429');
    expect(kept.headers.get('Age')).toBe('0');
    expect(asked).toHaveLength(1);
    for (const other of ['/check/a.example', '/check/a.example?max_age_seconds=0']) await requestByContract(app, other);
    await requestByContract(app, '/check/a.example?max_age_seconds=60&ca=corp');
    await requestByContract(app, '/check/a.example:444?max_age_seconds=60');
    expect(asked).toHaveLength(5);
  });

  it('joins equal requests under way', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    let asked = 0;
    const { app } = testApp({
      verify: async () => {
        asked++;
        await promise;
        return sampleVerdict();
      },
    });
    const waiting = [1, 2, 3].map(() => requestByContract(app, '/check/a.example'));
    resolve();
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(asked).toBe(1);
  });

  it('keeps no refusal', async () => {
    let asked = 0;
    const { app } = testApp({
      verify: async ({ ca }, { caller }) => {
        asked++;
        expect(caller).toMatchObject({ id: expect.stringMatching(/^address:/) });
        if (ca !== null) throw new Problem('unknown_ca', 'no such CA');
        return sampleVerdict();
      },
    });
    await requestByContract(app, '/check/a.example?ca=x');
    expect((await requestByContract(app, '/check/a.example?ca=x&max_age_seconds=60')).status).toBe(422);
    expect(asked).toBe(2);
  });

  it.each([
    { path: '/check/a..b', status: 400 },
    { path: '/check/a.example:0', status: 400 },
    { path: '/check/https:%2F%2Fa.example', status: 400 },
    { path: '/check/a.example?timeout_ms=99', status: 400 },
    { path: '/check/a.example?timeout_ms=60001', status: 400 },
    { path: '/check/a.example?max_age_seconds=3601', status: 400 },
    { path: '/check/a.example?max_age_seconds=-1', status: 400 },
    { path: '/check/a.example?warn_status=503', status: 400 },
    { path: '/check/a.example?fail_status=200', status: 400 },
    { path: '/check/a.example?timout_ms=500', status: 400 },
    { path: '/check/a.example?ca=', status: 400 },
    { path: '/check/a.example?connect_to=a..b', status: 400 },
    // Not to be taken (it may be someone else's), nor to be ignored (it may be a slip).
    { path: '/check/a.example/?ca=corp', status: 400 },
    { path: '/check/a.example/?x=1&timeout_ms=500', status: 400 },
    { path: '/check/', status: 404 },
    { path: '/check', status: 404 },
  ])('refuses $path', async ({ path, status }) => {
    const { app, asked } = appOf();
    const response = await requestByContract(app, path);
    expect(response.status).toBe(status);
    expect(response.headers.get('Content-Type')).toBe('application/problem+json');
    expect(asked).toEqual([]);
  });

  it.each(['timeout_ms=100', 'timeout_ms=60000', 'max_age_seconds=0', 'max_age_seconds=3600'])(
    'takes %s',
    async (query) => {
      expect((await requestByContract(appOf().app, `/check/a.example?${query}`)).status).toBe(200);
    },
  );

  it('passes on what the use case refuses, as a problem without a verdict', async () => {
    const { app } = testApp({
      verify: async () => {
        throw new Problem('target_forbidden', 'never dialled');
      },
    });
    const response = await requestByContract(app, '/check/169.254.169.254');
    expect(response.status).toBe(403);
    expect(response.headers.get('X-Verdict')).toBeNull();
  });

  it.each(['image/png', 'text/html', 'application/json', 'nonsense', 'application/health+json;q=0'])(
    'is plain text for Accept: %s, which may be meant for another service',
    async (accept) => {
      const response = await requestByContract(appOf().app, '/check/a.example', { headers: { Accept: accept } });
      expect(response.status).toBe(200);
      expect(response.headers.get('Content-Type')).toBe('text/plain; charset=utf-8');
    },
  );

  it('is dialled by no page of another site, not even through a link', async () => {
    const headers = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate' };
    for (const path of ['/check/a.example', '/check/a.example/x']) {
      const { app, asked } = appOf();
      expect((await requestByContract(app, path, { headers })).status).toBe(403);
      expect(asked).toEqual([]);
    }
  });
});

describe('/check/{target} as health+json', () => {
  it('has a check for each area, never shows what is unknown as good, and leaves out what was not asked', async () => {
    const checks = { ...sampleVerdict().checks, validity: 'fail', trust: 'unknown', ct: 'skip' } as const;
    const expiry = {
      not_before: '2026-01-01T00:00:00Z',
      not_after: '2026-11-21T14:16:38Z',
      lifetime_seconds: 1,
      remaining_seconds: -1,
      remaining_days: -3,
      remaining_percent: 0,
    };
    const { app } = appOf({ ...verdictOf('fail'), checks, expiry, findings: [sampleFinding()], summary: 'expired' });
    const body = (await (await requestByContract(app, '/check/a.example', health)).json()) as {
      checks: Record<string, unknown>;
    };
    expect(body).toMatchObject({ status: 'fail', output: 'expired', serviceId: 'a.example:443' });
    expect(body.checks).toMatchObject({
      validity: [{ status: 'fail', output: 'error cert_expired: Renew the certificate.' }],
      trust: [{ status: 'fail' }],
      hostname: [{ status: 'pass' }],
      'certificate:remaining': [{ observedValue: -3, observedUnit: 'day', status: 'fail' }],
    });
    expect(body.checks).not.toHaveProperty('ct');
  });

  it('has no output when all is well', async () => {
    const body = await (await requestByContract(appOf().app, '/check/a.example', health)).json();
    expect(body).toMatchObject({ status: 'pass' });
    expect(body).not.toHaveProperty('output');
  });
});
