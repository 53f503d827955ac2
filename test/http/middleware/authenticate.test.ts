import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readApiTokens } from '../../../src/access/api-tokens.ts';
import { createAnchorSet } from '../../../src/domain/anchor-set.ts';
import type { VerifyRequest } from '../../../src/domain/request.ts';
import type { Verify } from '../../../src/http/ports.ts';
import { permitVerify } from '../../../src/limits/permit-verify.ts';
import { requestByContract } from '../../support/contract.ts';
import { postVerify, testApp } from '../../support/test-app.ts';
import { sampleVerdict } from '../../support/verdict.ts';

const sha256 = (token: string) => createHash('sha256').update(token).digest('hex');
const tokens = readApiTokens(
  JSON.stringify({
    tokens: [
      { name: 'all', sha256: sha256('all-token') },
      { name: 'corp', sha256: sha256('corp-token'), targets: ['corp.example', '10.0.0.0/8'], authorities: ['corp'] },
      { name: 'none', sha256: sha256('none-token'), targets: [], authorities: ['inline', 'public'] },
      { name: 'probe', sha256: sha256('probe-token'), identities: ['probe'] },
      { name: 'bare', sha256: sha256('bare-token'), identities: [] },
    ],
  }),
);

const { app, lines } = testApp({
  findCaller: tokens.find,
  verify: permitVerify(async () => sampleVerdict(), ['public']),
});
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
const pem = '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----';

describe('with tokens', () => {
  it.each([
    { name: 'a token that is known', headers: bearer('all-token'), status: 200 },
    { name: 'the scheme in other letters', headers: { Authorization: 'bearer all-token' }, status: 200 },
    { name: 'nothing', headers: {}, status: 401 },
    { name: 'a token that is not', headers: bearer('other'), status: 401 },
    { name: 'the hash itself', headers: bearer(sha256('all-token')), status: 401 },
    { name: 'a prefix', headers: bearer('all-toke'), status: 401 },
    { name: 'no token behind the scheme', headers: { Authorization: 'Bearer ' }, status: 401 },
    { name: 'another scheme', headers: { Authorization: 'Basic YWxsOnRva2Vu' }, status: 401 },
    { name: 'two tokens', headers: { Authorization: 'Bearer all-token, Bearer all-token' }, status: 401 },
  ])('$name: $status', async ({ headers, status }) => {
    const response = await requestByContract(app, '/verify', postVerify({ host: 'a.example' }, { ...headers }));
    expect(response.status).toBe(status);
    if (status === 401) {
      expect(response.headers.get('WWW-Authenticate')).toMatch(/^Bearer realm=/);
      expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff');
    }
  });

  it.each(['/livez', '/readyz', '/codes', '/codes/cert_expired', '/openapi.json', '/openapi.yaml'])(
    '%s stays open',
    async (path) => {
      expect((await requestByContract(app, path)).status).toBe(200);
    },
  );

  it.each([
    '/verify?host=a.example',
    '/verify/batch',
    '/check/a.example',
    '/authorities',
    '/authorities/x',
    '/metrics',
    '/x',
  ])('%s does not', async (path) => {
    expect((await app.request(path)).status).toBe(401);
  });

  it('takes any Host, since a page on a rebound name has no token', async () => {
    const init = postVerify({ host: 'a.example' }, { ...bearer('all-token'), Host: 'verify.example.com' });
    expect((await requestByContract(app, '/verify', init)).status).toBe(200);
  });

  it('logs the name and never the token', async () => {
    await app.request('/verify', postVerify({ host: 'a.example' }, bearer('all-token')));
    expect(lines.at(-1)).toMatchObject({ caller: 'token:all' });
    expect(JSON.stringify(lines)).not.toContain('all-token');
  });
});

