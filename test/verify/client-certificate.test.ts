import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { createLogger } from '../../src/observability/logger.ts';
import { isMissing, type TestServer } from '../support/child-server.ts';
import { mutualSettings, temporaryFolder } from '../support/identity-folder.ts';
import type { Issued } from '../support/issued.ts';
import { type issue, leaf, root } from '../support/pki.ts';
import { startOpenssl } from '../support/servers.ts';
import { startService } from '../support/service.ts';
import { postVerify } from '../support/test-app.ts';

const HOST = 'host.example';
const NOW = new Date('2026-06-15T12:00:00Z');

let authority: Issued;
let probe: Issued;

beforeAll(async () => {
  authority = await root();
  probe = await leaf(authority, 'probe.example', { eku: ['client_auth'], key: 'rsa-2048' });
});

const hostOf = (options: Parameters<typeof issue>[0] = {}) => leaf(authority, HOST, options);

/** s_server that demands a certificate of `authority`. */
function demanding(shown: Issued, args: readonly string[] = []): Promise<TestServer> {
  return startOpenssl({
    leaf: shown,
    args: ['-Verify', '3', '-verify_return_error', '-CAfile', 'ca.pem', ...args],
    files: { 'ca.pem': authority.pem },
  });
}

/** One that trusts nobody. */
async function startRefusing(): Promise<TestServer> {
  const args = ['-Verify', '3', '-verify_return_error', '-CAfile', 'leaf.pem'];
  return startOpenssl({ leaf: await hostOf(), args });
}

