import { describe, expect, it } from 'vitest';
import type { KeyUsageBit } from '../../src/domain/certificate.ts';
import type { Evidence } from '../../src/domain/evidence.ts';
import type { CertificationPath } from '../../src/domain/path.ts';
import { DEFAULT_POLICY, type Profile, type Purpose } from '../../src/domain/policy.ts';
import {
  ANY_PURPOSE,
  authority,
  CA_DECODED,
  CLIENT_AUTH,
  EKU_EXTENSION,
  evidence,
  extension,
  GOOD_HANDSHAKE,
  judge,
  LEAF_DECODED,
  leaf,
  path,
  purposes,
  root,
  SERVER_AUTH,
} from './evidence.ts';

const { extendedKeyUsage: _, ...WITHOUT_EKU } = LEAF_DECODED;
const NO_EKU = { extensions: [], decoded: WITHOUT_EKU };
const EMAIL = '1.3.6.1.5.5.7.3.4';
const CODE_SIGNING = '1.3.6.1.5.5.7.3.3';

const leafOnly = (options: Parameters<typeof leaf>[0]) => path([leaf(options), authority(), root()]);
const caPurposes = (...oids: string[]) => ({
  extensions: [EKU_EXTENSION],
  decoded: { ...CA_DECODED, extendedKeyUsage: oids },
});
const caOnly = (...oids: string[]) => path([leaf(), authority(caPurposes(...oids)), root()]);
const rootOnly = (...oids: string[]) => path([leaf(), authority(), root(caPurposes(...oids))]);

describe('extended key usage', () => {
  const rows: { name: string; chain: CertificationPath; purpose?: Purpose; codes: Record<Profile, string[]> }[] = [
    { name: 'serverAuth', chain: leafOnly(purposes(SERVER_AUTH)), codes: { default: [], rfc5280: [], webpki: [] } },
    {
      name: 'serverAuth among others',
      chain: leafOnly(purposes(CLIENT_AUTH, SERVER_AUTH)),
      codes: { default: [], rfc5280: [], webpki: [] },
    },
    {
      name: 'clientAuth alone',
      chain: leafOnly(purposes(CLIENT_AUTH)),
      codes: {
        default: ['eku_not_server_auth:error'],
        rfc5280: ['eku_not_server_auth:error'],
        webpki: ['eku_not_server_auth:error'],
      },
    },
    {
      name: 'no extension',
      chain: leafOnly(NO_EKU),
      codes: { default: [], rfc5280: [], webpki: ['eku_profile_violation:error'] },
    },
    {
      name: 'anyExtendedKeyUsage alone',
      chain: leafOnly(purposes(ANY_PURPOSE)),
      codes: {
        default: ['eku_not_server_auth:warning'],
        rfc5280: ['eku_not_server_auth:info'],
        webpki: ['eku_not_server_auth:error'],
      },
    },
    {
      name: 'anyExtendedKeyUsage beside serverAuth',
      chain: leafOnly(purposes(ANY_PURPOSE, SERVER_AUTH)),
      codes: { default: [], rfc5280: [], webpki: ['eku_profile_violation:error'] },
    },
    {
      name: 'a critical extension',
      chain: leafOnly({ ...purposes(SERVER_AUTH), extensions: [extension('2.5.29.37', true)] }),
      codes: { default: [], rfc5280: [], webpki: ['eku_profile_violation:error'] },
    },
    { name: 'a CA limited to servers', chain: caOnly(SERVER_AUTH), codes: { default: [], rfc5280: [], webpki: [] } },
    { name: 'a CA for any purpose', chain: caOnly(ANY_PURPOSE), codes: { default: [], rfc5280: [], webpki: [] } },
    {
      name: 'a CA limited to e-mail',
      chain: caOnly(EMAIL),
      codes: {
        default: ['eku_not_server_auth:error'],
        rfc5280: ['eku_not_server_auth:error'],
        webpki: ['eku_not_server_auth:error'],
      },
    },
    {
      name: 'a root with serverAuth',
      chain: rootOnly(SERVER_AUTH),
      codes: { default: [], rfc5280: [], webpki: ['eku_profile_violation:error'] },
    },
    {
      name: 'a root limited to code signing',
      chain: rootOnly(CODE_SIGNING),
      codes: {
        default: ['eku_not_server_auth:error'],
        rfc5280: ['eku_not_server_auth:error'],
        webpki: ['eku_not_server_auth:error', 'eku_profile_violation:error'],
      },
    },
    {
      name: 'a client for clients',
      purpose: 'client',
      chain: leafOnly(purposes(CLIENT_AUTH)),
      codes: { default: [], rfc5280: [], webpki: [] },
    },
    {
      name: 'a client without the extension',
      purpose: 'client',
      chain: leafOnly(NO_EKU),
      codes: { default: [], rfc5280: [], webpki: [] },
    },
    {
      name: 'a server for clients',
      purpose: 'client',
      chain: leafOnly(purposes(SERVER_AUTH)),
      codes: {
        default: ['eku_not_client_auth:error'],
        rfc5280: ['eku_not_client_auth:error'],
        webpki: ['eku_not_client_auth:error'],
      },
    },
    {
      name: 'anyExtendedKeyUsage alone for clients',
      purpose: 'client',
      chain: leafOnly(purposes(ANY_PURPOSE)),
      codes: {
        default: ['eku_not_client_auth:warning'],
        rfc5280: ['eku_not_client_auth:info'],
        webpki: ['eku_not_client_auth:warning'],
      },
    },
  ];
  const cases = rows.flatMap((row) =>
    (['default', 'rfc5280', 'webpki'] as const).map((profile) => ({ ...row, profile })),
  );
  it.each(cases)('$name under $profile', ({ chain, purpose = 'server', profile, codes }) => {
    const policy = { ...DEFAULT_POLICY, profile, purpose };
    expect(judge('usage', evidence({ path: chain, policy })).codes).toEqual(codes[profile]);
  });

  it('is unknown when the extension could not be decoded', () => {
    const broken = leafOnly({ ...NO_EKU, extensions: [EKU_EXTENSION] });
    expect(judge('usage', evidence({ path: broken })).state).toBe('unknown');
  });
});

