import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { certificateList } from '../support/crl.ts';
import { context, sequence, tlv } from '../support/der.ts';
import { type Answer, type DocumentServer, startDocuments } from '../support/document-server.ts';
import { ocspError, ocspResponse } from '../support/ocsp.ts';
import { type Issued, type IssueOptions, intermediate, issue, leaf, root } from '../support/pki.ts';
import { type AskedService, servingPort80, startService } from '../support/service.ts';

let ca: Issued;
let other: Issued;
let documents: DocumentServer;
let service: AskedService;
let folder: string;

const SERIAL = '0a41f0';

beforeAll(async () => {
  ca = await root('Root');
  other = await root('Other');
  documents = await startDocuments();
  folder = await mkdtemp(join(tmpdir(), 'ca-'));
  await writeFile(join(folder, 'corp.pem'), ca.pem);
  service = await start();
});
afterAll(async () => {
  await documents.close();
  await rm(folder, { recursive: true });
});

/** A service that finds the documents at port 80. */
const start = (changes: Record<string, string> = {}) =>
  startService({ CA_DIR: folder, FETCH_MAX_MB: '2', ...changes }, servingPort80(documents.port));
const url = (path: string) => `http://127.0.0.1${path}`;

/** A path of its own for each test, so that no cache of another has it. */
let path = '';
let count = 0;
beforeEach(() => {
  path = `/${++count}`;
});

async function ask(
  options: IssueOptions,
  { to = service, ...body }: { to?: AskedService; [field: string]: unknown } = {},
) {
  const certificate = await leaf(ca, 'host.example', { serial: SERIAL, ...options });
  return to.ask({
    host: 'host.example',
    chain_pem: certificate.pem,
    ca: { pem: ca.pem },
    revocation: 'soft',
    timeout_ms: 5000,
    ...body,
  });
}

const crl = (options: Partial<Parameters<typeof certificateList>[0]> = {}) =>
  certificateList({ issuer: ca, ...options });
const chunked =
  (write: (response: Parameters<Exclude<Answer, Buffer>>[1]) => void): Answer =>
  (_request, response) => {
    response.writeHead(200);
    write(response);
  };

/** Writes for as long as somebody reads. */
function flood(response: Parameters<Exclude<Answer, Buffer>>[1]): void {
  const block = Buffer.alloc(1024 * 1024, 0x30);
  const more = (): void => {
    if (!response.destroyed && response.write(block)) setImmediate(more);
    else response.once('drain', more);
  };
  more();
}

const interim =
  (times: number): Answer =>
  (_request, response) => {
    for (let time = 0; time < times; time++) response.writeProcessing();
    response.end(crl());
  };

type Row = { name: string; answer: () => Answer; status?: string; reason?: string; code?: string; timeoutMs?: number };

