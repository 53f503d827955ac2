import assert from 'node:assert/strict';
import createClient from 'openapi-fetch';
import type { components, paths } from './tls-verdict.d.ts';

/**
 * A client of the whole API by its generated types. What it says of the answers without asking is what the compiler
 * knows from the document, so that a member without a type, or a name that changed, does not compile.
 */
type Json = 'application/json' | 'application/problem+json';
type Known = components['schemas']['KnownFindingCode'];

const [, , baseUrl, host, brokenHost] = process.argv as unknown as [string, string, string, string, string];
const client = createClient<paths, Json>({ baseUrl });
const textClient = createClient<paths>({ baseUrl });

await verifies();
await verifiesMany();
await answersAsStatus();
await explains();
await tellsOfItself();
console.log('every endpoint was called');

async function verifies(): Promise<void> {
  const good = await client.POST('/verify', {
    body: { host, policy: { min_tls: '1.2', warn: { days: 1 } }, expect: { sha256: ['00'.repeat(32)] } },
  });
  assert.equal(good.response.headers.get('X-Verdict'), 'fail');
  assert.deepEqual(errors(good.data), ['pin_mismatch'] satisfies Known[]);

  const short = await client.GET('/verify', { params: { query: { host, port: 443, ca: ['corp-2025'] } } });
  assert(short.data);
  const { verdict, exit_code, expiry, trust, presented, checks } = short.data;
  assert.deepEqual({ verdict, exit_code }, { verdict: 'pass', exit_code: 0 });
  assert(Number(expiry?.remaining_days) > 300);
  assert.equal(trust[0]?.path.at(-1)?.source, 'anchor');
  assert.equal(presented[0]?.key?.type, 'ec');
  assert.equal(checks.hostname, 'pass');
  // @ts-expect-error: a misspelt member does not compile
  assert.equal(short.data.exit_cod, undefined);

  const bad = await client.GET('/verify', { params: { query: { host: brokenHost, fail_status: '424' } } });
  assert.equal(bad.response.status, 424);
  // The same member tells the two apart in the types and on the wire.
  assert(bad.error && 'verdict' in bad.error);
  assert.deepEqual(errors(bad.error), ['name_mismatch', 'cert_expired'] satisfies Known[]);

  const wrong = await client.POST('/verify', { body: { host, port: 0 } });
  assert(wrong.error && 'errors' in wrong.error);
  const code: components['schemas']['KnownProblemCode'] = 'invalid_request';
  assert.equal(wrong.error.code, code);
  assert.equal(wrong.error.errors?.[0]?.pointer, '/port');
}

function errors(verdict: components['schemas']['Verdict'] | undefined): string[] {
  assert(verdict);
  return verdict.findings.flatMap(({ code, severity }) => (severity === 'error' ? [code] : []));
}

async function verifiesMany(): Promise<void> {
  const { data } = await client.POST('/verify/batch', {
    body: { targets: [host, { host: brokenHost, revocation: 'off' }, 'a..b'], defaults: { ca: 'corp-2025' } },
    headers: { Accept: 'application/json' },
  });
  assert(data);
  const said = data.map((line) => {
    if ('summary' in line) return line.summary.exit_code;
    return 'verdict' in line ? [line.target, line.verdict.verdict] : [line.target, line.problem.code];
  });
  assert.deepEqual(said, [[`${host}:443`, 'pass'], [`${brokenHost}:443`, 'fail'], ['a..b', 'invalid_request'], 3]);

  const plain = await textClient.POST('/verify/batch', {
    params: { query: { concurrency: 2 } },
    body: host,
    bodySerializer: (body) => body,
    headers: { 'Content-Type': 'text/plain', Accept: 'application/junit+xml' },
    parseAs: 'text',
  });
  assert.match(String(plain.data), /<testsuites .*tests="1" failures="0"/);
}

async function answersAsStatus(): Promise<void> {
  const path = { target: host };
  const check = await textClient.GET('/check/{target}', {
    params: { path, query: { timeout_ms: 5000, max_age_seconds: 60, warn_status: '429' } },
    parseAs: 'text',
  });
  assert.match(String(check.data), new RegExp(`^${host}:443 is valid until `));
  const health = createClient<paths, 'application/health+json'>({ baseUrl });
  const posted = await health.POST('/check/{target}', {
    params: { path },
    headers: { Accept: 'application/health+json' },
  });
  const status: 'pass' | 'warn' | 'fail' | undefined = posted.data?.status;
  assert.equal(status, 'pass');
  const probe = await textClient.GET('/probe', { params: { query: { target: host } }, parseAs: 'text' });
  assert.match(String(probe.data), /^probe_success 1$/m);
}

async function explains(): Promise<void> {
  const list = await client.GET('/authorities');
  assert(list.data?.authorities.some(({ name, kind }) => name === 'corp-2025' && kind === 'configured'));
  const one = await client.GET('/authorities/{name}', { params: { path: { name: 'corp-2025' } } });
  assert.equal(one.data?.anchors[0]?.subject, 'CN=Corp Root');
  const codes = await client.GET('/codes');
  assert(codes.data && codes.data.findings.length > 50);
  const code = await client.GET('/codes/{code}', { params: { path: { code: 'cert_expired' } } });
  assert(code.data?.kind === 'finding');
  assert.equal(code.data.check, 'validity');
  const json = await client.GET('/openapi.json');
  assert.equal(json.data?.openapi, '3.1.1');
  const yaml = await textClient.GET('/openapi.yaml', { parseAs: 'text' });
  assert.match(String(yaml.data), /^openapi: 3\.1\.1$/m);
}

async function tellsOfItself(): Promise<void> {
  const ready = await client.GET('/readyz');
  const status: 'live' | 'stalled' | 'ready' | 'draining' | undefined = ready.data?.status;
  assert.equal(status, 'ready');
  assert.equal((await client.GET('/livez')).data?.status, 'live');
  const metrics = await textClient.GET('/metrics', { parseAs: 'text' });
  assert.match(String(metrics.data), /^tls_verdict_build_info\{/m);
  for (const page of [
    await textClient.GET('/', { parseAs: 'text' }),
    await textClient.GET('/docs', { parseAs: 'text' }),
  ]) {
    assert.match(String(page.data), /^<!doctype html>/i);
  }
}