describe('key usage', () => {
  const withUsage = (...bits: KeyUsageBit[]) => leafOnly({ decoded: { ...LEAF_DECODED, keyUsage: new Set(bits) } });
  const signed = GOOD_HANDSHAKE;
  const encrypted = { ...GOOD_HANDSHAKE, keyExchange: 'key_encipherment' } as const;
  const unused = { ...GOOD_HANDSHAKE, keyExchange: null };
  const chainMode = { mode: 'chain', handshake: null, connection: null } as const;
  const rows: { name: string; bits: KeyUsageBit[]; seen: Partial<Evidence>; codes: string[] }[] = [
    { name: 'signature used and allowed', bits: ['digital_signature'], seen: { handshake: signed }, codes: [] },
    {
      name: 'signature used, encipherment allowed',
      bits: ['key_encipherment'],
      seen: { handshake: signed },
      codes: ['key_usage_incompatible:error'],
    },
    { name: 'encipherment used and allowed', bits: ['key_encipherment'], seen: { handshake: encrypted }, codes: [] },
    {
      name: 'encipherment used, signature allowed',
      bits: ['digital_signature'],
      seen: { handshake: encrypted },
      codes: ['key_usage_incompatible:error'],
    },
    { name: 'no bit at all', bits: [], seen: { handshake: signed }, codes: ['key_usage_incompatible:error'] },
    { name: 'the key was not used', bits: ['key_agreement'], seen: { handshake: unused }, codes: [] },
    {
      name: 'a chain before it is deployed',
      bits: ['key_encipherment'],
      seen: chainMode,
      codes: ['key_usage_incompatible:info'],
    },
    { name: 'a chain with signature', bits: ['digital_signature'], seen: chainMode, codes: [] },
    {
      name: 'a chain with agreement, which a server may use',
      bits: ['key_agreement'],
      seen: chainMode,
      codes: ['key_usage_incompatible:info'],
    },
    {
      name: 'a chain whose leaf may only sign CRLs',
      bits: ['crl_sign'],
      seen: chainMode,
      codes: ['key_usage_incompatible:warning'],
    },
    {
      name: 'a chain whose leaf may do nothing',
      bits: [],
      seen: chainMode,
      codes: ['key_usage_incompatible:warning'],
    },
    {
      name: 'a key that was not used and is for no server',
      bits: ['key_cert_sign'],
      seen: { handshake: unused },
      codes: ['key_usage_incompatible:warning'],
    },
  ];
  it.each(rows)('$name', ({ bits, seen, codes }) => {
    expect(judge('usage', evidence({ path: withUsage(...bits), ...seen })).codes).toEqual(codes);
  });

  it.each([
    { bits: ['digital_signature'], codes: [] },
    { bits: ['key_agreement'], codes: ['key_usage_incompatible:info'] },
    { bits: ['key_encipherment'], codes: ['key_usage_incompatible:warning'] },
  ] satisfies { bits: KeyUsageBit[]; codes: string[] }[])('of a client with $bits gives $codes', ({ bits, codes }) => {
    const policy = { ...DEFAULT_POLICY, purpose: 'client' as const };
    const { extendedKeyUsage: _eku, ...decoded } = LEAF_DECODED;
    const chain = leafOnly({ extensions: [], decoded: { ...decoded, keyUsage: new Set(bits) } });
    expect(judge('usage', evidence({ path: chain, policy, ...chainMode })).codes).toEqual(codes);
  });

  it('without the extension allows everything', () => {
    const { keyUsage: _usage, ...decoded } = LEAF_DECODED;
    expect(judge('usage', evidence({ path: leafOnly({ decoded }) })).codes).toEqual([]);
  });
});
