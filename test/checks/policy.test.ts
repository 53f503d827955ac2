import { describe, expect, it } from 'vitest';
import type { Fault } from '../../src/domain/fault.ts';
import type { CertificationPath } from '../../src/domain/path.ts';
import { DEFAULT_POLICY, type Profile } from '../../src/domain/policy.ts';
import {
  authority,
  CA_DECODED,
  certificate,
  dns,
  evidence,
  judge,
  LEAF_DECODED,
  leaf,
  path,
  root,
} from './evidence.ts';

const PROFILES = ['default', 'rfc5280', 'webpki'] as const;

function judgeUnder(profile: Profile, chain: CertificationPath, changes: Parameters<typeof evidence>[0] = {}) {
  return judge('policy', evidence({ ...changes, path: chain, policy: { ...DEFAULT_POLICY, profile } }));
}

describe('key identifiers', () => {
  const { subjectKeyIdentifier: _ski, ...noSki } = CA_DECODED;
  const { authorityKeyIdentifier: _aki, ...noAki } = LEAF_DECODED;
  const { authorityKeyIdentifier: _caAki, ...noCaAki } = CA_DECODED;
  const { subjectKeyIdentifier: _leafSki, ...noLeafSki } = LEAF_DECODED;
  const byName = { keyIdentifier: null, issuer: [], serial: '01' };
  const selfIssuedRoot = (decoded: typeof CA_DECODED | typeof noCaAki) => root({ issuer: 'CN=Root', decoded });
  const missing = {
    default: ['key_identifier_missing:info'],
    rfc5280: ['key_identifier_missing:error'],
    webpki: ['key_identifier_missing:error'],
  };
  const none = { default: [], rfc5280: [], webpki: [] };
  const rows: { name: string; chain: CertificationPath; codes: Record<Profile, string[]> }[] = [
    { name: 'all there', chain: path([leaf(), authority(), root()]), codes: none },
    { name: 'intermediate without SKI', chain: path([leaf(), authority({ decoded: noSki }), root()]), codes: missing },
    { name: 'root without SKI', chain: path([leaf(), authority(), root({ decoded: noSki })]), codes: missing },
    { name: 'leaf without SKI', chain: path([leaf({ decoded: noLeafSki }), authority(), root()]), codes: none },
    { name: 'leaf without AKI', chain: path([leaf({ decoded: noAki }), authority(), root()]), codes: missing },
    {
      name: 'leaf with an AKI by name only',
      chain: path([leaf({ decoded: { ...LEAF_DECODED, authorityKeyIdentifier: byName } }), authority(), root()]),
      codes: missing,
    },
    { name: 'self-signed root without AKI', chain: path([leaf(), authority(), selfIssuedRoot(noCaAki)]), codes: none },
    {
      name: 'anchor without AKI signed by another',
      chain: path([leaf(), authority(), root({ issuer: 'CN=Other', decoded: noCaAki })]),
      codes: missing,
    },
    {
      name: 'root with an AKI by name only',
      chain: path([leaf(), authority(), selfIssuedRoot({ ...CA_DECODED, authorityKeyIdentifier: byName })]),
      codes: { default: [], rfc5280: [], webpki: ['key_identifier_missing:error', 'aki_issuer_and_serial:error'] },
    },
    {
      name: 'root with the AKI of another key',
      chain: path([leaf(), authority(), selfIssuedRoot({ ...CA_DECODED, subjectKeyIdentifier: '44' })]),
      codes: { default: ['aki_mismatch:info'], rfc5280: ['aki_mismatch:info'], webpki: ['aki_mismatch:error'] },
    },
    {
      name: 'root with every field of the AKI',
      chain: path([
        leaf(),
        authority(),
        selfIssuedRoot({ ...CA_DECODED, authorityKeyIdentifier: { keyIdentifier: '22', issuer: [], serial: '01' } }),
      ]),
      codes: { default: [], rfc5280: [], webpki: ['aki_issuer_and_serial:error'] },
    },
  ];
  const cases = rows.flatMap((row) => PROFILES.map((profile) => ({ ...row, profile })));
  it.each(cases)('$name under $profile', ({ chain, profile, codes }) => {
    expect(judgeUnder(profile, chain).codes).toEqual(codes[profile]);
  });

  it('asks by signature and not by name whether a certificate is self-signed', () => {
    const other = root({ issuer: 'CN=Other', decoded: noCaAki });
    const isSelfSigned = (candidate: typeof other) => candidate === other;
    expect(judgeUnder('rfc5280', path([leaf(), authority(), other]), { isSelfSigned }).codes).toEqual([]);
  });
});

