import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, isMissing } from '../../support/child-server.ts';
import { type Company, startCompany } from './company.ts';
import { blockOf, placed, run } from './page.ts';

let company: Company;
beforeAll(async () => {
  company = await startCompany();
});
afterAll(() => company[Symbol.asyncDispose]());

const PLUGIN = blockOf('monitoring.md', 'Nagios and Icinga', 'sh');
const isUnable = ['dash', 'curl', 'jq'].map(isMissing).includes(true);

describe.skipIf(isUnable)('check_tls_verdict', () => {
  const check = (args: readonly string[], port = company.port) =>
    run('dash', ['check_tls_verdict', ...args], {
      files: { check_tls_verdict: PLUGIN },
      env: { TLS_VERDICT_URL: `http://127.0.0.1:${port}` },
    });

  it.each([
    { host: 'wiki.corp.example', status: 0, first: /^OK - wiki\.corp\.example:443 .* \| days=335\n$/ },
    { host: 'ldap.corp.example:636', status: 0, first: /^OK - ldap\.corp\.example:636 / },
    { host: 'soon.corp.example', status: 1, first: /^WARNING - .* \| days=12\ncert_expires_soon: / },
    { host: 'old.corp.example', status: 2, first: /^CRITICAL - .* \| days=-3\nname_mismatch: .*\ncert_expired: / },
    { host: 'gone.corp.example', status: 2, first: /^CRITICAL - [^|]*\nconnection_refused: / },
    { host: '169.254.169.254', status: 3, first: /^UNKNOWN - 169\.254\.169\.254 / },
  ])('exits with $status for $host', async ({ host, status, first }) => {
    const ended = await check([host]);
    expect(ended).toMatchObject({ status, stderr: '' });
    expect(ended.stdout).toMatch(first);
  });

  it('is UNKNOWN when the question is wrong, or nobody answers', async () => {
    expect(await check(['wiki.corp.example', 'cb=corp'])).toMatchObject({
      status: 3,
      stdout: expect.stringMatching(/^UNKNOWN - \?cb: /),
    });
    expect(await check(['wiki.corp.example'], await freePort())).toMatchObject({
      status: 3,
      stdout: expect.stringMatching(/^UNKNOWN - curl: /),
    });
  });
});

/** What Consul makes of a status. */
function consulState(status: number): string {
  if (status >= 200 && status < 300) return 'passing';
  return status === 429 ? 'warning' : 'critical';
}

it.each([
  { host: 'wiki.corp.example', state: 'passing' },
  { host: 'soon.corp.example', state: 'warning' },
  { host: 'old.corp.example', state: 'critical' },
  { host: 'gone.corp.example', state: 'critical' },
])('Consul would find $host $state', async ({ host, state }) => {
  const { check } = JSON.parse(blockOf('monitoring.md', 'Consul', 'json')) as { check: { http: string } };
  const response = await fetch(placed(check.http, company.port).replace('wiki.corp.example', host));
  expect(consulState(response.status)).toBe(state);
});
