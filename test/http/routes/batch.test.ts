import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Caller, Grant } from '../../../src/domain/caller.ts';
import { Problem } from '../../../src/domain/problem.ts';
import type { VerifyRequest } from '../../../src/domain/request.ts';
import { permitVerify } from '../../../src/limits/permit-verify.ts';
import type { Verify } from '../../../src/verify/verify.ts';
import { requestByContract } from '../../support/contract.ts';
import { testApp } from '../../support/test-app.ts';
import { sampleFinding, sampleVerdict } from '../../support/verdict.ts';

interface Line {
  readonly index: number;
  readonly target?: string | null;
  readonly verdict?: { readonly verdict: string };
  readonly problem?: {
    readonly code: string;
    readonly detail: string;
    readonly errors?: { pointer: string; code: string }[];
  };
  readonly summary?: Record<string, unknown>;
}

function post(body: unknown, headers: Readonly<Record<string, string>> = {}): RequestInit {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body: text };
}

const plain = { 'Content-Type': 'text/plain' };

async function linesOf(response: Response): Promise<Line[]> {
  expect(response.headers.get('Content-Type')).toBe('application/x-ndjson');
  return (await response.text())
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

/** An application that remembers what it was asked to verify. */
function recordingApp(changes: Parameters<typeof testApp>[0] = {}) {
  const asked: VerifyRequest[] = [];
  const { app, lines } = testApp({
    verify: async (request) => {
      asked.push(request);
      return sampleVerdict();
    },
    ...changes,
  });
  return { app, asked, lines };
}

describe('POST /verify/batch', () => {
  it('answers a line for each target in order of completion, and a summary last', async () => {
    // Each is done only after another: b, then c, then a.
    const after: Readonly<Record<string, string>> = { 'a.example': 'c.example', 'c.example': 'b.example' };
    const done = new Set<string>();
    const { app } = testApp({
      verify: async (request) => {
        const host = request.target?.host.text ?? '';
        while (!done.has(after[host] ?? host)) {
          if (after[host] === undefined) break;
          await delay(1);
        }
        setImmediate(() => done.add(host));
        return sampleVerdict();
      },
    });
    const response = await requestByContract(
      app,
      '/verify/batch',
      post({ targets: ['a.example', 'b.example', 'c.example'] }),
    );
    expect(response.status).toBe(200);
    const lines = await linesOf(response);
    expect(lines.map(({ index }) => index)).toEqual([1, 2, 0, undefined]);
    expect(lines.at(-1)?.summary).toMatchObject({ ok: true, exit_code: 0, targets: 3, verdicts: { pass: 3, fail: 0 } });
  });

  it('reads targets as text and as requests, and gives them the defaults they do not override', async () => {
    const { app, asked } = recordingApp();
    await requestByContract(
      app,
      '/verify/batch',
      post({
        targets: ['a.example:8443', '[::1]:444', { host: 'b.example', ca: 'own', policy: { min_tls: '1.3' } }],
        defaults: { port: 9443, ca: ['corp', 'public'], policy: { profile: 'webpki' }, timeout_ms: 500 },
        concurrency: 1,
      }),
    );
    expect(asked.map(({ target }) => `${target?.host.text} ${target?.port}`)).toEqual([
      'a.example 8443',
      '::1 444',
      'b.example 9443',
    ]);
    expect(asked.map(({ ca }) => ca?.refs)).toEqual([['corp', 'public'], ['corp', 'public'], ['own']]);
    expect(asked.map(({ policy }) => `${policy.profile} ${policy.minTls}`)).toEqual([
      'webpki 1.2',
      'webpki 1.2',
      'webpki 1.3',
    ]);
    expect(asked.map(({ timeoutMs }) => timeoutMs)).toEqual([500, 500, 500]);
  });

  it('has a line of its own for each target that is wrong or refused', async () => {
    const { app } = testApp({
      verify: async ({ target }) => {
        if (target?.host.text === '169.254.169.254') throw new Problem('target_forbidden', 'never dialled');
        return sampleVerdict();
      },
    });
    const targets = ['a..b', { host: 'a.example', prot: 1 }, {}, 7, '169.254.169.254', 'a.example'];
    const lines = await linesOf(await requestByContract(app, '/verify/batch', post({ targets, concurrency: 1 })));
    expect(
      lines.slice(0, -1).map(({ target, verdict, problem }) => [target, problem?.code ?? verdict?.verdict]),
    ).toEqual([
      ['a..b', 'invalid_request'],
      ['a.example', 'invalid_request'],
      [null, 'invalid_request'],
      [null, 'invalid_request'],
      ['169.254.169.254:443', 'target_forbidden'],
      ['a.example:443', 'pass'],
    ]);
    expect(lines[1]?.problem?.errors).toMatchObject([{ pointer: '/prot', code: 'unknown_field' }]);
    expect(lines.at(-1)?.summary).toMatchObject({ ok: false, exit_code: 3, targets: 6, problems: 5 });
  });

  it('gives a duplicate key to the target that has it', async () => {
    const { app, asked } = recordingApp();
    const body = '{"targets":[{"host":"a.example","port":1,"port":2},"b.example"]}';
    const lines = await linesOf(await requestByContract(app, '/verify/batch', post(body)));
    const wrong = lines.find(({ index }) => index === 0);
    expect(wrong?.problem?.errors).toMatchObject([{ pointer: '/port', code: 'duplicate_key' }]);
    expect(asked).toHaveLength(1);
  });

  it('lets no duplicate key slip by when there are more than an answer lists', async () => {
    const { app, asked } = recordingApp();
    const target = '{"host":"a.example","port":1,"port":2}';
    const body = `{"targets":[${Array(101).fill(target).join(',')}]}`;
    expect((await requestByContract(app, '/verify/batch', post(body))).status).toBe(400);
    expect(asked).toEqual([]);
  });

  it('says in the log, not to the caller, what went wrong here', async () => {
    const { app, lines } = testApp({
      verify: async () => {
        throw new Error('a secret of ours');
      },
    });
    const text = await (await requestByContract(app, '/verify/batch', post({ targets: ['a.example'] }))).text();
    expect(text).toContain('internal_error');
    expect(text).not.toContain('secret');
    expect(JSON.stringify(lines)).toContain('a secret of ours');
    expect(lines.at(-1)).toMatchObject({ msg: 'batch', targets: 1, problems: 1 });
  });

  it.each<{ name: string; body: unknown; errors: string[] }>([
    { name: 'no targets', body: {}, errors: ['/targets required'] },
    { name: 'an empty list', body: { targets: [] }, errors: ['/targets too_few_items'] },
    { name: 'a misspelt member', body: { targets: ['a'], default: {} }, errors: ['/default unknown_field'] },
    {
      name: 'wrong defaults',
      body: { targets: ['a'], defaults: { host: 'a', policy: { min_tsl: '1.3' } } },
      errors: ['/defaults/policy/min_tsl unknown_field', '/defaults/host unknown_field'],
    },
    { name: 'no concurrency', body: { targets: ['a'], concurrency: 0 }, errors: ['/concurrency out_of_range'] },
    { name: 'too much of it', body: { targets: ['a'], concurrency: 257 }, errors: ['/concurrency out_of_range'] },
    { name: 'half a text', body: '{"targets":[', errors: ['/targets/0 malformed_json'] },
    { name: 'a duplicate key', body: '{"targets":["a"],"targets":["b"]}', errors: ['/targets duplicate_key'] },
    { name: 'one target too many', body: { targets: ['a', 'b', 'c'] }, errors: ['/targets too_many_items'] },
  ])('refuses as a whole $name', async ({ body, errors }) => {
    const { app, asked } = recordingApp({ maxBatch: 2 });
    const response = await requestByContract(app, '/verify/batch', post(body));
    expect(response.status).toBe(400);
    const problem = (await response.json()) as { errors: { pointer: string; code: string }[] };
    expect(problem.errors.map(({ pointer, code }) => `${pointer} ${code}`)).toEqual(errors);
    expect(asked).toEqual([]);
  });

  it('takes exactly as many targets and as much concurrency as it may', async () => {
    const { app } = recordingApp({ maxBatch: 2 });
    const response = await requestByContract(app, '/verify/batch', post({ targets: ['a', 'b'], concurrency: 256 }));
    expect(await linesOf(response)).toHaveLength(3);
  });
});

describe('a batch in plain text', () => {
  it('has a target a line, and what they share in the query', async () => {
    const { app, asked } = recordingApp();
    const text = '# our hosts\r\na.example\r\n\n  b.example:8443  \n[::1]:444\n';
    const response = await requestByContract(app, '/verify/batch?ca=corp&ca=public&concurrency=1', post(text, plain));
    expect(await linesOf(response)).toHaveLength(4);
    expect(asked.map(({ target, ca }) => `${target?.host.text} ${target?.port} ${ca?.refs}`)).toEqual([
      'a.example 443 corp,public',
      'b.example 8443 corp,public',
      '::1 444 corp,public',
    ]);
  });

  it.each<{ name: string; query?: string; text?: string; headers?: Record<string, string>; status: number }>([
    { name: 'nothing but comments', text: '# a\n\n', status: 400 },
    { name: 'one line too many', text: 'a\nb\nc', status: 400 },
    { name: 'concurrency out of range', query: '?concurrency=257', status: 400 },
    { name: 'a parameter that is none', query: '?cas=corp', status: 400 },
    {
      name: 'a query beside JSON',
      query: '?ca=corp',
      text: '{"targets":["a"]}',
      headers: { 'Content-Type': 'application/json' },
      status: 400,
    },
    { name: 'a page, by its Origin', headers: { Host: 'localhost', Origin: 'http://localhost' }, status: 415 },
    { name: 'a page, by its Sec-Fetch-Site', headers: { 'Sec-Fetch-Site': 'same-origin' }, status: 415 },
    { name: 'another charset', headers: { 'Content-Type': 'text/plain; charset=latin1' }, status: 415 },
    { name: 'a form', headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, status: 415 },
    { name: 'an Accept that none of the forms meets', headers: { Accept: 'text/html' }, status: 406 },
  ])('refuses $name', async ({ query = '', text = 'a.example', headers = {}, status }) => {
    const { app, asked } = recordingApp({ maxBatch: 2 });
    const response = await requestByContract(app, `/verify/batch${query}`, post(text, { ...plain, ...headers }));
    expect(response.status).toBe(status);
    expect(asked).toEqual([]);
  });
});

describe('a batch whose token changes while it is under way', () => {
  const all: Grant = { targets: null, authorities: null, identities: null };
  const others: Grant = { ...all, targets: [{ kind: 'name', text: 'other.example' }] };

  it.each<{ name: string; later: Caller | null; code: string | undefined }>([
    { name: 'withdrawn', later: null, code: 'unauthorized' },
    { name: 'narrowed', later: { id: 'token:ci', grant: others }, code: 'not_granted' },
    { name: 'read again and the same', later: { id: 'token:ci', grant: { ...all } }, code: undefined },
  ])('ends what is under way and asks for the rest as the token is then: $name', async ({ later, code }) => {
    let now: Caller | null = { id: 'token:ci', grant: all };
    const begun: string[] = [];
    const verify: Verify = async ({ target }) => {
      begun.push(target?.host.text ?? '');
      if (begun.length === 2) now = later;
      while (begun.length < 2) await delay(1);
      return sampleVerdict();
    };
    const { app } = testApp({ verify: permitVerify(verify, ['public']), findCaller: () => now });
    const targets = ['a', 'b', 'c', 'd'].map((host) => `${host}.example`);
    const headers = { Authorization: 'Bearer t' };
    const response = await requestByContract(app, '/verify/batch', post({ targets, concurrency: 2 }, headers));
    const lines = await linesOf(response);
    const rows = lines.slice(0, -1).toSorted((a, b) => a.index - b.index);
    const rest = code ?? 'pass';
    expect(rows.map(({ verdict, problem }) => verdict?.verdict ?? problem?.code)).toEqual(['pass', 'pass', rest, rest]);
    expect(begun).toHaveLength(code === undefined ? 4 : 2);
    expect(lines.at(-1)?.summary).toMatchObject(
      code === undefined ? { ok: true, problems: 0 } : { ok: false, problems: 2 },
    );
  });
});

describe('a batch as one array', () => {
  it('is in the order of the targets, whatever finished first', async () => {
    const { app } = testApp({
      verify: async ({ target }) => {
        await delay(target?.host.text === 'h0' ? 40 : 1);
        return sampleVerdict();
      },
    });
    const targets = Array.from({ length: 300 }, (_, index) => `h${index}`);
    const headers = { Accept: 'application/json' };
    const response = await requestByContract(app, '/verify/batch', post({ targets }, headers));
    const lines = (await response.json()) as Line[];
    expect(lines.slice(0, -1).map(({ index }) => index)).toEqual(targets.map((_, index) => index));
    expect(lines.at(-1)?.summary).toMatchObject({ targets: 300 });
  });
});

describe('a batch as JUnit XML', () => {
  it('makes each target a test', async () => {
    const finding = sampleFinding({ detail: 'a <b> & "c" \u0000\ud800' });
    const verdicts = {
      good: sampleVerdict(),
      warn: sampleVerdict({ verdict: 'warn', findings: [sampleFinding({ severity: 'warning' })] }),
      bad: sampleVerdict({ ok: false, verdict: 'fail', summary: "it's <bad>", findings: [finding] }),
      gone: sampleVerdict({
        ok: false,
        verdict: 'unreachable',
        findings: [sampleFinding({ code: 'connect_refused' })],
      }),
    };
    const { app } = testApp({
      verify: async ({ target }) => verdicts[target?.host.text as keyof typeof verdicts],
    });
    const targets = ['good', 'warn', 'bad', 'gone', 'a..b', 'good'];
    const response = await requestByContract(
      app,
      '/verify/batch',
      post({ targets }, { Accept: 'application/junit+xml' }),
    );
    const xml = await response.text();
    expect(xml).toContain('<testsuite name="tls-verdict" tests="6" failures="1" errors="2"');
    expect([...xml.matchAll(/<testcase classname="tls-verdict" name="([^"]+)"/g)].map(([, name]) => name)).toEqual([
      ...['good:443', 'warn:443', 'bad:443', 'gone:443', 'a..b', 'good:443 (2)'],
    ]);
    expect(xml).toContain('<failure type="cert_expired" message="it&apos;s &lt;bad&gt;">');
    expect(xml).toContain('a &lt;b&gt; &amp; &quot;c&quot; \ufffd\ufffd');
    expect(xml).toContain('<error type="connect_refused"');
    expect(xml).toContain('<error type="invalid_request"');
    expect(xml).toContain('<system-out>warning cert_expired');
  });
});