describe('what the reader found', () => {
  const serial: Fault = { code: 'serial_invalid', rule: 'serial.zero', detail: '' };
  const constraints: Fault = { code: 'name_constraint_malformed', rule: 'name_constraints.dns_syntax', detail: '' };
  const other: Fault = { code: 'cert_malformed', rule: 'der.trailing_bytes', detail: '' };
  const rows: { name: string; chain: CertificationPath; codes: Record<Profile, string[]> }[] = [
    {
      name: 'the serial of a leaf',
      chain: path([leaf({ faults: [serial] }), authority(), root()]),
      codes: {
        default: ['serial_invalid:warning'],
        rfc5280: ['serial_invalid:error'],
        webpki: ['serial_invalid:error'],
      },
    },
    {
      name: 'the serial of an intermediate',
      chain: path([leaf(), authority({ faults: [serial] }), root()]),
      codes: {
        default: ['serial_invalid:warning'],
        rfc5280: ['serial_invalid:error'],
        webpki: ['serial_invalid:error'],
      },
    },
    {
      name: 'the serial of an anchor',
      chain: path([leaf(), authority(), root({ faults: [serial] })]),
      codes: { default: [], rfc5280: [], webpki: [] },
    },
    {
      name: 'the serial of a leaf that is the anchor',
      chain: path([leaf({ faults: [serial] })]),
      codes: {
        default: ['serial_invalid:warning'],
        rfc5280: ['serial_invalid:error'],
        webpki: ['serial_invalid:error'],
      },
    },
    {
      name: 'constraints of an anchor',
      chain: path([leaf(), authority(), root({ faults: [constraints, other] })]),
      codes: {
        default: ['name_constraint_malformed:warning'],
        rfc5280: ['name_constraint_malformed:error'],
        webpki: ['name_constraint_malformed:error'],
      },
    },
  ];
  const cases = rows.flatMap((row) => PROFILES.map((profile) => ({ ...row, profile })));
  it.each(cases)('$name under $profile', ({ chain, profile, codes }) => {
    expect(judgeUnder(profile, chain).codes).toEqual(codes[profile]);
  });
});

describe('the leaf', () => {
  const ca = { ...LEAF_DECODED, basicConstraints: { ca: true, pathLength: null } };
  const notCa = { ...LEAF_DECODED, basicConstraints: { ca: false, pathLength: null } };
  const over = (options: Parameters<typeof leaf>[0]) => path([leaf(options), authority(), root()]);
  const rows: { name: string; chain: CertificationPath; codes: Record<Profile, string[]> }[] = [
    { name: 'cA FALSE', chain: over({ decoded: notCa }), codes: { default: [], rfc5280: [], webpki: [] } },
    {
      name: 'cA TRUE',
      chain: over({ decoded: ca }),
      codes: { default: ['leaf_is_ca:info'], rfc5280: ['leaf_is_ca:info'], webpki: ['leaf_is_ca:error'] },
    },
    {
      name: 'version 1',
      chain: over({ version: 1 }),
      codes: { default: ['version_not_3:info'], rfc5280: ['version_not_3:info'], webpki: ['version_not_3:error'] },
    },
    {
      name: 'a CN that is a copy',
      chain: over({ commonNames: ['host.example.com'] }),
      codes: { default: [], rfc5280: [], webpki: [] },
    },
    {
      name: 'a CN in other case',
      chain: over({ commonNames: ['Host.example.com'] }),
      codes: { default: ['cn_not_in_san:info'], rfc5280: ['cn_not_in_san:info'], webpki: ['cn_not_in_san:error'] },
    },
    {
      name: 'a CN beside wildcards only',
      chain: over({
        commonNames: ['host.example.com'],
        decoded: { ...LEAF_DECODED, subjectAltName: dns('*.example.com') },
      }),
      codes: { default: ['cn_not_in_san:info'], rfc5280: ['cn_not_in_san:info'], webpki: ['cn_not_in_san:info'] },
    },
  ];
  const cases = rows.flatMap((row) => PROFILES.map((profile) => ({ ...row, profile })));
  it.each(cases)('$name under $profile', ({ chain, profile, codes }) => {
    expect(judgeUnder(profile, chain).codes).toEqual(codes[profile]);
  });

  it('has at most ten common names judged', () => {
    const commonNames = Array.from({ length: 11 }, (_, n) => `h${n}.example.com`);
    expect(judgeUnder('default', over({ commonNames })).codes).toHaveLength(10);
  });
});

