import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Verdict } from '../../src/domain/verdict.ts';
import type { TestServer } from '../support/child-server.ts';
import { certificateList, crlPem } from '../support/crl.ts';
import { integer, sequence } from '../support/der.ts';
import { type OcspOptions, ocspError, ocspResponse, singleResponse } from '../support/ocsp.ts';
import { type Issued, type IssueOptions, intermediate, leaf, root } from '../support/pki.ts';
import { startNodeTls } from '../support/servers.ts';
import { type AskedService, startService } from '../support/service.ts';
import { startPeer, Tls13Peer } from '../tls/hostile-peer.ts';
import { extension, message, uint, vector } from '../tls/server-bytes.ts';

/*
 *  ca ── issuing ── server, stapled by responder (from issuing), twin (EKU, from ca), and worse
 */
const NO_CHECK = { oid: '1.3.6.1.5.5.7.48.1.5', value: Buffer.from([5, 0]) };
const SIGNING: IssueOptions = { eku: ['1.3.6.1.5.5.7.3.9'], keyUsage: ['digital_signature'] };

let ca: Issued;
let issuing: Issued;
let server: Issued;
let mustStaple: Issued;
let twin: Issued;
const responders = new Map<string, Issued>();
let service: AskedService;
let tls: TestServer;
let strictTls: TestServer;
let staple: Buffer | null = null;

beforeAll(async () => {
  ca = await root('Root');
  issuing = await intermediate(ca, 'Issuing');
  const dns = ['localhost'];
  server = await leaf(issuing, dns, { serial: '0a41f0' });
  twin = await leaf(issuing, dns, { serial: '41f0' });
  const feature = { oid: '1.3.6.1.5.5.7.1.24', value: sequence(integer(5)) };
  mustStaple = await leaf(issuing, dns, { extensions: [feature] });
  const make = async (name: string, issuer: Issued, options: IssueOptions) =>
    responders.set(name, await intermediate(issuer, name, { ca: false, ...options }));
  await make('delegated', issuing, { ...SIGNING, extensions: [NO_CHECK] });
  await make('without nocheck', issuing, { ...SIGNING, serial: '0bad' });
  await make('without EKU', issuing, { keyUsage: ['digital_signature'] });
  await make('of the CA above', ca, { ...SIGNING, extensions: [NO_CHECK] });
  await make('out of date', issuing, {
    ...SIGNING,
    notAfter: new Date('2026-06-15T11:59:59Z'),
    extensions: [NO_CHECK],
  });
  await make('by key usage', issuing, { ...SIGNING, keyUsage: ['crl_sign'], extensions: [NO_CHECK] });
  service = await startService();
  tls = await startNodeTls({ leaf: server, chain: [issuing], staple: () => staple });
  strictTls = await startNodeTls({ leaf: mustStaple, chain: [issuing], staple: () => staple });
});
afterAll(async () => {
  await tls.close();
  await strictTls.close();
});

const responder = (name: string): Issued => {
  const found = responders.get(name);
  if (found === undefined) throw new Error(`no responder ${name}`);
  return found;
};

async function ask(to: Pick<TestServer, 'port'>, ca_: object = {}): Promise<Verdict> {
  return service.ask({
    host: 'localhost',
    connect_to: '127.0.0.1',
    port: to.port,
    ca: { pem: ca.pem, ...ca_ },
    revocation: 'soft',
  });
}

type Row = { name: string; options: () => Partial<OcspOptions>; status: string; rule?: string; reason?: string };