describe('a token that is limited', () => {
  it.each<{ name: string; token?: string; body: object; status: number }>([
    { name: 'a name below its suffix', body: { host: 'wiki.corp.example', ca: 'corp' }, status: 200 },
    { name: 'the suffix itself', body: { host: 'corp.example', ca: 'corp' }, status: 200 },
    { name: 'an address in its range', body: { host: '10.1.2.3', ca: 'corp' }, status: 200 },
    { name: 'a name that only ends like it', body: { host: 'evilcorp.example', ca: 'corp' }, status: 403 },
    { name: 'another address', body: { host: '11.0.0.1', ca: 'corp' }, status: 403 },
    {
      name: 'a detour to an address out of range',
      body: { host: 'a.corp.example', connect_to: '11.0.0.1', ca: 'corp' },
      status: 403,
    },
    {
      name: 'a detour to a name of its own',
      body: { host: 'a.corp.example', connect_to: 'b.corp.example:1', ca: 'corp' },
      status: 200,
    },
    {
      name: 'a foreign name dialled at a name of its own',
      body: { host: 'a.example', connect_to: 'b.corp.example', ca: 'corp' },
      status: 403,
    },
    { name: 'another authority beside its own', body: { host: 'corp.example', ca: ['corp', 'public'] }, status: 403 },
    { name: 'the default authority, which is not its own', body: { host: 'corp.example' }, status: 403 },
    { name: 'inline anchors without leave', body: { host: 'corp.example', ca: { pem } }, status: 403 },
    {
      name: 'inline anchors with leave',
      token: 'none-token',
      body: { host: 'a.example', chain_pem: pem, ca: { pem } },
      status: 200,
    },
    {
      name: 'a client certificate of its own',
      token: 'probe-token',
      body: { host: 'a.example', client_certificate: 'probe' },
      status: 200,
    },
    {
      name: 'another client certificate',
      token: 'probe-token',
      body: { host: 'a.example', client_certificate: 'admin' },
      status: 403,
    },
    {
      name: 'a client certificate without leave for any',
      token: 'bare-token',
      body: { host: 'a.example', client_certificate: 'probe' },
      status: 403,
    },
    { name: 'no client certificate', token: 'bare-token', body: { host: 'a.example' }, status: 200 },
    {
      name: 'a client certificate, by a token that has other limits',
      body: { host: 'a.corp.example', ca: 'corp', client_certificate: 'admin' },
      status: 200,
    },
    { name: 'no target at all', token: 'none-token', body: { host: 'a.example' }, status: 403 },
    {
      name: 'a chain, which is not dialled',
      token: 'none-token',
      body: { host: 'a.example', chain_pem: pem },
      status: 200,
    },
  ])('$name: $status', async ({ token = 'corp-token', body, status }) => {
    const response = await requestByContract(app, '/verify', postVerify(body, bearer(token)));
    expect(response.status).toBe(status);
    if (status === 403) expect(await response.json()).toMatchObject({ code: 'not_granted' });
  });

  const own = 'a.corp.example';
  const presets = new Map<string, Readonly<Record<string, unknown>>>([
    ['own', { ca: 'corp' }],
    ['elsewhere', { ca: 'corp', connect_to: '11.0.0.1' }],
    ['other-ca', { ca: 'public' }],
    ['certified', { client_certificate: 'probe' }],
  ]);
  const batch = (body: object) => ['/verify/batch', postVerify(body, bearer('corp-token'))] as const;
  const lines = (query: string, body: string) => {
    const headers = { ...bearer('corp-token'), 'Content-Type': 'text/plain' };
    return [`/verify/batch?${query}`, { method: 'POST', headers, body }] as const;
  };
  const get = (path: string, token = 'corp-token') => [path, { headers: bearer(token) }] as const;

  it.each<{ name: string; ask: readonly [string, RequestInit]; granted: boolean }>([
    { name: 'GET /verify', ask: get(`/verify?host=${own}&ca=corp`), granted: true },
    { name: 'GET /verify of another host', ask: get('/verify?host=b.example&ca=corp'), granted: false },
    { name: 'GET /verify by another CA', ask: get(`/verify?host=${own}&ca=public`), granted: false },
    { name: 'GET /verify with a preset', ask: get(`/verify?host=${own}&preset=own`), granted: true },
    { name: 'GET /verify with a detour in a preset', ask: get(`/verify?host=${own}&preset=elsewhere`), granted: false },
    { name: 'GET /verify with a CA in a preset', ask: get(`/verify?host=${own}&preset=other-ca`), granted: false },
    { name: '/check', ask: get(`/check/${own}?ca=corp`), granted: true },
    { name: '/check of another host', ask: get('/check/b.example?ca=corp'), granted: false },
    { name: '/check of another host, with a path', ask: get(`/check/b.example/${own}`), granted: false },
    { name: '/check with a detour', ask: get(`/check/${own}?ca=corp&connect_to=11.0.0.1`), granted: false },
    { name: '/check with a detour in a preset', ask: get(`/check/${own}?preset=elsewhere`), granted: false },
    { name: '/check by the default CA', ask: get(`/check/${own}`), granted: false },
    { name: '/probe', ask: get(`/probe?target=${own}&module=own`), granted: true },
    { name: '/probe of another host', ask: get('/probe?target=b.example&module=own'), granted: false },
    { name: '/probe with a detour in its module', ask: get(`/probe?target=${own}&module=elsewhere`), granted: false },
    { name: '/probe by the default CA', ask: get(`/probe?target=${own}`), granted: false },
    { name: 'an identity in a preset', ask: get('/check/a.example?preset=certified', 'probe-token'), granted: true },
    {
      name: 'another identity in a preset',
      ask: get('/check/a.example?preset=certified', 'bare-token'),
      granted: false,
    },
    {
      name: 'another identity in a module',
      ask: get('/probe?target=a.example&module=certified', 'bare-token'),
      granted: false,
    },
    { name: 'a batch', ask: batch({ targets: [own], defaults: { ca: 'corp' } }), granted: true },
    {
      name: 'a batch of another host',
      ask: batch({ targets: ['b.example'], defaults: { ca: 'corp' } }),
      granted: false,
    },
    {
      name: 'a batch with a preset',
      ask: batch({ targets: [own], defaults: { preset: 'elsewhere' } }),
      granted: false,
    },
    { name: 'a line', ask: lines('ca=corp', `${own}\n`), granted: true },
    { name: 'a line with another host', ask: lines('ca=corp', 'b.example\n'), granted: false },
    { name: 'a line by another CA', ask: lines('ca=public', `${own}\n`), granted: false },
  ])('$name: $granted', async ({ ask, granted }) => {
    const asked: VerifyRequest[] = [];
    const judge: Verify = async (request) => {
      asked.push(request);
      return sampleVerdict();
    };
    const limited = testApp({
      findCaller: tokens.find,
      presets: async () => presets,
      verify: permitVerify(judge, ['public']),
    }).app;
    const answer = await (await requestByContract(limited, ...ask)).text();
    expect(asked).toHaveLength(granted ? 1 : 0);
    expect(/not_granted|This token may not/.test(answer)).toBe(!granted);
  });

  it('sees its own authorities alone', async () => {
    const set = createSets();
    const limited = testApp({ findCaller: tokens.find, authorities: () => set }).app;
    const list = await requestByContract(limited, '/authorities', { headers: bearer('corp-token') });
    const { authorities } = (await list.json()) as { authorities: { name: string }[] };
    expect(authorities.map(({ name }) => name)).toEqual(['corp']);
    const hidden = await requestByContract(limited, '/authorities/other', { headers: bearer('corp-token') });
    expect(hidden.status).toBe(404);
  });
});

function createSets() {
  const setOf = (name: string) =>
    createAnchorSet({ name, sha256: '00'.repeat(32), anchors: [], intermediates: [], crls: [], skipped: [] });
  return { names: ['corp', 'other'], find: (name: string) => setOf(name), missing: new Map<string, string>() };
}
