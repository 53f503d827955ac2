import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CrlOptions, certificateList, crlPem } from '../support/crl.ts';
import { context, oid, sequence, set, tlv, utf8 } from '../support/der.ts';
import { bundle } from '../support/issued.ts';
import { type Issued, intermediate, issue, leaf, root } from '../support/pki.ts';
import { type AskedService, startService } from '../support/service.ts';
import { postVerify } from '../support/test-app.ts';

/*
 *  ca ── issuing ── server          other (same name as issuing, another key, from ca)
 *   └── signer (of indirect CRLs)   stranger (self-signed)
 */
let ca: Issued;
let issuing: Issued;
let rollover: Issued;
let noCrlSign: Issued;
let signer: Issued;
let stranger: Issued;
let server: Issued;
let pointed: Issued;
let indirect: Issued;
let service: AskedService;

const URL = 'http://crl.example/one.crl';
const SERIAL = '0a41f0';
const uri = (text: string) => context(0, true, context(0, true, tlv(0x86, Buffer.from(text))));
const flag = (number: number) => context(number, false, Buffer.from([0xff]));
const directory = (name: string) => context(4, true, sequence(set(sequence(oid('2.5.4.3'), utf8(name)))));
const issuerExtension = (name: string) => ({ oid: '2.5.29.29', critical: true, value: sequence(directory(name)) });

beforeAll(async () => {
  ca = await root('Root');
  issuing = await intermediate(ca, 'Issuing', { serial: '0b' });
  rollover = await intermediate(ca, 'Issuing');
  noCrlSign = await intermediate(ca, 'No CRL sign', { keyUsage: ['key_cert_sign'] });
  signer = await intermediate(ca, 'CRL signer', { ca: false, keyUsage: ['crl_sign'] });
  stranger = await root('Issuing');
  server = await leaf(issuing, 'host.example', { serial: SERIAL });
  pointed = await leaf(issuing, 'host.example', { serial: SERIAL, crlUrls: [URL] });
  const point = sequence(
    sequence(
      context(0, true, context(0, true, tlv(0x86, Buffer.from(URL)))),
      context(2, true, directory('CRL signer')),
    ),
  );
  indirect = await leaf(issuing, 'host.example', { serial: SERIAL, extensions: [{ oid: '2.5.29.31', value: point }] });
  service = await startService();
});

/** CRL of the root over the issuing CA, good, so that the leaf alone decides. */
const rootCrl = () => certificateList({ issuer: ca });

interface Asked {
  readonly chain?: readonly Issued[];
  readonly crls: readonly Buffer[];
  readonly revocation?: string;
  readonly intermediates?: readonly Issued[];
  readonly at?: string;
  readonly profile?: string;
}

async function ask({ chain = [server, issuing], crls, revocation, intermediates = [], at, profile }: Asked) {
  return service.ask({
    host: 'host.example',
    chain_pem: bundle(...chain),
    ca: {
      pem: ca.pem,
      crls_pem: crlPem(...crls),
      ...(intermediates.length > 0 && { intermediates_pem: bundle(...intermediates) }),
    },
    ...(revocation !== undefined && { revocation }),
    ...(at !== undefined && { at }),
    ...(profile !== undefined && { policy: { profile } }),
  });
}

type Row = {
  name: string;
  crl: () => Partial<CrlOptions>;
  status: string;
  rules?: readonly string[];
  asked?: () => Partial<Asked>;
};