const crls: readonly Row[] = [
  { name: 'a CRL without the certificate', answer: () => crl(), status: 'good' },
  { name: 'a CRL with it', answer: () => crl({ entries: [{ serial: SERIAL }] }), status: 'revoked' },
  {
    name: 'a CRL out of date',
    answer: () => crl({ nextUpdate: new Date('2026-06-15T11:00:00Z') }),
    reason: 'unusable',
    code: 'crl_expired',
  },
  {
    name: 'a CRL of tomorrow',
    answer: () => crl({ thisUpdate: new Date('2026-06-16T11:00:00Z') }),
    reason: 'unusable',
    code: 'crl_invalid',
  },
  { name: 'a CRL of another CA', answer: () => crl({ issuer: other }), reason: 'unusable' },
  { name: 'a CRL with a wrong signature', answer: () => crl({ signingKey: other.key }), reason: 'unusable' },
  { name: 'HTML', answer: () => Buffer.from('<!doctype html><p>Sign in'), reason: 'unusable' },
  { name: 'nothing at all', answer: () => Buffer.alloc(0), reason: 'unusable' },
  { name: 'a CRL that is cut in DER', answer: () => crl().subarray(0, -9), reason: 'unusable' },
  {
    name: 'fewer octets than announced',
    answer: () => (_request, response) => {
      response.writeHead(200, { 'Content-Length': 5000 });
      response.write(crl());
      setTimeout(() => response.destroy(), 20);
    },
    reason: 'unusable',
  },
  { name: 'an error', answer: () => (_request, response) => response.writeHead(500).end(crl()), reason: 'unusable' },
  {
    name: 'a redirect',
    answer: () => (_request, response) => response.writeHead(302, { Location: url('/elsewhere') }).end(),
    reason: 'unusable',
  },
  {
    name: 'a compressed bomb',
    answer: () => (_request, response) =>
      response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(gzipSync(Buffer.alloc(1_000_000))),
    reason: 'unusable',
  },
  {
    name: 'a gigabyte that is announced',
    answer: () => (_request, response) => {
      response.writeHead(200, { 'Content-Length': 2 ** 30 });
      flood(response);
    },
    reason: 'unusable',
  },
  { name: 'a gigabyte that is not', answer: () => chunked(flood), reason: 'unusable' },
  {
    name: 'header fields without end',
    answer: () => (_request, response) => response.writeHead(200, { X: 'x'.repeat(9000) }).end(crl()),
    reason: 'unusable',
  },
  { name: 'a few interim responses', answer: () => interim(16), status: 'good' },
  { name: 'interim responses without end', answer: () => interim(17), reason: 'unusable' },
  { name: 'silence', answer: () => () => {}, reason: 'unreachable', timeoutMs: 600 },
  {
    name: 'a slow drip',
    answer: () =>
      chunked((response) => {
        const timer = setInterval(() => response.write('0'), 20);
        response.on('close', () => clearInterval(timer));
      }),
    reason: 'unreachable',
    timeoutMs: 600,
  },
  { name: 'a connection that closes', answer: () => (_request, response) => response.destroy(), reason: 'unreachable' },
];

