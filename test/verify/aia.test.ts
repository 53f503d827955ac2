import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { context, integer, oid, sequence, set } from '../support/der.ts';
import { type Answer, type DocumentServer, startDocuments } from '../support/document-server.ts';
import { bundle, pemOf } from '../support/issued.ts';
import { type Issued, intermediate, leaf, root } from '../support/pki.ts';
import { startNodeTls } from '../support/servers.ts';
import { type AskedService, servingPort80, startService } from '../support/service.ts';

/* ca ── issuing (at /issuing) ── server     and one longer: ca ── issuing ── lower ── deep */
let documents: DocumentServer;
let ca: Issued;
let stranger: Issued;
let issuing: Issued;
let service: AskedService;
let folder: string;
let path = '';
let count = 0;

beforeAll(async () => {
  documents = await startDocuments();
  ca = await root('Root');
  stranger = await root('Stranger');
  issuing = await intermediate(ca, 'Issuing');
  folder = await mkdtemp(join(tmpdir(), 'ca-'));
  await writeFile(join(folder, 'corp.pem'), ca.pem);
  service = await start();
});
afterAll(async () => {
  await documents.close();
  await rm(folder, { recursive: true });
});
beforeEach(() => {
  path = `/${++count}`;
});

const start = (changes: Record<string, string> = {}) =>
  startService({ CA_DIR: folder, ...changes }, servingPort80(documents.port));
const url = (to: string) => `http://127.0.0.1${to}`;

const certsOnly = (...certificates: readonly Issued[]) =>
  sequence(
    oid('1.2.840.113549.1.7.2'),
    context(
      0,
      true,
      sequence(
        integer(1),
        set(),
        sequence(oid('1.2.840.113549.1.7.1')),
        context(0, true, ...certificates.map(({ der }) => der)),
        set(),
      ),
    ),
  );

async function ask(changes: { to?: AskedService; urls?: readonly string[]; [field: string]: unknown } = {}) {
  const { to = service, urls = [url(path)], ...body } = changes;
  const server = await leaf(issuing, 'host.example', { issuerUrls: urls });
  return to.ask({
    host: 'host.example',
    chain_pem: server.pem,
    ca: { pem: ca.pem },
    revocation: 'off',
    timeout_ms: 4000,
    ...body,
  });
}

describe('a missing intermediate', () => {
  it.each([
    { name: 'in DER', answer: () => issuing.der },
    { name: 'in PEM', answer: () => Buffer.from(issuing.pem) },
    { name: 'in PKCS #7', answer: () => certsOnly(stranger, issuing) },
    { name: 'in PKCS #7 as PEM', answer: () => Buffer.from(pemOf(certsOnly(issuing), 'PKCS7')) },
    { name: 'among others in PEM', answer: () => Buffer.from(bundle(stranger, issuing)) },
  ])('is found $name', async ({ answer }) => {
    documents.serve(path, answer());
    const verdict = await ask();
    expect(verdict.trust).toMatchObject([{ trusted: true, completed_by: 'aia' }]);
    const finding = verdict.findings.find(({ code }) => code === 'missing_intermediate');
    expect(finding).toMatchObject({ severity: 'error', evidence: { found_by: 'aia', pem: issuing.pem } });
    expect(verdict.checks).toMatchObject({ trust: 'pass', chain: 'fail' });
  });

  it('may be two in a row', async () => {
    const lower = await intermediate(issuing, 'Lower', { issuerUrls: [url(path)] });
    documents.serve(path, issuing.der);
    documents.serve(`${path}-lower`, lower.der);
    const deep = await leaf(lower, 'host.example', { issuerUrls: [url(`${path}-lower`)] });
    const verdict = await service.ask({
      host: 'host.example',
      chain_pem: deep.pem,
      ca: { pem: ca.pem },
      revocation: 'off',
    });
    expect(verdict.trust[0]?.path.map(({ source }) => source)).toEqual(['presented', 'aia', 'aia', 'anchor']);
  });

  const useless: readonly { name: string; answer: () => Answer }[] = [
    { name: 'a certificate of another CA', answer: () => stranger.der },
    { name: 'HTML', answer: () => Buffer.from('<html>') },
    { name: 'an error', answer: () => (_request, response) => response.writeHead(404).end() },
    { name: 'more than fits', answer: () => Buffer.alloc(300 * 1024, 0x30) },
    { name: 'a redirect', answer: () => (_request, response) => response.writeHead(301, { Location: '/good' }).end() },
    { name: 'silence', answer: () => () => {} },
    { name: 'a certificate that is cut', answer: () => issuing.der.subarray(0, -1) },
  ];
  it.each(useless)('is not found in $name', async ({ answer }) => {
    documents.serve(path, answer());
    const verdict = await ask({ timeout_ms: 1000 });
    expect(verdict.trust).toMatchObject([{ trusted: false, completed_by: null }]);
    expect(verdict.findings.map(({ code }) => code)).toContain('issuer_not_found');
    expect(documents.seen(path)).toHaveLength(1);
  });

  it('is looked for at the next address', async () => {
    documents.serve(path, issuing.der);
    const verdict = await ask({ urls: ['ldap:///CN=AIA', url('/missing'), url(path)] });
    expect(verdict.trust[0]?.completed_by).toBe('aia');
  });

  it.each([
    { name: 'when the request says so', body: () => ({ aia: false }) },
    { name: 'when the request brings it', body: () => ({ ca: { pem: ca.pem, intermediates_pem: issuing.pem } }) },
    { name: 'when it is the anchor', body: () => ({ ca: { pem: issuing.pem } }) },
  ])('is not fetched $name', async ({ body }) => {
    documents.serve(path, issuing.der);
    await ask(body());
    expect(documents.seen(path)).toHaveLength(0);
  });

  it.each([
    {
      name: "a caller's CA on a service for others",
      changes: { HOST: '0.0.0.0', ALLOW_TARGETS: '127.0.0.1' },
      ca: null,
      fetched: 0,
    },
    {
      name: "a caller's chain there, for a named authority",
      changes: { HOST: '0.0.0.0', ALLOW_TARGETS: '127.0.0.1' },
      ca: 'corp',
      fetched: 0,
    },
    {
      name: 'the same where the operator allows its addresses',
      changes: { HOST: '0.0.0.0', ALLOW_TARGETS: '127.0.0.1', FETCH_ALLOW: '127.0.0.1' },
      ca: 'corp',
      fetched: 1,
    },
    { name: 'anybody with FETCH off', changes: { FETCH: 'off' }, ca: 'corp', fetched: 0 },
  ])('is fetched for $name: $fetched', async ({ changes, ca: authority, fetched }) => {
    documents.serve(path, issuing.der);
    const to = await start(changes);
    const verdict = await ask({ to, ca: authority ?? { pem: ca.pem } });
    expect(documents.seen(path)).toHaveLength(fetched);
    expect(verdict.trust[0]?.trusted).toBe(fetched === 1);
  });

  it('helps nobody but the request that found it', async () => {
    documents.serve(path, issuing.der);
    await ask({ ca: 'corp' });
    const verdict = await ask({ ca: 'corp', urls: [] });
    expect(verdict.trust[0]?.trusted).toBe(false);
  });

  it('is fetched for a server that a named authority is asked about, on a service for others', async () => {
    documents.serve(path, issuing.der);
    const served = await leaf(issuing, 'host.example', { issuerUrls: [url(path)] });
    await using server = await startNodeTls({ leaf: served });
    const to = await start({ HOST: '0.0.0.0', ALLOW_TARGETS: '127.0.0.1' });
    const verdict = await to.ask({
      host: 'host.example',
      port: server.port,
      connect_to: '127.0.0.1',
      ca: 'corp',
      revocation: 'off',
    });
    await to[Symbol.asyncDispose]();
    expect(documents.seen(path)).toHaveLength(1);
    expect(verdict.trust[0]).toMatchObject({ trusted: true, completed_by: 'aia' });
  });
});