const table: readonly Row[] = [
  { name: 'a list without the certificate', crl: () => ({}), status: 'good' },
  { name: 'a list with it', crl: () => ({ entries: [{ serial: SERIAL, reason: 1 }] }), status: 'revoked' },
  { name: 'a serial that ends like it', crl: () => ({ entries: [{ serial: `dead${SERIAL}` }] }), status: 'good' },
  { name: 'a serial that it ends with', crl: () => ({ entries: [{ serial: '41f0' }] }), status: 'good' },
  { name: 'a hold', crl: () => ({ entries: [{ serial: SERIAL, reason: 6 }] }), status: 'revoked' },
  { name: 'no CRL number', crl: () => ({ number: null }), status: 'unknown', rules: ['crl.number_missing'] },
  {
    name: 'a critical CRL number',
    crl: () => ({ numberCritical: true }),
    status: 'unknown',
    rules: ['crl.number_critical'],
  },
  {
    name: 'an entry, and no CRL number: revoked all the same',
    crl: () => ({ number: null, entries: [{ serial: SERIAL }] }),
    status: 'revoked',
    rules: ['crl.number_missing'],
  },
  {
    name: 'no key identifier, in the default profile',
    crl: () => ({ aki: false }),
    status: 'good',
    rules: ['crl.authority_key_identifier_missing'],
  },
  {
    name: 'no key identifier, under rfc5280',
    crl: () => ({ aki: false }),
    asked: () => ({ profile: 'rfc5280' }),
    status: 'unknown',
    rules: ['crl.authority_key_identifier_missing'],
  },
  {
    name: 'a signature of another key',
    crl: () => ({ signingKey: stranger.key }),
    status: 'unknown',
    rules: ['crl.signature'],
  },
  {
    name: 'the entry of a CRL that another key signed',
    crl: () => ({ signingKey: stranger.key, entries: [{ serial: SERIAL }] }),
    status: 'unknown',
    rules: ['crl.signature'],
  },
  {
    name: 'the CRL of another CA only',
    crl: () => ({ issuer: noCrlSign, entries: [{ serial: SERIAL }] }),
    status: 'unknown',
  },
  {
    name: 'the next key of the same CA',
    crl: () => ({ issuer: rollover, entries: [{ serial: SERIAL }] }),
    asked: () => ({ intermediates: [rollover] }),
    status: 'revoked',
  },
  {
    name: 'a stranger of the same name',
    crl: () => ({ issuer: stranger, entries: [{ serial: SERIAL }] }),
    asked: () => ({ intermediates: [stranger] }),
    status: 'unknown',
    rules: ['crl.issuer_path'],
  },
  {
    name: 'an issuer without cRLSign',
    crl: () => ({ issuer: noCrlSign }),
    asked: () => ({ chain: [crlSignLess, noCrlSign] }),
    status: 'unknown',
    rules: ['crl.issuer_cannot_sign'],
  },
  {
    name: 'nextUpdate a second ago',
    crl: () => ({ nextUpdate: new Date('2026-06-15T11:59:59Z') }),
    status: 'unknown',
    rules: ['crl.expired'],
  },
  { name: 'nextUpdate now', crl: () => ({ nextUpdate: new Date('2026-06-15T12:00:00Z') }), status: 'good' },
  {
    name: 'an entry in a list out of date',
    crl: () => ({ nextUpdate: new Date('2026-06-15T11:59:59Z'), entries: [{ serial: SERIAL }] }),
    status: 'revoked',
    rules: ['crl.expired'],
  },
  {
    name: 'a hold in a list out of date',
    crl: () => ({ nextUpdate: new Date('2026-06-15T11:59:59Z'), entries: [{ serial: SERIAL, reason: 6 }] }),
    status: 'unknown',
    rules: ['crl.expired'],
  },
  {
    name: 'thisUpdate five minutes ahead',
    crl: () => ({ thisUpdate: new Date('2026-06-15T12:05:00Z') }),
    status: 'good',
  },
  {
    name: 'thisUpdate further ahead',
    crl: () => ({ thisUpdate: new Date('2026-06-15T12:05:01Z') }),
    status: 'unknown',
    rules: ['crl.not_yet_valid'],
  },
  {
    name: 'the day of the next CRL gone by',
    crl: () => ({ extensions: [{ oid: '1.3.6.1.4.1.311.21.4', value: tlv(0x17, Buffer.from('260614000000Z')) }] }),
    status: 'good',
    rules: ['crl.next_publish_overdue'],
  },
  {
    name: 'a digest that is broken',
    crl: () => ({ digest: 'md5', issuer: rsaIssuing }),
    asked: () => ({ chain: [rsaServer, rsaIssuing] }),
    status: 'unknown',
    rules: ['crl.signature_unsupported'],
  },
  { name: 'CA certificates only', crl: () => ({ idp: flag(2) }), status: 'unknown' },
  { name: 'server certificates only', crl: () => ({ idp: flag(1) }), status: 'good' },
  { name: 'attribute certificates only', crl: () => ({ idp: flag(5) }), status: 'unknown' },
  { name: 'a distribution point that it does not name', crl: () => ({ idp: uri(URL) }), status: 'unknown' },
  {
    name: 'the distribution point that it names',
    crl: () => ({ idp: uri(URL) }),
    asked: () => ({ chain: [pointed, issuing] }),
    status: 'good',
  },
  {
    name: 'another one than it names',
    crl: () => ({ idp: uri(`${URL}2`) }),
    asked: () => ({ chain: [pointed, issuing] }),
    status: 'unknown',
  },
  { name: 'some reasons only', crl: () => ({ idp: context(3, false, Buffer.from([6, 0x40])) }), status: 'unknown' },
  {
    name: 'some reasons only, and it is revoked',
    crl: () => ({ idp: context(3, false, Buffer.from([6, 0x40])), entries: [{ serial: SERIAL, reason: 1 }] }),
    status: 'revoked',
  },
  {
    name: 'an indirect CRL, named, that has it',
    crl: () => ({
      issuer: signer,
      idp: [uri(URL), flag(4)],
      entries: [{ serial: SERIAL, extensions: [issuerExtension('Issuing')] }],
    }),
    asked: () => ({ chain: [indirect, issuing], intermediates: [signer] }),
    status: 'revoked',
  },
  {
    name: "an indirect CRL with another CA's certificate of that serial",
    crl: () => ({
      issuer: signer,
      idp: [uri(URL), flag(4)],
      entries: [{ serial: SERIAL, extensions: [issuerExtension('Other')] }],
    }),
    asked: () => ({ chain: [indirect, issuing], intermediates: [signer] }),
    status: 'good',
  },
  {
    name: 'an indirect CRL that the certificate does not name',
    crl: () => ({
      issuer: signer,
      idp: [flag(4)],
      entries: [{ serial: SERIAL, extensions: [issuerExtension('Issuing')] }],
    }),
    asked: () => ({ intermediates: [signer] }),
    status: 'unknown',
  },
  {
    name: 'the named issuer of CRLs, by a CRL that is not indirect',
    crl: () => ({ issuer: signer, idp: [uri(URL)] }),
    asked: () => ({ chain: [indirect, issuing], intermediates: [signer] }),
    status: 'unknown',
  },
  {
    name: 'a delta alone',
    crl: () => ({ number: 2, baseNumber: 1 }),
    status: 'unknown',
    rules: ['crl.delta_without_base'],
  },
  {
    name: 'an unknown critical extension',
    crl: () => ({ extensions: [{ oid: '1.2.3.4', critical: true, value: Buffer.from([5, 0]) }] }),
    status: 'unknown',
    rules: ['crl.unknown_critical_extension'],
  },
];