describe('a CRL that a certificate names', () => {
  it.each(crls)('$name: $status$reason', async ({ answer, status = 'unknown', reason = null, code, timeoutMs }) => {
    documents.serve(path, answer());
    const verdict = await ask({ crlUrls: [url(path)] }, { timeout_ms: timeoutMs ?? 5000 });
    expect(verdict.revocation?.[0]).toMatchObject({ status, reason, url: url(path), cached: false });
    expect(documents.seen(path)).toHaveLength(1);
    expect(documents.seen('/elsewhere')).toHaveLength(0);
    const codes = verdict.findings.filter(({ check }) => check === 'revocation').map((finding) => finding.code);
    if (status === 'unknown') expect(codes).toContain('revocation_unknown');
    if (code !== undefined) expect(codes).toContain(code);
    expect(verdict.checks.revocation).toBe({ good: 'pass', revoked: 'fail', unknown: 'unknown' }[status]);
  });

  it('is not asked for, nor held against its address, when this process can open no more connections', async () => {
    const connect = () => new Socket().destroy(Object.assign(new Error(), { code: 'EMFILE' }));
    const to = await startService({ CA_DIR: folder }, { connect });
    const verdict = await ask({ crlUrls: [url(path)] }, { to });
    expect(verdict.revocation?.[0]).toMatchObject({ status: 'unknown', reason: 'overloaded' });
  });

  it.each([
    { name: 'HTML', answer: () => Buffer.from('<html>'), rule: 'crl.encoding' },
    { name: 'a wrong signature', answer: () => crl({ signingKey: other.key }), rule: 'crl.signature' },
    { name: 'another issuer', answer: () => crl({ issuer: other }), rule: 'crl.issuer_not_found' },
  ])('says what is wrong to callers of a named authority alone: $name', async ({ answer, rule }) => {
    documents.serve(path, answer());
    const rules = async (authority: object | string) =>
      (await ask({ crlUrls: [url(path)] }, { ca: authority })).findings.flatMap((each) =>
        each.code === 'crl_invalid' ? [each.rule] : [],
      );
    expect(await rules('corp')).toEqual([rule]);
    expect(await rules({ pem: ca.pem })).toEqual([]);
  });

  it.each([
    { name: 'before it', at: '2026-05-01T00:00:00Z', reason: 'other_time' },
    { name: 'after it', at: '2026-08-01T00:00:00Z', reason: 'other_time' },
    { name: 'within it', at: '2026-06-20T00:00:00Z', reason: null },
  ])('is not blamed when another moment is judged: $name', async ({ at, reason }) => {
    documents.serve(path, crl());
    const verdict = await ask({ crlUrls: [url(path)] }, { at });
    expect(verdict.revocation?.[0]?.reason).toBe(reason);
    expect(verdict.findings.filter(({ code }) => code.startsWith('crl_'))).toEqual([]);
  });

  it('is asked for plainly', async () => {
    documents.serve(path, crl());
    await ask({ crlUrls: [`${url(path)}?a=1`] });
    expect(documents.seen(path)[0]).toMatchObject({ method: 'GET', url: `${path}?a=1` });
    const { headers } = documents.seen(path)[0] ?? {};
    expect(headers).toMatchObject({
      'accept-encoding': 'identity',
      connection: 'close',
      host: '127.0.0.1',
    });
    expect(Object.keys(headers ?? {}).toSorted()).toEqual([
      'accept',
      'accept-encoding',
      'connection',
      'host',
      'user-agent',
    ]);
  });

  it('passes over ldap: for http:', async () => {
    documents.serve(path, crl());
    const verdict = await ask({ crlUrls: ['ldap:///CN=Root,CN=CDP?certificateRevocationList', url(path)] });
    expect(verdict.revocation?.[0]?.status).toBe('good');
  });

  it.each([
    { name: 'ldap: alone', url: () => 'ldap:///CN=Root?certificateRevocationList', reason: 'unsupported_scheme' },
    { name: 'https:', url: () => url('/x').replace('http:', 'https:'), reason: 'unsupported_scheme' },
    { name: 'a file', url: () => 'file:///etc/passwd', reason: 'unsupported_scheme' },
    { name: 'a user name', url: () => url('/x').replace('//', '//user@'), reason: 'unusable' },
    { name: 'a line feed', url: () => `${url('/x')}\r\nX: y`, reason: 'unusable' },
    { name: 'a port that is not to be asked', url: () => 'http://127.0.0.1:1/x', reason: 'fetch_not_allowed' },
    {
      name: 'an address that is never dialled',
      url: () => 'http://169.254.169.254/latest',
      reason: 'fetch_not_allowed',
    },
    { name: 'such an address in disguise', url: () => 'http://[::ffff:a9fe:a9fe]/', reason: 'fetch_not_allowed' },
    { name: 'nobody at port 80', url: () => 'http://127.0.0.9/nobody', reason: 'unreachable' },
  ])('is not had from $name: $reason', async ({ url: address, reason }) => {
    const verdict = await ask({ crlUrls: [address()] });
    expect(verdict.revocation?.[0]).toMatchObject({ status: 'unknown', reason });
    expect(verdict.findings.find(({ code }) => code === 'revocation_unknown')?.evidence.reasons).toEqual([reason]);
    expect(documents.seen('/x')).toHaveLength(0);
  });

  it('is tried at the next address of its point', async () => {
    documents.serve(path, crl());
    const verdict = await ask({ crlUrls: [url('/missing'), url(path)] });
    expect(verdict.revocation?.[0]?.status).toBe('good');
  });

  it('is an error under require when it cannot be had', async () => {
    const verdict = await ask({ crlUrls: [url('/missing')] }, { revocation: 'require' });
    expect(verdict.verdict).toBe('fail');
    expect(verdict.findings.find(({ code }) => code === 'revocation_unknown')?.severity).toBe('error');
  });
});

const ocspOf = async (options: IssueOptions, changes: object = {}) => {
  const subject = await leaf(ca, 'host.example', { serial: SERIAL, ...options });
  return ocspResponse({ issuer: ca, subject, ...changes });
};

