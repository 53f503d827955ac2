import { describe, expect, it } from 'vitest';
import type { Certificate } from '../../src/domain/certificate.ts';
import { authority, certificate, evidence, judge, leaf, path, root } from './evidence.ts';

const L = leaf();
const I = authority();
const R = root();
const UPPER = authority({ subject: 'CN=Upper CA' });
const STRANGER = authority({ subject: 'CN=Stranger CA', issuer: 'CN=Elsewhere' });
const CROSS_ROOT = root({ notAfter: Date.UTC(2040, 0, 1), keyId: 'CN=Root' });
const good = path([L, I, R]);

describe('what was sent, against the path leaf, intermediate, root', () => {
  const rows: { name: string; sent: Certificate[]; codes: string[] }[] = [
    { name: 'leaf and intermediate', sent: [L, I], codes: [] },
    { name: 'the root too', sent: [L, I, R], codes: ['chain_includes_root:info'] },
    { name: 'another certificate of the root', sent: [L, I, CROSS_ROOT], codes: ['chain_includes_root:info'] },
    { name: 'a stranger', sent: [L, I, STRANGER], codes: ['chain_extra_certs:info'] },
    { name: 'a stranger in between', sent: [L, STRANGER, I], codes: ['chain_extra_certs:info'] },
    { name: 'the leaf twice', sent: [L, L, I], codes: ['chain_duplicate_certs:info'] },
    {
      name: 'every certificate twice',
      sent: [L, I, L, I],
      codes: ['chain_duplicate_certs:info', 'chain_duplicate_certs:info'],
    },
    {
      name: 'the root before the intermediate',
      sent: [L, R, I],
      codes: ['chain_wrong_order:warning', 'chain_includes_root:info'],
    },
  ];
  it.each(rows)('$name', ({ sent, codes }) => {
    expect(judge('chain', evidence({ path: good, presented: sent })).codes).toEqual(codes);
  });

  it('is judged before it is deployed, too', () => {
    const subject = evidence({ path: good, presented: [L, I, R], mode: 'chain', handshake: null, connection: null });
    expect(judge('chain', subject).codes).toEqual(['chain_includes_root:info']);
  });

  it('names the certificates and their places', () => {
    const { faults } = judge('chain', evidence({ path: good, presented: [L, I, STRANGER, STRANGER] }));
    expect(faults.map(({ code, certificate, evidence }) => [code, certificate, evidence?.positions])).toEqual([
      ['chain_extra_certs', undefined, [2, 3]],
      ['chain_duplicate_certs', STRANGER.sha256, [2, 3]],
    ]);
  });
});

describe('order', () => {
  const long = path([L, I, UPPER, R]);
  it.each([
    { name: 'upwards', sent: [L, I, UPPER], codes: [] },
    { name: 'two intermediates swapped', sent: [L, UPPER, I], codes: ['chain_wrong_order:warning'] },
  ])('$name', ({ sent, codes }) => {
    expect(judge('chain', evidence({ path: long, presented: sent })).codes).toEqual(codes);
  });

  it('says where the leaf is when its issuer was sent first', () => {
    const subject = evidence({ path: path([I, R]), presented: [I, L] });
    const { faults } = judge('chain', subject);
    expect(faults[0]).toMatchObject({ code: 'chain_wrong_order', evidence: { order: [1] } });
  });
});

describe('a missing intermediate', () => {
  it.each(['request', 'authority', 'aia'] as const)('is found by %s and handed out', (source) => {
    const subject = evidence({ path: path([L, I, R], { sources: ['presented', source, 'anchor'] }) });
    const { codes, faults } = judge('chain', subject);
    expect(codes).toEqual(['missing_intermediate:error']);
    expect(faults[0]).toMatchObject({
      certificate: I.sha256,
      evidence: { missing_subject: 'CN=Issuing CA', found_by: source },
    });
    const pem = String(faults[0]?.evidence?.pem);
    expect(pem.split('\n').every((line) => line.length <= 64)).toBe(true);
    expect(Buffer.from(pem.replaceAll(/-----.*-----/g, ''), 'base64')).toEqual(I.der);
  });

  it('is reported for each certificate, also where trust fails for another reason', () => {
    const sources = ['presented', 'request', 'aia'] as const;
    const subject = evidence({ trusted: false, path: path([L, I, UPPER], { anchored: false, sources }) });
    expect(judge('chain', subject).codes).toEqual(['missing_intermediate:error', 'missing_intermediate:error']);
  });

  it.each([
    { name: 'up to 16 KiB', size: 16_384, isShown: true },
    { name: 'not above', size: 16_385, isShown: false },
  ])('is shown as PEM $name', ({ size, isShown }) => {
    const big = { ...I, der: Buffer.alloc(size) };
    const subject = evidence({ path: path([L, big, R], { sources: ['presented', 'aia', 'anchor'] }) });
    expect(judge('chain', subject).faults[0]?.evidence?.pem !== null).toBe(isShown);
  });
});

describe('without a trusted path', () => {
  const self = certificate('CN=self', { issuer: 'CN=self' });
  it.each([
    { name: 'an issuer that nobody knows leaves it open', chain: path([L, I], { anchored: false }), state: 'unknown' },
    { name: 'a chain that ends in a root is whole', chain: path([L, I, R], { anchored: false }), state: 'pass' },
    { name: 'a self-signed certificate is whole', chain: path([self], { anchored: false }), state: 'pass' },
  ])('$name', ({ chain, state }) => {
    expect(judge('chain', evidence({ trusted: false, path: chain })).state).toBe(state);
  });

  it('calls nothing superfluous', () => {
    const subject = evidence({
      trusted: false,
      path: path([L, I, R], { anchored: false }),
      presented: [L, I, STRANGER],
    });
    expect(judge('chain', subject).codes).toEqual([]);
  });
});