let crlSignLess: Issued;
let rsaIssuing: Issued;
let rsaServer: Issued;
beforeAll(async () => {
  crlSignLess = await leaf(noCrlSign, 'host.example', { serial: SERIAL });
  rsaIssuing = await intermediate(ca, 'RSA issuing', { key: 'rsa-2048' });
  rsaServer = await leaf(rsaIssuing, 'host.example', { serial: SERIAL });
});

describe('CRLs of a request', () => {
  it.each(table)('$name: $status', async ({ crl, status, rules = [], asked }) => {
    const options = { issuer: issuing, ...crl() };
    const verdict = await ask({ crls: [rootCrl(), certificateList(options)], ...asked?.() });
    expect(verdict.revocation?.[0]?.status).toBe(status);
    expect(verdict.revocation?.[1]?.status).toBe('good');
    const told = verdict.findings.filter(({ code }) => code === 'crl_invalid' || code === 'crl_expired');
    expect(told.map(({ rule }) => rule)).toEqual(rules);
    expect(verdict.verdict === 'fail').toBe(status !== 'good');
    const codes = verdict.findings.filter(({ severity, check }) => severity === 'error' && check === 'revocation');
    expect(codes.map(({ code, certificate }) => [code, certificate?.index])).toEqual(
      status === 'good' ? [] : [[status === 'revoked' ? 'cert_revoked' : 'revocation_unknown', 0]],
    );
  });

  it.each([
    { revocation: undefined, state: 'fail', severity: 'error', verdict: 'fail' },
    { revocation: 'require', state: 'fail', severity: 'error', verdict: 'fail' },
    { revocation: 'soft', state: 'unknown', severity: 'warning', verdict: 'warn' },
  ])('unknown under $revocation: $state', async ({ revocation, state, severity, verdict }) => {
    const broken = certificateList({ issuer: issuing, number: null });
    const asked = { crls: [rootCrl(), broken], ...(revocation !== undefined && { revocation }) };
    const answer = await ask(asked);
    expect(answer.checks.revocation).toBe(state);
    expect(answer.verdict).toBe(verdict);
    expect(answer.findings.find(({ code }) => code === 'revocation_unknown')?.severity).toBe(severity);
  });

  it('revoke an intermediate', async () => {
    const crls = [certificateList({ issuer: ca, entries: [{ serial: '0b' }] }), certificateList({ issuer: issuing })];
    const verdict = await ask({ crls });
    expect(verdict.findings.find(({ code }) => code === 'chain_cert_revoked')?.certificate?.index).toBe(1);
    expect(verdict.checks.revocation).toBe('fail');
  });

  it.each([
    {
      name: 'takes a hold back',
      delta: [{ serial: SERIAL, reason: 8 }],
      base: [{ serial: SERIAL, reason: 6 }],
      status: 'good',
    },
    { name: 'adds a revocation', delta: [{ serial: SERIAL, reason: 1 }], base: [], status: 'revoked' },
    { name: 'changes nothing', delta: [], base: [], status: 'good' },
    { name: 'says nothing of what the base revokes', delta: [], base: [{ serial: SERIAL }], status: 'revoked' },
  ])('a delta that $name: $status', async ({ delta, base, status }) => {
    const crls = [
      rootCrl(),
      certificateList({ issuer: issuing, number: 5, entries: base }),
      certificateList({ issuer: issuing, number: 6, baseNumber: 5, entries: delta }),
    ];
    expect((await ask({ crls })).revocation?.[0]?.status).toBe(status);
  });

  it('do not let a delta for a later base take a hold back', async () => {
    const crls = [
      rootCrl(),
      certificateList({ issuer: issuing, number: 5, entries: [{ serial: SERIAL, reason: 6 }] }),
      certificateList({ issuer: issuing, number: 7, baseNumber: 6, entries: [{ serial: SERIAL, reason: 8 }] }),
    ];
    expect((await ask({ crls })).revocation?.[0]?.status).toBe('revoked');
  });

  it('cover all reasons together', async () => {
    const reasons = (octet: number, second = 0) =>
      context(3, false, Buffer.from([second === 0 ? 0 : 7, octet, ...(second ? [second] : [])]));
    const crls = [
      rootCrl(),
      certificateList({ issuer: issuing, idp: reasons(0x7f) }),
      certificateList({ issuer: issuing, idp: reasons(0, 0x80) }),
    ];
    expect((await ask({ crls })).revocation?.[0]?.status).toBe('good');
  });

  it('that cannot be read are told with the offset', async () => {
    const verdict = await ask({
      crls: [rootCrl(), certificateList({ issuer: issuing }), Buffer.from('30030201ff', 'hex')],
    });
    const finding = verdict.findings.find(({ code }) => code === 'crl_invalid');
    expect(finding).toMatchObject({ rule: 'crl.encoding', certificate: null, evidence: { offset: 2 } });
    expect(verdict.verdict).toBe('warn');
  });

  it.each([
    { name: 'a certificate among them', pem: () => ca.pem, code: 'not_a_crl' },
    { name: 'a private key', pem: () => ca.keyPem, code: 'private_key' },
    { name: 'no block', pem: () => 'nothing', code: 'no_crl' },
    { name: 'more than a megabyte', pem: () => ' '.repeat(1024 * 1024 + 1), code: 'too_large' },
  ])('are refused with $name', async ({ pem, code }) => {
    const body = { host: 'host.example', chain_pem: server.pem, ca: { pem: ca.pem, crls_pem: pem() } };
    const response = await service.app.request('http://localhost/verify', postVerify(body));
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ code: 'invalid_ca', errors: [{ pointer: '/ca/crls_pem', code }] });
  });

  it('are refused when nothing is to be asked', async () => {
    const body = { chain_pem: server.pem, ca: { pem: ca.pem, crls_pem: crlPem(rootCrl()) }, revocation: 'off' };
    const response = await service.app.request('http://localhost/verify', postVerify(body));
    expect(await response.json()).toMatchObject({
      code: 'invalid_request',
      errors: [{ pointer: '/revocation', code: 'conflict' }],
    });
  });
});