describe('length of the validity', () => {
  const DAY = 86_400_000;
  const limits = [
    { name: 'before there was a limit', from: Date.UTC(2020, 7, 31, 23, 59, 59), days: 5000, isLimit: false },
    { name: 'from 2020-09-01', from: Date.UTC(2020, 8, 1), days: 398, isLimit: true },
    { name: 'the second before 2026-03-15', from: Date.UTC(2026, 2, 14, 23, 59, 59), days: 398, isLimit: true },
    { name: 'from 2026-03-15', from: Date.UTC(2026, 2, 15), days: 200, isLimit: true },
    { name: 'the second before 2027-03-15', from: Date.UTC(2027, 2, 14, 23, 59, 59), days: 200, isLimit: true },
    { name: 'from 2027-03-15', from: Date.UTC(2027, 2, 15), days: 100, isLimit: true },
    { name: 'the second before 2029-03-15', from: Date.UTC(2029, 2, 14, 23, 59, 59), days: 100, isLimit: true },
    { name: 'from 2029-03-15', from: Date.UTC(2029, 2, 15), days: 47, isLimit: true },
  ];
  // Both ends are inclusive: a day is 86,400 seconds, of which the last is notAfter.
  const sides = limits.flatMap((limit) => [
    { ...limit, side: 'at the limit', notAfter: limit.from + limit.days * DAY - 1000, isTooLong: false },
    { ...limit, side: 'one second above', notAfter: limit.from + limit.days * DAY, isTooLong: limit.isLimit },
  ]);
  it.each(sides)('$name, $side of $days days', ({ from, notAfter, isTooLong }) => {
    const chain = path([leaf({ notBefore: from, notAfter }), authority(), root()]);
    const { codes } = judgeUnder('webpki', chain, { ca: 'public' });
    expect(codes).toEqual(isTooLong ? ['validity_too_long:error'] : []);
  });

  const long = path([leaf({ notBefore: Date.UTC(2026, 4, 1), notAfter: Date.UTC(2027, 4, 1) }), authority(), root()]);
  it.each<{ ca: string; profile: Profile; codes: string[] }>([
    { ca: 'public', profile: 'default', codes: ['validity_too_long:warning'] },
    { ca: 'public', profile: 'rfc5280', codes: ['validity_too_long:info'] },
    { ca: 'public', profile: 'webpki', codes: ['validity_too_long:error'] },
    { ca: 'corp', profile: 'default', codes: ['validity_too_long:info'] },
    { ca: 'corp', profile: 'rfc5280', codes: [] },
    { ca: 'corp', profile: 'webpki', codes: ['validity_too_long:info'] },
  ])('under $ca and $profile', ({ ca, profile, codes }) => {
    expect(judgeUnder(profile, long, { ca }).codes).toEqual(codes);
  });

  it('counts as private while the path does not reach the public root', () => {
    const broken = path(
      long.steps.map((step) => step.certificate),
      { anchored: false },
    );
    expect(judgeUnder('webpki', broken, { ca: 'public', trusted: false }).codes).toEqual(['validity_too_long:info']);
  });

  it('does not bind clients', () => {
    const policy = { ...DEFAULT_POLICY, purpose: 'client' } as const;
    expect(judge('policy', evidence({ path: long, policy, ca: 'public' })).codes).toEqual([]);
  });
});

it('judges no certificate beside the path', () => {
  const stranger = certificate('CN=stranger', { version: 1, faults: [{ code: 'serial_invalid', detail: '' }] });
  const chain = path([leaf(), authority(), root()]);
  expect(judge('policy', evidence({ path: chain, presented: [stranger] })).codes).toEqual([]);
});