const table: readonly Row[] = [
  { name: 'good, signed by the CA', options: () => ({}), status: 'good' },
  { name: 'good, by the hash of the key', options: () => ({ byKey: true }), status: 'good' },
  { name: 'good, with a SHA-256 identifier', options: () => ({ idDigest: 'sha256' }), status: 'good' },
  { name: 'good, with a SHA-384 identifier', options: () => ({ idDigest: 'sha384' }), status: 'good' },
  { name: 'good, by an appointed responder', options: () => ({ responder: responder('delegated') }), status: 'good' },
  {
    name: 'good, by one appointed and found by key',
    options: () => ({ responder: responder('delegated'), byKey: true }),
    status: 'good',
  },
  {
    name: 'good, by one without nocheck',
    options: () => ({ responder: responder('without nocheck') }),
    status: 'good',
  },
  { name: 'revoked', options: () => ({ status: 'revoked', reason: 1 }), status: 'revoked' },
  { name: 'revoked, without a reason', options: () => ({ status: 'revoked' }), status: 'revoked' },
  {
    name: 'unknown to the responder',
    options: () => ({ status: 'unknown' }),
    status: 'unknown',
    reason: 'responder_error',
  },
  {
    name: 'about a serial that it ends with',
    options: () => ({ subject: twin }),
    status: 'unknown',
    rule: 'ocsp.other_certificate',
  },
  {
    name: 'about another issuer',
    options: () => ({ issuer: ca, responder: issuing, certificates: [] }),
    status: 'unknown',
    rule: 'ocsp.other_certificate',
  },
  {
    name: 'with a wrong signature',
    options: () => ({ signingKey: twin.key }),
    status: 'unknown',
    rule: 'ocsp.signature',
  },
  {
    name: 'revoked, with a wrong signature',
    options: () => ({ status: 'revoked', signingKey: twin.key }),
    status: 'unknown',
    rule: 'ocsp.signature',
  },
  {
    name: 'signed with MD5',
    options: () => ({ digest: 'md5', responder: rsaResponder }),
    status: 'unknown',
    rule: 'ocsp.signature_unsupported',
  },
  {
    name: 'signed by the server itself',
    options: () => ({ responder: server }),
    status: 'unknown',
    rule: 'ocsp.responder_not_authorized',
  },
  {
    name: 'signed by another certificate of the server key',
    options: () => ({ responder: selfSpeaking }),
    status: 'unknown',
    rule: 'ocsp.responder_not_authorized',
  },
  {
    name: 'by a responder without the EKU',
    options: () => ({ responder: responder('without EKU') }),
    status: 'unknown',
    rule: 'ocsp.responder_not_authorized',
  },
  {
    name: 'by a responder of the CA above',
    options: () => ({ responder: responder('of the CA above') }),
    status: 'unknown',
    rule: 'ocsp.responder_not_authorized',
  },
  {
    name: 'by a responder out of date',
    options: () => ({ responder: responder('out of date') }),
    status: 'unknown',
    rule: 'ocsp.responder_not_authorized',
  },
  {
    name: 'by a responder that may not sign',
    options: () => ({ responder: responder('by key usage') }),
    status: 'unknown',
    rule: 'ocsp.responder_not_authorized',
  },
  {
    name: 'by a responder that is not there',
    options: () => ({ responder: responder('delegated'), certificates: [] }),
    status: 'unknown',
    rule: 'ocsp.responder_unknown',
  },
  {
    name: 'five minutes out of date',
    options: () => ({ nextUpdate: new Date('2026-06-15T11:55:00Z') }),
    status: 'good',
  },
  {
    name: 'further out of date',
    options: () => ({ nextUpdate: new Date('2026-06-15T11:54:59Z') }),
    status: 'unknown',
    rule: 'ocsp.expired',
  },
  {
    name: 'revoked and out of date',
    options: () => ({ status: 'revoked', nextUpdate: new Date('2026-06-15T11:54:59Z') }),
    status: 'revoked',
    rule: 'ocsp.expired',
  },
  { name: 'five minutes ahead', options: () => ({ thisUpdate: new Date('2026-06-15T12:05:00Z') }), status: 'good' },
  {
    name: 'further ahead',
    options: () => ({ thisUpdate: new Date('2026-06-15T12:05:01Z') }),
    status: 'unknown',
    rule: 'ocsp.not_yet_valid',
  },
  {
    name: 'of yesterday, with no end',
    options: () => ({ nextUpdate: null, thisUpdate: new Date('2026-06-14T12:00:00Z') }),
    status: 'good',
  },
  {
    name: 'of long ago, with no end',
    options: () => ({ nextUpdate: null, thisUpdate: new Date('2026-06-14T11:54:59Z') }),
    status: 'unknown',
    rule: 'ocsp.expired',
  },
  {
    name: 'with a nonce that nobody sent',
    options: () => ({ extensions: [{ oid: '1.3.6.1.5.5.7.48.1.2', value: Buffer.from([4, 1, 0]) }] }),
    status: 'good',
  },
  {
    name: 'with an unknown critical extension',
    options: () => ({ extensions: [{ oid: '1.2.3', critical: true, value: Buffer.from([5, 0]) }] }),
    status: 'unknown',
    rule: 'ocsp.unknown_critical_extension',
  },
  {
    name: 'with an unknown critical extension of its single response',
    options: () => ({ singleExtensions: [{ oid: '1.2.3', critical: true, value: Buffer.from([5, 0]) }] }),
    status: 'unknown',
    rule: 'ocsp.unknown_critical_extension',
  },
];