describe('what an address of an issuer gave, for servers under a named authority', () => {
  /** Verifies servers of these certificates one after the other, each so often; whether they were trusted. */
  async function verifyAll(
    leaves: readonly Issued[],
    { to = service, rounds = 3 } = {},
  ): Promise<(boolean | undefined)[]> {
    const trusted: (boolean | undefined)[] = [];
    for (const served of leaves) {
      await using server = await startNodeTls({ leaf: served });
      for (let round = 0; round < rounds; round++) {
        const asked = { host: 'host.example', port: server.port, connect_to: '127.0.0.1', ca: 'corp' };
        trusted.push((await to.ask({ ...asked, revocation: 'off' })).trust[0]?.trusted);
      }
    }
    return trusted;
  }
  const named = (issuer: Issued, options = {}) => leaf(issuer, 'host.example', { issuerUrls: [url(path)], ...options });

  it('is asked for once, however many leave the intermediate out', async () => {
    documents.serve(path, issuing.der);
    expect(new Set(await verifyAll([await named(issuing), await named(issuing)]))).toEqual(new Set([true]));
    expect(documents.seen(path)).toHaveLength(1);
  });

  it('is asked for once in a while when it is not there', async () => {
    expect(new Set(await verifyAll([await named(issuing), await named(issuing)]))).toEqual(new Set([false]));
    expect(documents.seen(path)).toHaveLength(1);
  });

  it('is asked for once in a while for each certificate when it is another', async () => {
    documents.serve(path, stranger.der);
    expect(new Set(await verifyAll([await named(issuing), await named(issuing)]))).toEqual(new Set([false]));
    expect(documents.seen(path)).toHaveLength(2);
  });

  it('is asked for once for those who ask at the same time, when it is another', async () => {
    documents.serve(path, (_request, response) => setTimeout(() => response.end(stranger.der), 300));
    const served = await named(issuing);
    await using server = await startNodeTls({ leaf: served });
    const asked = { host: 'host.example', port: server.port, connect_to: '127.0.0.1', ca: 'corp', revocation: 'off' };
    const verdicts = await Promise.all(Array.from({ length: 5 }, () => service.ask(asked)));
    expect(verdicts.map(({ trust }) => trust[0]?.trusted)).toEqual(Array(5).fill(false));
    expect(documents.seen(path)).toHaveLength(1);
  });

  it('is not spoilt by whoever names the same address under the name of the same issuer', async () => {
    documents.serve(path, issuing.der);
    const impostor = await intermediate(stranger, 'Issuing');
    const [good, forged] = [await named(issuing), await named(impostor)];
    expect(await verifyAll([forged, good, forged, good], { rounds: 1 })).toEqual([false, true, false, true]);
    expect(documents.seen(path)).toHaveLength(2);
  });

  it('is asked for anew when the CA has another key since', async () => {
    documents.serve(path, issuing.der);
    expect(await verifyAll([await named(issuing)], { rounds: 1 })).toEqual([true]);
    const rollover = await intermediate(ca, 'Issuing');
    documents.serve(path, rollover.der);
    expect(await verifyAll([await named(rollover)], { rounds: 1 })).toEqual([true]);
  });

  it('helps nobody whose certificate does not name the address', async () => {
    documents.serve(path, issuing.der);
    const silent = await leaf(issuing, 'host.example');
    expect(await verifyAll([await named(issuing), silent], { rounds: 1 })).toEqual([true, false]);
  });
});