/** The service with the authority `corp` and the identity `probe`, which may be shown to `example` and 127.0.0.0/8. */
async function startMutual(more: Record<string, string> = {}) {
  const folder = await temporaryFolder();
  const settings = await mutualSettings(
    folder.path,
    { name: 'corp', pem: authority.pem },
    { name: 'probe', shown: probe, targets: [HOST, '127.0.0.0/8'] },
  );
  const lines: string[] = [];
  const logger = createLogger('debug', { write: (line) => void lines.push(line) });
  const service = await startService({ ...settings, ...more }, { at: NOW, logger });
  return {
    ...service,
    lines,
    async [Symbol.asyncDispose]() {
      await service[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

const to = ({ port }: { readonly port: number }) => ({ host: HOST, port, connect_to: `127.0.0.1:${port}` });

describe.skipIf(isMissing('openssl'))('an identity', () => {
  it.each(['-tls1_2', '-tls1_3'])('is shown to a server that the named authority trusts, %s', async (version) => {
    await using server = await demanding(await hostOf(), [version]);
    await using service = await startMutual();
    const verdict = await service.ask({ ...to(server), client_certificate: 'probe' });
    expect(verdict).toMatchObject({
      verdict: 'pass',
      findings: expect.not.arrayContaining([expect.objectContaining({ code: 'tls_client_cert_required' })]),
      tls: {
        client_certificate_requested: true,
        client_certificate_required: null,
        client_certificate_sent: true,
        client_certificate_accepted: true,
      },
      inputs: { client_certificate: 'probe' },
    });
  });

  it.each<{ name: string; server?: Parameters<typeof issue>[0]; body: object; failed: readonly string[] }>([
    { name: 'another name than the host', server: { dns: ['other.example'] }, body: {}, failed: ['hostname'] },
    {
      name: 'a certificate that has ended',
      server: { notAfter: new Date('2026-06-01T00:00:00Z') },
      body: {},
      failed: ['validity'],
    },
    {
      name: 'the same, whatever moment the request asks about',
      server: { notAfter: new Date('2026-06-01T00:00:00Z') },
      body: { at: '2026-05-01T00:00:00Z' },
      failed: ['validity'],
    },
    { name: 'a CA that the request does not name', body: { ca: 'public' }, failed: ['trust'] },
    {
      name: "a caller's own CA beside a named one that does not trust it",
      body: { ca: { refs: ['public'], pem: 'AUTHORITY' } },
      failed: ['trust'],
    },
    {
      name: 'a workload of the same authority under the name of the host',
      server: { dns: [], uris: ['spiffe://corp.example/other'] },
      body: { expect: { spiffe_id: 'spiffe://corp.example/other' } },
      failed: ['hostname'],
    },
    { name: 'a certificate for clients', server: { eku: ['client_auth'] }, body: {}, failed: ['usage'] },
    {
      name: 'the same, whatever purpose the request asks about',
      server: { eku: ['client_auth'] },
      body: { policy: { purpose: 'client' } },
      failed: ['usage'],
    },
    { name: 'a weak key', server: { key: 'rsa-1024' }, body: {}, failed: ['key'] },
  ])('is not shown to a server with $name', async ({ server: options, body, failed }) => {
    await using server = await demanding(await hostOf(options), ['-cipher', 'DEFAULT:@SECLEVEL=0']);
    await using service = await startMutual();
    const asked = JSON.parse(JSON.stringify(body).replace('"AUTHORITY"', JSON.stringify(authority.pem)));
    const verdict = await service.ask({ ...to(server), client_certificate: 'probe', ...asked });
    expect(verdict.tls).toMatchObject({ client_certificate_requested: true, client_certificate_sent: false });
    const finding = verdict.findings.find(({ code }) => code === 'tls_client_cert_withheld');
    expect(finding).toMatchObject({ severity: 'error', evidence: { identity: 'probe', failed } });
    expect(verdict.ok).toBe(false);
    expect(server.log()).not.toContain('probe');
  });

  it('may be shown where an address is the host', async () => {
    await using server = await demanding(await hostOf({ ips: ['127.0.0.1'] }));
    await using service = await startMutual();
    const verdict = await service.ask({ host: '127.0.0.1', port: server.port, client_certificate: 'probe' });
    expect(verdict.tls).toMatchObject({ client_certificate_sent: true, client_certificate_accepted: true });
  });

  it('is not shown when the request names none, or null', async () => {
    await using server = await demanding(await hostOf());
    await using service = await startMutual();
    for (const more of [{}, { client_certificate: null }]) {
      const verdict = await service.ask({ ...to(server), ...more });
      expect(verdict.tls).toMatchObject({ client_certificate_required: true, client_certificate_sent: false });
      expect(verdict.inputs.client_certificate).toBeNull();
      expect(verdict.findings.map(({ code }) => code)).not.toContain('tls_client_cert_withheld');
    }
  });

  it('goes through every form of asking, and none shares an answer with another', async () => {
    await using server = await demanding(await hostOf());
    await using refusing = await startRefusing();
    await using service = await startMutual();
    const { port } = server;
    const kept = 'max_age_seconds=3600';
    const get = async (path: string) => await (await service.app.request(`http://localhost${path}`)).text();
    const answers = [
      await get(`/check/${HOST}:${refusing.port}?connect_to=127.0.0.1:${refusing.port}&${kept}`),
      await get(
        `/check/${HOST}:${refusing.port}?connect_to=127.0.0.1:${refusing.port}&${kept}&client_certificate=probe`,
      ),
      await get(`/check/${HOST}:${refusing.port}?connect_to=127.0.0.1:${refusing.port}&${kept}`),
    ];
    expect(answers.map((text) => text.includes('tls_client_cert_rejected'))).toEqual([false, true, false]);
    const batch = { targets: [{ ...to(server) }], defaults: { client_certificate: 'probe' } };
    const stream = await service.app.request('http://localhost/verify/batch', postVerify(batch));
    expect(await stream.text()).toContain('"client_certificate_sent":true');
    const lines = await service.app.request('http://localhost/verify/batch?client_certificate=nobody', {
      method: 'POST',
      headers: { 'Content-Type': 'text/plain' },
      body: `${HOST}:${port}\n`,
    });
    expect(await lines.text()).toContain('"unknown_client_certificate"');
    expect(await get(`/verify?host=127.0.0.1&port=${port}&client_certificate=probe`)).toContain(
      'tls_client_cert_withheld',
    );
  });

  it('leaves its name in the audit log, and no octet of its key anywhere', async () => {
    await using server = await demanding(await hostOf());
    await using refusing = await startRefusing();
    await using service = await startMutual();
    const answers = [
      await service.ask({ ...to(server), client_certificate: 'probe', include: ['pem', 'details'] }),
      await service.ask({ ...to(refusing), client_certificate: 'probe' }),
    ];
    expect(answers[1]?.findings.map(({ code }) => code)).toContain('tls_client_cert_rejected');
    for (const path of ['/readyz', '/metrics', '/authorities']) {
      service.lines.push(await (await service.app.request(`http://localhost${path}`)).text());
    }
    const told = JSON.stringify(answers) + service.lines.join('\n');
    expect(
      service.lines.some((line) => line.includes('"audit"') && line.includes('"client_certificate":"probe"')),
    ).toBe(true);
    // Each line of the PEM, and each number of the key, in base64url as in hex.
    const secrets = [
      ...probe.keyPem.split('\n').filter((line) => line.length > 20 && !line.startsWith('-')),
      ...['d', 'p', 'q', 'dp', 'dq', 'qi'].flatMap((part) => {
        const number = Buffer.from(String(probe.key.export({ format: 'jwk' })[part as 'd']), 'base64url');
        return [number.toString('base64url'), number.toString('hex'), number.toString('base64').slice(0, 40)];
      }),
    ];
    expect(secrets.length).toBeGreaterThan(30);
    expect(secrets.filter((secret) => told.includes(secret))).toEqual([]);
  });
});

describe('a request that names one', () => {
  it.each([
    {
      name: 'that there is not',
      body: { client_certificate: 'nobody' },
      status: 422,
      code: 'unknown_client_certificate',
    },
    {
      name: 'by what is no name',
      body: { client_certificate: '../probe\u202e' },
      status: 422,
      code: 'unknown_client_certificate',
    },
    {
      name: 'for a host outside of its bound',
      body: { host: 'other.example', client_certificate: 'probe' },
      status: 403,
      code: 'client_certificate_forbidden',
    },
    {
      name: 'for a host above its bound',
      body: { host: 'example', client_certificate: 'probe' },
      status: 403,
      code: 'client_certificate_forbidden',
    },
    {
      name: 'for another host, by dialling one inside of the bound',
      body: { host: 'other.example', connect_to: HOST, client_certificate: 'probe' },
      status: 403,
      code: 'client_certificate_forbidden',
    },
    {
      name: 'with nothing but anchors of its own',
      body: { client_certificate: 'probe', ca: { pem: 'x' } },
      status: 400,
      code: 'invalid_request',
    },
    {
      name: 'beside a chain, which dials nothing',
      body: { client_certificate: 'probe', chain_pem: 'x' },
      status: 400,
      code: 'invalid_request',
    },
    { name: 'of no letters', body: { client_certificate: '' }, status: 400, code: 'invalid_request' },
    { name: 'that is no text', body: { client_certificate: 7 }, status: 400, code: 'invalid_request' },
  ])('$name: $status $code', async ({ body, status, code }) => {
    await using service = await startMutual();
    const answer = await service.app.request('http://localhost/verify', postVerify({ host: HOST, ...body }));
    expect(answer.status).toBe(status);
    const problem = (await answer.json()) as { detail: string; errors: unknown };
    expect(problem).toMatchObject({ code });
    if (status === 400) expect(problem.errors).toMatchObject([{ pointer: '/client_certificate' }]);
    if (status === 422) expect(problem.detail).toMatch(/Those that exist: probe\.$/);
    expect(problem.detail).not.toContain('\u202e');
  });

  it('where there are none says so', async () => {
    await using service = await startService();
    const body = { host: HOST, client_certificate: 'probe' };
    const answer = await service.app.request('http://localhost/verify', postVerify(body));
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({
      detail: 'There is no client certificate probe. This service has none.',
    });
  });
});

describe('the service', () => {
  const get = async (service: Awaited<ReturnType<typeof startService>>, path: string) =>
    await (await service.app.request(`http://localhost${path}`)).text();

  it('says whether its identities are what the files hold', async () => {
    await using service = await startMutual();
    expect(JSON.parse(await get(service, '/readyz'))).toMatchObject({
      identities: { loaded_at: NOW.toISOString(), reload_error: null },
    });
    expect(await get(service, '/metrics')).toMatch(/^tls_verdict_identities_stale 0$/m);
  });

  it('says nothing of them where there are none', async () => {
    await using service = await startService();
    expect(JSON.parse(await get(service, '/readyz'))).not.toHaveProperty('identities');
    expect(await get(service, '/metrics')).not.toContain('tls_verdict_identities');
  });

  it('does not start with one that has no bound, or a preset that names none of them', async () => {
    await using folder = await temporaryFolder();
    const settings = await mutualSettings(
      folder.path,
      { name: 'corp', pem: authority.pem },
      { name: 'probe', shown: probe, targets: [] },
    );
    await expect(startService(settings)).rejects.toThrow(/IDENTITY_DIR: .*probe\/targets names no target/);
    const presets = join(folder.path, 'presets.yaml');
    await writeFile(presets, 'mutual: { client_certificate: nobody }\n');
    await expect(startService({ PRESETS_FILE: presets })).rejects.toThrow(/PRESETS_FILE/);
    await writeFile(presets, 'mutual: { client_certificate: null }\n');
    await (await startService({ PRESETS_FILE: presets }))[Symbol.asyncDispose]();
  });
});