describe('an OCSP responder that a certificate names', () => {
  const table: readonly { name: string; answer: () => Promise<Answer>; row: object; methods: string[] }[] = [
    { name: 'says good', answer: () => ocspOf({}), row: { status: 'good', source: 'ocsp' }, methods: ['GET'] },
    {
      name: 'says revoked',
      answer: () => ocspOf({}, { status: 'revoked' }),
      row: { status: 'revoked', source: 'ocsp' },
      methods: ['GET'],
    },
    {
      name: 'does not know',
      answer: () => ocspOf({}, { status: 'unknown' }),
      row: { status: 'unknown', reason: 'responder_error' },
      methods: ['GET'],
    },
    {
      name: 'takes POST alone',
      answer: async () => {
        const good = await ocspOf({});
        return ({ method }, response) =>
          response.writeHead(method === 'POST' ? 200 : 405).end(method === 'POST' ? good : '');
      },
      row: { status: 'good' },
      methods: ['GET', 'POST'],
    },
    {
      name: 'knows SHA-256 identifiers alone',
      answer: async () => {
        const good = await ocspOf({}, { idDigest: 'sha256' });
        const sha256 = Buffer.from('608648016503040201', 'hex');
        return ({ body }, response) => response.end(body.includes(sha256) ? good : ocspError(6));
      },
      row: { status: 'good' },
      methods: ['GET', 'POST', 'POST'],
    },
    {
      name: 'has an error',
      answer: async () => ocspError(2),
      row: { status: 'unknown', reason: 'responder_error' },
      methods: ['GET', 'POST', 'POST'],
    },
    {
      name: 'is out of date',
      answer: () => ocspOf({}, { nextUpdate: new Date('2026-06-15T01:00:00Z') }),
      row: { status: 'unknown', reason: 'unusable' },
      methods: ['GET'],
    },
    {
      name: 'closes the connection',
      answer: async () => (_request, response) => response.destroy(),
      row: { status: 'unknown', reason: 'unreachable' },
      methods: ['GET'],
    },
  ];
  it.each(table)('$name', async ({ answer, row, methods }) => {
    documents.serve(path, await answer());
    const verdict = await ask({ ocspUrls: [url(path)] });
    expect(verdict.revocation?.[0]).toMatchObject(row);
    expect(documents.seen(path).map(({ method }) => method)).toEqual(methods);
  });

  it('is found behind addresses that are never asked', async () => {
    documents.serve(path, await ocspOf({}));
    const verdict = await ask({ ocspUrls: ['https://127.0.0.1/', 'ldap:///CN=Root', url(path)] });
    expect(verdict.revocation?.[0]).toMatchObject({ status: 'good', url: url(path) });
  });

  it('may fail where the CRL does not', async () => {
    documents.serve(`${path}.crl`, crl());
    const verdict = await ask({ ocspUrls: [url('/missing')], crlUrls: [url(`${path}.crl`)] });
    expect(verdict.revocation?.[0]).toMatchObject({ status: 'good', source: 'crl' });
    expect(verdict.revocation?.[0]?.sources.map(({ source, status }) => [source, status])).toEqual([
      ['ocsp', 'unknown'],
      ['crl', 'good'],
    ]);
  });

  it('may contradict the CRL, and both are shown', async () => {
    documents.serve(path, await ocspOf({}));
    documents.serve(`${path}.crl`, crl({ entries: [{ serial: SERIAL }] }));
    const verdict = await ask({ ocspUrls: [url(path)], crlUrls: [url(`${path}.crl`)] });
    expect(verdict.revocation?.[0]?.sources.map(({ status }) => status)).toEqual(['good', 'revoked']);
    expect(verdict.verdict).toBe('fail');
  });
});