describe('revocation without documents', () => {
  it('is not asked of a path that leads nowhere', async () => {
    const verdict = await service.ask({
      host: 'host.example',
      chain_pem: bundle(server, issuing),
      ca: { pem: stranger.pem },
      revocation: 'require',
    });
    expect(verdict.checks).toMatchObject({ trust: 'fail', revocation: 'unknown' });
    expect(verdict.revocation).toEqual([]);
  });

  it('is not published under soft, and an error under require', async () => {
    const asked = { host: 'host.example', chain_pem: bundle(server, issuing), ca: { pem: ca.pem } };
    const soft = await service.ask({ ...asked, revocation: 'soft' });
    expect(soft.findings.filter(({ check }) => check === 'revocation').map(({ code }) => code)).toEqual([
      'revocation_not_published',
      'revocation_not_published',
    ]);
    expect(soft.verdict).toBe('pass');
    expect(soft.checks.revocation).toBe('unknown');
    const required = await service.ask({ ...asked, revocation: 'require' });
    expect(required.verdict).toBe('fail');
    expect(required.revocation?.map(({ reason }) => reason)).toEqual(['not_published', 'not_published']);
  });

  it('has nobody to ask about an anchor', async () => {
    const own = await issue({ dns: ['host.example'] });
    const verdict = await service.ask({
      host: 'host.example',
      chain_pem: own.pem,
      ca: { pem: own.pem },
      revocation: 'require',
    });
    expect(verdict.checks.revocation).toBe('skip');
  });
});

