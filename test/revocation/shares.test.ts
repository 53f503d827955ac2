import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Verdict } from '../../src/domain/verdict.ts';
import { certificateList } from '../support/crl.ts';
import { type Answer, type DocumentServer, startDocuments } from '../support/document-server.ts';
import { ocspResponse } from '../support/ocsp.ts';
import { type Issued, type IssueOptions, intermediate, leaf, root } from '../support/pki.ts';
import { type AskedService, servingPort80, startService } from '../support/service.ts';
import { postVerify } from '../support/test-app.ts';

/** What one caller may have fetched at once, and from one range of addresses; the same above a megabyte. */
const SMALL = { perCaller: 16, perRange: 24 };
const LARGE = { perCaller: 2 };

let ca: Issued;
let folder: string;
let documents: DocumentServer;
let elsewhere: DocumentServer;
let service: AskedService;

beforeAll(async () => {
  ca = await root('Root');
  folder = await mkdtemp(join(tmpdir(), 'shares-'));
  await writeFile(join(folder, 'corp.pem'), ca.pem);
  const tokens = ['a', 'b', 'c'].map((name) => ({ name, sha256: createHash('sha256').update(name).digest('hex') }));
  await writeFile(join(folder, 'tokens.json'), JSON.stringify({ tokens }));
});
afterAll(() => rm(folder, { recursive: true }));

beforeEach(async () => {
  documents = await startDocuments();
  elsewhere = await startDocuments('127.0.9.1');
  service = await start({ FETCH_PORTS: `80,${documents.port},${elsewhere.port}` });
});
afterEach(async () => {
  await documents.close();
  await elsewhere.close();
  await service[Symbol.asyncDispose]();
});

function start(changes: Readonly<Record<string, string>>, world: Parameters<typeof startService>[1] = {}) {
  const settings = { CA_DIR: folder, API_TOKENS_FILE: join(folder, 'tokens.json'), ...changes };
  return startService(settings, { ...servingPort80(documents.port), ...world });
}

/** An octet now and then, for as long as somebody reads; the first `octets` at once. */
function drip(octets = 0): Answer {
  return (_request, response) => {
    response.writeHead(200);
    response.write(Buffer.alloc(octets, 0x30));
    const timer = setInterval(() => response.write('0'), 20);
    response.on('close', () => clearInterval(timer));
  };
}

async function ask(caller: string, options: IssueOptions): Promise<string | undefined> {
  const certificate = await leaf(ca, 'host.example', options);
  const body = { host: 'host.example', chain_pem: certificate.pem, ca: 'corp', timeout_ms: 30_000 };
  const verdict = await service.ask(body, { Authorization: `Bearer ${caller}` });
  return verdict.revocation?.[0]?.status;
}

/** So many verifications, each of which waits for a document of its own; the names of those that have ended. */
function occupy(caller: string, count: number, path: string): Set<string> {
  const ended = new Set<string>();
  for (let index = 0; index < count; index++) {
    const url = documents.url(`${path}/${caller}${index}`);
    // A server that goes away is how these end.
    void ask(caller, { crlUrls: [url] }).finally(() => ended.add(url));
  }
  return ended;
}

async function untilSeen(path: string, count: number): Promise<void> {
  while (documents.seen(path).length < count) await delay(5);
}

describe('while one caller holds all that it may have with slow servers', () => {
  it('another is answered at once', async () => {
    documents.serve('/slow', drip());
    documents.serve('/good.crl', certificateList({ issuer: ca }));
    const ended = occupy('a', 40, '/slow');
    await untilSeen('/slow', SMALL.perCaller);
    expect(await ask('b', { crlUrls: [documents.url('/good.crl')] })).toBe('good');
    expect(documents.seen('/slow')).toHaveLength(SMALL.perCaller);
    expect(ended.size).toBe(0);
  });

  it('another is answered at once by an OCSP responder', async () => {
    documents.serve('/slow', drip());
    const host = await leaf(ca, 'host.example', { serial: '0a', ocspUrls: [documents.url('/ocsp')] });
    documents.serve('/ocsp', ocspResponse({ issuer: ca, subject: host }));
    const ended = occupy('a', 40, '/slow');
    await untilSeen('/slow', SMALL.perCaller);
    expect(await ask('b', { serial: '0a', ocspUrls: [documents.url('/ocsp')] })).toBe('good');
    expect(ended.size).toBe(0);
  });

  it('another who needs a document that the first one waits for has it fetched, once, for both', async () => {
    documents.serve('/slow', drip());
    documents.serve('/shared.crl', certificateList({ issuer: ca }));
    const shared = { crlUrls: [documents.url('/shared.crl')] };
    const ended = occupy('a', SMALL.perCaller, '/slow');
    await untilSeen('/slow', SMALL.perCaller);
    const waiting = ask('a', shared);
    await delay(100);
    expect(documents.seen('/shared.crl')).toHaveLength(0);
    expect(await ask('b', shared)).toBe('good');
    expect(await waiting).toBe('good');
    expect(documents.seen('/shared.crl')).toHaveLength(1);
    expect(ended.size).toBe(0);
  });

  it('the servers of one range are asked no more than so much, and those of others at once', async () => {
    documents.serve('/slow', drip());
    elsewhere.serve('/good.crl', certificateList({ issuer: ca }));
    const ended = [occupy('a', 20, '/slow'), occupy('c', 20, '/slow')];
    await untilSeen('/slow', SMALL.perRange);
    expect(await ask('b', { crlUrls: [elsewhere.url('/good.crl')] })).toBe('good');
    expect(documents.seen('/slow')).toHaveLength(SMALL.perRange);
    expect(ended.map(({ size }) => size)).toEqual([0, 0]);
  });

  it('and all of the large ones, another has a large one read', async () => {
    documents.serve('/slow', drip(2 ** 20 + 1));
    const entries = Array.from({ length: 60_000 }, (_, index) => ({ serial: (index + 2 ** 40).toString(16) }));
    const large = certificateList({ issuer: ca, entries });
    expect(large.length).toBeGreaterThan(2 ** 20);
    documents.serve('/large.crl', large);
    const ended = occupy('a', LARGE.perCaller + 2, '/slow');
    await untilSeen('/slow', LARGE.perCaller + 2);
    await delay(100);
    expect(await ask('b', { crlUrls: [documents.url('/large.crl')] })).toBe('good');
    expect(ended.size).toBe(0);
  });
});

