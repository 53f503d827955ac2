import { describe, expect, it } from 'vitest';
import { isMandatory, type LimboCase, namespaceOf, reasonNotClaimed, requestOf } from './limbo-case.ts';

const LIMBO: LimboCase = {
  id: 'rfc5280::a',
  features: [],
  validation_kind: 'SERVER',
  trusted_certs: ['ROOT'],
  untrusted_intermediates: ['B', 'A'],
  peer_certificate: 'LEAF',
  peer_certificate_key: null,
  validation_time: '2026-01-01T00:00:00.5Z',
  expected_result: 'SUCCESS',
  expected_peer_name: { kind: 'DNS', value: 'host.example' },
  expected_peer_names: [],
  max_chain_depth: 0,
  crls: [],
};

describe('requestOf', () => {
  it('sends the chain in the order given and the time as it stands', () => {
    expect(requestOf(LIMBO)).toEqual({
      host: 'host.example',
      chain_pem: 'LEAF\nB\nA',
      ca: { pem: 'ROOT' },
      at: '2026-01-01T00:00:00.5Z',
      policy: { profile: 'rfc5280', max_intermediates: 0 },
      aia: false,
      revocation: 'off',
    });
  });

  it.each([
    ['webpki::a', 'webpki'],
    ['webpki::nc::a', 'webpki'],
    ['rfc5280::webpki', 'rfc5280'],
    ['bettertls::nameconstraints::tc1', 'rfc5280'],
  ])('judges %s by profile %s', (id, profile) => {
    expect(requestOf({ ...LIMBO, id })).toMatchObject({ policy: { profile } });
  });

  it('leaves out what the case leaves open', () => {
    const open = { ...LIMBO, expected_peer_name: null, validation_time: null, max_chain_depth: null };
    expect(requestOf(open)).not.toHaveProperty('host');
    expect(requestOf(open)).not.toHaveProperty('at');
    expect(requestOf(open)).toMatchObject({ policy: { profile: 'rfc5280' } });
  });
});

describe('the score', () => {
  it('leaves nothing out', () => {
    expect(reasonNotClaimed(LIMBO)).toBeNull();
    expect(reasonNotClaimed({ ...LIMBO, validation_kind: 'CLIENT' })).toBeNull();
    expect(reasonNotClaimed({ ...LIMBO, crls: ['CRL'] })).toBeNull();
  });

  it.each([
    [[], true],
    [['has-crl'], true],
    [['denial-of-service', 'max-chain-depth'], true],
    [['max-chain-depth', 'pedantic-rfc5280'], false],
  ])('counts features %j as mandatory: %s', (features, mandatory) => {
    expect(isMandatory({ ...LIMBO, features }, new Set())).toBe(mandatory);
  });

  it('counts a warning of BetterTLS as optional', () => {
    expect(isMandatory(LIMBO, new Set([LIMBO.id]))).toBe(false);
  });

  it.each([
    ['rfc5280::nc::a', 'rfc5280'],
    ['bettertls::nameconstraints::tc1', 'bettertls::nameconstraints'],
  ])('puts %s under %s', (id, namespace) => {
    expect(namespaceOf(id)).toBe(namespace);
  });
});