describe('what was fetched', () => {
  const named = { ca: 'corp' };

  it('is told again to callers of a named authority', async () => {
    documents.serve(path, crl());
    const options = { crlUrls: [url(path)] };
    expect((await ask(options, named)).revocation?.[0]?.cached).toBe(false);
    expect((await ask(options, named)).revocation?.[0]).toMatchObject({ cached: true, status: 'good' });
    expect(documents.seen(path)).toHaveLength(1);
  });

  it('is never told to, or kept from, callers with a CA of their own', async () => {
    documents.serve(path, crl());
    const options = { crlUrls: [url(path)] };
    await ask(options, named);
    expect((await ask(options)).revocation?.[0]?.cached).toBe(false);
    expect((await ask(options)).revocation?.[0]?.cached).toBe(false);
    expect(documents.seen(path)).toHaveLength(3);
  });

  it('serves all who ask at the same time', async () => {
    documents.serve(path, (_request, response) => setTimeout(() => response.end(crl()), 50));
    const options = { crlUrls: [url(path)] };
    const verdicts = await Promise.all(Array.from({ length: 10 }, () => ask(options, named)));
    expect(verdicts.map((verdict) => verdict.revocation?.[0]?.status)).toEqual(Array(10).fill('good'));
    expect(documents.seen(path)).toHaveLength(1);
  });

  it('is asked for once in a while when it failed', async () => {
    const options = { crlUrls: [url(path)] };
    await ask(options, named);
    expect((await ask(options, named)).revocation?.[0]).toMatchObject({ status: 'unknown', cached: true });
    expect(documents.seen(path)).toHaveLength(1);
  });

  it('outlives the caller who was too impatient for it', async () => {
    documents.serve(path, (_request, response) => setTimeout(() => response.end(crl()), 400));
    const options = { crlUrls: [url(path)] };
    const hasty = await ask(options, { ...named, timeout_ms: 200 });
    expect(hasty.revocation?.[0]?.reason).toBe('unreachable');
    const patient = await ask(options, named);
    expect(patient.revocation?.[0]?.status).toBe('good');
    expect(documents.seen(path)).toHaveLength(1);
  });

  it('is not kept from others because of the moment that one caller asked about', async () => {
    const responder = await issue({
      issuer: ca,
      subject: 'CN=Responder',
      eku: ['1.3.6.1.5.5.7.3.9'],
      notBefore: new Date('2026-06-01T00:00:00Z'),
      extensions: [{ oid: '1.3.6.1.5.5.7.48.1.5', critical: false, value: Buffer.from([5, 0]) }],
    });
    documents.serve(path, await ocspOf({}, { responder }));
    const options = { ocspUrls: [url(path)] };
    const early = await ask(options, { ...named, at: '2026-05-01T00:00:00Z' });
    expect(early.revocation?.[0]?.status).toBe('unknown');
    expect((await ask(options, named)).revocation?.[0]?.status).toBe('good');
  });

  it('is kept by certificate where it is an OCSP response', async () => {
    documents.serve(path, await ocspOf({}));
    const options = { ocspUrls: [url(path)] };
    await ask(options, named);
    expect((await ask(options, named)).revocation?.[0]).toMatchObject({ cached: true, status: 'good' });
    expect((await ask({ ...options, serial: '41f0' }, named)).revocation?.[0]?.status).toBe('unknown');
  });
});

describe('the memory for what was fetched', () => {
  /** An OCSP response of some 200 KiB: larger than a place of a megabyte has for five of them. */
  const filler = { oid: '1.2.3', value: Buffer.alloc(200 * 1024) };

  it.each([
    { name: 'keeps what fits', responses: 4, askedAgain: 0 },
    { name: 'gives up what was not asked for longest, counted by its octets', responses: 6, askedAgain: 1 },
  ])('$name', async ({ responses, askedAgain }) => {
    const to = await start({ CACHE_MB: '1' });
    const serials = Array.from({ length: responses }, (_, index) => `0a0${index}`);
    const askFor = (serial: string) => ask({ serial, ocspUrls: [url(`${path}-${serial}`)] }, { to, ca: 'corp' });
    for (const serial of serials) {
      documents.serve(`${path}-${serial}`, await ocspOf({ serial }, { extensions: [filler] }));
      expect((await askFor(serial)).revocation?.[0]).toMatchObject({ status: 'good', cached: false });
    }
    expect((await askFor('0a00')).revocation?.[0]?.status).toBe('good');
    expect(documents.seen(`${path}-0a00`)).toHaveLength(1 + askedAgain);
    await to[Symbol.asyncDispose]();
  });
});

