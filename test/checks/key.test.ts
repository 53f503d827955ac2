import { expect, it } from 'vitest';
import type { PublicKeyFacts } from '../../src/domain/certificate.ts';
import { DEFAULT_POLICY, type Profile } from '../../src/domain/policy.ts';
import { authority, evidence, judge, leaf, path, root } from './evidence.ts';

const rsa = (bits: number): PublicKeyFacts => ({ type: 'rsa', bits, exponent: 65537n, modulus: Buffer.alloc(0) });
const pss = (bits: number): PublicKeyFacts => ({ type: 'rsa-pss', bits, exponent: 65537n, modulus: Buffer.alloc(0) });
const ec = (curve: string | null, bits: number): PublicKeyFacts => ({ type: 'ec', curve, bits });

const SMALL = ['key_too_small:error'];
const KIND = ['key_type_not_allowed:error'];
const rows: { name: string; key: PublicKeyFacts; default: string[]; webpki: string[] }[] = [
  { name: 'RSA 2047', key: rsa(2047), default: SMALL, webpki: SMALL },
  { name: 'RSA 2048', key: rsa(2048), default: [], webpki: [] },
  { name: 'RSA 2052, not divisible by 8', key: rsa(2052), default: [], webpki: KIND },
  { name: 'RSA-PSS 1024', key: pss(1024), default: SMALL, webpki: SMALL },
  { name: 'RSA-PSS 2048', key: pss(2048), default: [], webpki: KIND },
  { name: 'P-192', key: ec('P-192', 192), default: SMALL, webpki: SMALL },
  { name: 'P-224', key: ec('P-224', 224), default: [], webpki: KIND },
  { name: 'P-256', key: ec('P-256', 256), default: [], webpki: [] },
  { name: 'P-384', key: ec('P-384', 384), default: [], webpki: [] },
  { name: 'P-521', key: ec('P-521', 521), default: [], webpki: [] },
  { name: 'brainpool', key: ec('brainpoolP256r1', 256), default: [], webpki: KIND },
  { name: 'explicit parameters, which the reader reports', key: ec(null, 0), default: [], webpki: [] },
  { name: 'Ed25519', key: { type: 'ed25519', bits: 256 }, default: [], webpki: KIND },
  { name: 'ML-DSA', key: { type: 'ml-dsa', parameterSet: 'ML-DSA-65', bits: 192 }, default: [], webpki: KIND },
  { name: 'X25519, which cannot sign', key: { type: 'x25519', bits: 255 }, default: KIND, webpki: KIND },
  { name: 'X448, which cannot sign', key: { type: 'x448', bits: 448 }, default: KIND, webpki: KIND },
  {
    name: 'ML-KEM, which cannot sign',
    key: { type: 'ml-kem', parameterSet: 'ML-KEM-768', bits: 192 },
    default: KIND,
    webpki: KIND,
  },
  { name: 'DSA 1024', key: { type: 'dsa', bits: 1024 }, default: SMALL, webpki: SMALL },
  { name: 'DSA 2048', key: { type: 'dsa', bits: 2048 }, default: ['key_type_not_allowed:warning'], webpki: KIND },
  { name: 'a kind that nobody knows', key: { type: 'unknown', bits: 0 }, default: [], webpki: [] },
];

const places = [
  { place: 'leaf', pathWith: (key: PublicKeyFacts) => path([leaf({ key }), authority(), root()]), depth: 0 },
  { place: 'intermediate', pathWith: (key: PublicKeyFacts) => path([leaf(), authority({ key }), root()]), depth: 1 },
  { place: 'anchor', pathWith: (key: PublicKeyFacts) => path([leaf(), authority(), root({ key })]), depth: 2 },
];

it.each(
  rows.flatMap((row) =>
    places.flatMap((place) => (['default', 'webpki'] as const).map((profile) => ({ ...row, ...place, profile }))),
  ),
)('$name in the $place under $profile', ({ key, pathWith, depth, profile, ...expected }) => {
  const chain = pathWith(key);
  const policy = { ...DEFAULT_POLICY, profile: profile as Profile };
  const { codes, faults } = judge('key', evidence({ policy, path: chain }));
  expect(codes).toEqual(expected[profile]);
  for (const fault of faults) expect(fault.certificate).toBe(chain.steps[depth]?.certificate.sha256);
});

it('takes over what the reader found in keys of the path, and nothing else', () => {
  const faults = [
    { code: 'key_invalid', rule: 'key.rsa_exponent', detail: '' },
    { code: 'cert_malformed', rule: 'der.trailing_bytes', detail: '' },
  ] as const;
  const bad = authority({ faults });
  const { codes, faults: found } = judge('key', evidence({ path: path([leaf(), bad, root()]) }));
  expect(codes).toEqual(['key_invalid:error']);
  expect(found[0]?.certificate).toBe(bad.sha256);
});
