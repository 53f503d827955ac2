import { beforeAll, describe, expect, it } from 'vitest';
import { certificateList, crlPem } from '../support/crl.ts';
import { context, oid, sequence, set, tlv, utf8 } from '../support/der.ts';
import { bundle } from '../support/issued.ts';
import { type Issued, type IssueOptions, intermediate, leaf, root } from '../support/pki.ts';
import { type AskedService, startService } from '../support/service.ts';

/*
 *  ca ── issuing ── server, whose distribution point names "CRL signer" as the issuer of its CRL
 *   ├── signer                          good: below the anchor itself
 *   ├── middle ── signer                good: two levels below, middle brought along
 *   └── a CA that is not for signers ── signer
 */
const SERIAL = '0a41f0';
const URL = 'http://crl.example/one.crl';
const SIGNER = 'CRL signer';
const SIGNING: IssueOptions = { ca: false, keyUsage: ['crl_sign'] };
const directory = (name: string) => context(4, true, sequence(set(sequence(oid('2.5.4.3'), utf8(name)))));
const point = context(0, true, context(0, true, tlv(0x86, Buffer.from(URL))));
/** permittedSubtrees of directory names under CN=Elsewhere (RFC 5280 §4.2.1.10). */
const elsewhere = {
  oid: '2.5.29.30',
  critical: true,
  value: sequence(context(0, true, sequence(directory('Elsewhere')))),
};
/** requireExplicitPolicy 0 (RFC 5280 §4.2.1.11). */
const explicitPolicy = { oid: '2.5.29.36', critical: true, value: sequence(context(0, false, Buffer.from([0]))) };
const PAST = new Date('2026-06-01T00:00:00Z');

let ca: Issued;
let issuing: Issued;
let server: Issued;
let service: AskedService;

beforeAll(async () => {
  ca = await root('Root');
  issuing = await intermediate(ca, 'Issuing');
  const value = sequence(sequence(point, context(2, true, directory(SIGNER))));
  server = await leaf(issuing, 'host.example', { serial: SERIAL, extensions: [{ oid: '2.5.29.31', value }] });
  service = await startService();
});

interface Row {
  readonly name: string;
  /** The CA above the signer; absent: the anchor itself. */
  readonly above?: IssueOptions;
  readonly signer?: IssueOptions;
  /** The CA above comes with the request. */
  readonly isBrought?: boolean;
  readonly rule?: string;
  readonly because?: string;
}

const table: readonly Row[] = [
  { name: 'below the anchor' },
  { name: 'two levels below it', above: {} },
  { name: 'below a CA that nobody brought', above: {}, isBrought: false, rule: 'crl.issuer_path' },
  {
    name: 'outside of the names that its CA may issue for',
    above: { extensions: [elsewhere] },
    rule: 'crl.issuer_path',
    because: 'name_constraint_violation',
  },
  {
    name: 'without the policy that its CA demands',
    above: { extensions: [explicitPolicy] },
    rule: 'crl.issuer_path',
    because: 'policy_constraint_violation',
  },
  {
    name: 'below a CA that may not issue',
    above: { keyUsage: ['crl_sign'] },
    rule: 'crl.issuer_path',
    because: 'issuer_cannot_sign',
  },
  { name: 'below a CA that is none', above: { ca: false }, rule: 'crl.issuer_path', because: 'issuer_not_ca' },
  {
    name: 'below a CA out of date',
    above: { notAfter: PAST },
    rule: 'crl.issuer_path',
    because: 'chain_cert_expired',
  },
  { name: 'out of date itself', signer: { notAfter: PAST }, rule: 'crl.issuer_path', because: 'cert_expired' },
  {
    name: 'with a critical extension that is not known',
    signer: { extensions: [{ oid: '1.2.3', critical: true, value: Buffer.from([5, 0]) }] },
    rule: 'crl.issuer_path',
    because: 'unknown_critical_extension',
  },
  { name: 'without the key usage', signer: { keyUsage: ['digital_signature'] }, rule: 'crl.issuer_cannot_sign' },
];

describe('a signer of indirect CRLs (RFC 5280 §6.3.3(f))', () => {
  it.each(table)('$name: $rule', async ({ above, signer: options, isBrought = true, rule, because }) => {
    const upper = above === undefined ? ca : await intermediate(ca, 'Above', above);
    const signer = await intermediate(upper, SIGNER, { ...SIGNING, ...options });
    const entry = {
      serial: SERIAL,
      extensions: [{ oid: '2.5.29.29', critical: true, value: sequence(directory('Issuing')) }],
    };
    const indirect = context(4, false, Buffer.from([0xff]));
    const list = certificateList({ issuer: signer, idp: [point, indirect], entries: [entry] });
    const brought = above === undefined || !isBrought ? [signer] : [signer, upper];
    const verdict = await service.ask({
      host: 'host.example',
      chain_pem: bundle(server, issuing),
      ca: {
        pem: ca.pem,
        intermediates_pem: bundle(...brought),
        crls_pem: crlPem(certificateList({ issuer: ca }), list),
      },
    });
    expect(verdict.revocation?.[0]?.status).toBe(rule === undefined ? 'revoked' : 'unknown');
    const told = verdict.findings.filter(({ code }) => code === 'crl_invalid');
    expect(told.map((finding) => finding.rule)).toEqual(rule === undefined ? [] : [rule]);
    if (because !== undefined) expect(told[0]?.detail).toContain(because);
  });

  it('of another anchor is none, though that is trusted as well', async () => {
    const other = await root('Other');
    const signer = await intermediate(other, SIGNER, SIGNING);
    const list = certificateList({ issuer: signer, idp: [point, context(4, false, Buffer.from([0xff]))] });
    const verdict = await service.ask({
      host: 'host.example',
      chain_pem: bundle(server, issuing),
      ca: {
        pem: bundle(ca, other),
        intermediates_pem: signer.pem,
        crls_pem: crlPem(certificateList({ issuer: ca }), list),
      },
    });
    expect(verdict.revocation?.[0]?.status).toBe('unknown');
    expect(verdict.findings.find(({ code }) => code === 'crl_invalid')?.rule).toBe('crl.issuer_path');
  });
});

describe('a CRL signed with SHA-1', () => {
  it.each([
    { profile: 'default', entries: [], status: 'good', severity: 'warning' },
    { profile: 'rfc5280', entries: [], status: 'good', severity: 'warning' },
    { profile: 'default', entries: [{ serial: SERIAL }], status: 'revoked', severity: 'warning' },
    { profile: 'webpki', entries: [], status: 'unknown', severity: 'error' },
  ])('under $profile is told ($severity): $status', async ({ profile, entries, status, severity }) => {
    const plain = await leaf(issuing, 'host.example', { serial: SERIAL });
    const verdict = await service.ask({
      host: 'host.example',
      chain_pem: bundle(plain, issuing),
      ca: {
        pem: ca.pem,
        crls_pem: crlPem(
          certificateList({ issuer: ca }),
          certificateList({ issuer: issuing, entries, digest: 'sha1' }),
        ),
      },
      policy: { profile },
    });
    expect(verdict.revocation?.map((row) => row.status)).toEqual([status, 'good']);
    const told = verdict.findings.filter(({ code }) => code === 'revocation_signature_weak');
    expect(told).toMatchObject([{ rule: 'crl.signature_weak', severity, evidence: { algorithm: 'ecdsa-with-SHA1' } }]);
    expect(verdict.findings.some(({ code }) => code === 'cert_revoked')).toBe(status === 'revoked');
  });
});