describe('what may be fetched', () => {
  it.each([
    { name: 'nothing when FETCH is off', changes: { FETCH: 'off' }, ca: 'corp', reason: 'fetch_not_allowed' },
    {
      name: "nothing of a caller's CA when others reach the service",
      changes: { HOST: '0.0.0.0' },
      ca: null,
      reason: 'fetch_not_allowed',
    },
    {
      name: "what FETCH_ALLOW names, of a caller's CA",
      changes: { HOST: '0.0.0.0', FETCH_ALLOW: '127.0.0.0/8', ALLOW_TARGETS: '127.0.0.1' },
      ca: null,
      reason: null,
    },
    {
      name: 'not what the address table refuses, whatever FETCH_ALLOW says',
      changes: { HOST: '0.0.0.0', FETCH_ALLOW: '127.0.0.0/8' },
      ca: null,
      reason: 'fetch_not_allowed',
    },
    {
      name: 'documents of a named authority',
      changes: { HOST: '0.0.0.0', ALLOW_TARGETS: '127.0.0.1' },
      ca: 'corp',
      reason: null,
    },
  ])('$name', async ({ changes, ca: authority, reason }) => {
    documents.serve(path, crl());
    const to = await start(changes);
    const verdict = await ask({ crlUrls: [url(path)] }, { to, ca: authority ?? { pem: ca.pem } });
    expect(verdict.revocation?.[0]?.reason).toBe(reason);
    expect(documents.seen(path)).toHaveLength(reason === null ? 1 : 0);
  });

  it('is asked of no address that stands in a certificate of a path without an anchor', async () => {
    documents.serve(path, crl());
    const verdict = await ask({ crlUrls: [url(path)] }, { ca: { pem: other.pem } });
    expect(verdict.revocation).toEqual([]);
    expect(documents.seen(path)).toHaveLength(0);
  });

  it.each<{ name: string; issuer: IssueOptions }>([
    { name: 'no CA', issuer: { ca: false } },
    { name: 'not allowed to issue', issuer: { ca: true, keyUsage: ['crl_sign'] } },
  ])('is asked of no address in a certificate that was issued by one that is $name', async ({ issuer }) => {
    documents.serve(path, crl());
    const holder = await issue({ issuer: ca, subject: 'CN=holder', dns: ['holder.example'], ...issuer });
    const made = await leaf(holder, 'host.example', {
      ocspUrls: [url(path)],
      crlUrls: [url(path)],
    });
    const verdict = await ask({}, { ca: 'corp', chain_pem: made.pem + holder.pem });
    expect(documents.seen(path)).toHaveLength(0);
    expect(verdict.revocation).toEqual([]);
    expect(verdict.checks).toMatchObject({ trust: 'fail', revocation: 'unknown' });
  });

  it.each([
    { name: 'as many', addresses: 23 },
    { name: 'one less than there are', addresses: 24 },
  ])('is no more than 24 documents a verification, an intermediate included: $name', async ({ addresses }) => {
    const issuing = await intermediate(ca, 'Issuing');
    documents.serve(`${path}-issuing`, issuing.der);
    const uris = Array.from({ length: addresses }, (_, index) => tlv(0x86, Buffer.from(url(`${path}/${index}`))));
    const points = Array.from({ length: 8 }, (_, index) => uris.slice(index * 3, index * 3 + 3)).map((names) =>
      sequence(context(0, true, context(0, true, ...names))),
    );
    const served = await leaf(issuing, 'host.example', {
      issuerUrls: [url(`${path}-issuing`)],
      extensions: [{ oid: '2.5.29.31', value: sequence(...points) }],
    });
    const verdict = await ask({}, { chain_pem: served.pem });
    expect(verdict.trust[0]?.completed_by).toBe('aia');
    expect(documents.seen(`${path}-issuing`)).toHaveLength(1);
    expect(documents.seen(path)).toHaveLength(23);
    const reasons = verdict.findings.find(({ code }) => code === 'revocation_unknown')?.evidence.reasons;
    expect(reasons).toEqual(addresses === 23 ? ['unusable'] : ['unusable', 'too_many_documents']);
  });

  it.each([
    { name: 'of a named authority', inline: false, port: () => documents.port, reason: null },
    { name: "of a caller's CA", inline: true, port: () => documents.port, reason: 'fetch_not_allowed' },
    { name: "of a caller's CA, at the port of http", inline: true, port: () => 80, reason: null },
  ])('is at another port only for named authorities: $name', async ({ inline, port, reason }) => {
    documents.serve(path, crl());
    const to = await start({ FETCH_PORTS: `80,${documents.port}` });
    const address = `http://127.0.0.1:${port()}${path}`;
    const verdict = await ask({ crlUrls: [address] }, { to, ca: inline ? { pem: ca.pem } : 'corp' });
    expect(verdict.revocation?.[0]?.reason).toBe(reason);
    expect(documents.seen(path)).toHaveLength(reason === null ? 1 : 0);
  });

  it('is at a port of FETCH_PORTS, and at none beside it', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const bound = server.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
    server.close();
    const to = await start({ FETCH_PORTS: `${port}` });
    const within = await ask({ crlUrls: [`http://127.0.0.1:${port}/`] }, { to, ca: 'corp' });
    expect(within.revocation?.[0]?.reason).toBe('unreachable');
    for (const authority of ['corp', { pem: ca.pem }]) {
      const beside = await ask({ crlUrls: [url(path)] }, { to, ca: authority });
      expect(beside.revocation?.[0]?.reason).toBe('fetch_not_allowed');
    }
  });
});