describe('what was never asked because others had all places is not the fault of whoever would have answered', () => {
  const hurried = { host: 'host.example', timeout_ms: 800 };
  const asA = { Authorization: 'Bearer a' };

  beforeEach(async () => {
    documents.serve('/slow', drip());
    occupy('a', SMALL.perCaller, '/slow');
    await untilSeen('/slow', SMALL.perCaller);
  });

  it.each([
    { name: 'of a named authority', at: () => documents.url('/late'), anchors: () => 'corp' },
    { name: "of a caller's CA", at: () => 'http://127.0.0.1/late', anchors: () => ({ pem: ca.pem }) },
  ])('a responder and a CRL $name', async ({ at, anchors }) => {
    const { pem } = await leaf(ca, 'host.example', { ocspUrls: [at()], crlUrls: [at()] });
    const verdict = await service.ask({ ...hurried, chain_pem: pem, ca: anchors() }, asA);
    expect(verdict.revocation).toMatchObject([{ status: 'unknown', reason: 'overloaded' }]);
    const finding = verdict.findings.find(({ code }) => code === 'revocation_unknown');
    expect(finding?.evidence).toMatchObject({ reasons: ['overloaded'] });
    expect(documents.seen('/late')).toHaveLength(0);
  });

  it.each([
    { name: 'an authority', at: () => documents.url('/late'), anchors: () => 'corp' },
    { name: "a caller's CA", at: () => 'http://127.0.0.1/late', anchors: () => ({ pem: ca.pem }) },
  ])('an address for the issuer below $name', async ({ at, anchors }) => {
    const { pem } = await leaf(await intermediate(ca, 'Issuing'), 'host.example', { issuerUrls: [at()] });
    const verdict = await service.ask({ ...hurried, chain_pem: pem, ca: anchors(), revocation: 'off' }, asA);
    const finding = verdict.findings.find(({ code }) => code === 'issuer_not_found');
    expect(finding?.evidence).toMatchObject({ not_asked: expect.stringContaining('too many documents') });
    expect(documents.seen('/late')).toHaveLength(0);
  });

  it('a name, of a target or of a responder', async () => {
    const crowded = await start(
      { UV_THREADPOOL_SIZE: '4', FETCH_PORTS: `${documents.port}` },
      {
        lookUp: () => new Promise(() => {}),
      },
    );
    const verify = (caller: string, body: object) =>
      crowded.app.request('http://localhost/verify', postVerify(body, { Authorization: `Bearer ${caller}` }));
    const held = ['b', 'c'].map((caller) => verify(caller, { host: `${caller}.example`, timeout_ms: 4000 }));
    await delay(50);
    const refused = await verify('a', hurried);
    expect([refused.status, refused.headers.get('Retry-After')]).toEqual([503, '1']);
    expect(await refused.json()).toMatchObject({ code: 'overloaded', detail: expect.stringContaining('All 2 ') });
    const { pem } = await leaf(ca, 'host.example', { crlUrls: [`http://late.example:${documents.port}/crl`] });
    const verdict = await crowded.ask({ ...hurried, chain_pem: pem, ca: 'corp' }, asA);
    expect(verdict.revocation).toMatchObject([{ status: 'unknown', reason: 'overloaded' }]);
    const codes = (await Promise.all(held)).map(async (each) => ((await each.json()) as Verdict).findings[0]?.code);
    expect(await Promise.all(codes)).toEqual(['dns_timeout', 'dns_timeout']);
    await crowded[Symbol.asyncDispose]();
  });
});
