import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readApiTokens } from '../../../src/access/api-tokens.ts';
import { createAnchorSet } from '../../../src/domain/anchor-set.ts';
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
