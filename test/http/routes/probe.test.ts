import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { Problem } from '../../../src/domain/problem.ts';
import type { VerifyRequest } from '../../../src/domain/request.ts';
import type { Verdict } from '../../../src/domain/verdict.ts';
import { isMissing } from '../../support/child-server.ts';
import { requestByContract } from '../../support/contract.ts';
import { testApp } from '../../support/test-app.ts';
import { sampleFinding, sampleVerdict } from '../../support/verdict.ts';

function appOf(changes: Partial<Verdict> = {}) {
  const asked: VerifyRequest[] = [];
  const { app, lines } = testApp({
    presets: async () => new Map([['strict', { ca: 'corp', timeout_ms: 2000, port: 8443 }]]),
    verify: async (request) => {
      asked.push(request);
      return sampleVerdict(changes);
    },
  });
  return { app, asked, lines };
}

/** Samples of the text format by name and labels as written. */
function samplesOf(text: string): Record<string, number> {
  return Object.fromEntries(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}

const certificate = (index: number, changes: object = {}) => ({
  index,
  role: index === 0 ? 'leaf' : 'intermediate',
  readable: true,
  sha256: 'a'.repeat(64),
  subject: 'CN=a "quoted" \\ name',
  issuer: 'CN=Issuer',
  serial: '5d1e',
  spki_sha256: null,
  not_before: '2026-01-01T00:00:00Z',
  not_after: index === 0 ? '2026-11-21T14:16:38Z' : '2026-06-01T00:00:00Z',
  key: null,
  signature_algorithm: null,
  dns_names: ['a.example', 'b.example'],
  ip_addresses: [],
  uris: [],
  emails: [],
  names_total: 2,
  is_ca: false,
  key_usage: [],
  extended_key_usage: [],
  crl_urls: [],
  ocsp_urls: [],
  issuer_urls: [],
  ...changes,
});

const expired = {
  ok: false,
  verdict: 'fail',
  checks: { ...sampleVerdict().checks, validity: 'fail', ct: 'skip' },
  findings: [sampleFinding(), sampleFinding({ code: 'chain_extra_certs', severity: 'info' })],
  presented: [certificate(0), certificate(1), certificate(2, { role: 'extra' })],
  trust: [
    {
      ca: 'x',
      trusted: false,
      completed_by: null,
      anchor_sha256: null,
      valid_until: '2029-01-01T00:00:00Z',
      path: [],
      codes: [],
    },
    {
      ca: 'y',
      trusted: true,
      completed_by: null,
      anchor_sha256: null,
      valid_until: '2026-11-21T14:16:38Z',
      path: [],
      codes: [],
    },
  ],
  breaks_at: { time: '2026-11-21T14:16:38Z', code: 'cert_expired' },
  tls: { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' },
} as unknown as Partial<Verdict>;

const END = Date.parse('2026-11-21T14:16:38Z') / 1000;

describe('GET /probe', () => {
  it('tells everything also when the verdict is fail, by the names that dashboards know', async () => {
    const response = await requestByContract(appOf(expired).app, '/probe?target=a.example');
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toMatch(/^text\/plain; version=0\.0\.4/);
    const text = await response.text();
    expect(samplesOf(text)).toMatchObject({
      probe_success: 0,
      probe_dns_lookup_time_seconds: 0.002,
      probe_ip_protocol: 4,
      probe_ssl_earliest_cert_expiry: Date.parse('2026-06-01T00:00:00Z') / 1000,
      probe_ssl_last_chain_expiry_timestamp_seconds: END,
      'probe_tls_version_info{version="TLS 1.3"}': 1,
      'probe_tls_cipher_info{cipher="TLS_AES_256_GCM_SHA384"}': 1,
      'tls_verdict_verdict{verdict="fail"}': 1,
      'tls_verdict_verdict{verdict="pass"}': 0,
      'tls_verdict_check{check="validity",state="fail"}': 1,
      'tls_verdict_check{check="validity",state="pass"}': 0,
      'tls_verdict_check{check="ct",state="skip"}': 1,
      'tls_verdict_finding{code="cert_expired",severity="error"}': 1,
      'tls_verdict_finding{code="chain_extra_certs",severity="info"}': 1,
      'tls_verdict_certificate_not_after_timestamp_seconds{index="0",role="leaf"}': END,
      'tls_verdict_certificate_not_before_timestamp_seconds{index="2",role="extra"}':
        Date.parse('2026-01-01T00:00:00Z') / 1000,
      tls_verdict_breaks_at_timestamp_seconds: END,
    });
    expect(text).toContain('subjectalternative="a.example,b.example",serialnumber="5d1e"');
    expect(text).toContain('subject="CN=a \\"quoted\\" \\\\ name"');
  });

  it('has no number for what is not known', async () => {
    const unreachable = { ok: false, verdict: 'unreachable', timing: {}, target: null } as const;
    const names = Object.keys(
      samplesOf(await (await requestByContract(appOf(unreachable).app, '/probe?target=a.example')).text()),
    );
    expect(names.filter((name) => !name.startsWith('tls_verdict_check') && !name.includes('_verdict{'))).toEqual([
      'probe_success',
      'probe_duration_seconds',
    ]);
    const unreadable = {
      presented: [certificate(0, { readable: false, not_after: null })],
    } as unknown as Partial<Verdict>;
    const text = await (await requestByContract(appOf(unreadable).app, '/probe?target=a.example')).text();
    expect(text).not.toMatch(/^(probe_ssl|tls_verdict_certificate_not_after)\S* /m);
  });

  it('tells of revocation what was found out', async () => {
    const row = {
      index: 0,
      sha256: 'b'.repeat(64),
      status: 'good',
      source: 'crl',
      next_update: '2026-12-01T00:00:00Z',
    };
    const unknown = { index: null, sha256: 'c'.repeat(64), status: 'unknown', source: null, next_update: null };
    const changes = { revocation: [row, unknown] } as unknown as Partial<Verdict>;
    const samples = samplesOf(await (await requestByContract(appOf(changes).app, '/probe?target=a.example')).text());
    expect(samples).toMatchObject({
      [`tls_verdict_revocation{sha256="${'b'.repeat(64)}",status="good",source="crl"}`]: 1,
      [`tls_verdict_revocation{sha256="${'c'.repeat(64)}",status="unknown",source="none"}`]: 1,
      [`tls_verdict_revocation_next_update_timestamp_seconds{sha256="${'b'.repeat(64)}",source="crl"}`]:
        Date.parse('2026-12-01T00:00:00Z') / 1000,
    });
  });

  it.each([
    ['a.example', 'a.example 443'],
    ['a.example:8443', 'a.example 8443'],
    ['https://a.example', 'a.example 443'],
    ['https://a.example:9443/path?query', 'a.example 9443'],
    ['HTTPS://[::1]:9443/', '::1 9443'],
    ['[::1]:9443', '::1 9443'],
  ])('reads the target %s', async (target, expected) => {
    const { app, asked } = appOf();
    expect((await requestByContract(app, `/probe?target=${encodeURIComponent(target)}`)).status).toBe(200);
    expect(asked.map((request) => `${request.target?.host.text} ${request.target?.port}`)).toEqual([expected]);
  });

  it('takes a preset as module', async () => {
    const { app, asked } = appOf();
    await requestByContract(app, '/probe?target=a.example&module=strict');
    expect(asked).toMatchObject([
      { preset: 'strict', ca: { refs: ['corp'] }, target: { port: 8443 }, timeoutMs: 2000 },
    ]);
  });

  it.each([
    { header: '10', module: '', timeoutMs: 9500 },
    { header: '10', module: '&module=strict', timeoutMs: 2000 },
    { header: '1.5', module: '&module=strict', timeoutMs: 1000 },
    { header: '0.4', module: '', timeoutMs: 100 },
    { header: '120', module: '', timeoutMs: 10_000 },
  ])('has $timeoutMs ms of a scrape of $header s $module', async ({ header, module, timeoutMs }) => {
    const { app, asked } = appOf();
    const headers = { 'X-Prometheus-Scrape-Timeout-Seconds': header };
    await requestByContract(app, `/probe?target=a.example${module}`, { headers });
    expect(asked[0]?.timeoutMs).toBe(timeoutMs);
  });

  it.each([
    { name: 'no target', query: '' },
    { name: 'a wrong host', query: '?target=a..b' },
    { name: 'another scheme', query: '?target=http://a.example' },
    { name: 'a user in the URL', query: '?target=https://me@a.example' },
    { name: 'an unknown module', query: '?target=a.example&module=strikt' },
    { name: 'an unknown parameter', query: '?target=a.example&modul=strict' },
    { name: 'two targets', query: '?target=a.example&target=b.example' },
    {
      name: 'a scrape time that is none',
      query: '?target=a.example',
      headers: { 'X-Prometheus-Scrape-Timeout-Seconds': '-1' },
    },
    {
      name: 'a scrape time of nothing',
      query: '?target=a.example',
      headers: { 'X-Prometheus-Scrape-Timeout-Seconds': '0' },
    },
  ])('refuses $name with one line', async ({ query, headers = {} }) => {
    const { app, asked, lines } = appOf();
    const response = await requestByContract(app, `/probe${query}`, { headers });
    expect(response.status).toBe(400);
    expect(response.headers.get('Content-Type')).toBe('text/plain; charset=utf-8');
    expect(response.headers.get('X-Verdict')).toBeNull();
    expect(await response.text()).toMatch(/^[^\n]+\n$/);
    expect(asked).toEqual([]);
    expect(lines.at(-1)).toHaveProperty('problem');
  });

  it.each([
    { code: 'target_forbidden', status: 403 },
    { code: 'unknown_ca', status: 400 },
    { code: 'overloaded', status: 503 },
  ] as const)('answers $code with $status', async ({ code, status }) => {
    const { app } = testApp({
      verify: async () => {
        throw new Problem(code, 'because', { headers: { 'Retry-After': '1' } });
      },
    });
    const response = await requestByContract(app, '/probe?target=a.example');
    expect(response.status).toBe(status);
    expect(await response.text()).toBe('because\n');
  });

  it('is dialled by no page of another site', async () => {
    const headers = { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate' };
    const { app, asked } = appOf();
    expect((await requestByContract(app, '/probe?target=a.example', { headers })).status).toBe(403);
    expect(asked).toEqual([]);
  });

  it.skipIf(isMissing('promtool'))('passes promtool check metrics', async () => {
    const input = await (await appOf(expired).app.request('/probe?target=a.example')).text();
    const { stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8' });
    expect(stdout + stderr).toBe('');
  });
});