let rsaResponder: Issued;
let selfSpeaking: Issued;
beforeAll(async () => {
  rsaResponder = await intermediate(issuing, 'RSA', { ca: false, ...SIGNING, key: 'rsa-2048', extensions: [NO_CHECK] });
  selfSpeaking = await intermediate(issuing, 'Self', { ca: false, ...SIGNING, key: server, extensions: [NO_CHECK] });
});

describe('a staple', () => {
  it.each(table)('$name: $status', async ({ options, status, rule, reason }) => {
    staple = ocspResponse({ issuer: issuing, subject: server, ...options() });
    const verdict = await ask(tls);
    const row = verdict.revocation?.[0];
    expect(row?.sources[0]).toMatchObject({ source: 'staple', found_by: 'handshake', status, url: null });
    expect(
      verdict.findings.filter(({ code }) => code === 'ocsp_response_invalid').map((finding) => finding.rule),
    ).toEqual(rule === undefined ? [] : [rule]);
    if (status === 'unknown') expect(row?.sources[0]?.reason).toBe(reason ?? 'unusable');
    expect(verdict.checks.revocation).toBe(status === 'revoked' ? 'fail' : 'unknown');
    expect(verdict.tls?.ocsp_stapled).toBe(true);
  });

  it('signed with SHA-1 is told, and relied on', async () => {
    staple = ocspResponse({ issuer: issuing, subject: server, digest: 'sha1' });
    const verdict = await ask(tls);
    expect(verdict.revocation?.[0]?.status).toBe('good');
    const told = verdict.findings.filter(({ code }) => code === 'revocation_signature_weak');
    expect(told).toMatchObject([{ rule: 'ocsp.signature_weak', severity: 'warning' }]);
  });

  it('with a certificate signed with SHA-1 that signs nothing here is a good one', async () => {
    const stray = await intermediate(issuing, 'Stray', { hash: 'sha1' });
    staple = ocspResponse({ issuer: issuing, subject: server, certificates: [stray] });
    const verdict = await ask(tls);
    expect(verdict.revocation?.[0]?.status).toBe('good');
    expect(verdict.findings.map(({ code }) => code)).not.toContain('revocation_signature_weak');
  });

  it('of a responder whose certificate is signed with SHA-1 is told, and relied on', async () => {
    const responder = await intermediate(issuing, 'Old', {
      ca: false,
      ...SIGNING,
      hash: 'sha1',
      extensions: [NO_CHECK],
    });
    staple = ocspResponse({ issuer: issuing, subject: server, responder });
    const verdict = await ask(tls);
    expect(verdict.revocation?.[0]?.status).toBe('good');
    expect(verdict.findings.map(({ code }) => code)).toContain('revocation_signature_weak');
  });

  it.each([1, 2, 3, 5, 6, 99])('that is error %i is an error of the responder', async (status) => {
    staple = ocspError(status);
    const row = (await ask(tls)).revocation?.[0];
    expect(row).toMatchObject({ status: 'unknown', reason: 'responder_error' });
  });

  it.each([
    { name: 'is cut', bytes: (good: Buffer) => good.subarray(0, 40), departure: 'der.element_truncated' },
    { name: 'is HTML', bytes: () => Buffer.from('<html>'), departure: 'der.unexpected_tag' },
  ])('that $name is told with offset and rule', async ({ bytes, departure }) => {
    staple = bytes(ocspResponse({ issuer: issuing, subject: server }));
    const finding = (await ask(tls)).findings.find(({ code }) => code === 'ocsp_response_invalid');
    expect(finding).toMatchObject({ rule: 'ocsp.encoding', evidence: { departure, offset: expect.any(Number) } });
  });

  it.each([
    ['good', 'revoked'],
    ['revoked', 'good'],
  ] as const)('that says %s and then %s is not good', async (...statuses) => {
    const singles = statuses.map((status) => singleResponse({ issuer: issuing, subject: server, status }));
    staple = ocspResponse({ issuer: issuing, subject: server, singles });
    expect((await ask(tls)).revocation?.[0]?.status).toBe('revoked');
  });

  const long = new Date('2026-06-14T00:00:00Z');
  it.each<{ name: string; several: readonly Partial<OcspOptions>[]; status: string }>([
    { name: 'good and unknown', several: [{ status: 'good' }, { status: 'unknown' }], status: 'unknown' },
    { name: 'good, and good until yesterday', several: [{}, { nextUpdate: long }], status: 'unknown' },
    { name: 'good by two identifiers', several: [{}, { idDigest: 'sha256' }], status: 'good' },
    {
      name: 'held until yesterday, and revoked',
      several: [
        { status: 'revoked', reason: 6, nextUpdate: long },
        { status: 'revoked', reason: 1 },
      ],
      status: 'revoked',
    },
  ])('that says $name is $status, in whatever order', async ({ several, status }) => {
    const singles = several.map((each) => singleResponse({ issuer: issuing, subject: server, ...each }));
    for (const ordered of [singles, singles.toReversed()]) {
      staple = ocspResponse({ issuer: issuing, subject: server, singles: ordered });
      expect((await ask(tls)).revocation?.[0]?.status).toBe(status);
    }
  });

  it('of a responder that a CRL revokes is of no use', async () => {
    staple = ocspResponse({ issuer: issuing, subject: server, responder: responder('without nocheck') });
    const crls = crlPem(certificateList({ issuer: issuing, entries: [{ serial: '0bad' }] }));
    const verdict = await ask(tls, { crls_pem: crls });
    expect(verdict.findings.find(({ code }) => code === 'ocsp_response_invalid')?.rule).toBe(
      'ocsp.responder_not_authorized',
    );
    expect(verdict.revocation?.[0]?.status).toBe('good');
  });

  it.each([
    { ocsp: 'good', entries: [{ serial: '0a41f0' }] },
    { ocsp: 'revoked', entries: [] },
  ] as const)(
    'that says $ocsp where the CRL says otherwise: both are shown, and it fails',
    async ({ ocsp, entries }) => {
      staple = ocspResponse({ issuer: issuing, subject: server, status: ocsp });
      const crls = [certificateList({ issuer: issuing, entries }), certificateList({ issuer: ca })];
      const verdict = await ask(tls, { crls_pem: crlPem(...crls) });
      expect(verdict.revocation?.[0]?.sources.map(({ status }) => status).toSorted()).toEqual(['good', 'revoked']);
      expect(verdict.findings.find(({ code }) => code === 'cert_revoked')?.evidence.sources_disagree).toBe(true);
      expect(verdict.verdict).toBe('fail');
    },
  );
});