describe('CRLs of an authority', () => {
  let directoryPath: string;
  beforeAll(async () => {
    directoryPath = await mkdtemp(join(tmpdir(), 'crls-'));
    await mkdir(join(directoryPath, 'corp', 'crls'), { recursive: true });
    await writeFile(join(directoryPath, 'corp', 'anchors.pem'), ca.pem);
    await writeFile(join(directoryPath, 'corp', 'crls', 'root.crl'), rootCrl());
    const revoking = certificateList({ issuer: issuing, entries: [{ serial: SERIAL }] });
    await writeFile(join(directoryPath, 'corp', 'crls', 'issuing.pem'), crlPem(revoking));
    await writeFile(join(directoryPath, 'corp', 'crls', 'junk.crl'), Buffer.from([0x30, 1]));
  });
  afterAll(() => rm(directoryPath, { recursive: true }));

  it('are read from its folder, DER and PEM, and what cannot be is named', async () => {
    const corporate = await startService({ CA_DIR: directoryPath });
    const verdict = await corporate.ask({
      host: 'host.example',
      chain_pem: bundle(server, issuing),
      ca: 'corp',
      revocation: 'soft',
    });
    expect(verdict.revocation?.map(({ status }) => status)).toEqual(['revoked', 'good']);
    expect(verdict.revocation?.[0]?.sources[0]?.found_by).toBe('authority');
    expect(verdict.inputs.ca[0]?.skipped?.[0]?.reason).toContain('junk.crl');
  });
});