describe('a certificate that demands a staple', () => {
  it.each([
    { name: 'with a good one', staple: () => ocspResponse({ issuer: issuing, subject: mustStaple }), missing: false },
    {
      name: 'with one that says revoked',
      staple: () => ocspResponse({ issuer: issuing, subject: mustStaple, status: 'revoked' }),
      missing: false,
    },
    { name: 'with none', staple: () => null, missing: true },
    {
      name: 'with one of another certificate',
      staple: () => ocspResponse({ issuer: issuing, subject: twin }),
      missing: true,
    },
  ])('$name', async ({ staple: given, missing }) => {
    staple = given();
    const verdict = await ask(strictTls);
    expect(verdict.findings.some(({ code }) => code === 'must_staple_missing')).toBe(missing);
    if (missing) expect(verdict.checks.revocation).toBe('fail');
  });
});

/** TLS 1.3 has room for one with every certificate (RFC 8446 §4.4.2.1). */
describe('staples for a whole chain', () => {
  it.each([
    { status: 'good', codes: [], checked: 'pass' },
    { status: 'revoked', codes: ['chain_cert_revoked'], checked: 'fail' },
  ] as const)('that say of the intermediate: $status', async ({ status, codes, checked }) => {
    const certificate = message(
      11,
      vector(1),
      vector(
        3,
        stapled(server.der, ocspResponse({ issuer: issuing, subject: server })),
        stapled(issuing.der, ocspResponse({ issuer: ca, subject: issuing, status })),
      ),
    );
    const peer = await startPeer((socket, hello) => socket.write(new Tls13Peer(hello, server).flight({ certificate })));
    const { revocation, findings, checks } = await ask(peer).finally(() => peer.close());
    expect(revocation?.map((row) => [row.status, row.sources.map(({ source }) => source)])).toEqual([
      ['good', ['staple']],
      [status, ['staple']],
    ]);
    expect(findings.flatMap(({ check, code }) => (check === 'revocation' ? [code] : []))).toEqual(codes);
    expect(checks.revocation).toBe(checked);
  });
});

/** A CertificateEntry with a status_request extension. */
function stapled(der: Buffer, response: Buffer): Buffer {
  return Buffer.concat([vector(3, der), vector(2, extension(5, Buffer.concat([uint(1, 1), vector(3, response)])))]);
}
