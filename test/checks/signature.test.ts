import { expect, it } from 'vitest';
import type { HashName, PssParameters } from '../../src/domain/certificate.ts';
import { authority, certificate, evidence, judge, leaf, path, root } from './evidence.ts';

const UNUSUAL = ['signature_algorithm_unusual:warning'];
it.each<{ hash: HashName | null; codes: string[] }>([
  { hash: 'md2', codes: ['signature_algorithm_weak:error'] },
  { hash: 'md4', codes: ['signature_algorithm_weak:error'] },
  { hash: 'md5', codes: ['signature_algorithm_weak:error'] },
  { hash: 'sha1', codes: ['signature_algorithm_weak:error'] },
  { hash: 'sha224', codes: UNUSUAL },
  { hash: 'sha256', codes: [] },
  { hash: 'sha384', codes: [] },
  { hash: 'sha512', codes: [] },
  { hash: 'sha512-256', codes: UNUSUAL },
  { hash: 'sha3-256', codes: UNUSUAL },
  { hash: 'shake256', codes: UNUSUAL },
  { hash: null, codes: [] },
])('a leaf signed with $hash', ({ hash, codes }) => {
  expect(judge('signature', evidence({ path: path([leaf({ hash }), authority(), root()]) })).codes).toEqual(codes);
});

const pss = (hash: HashName, mask: HashName, saltLength: number): PssParameters => ({ hash, mask, saltLength });
it.each<{ name: string; pss: PssParameters; codes: string[] }>([
  { name: 'SHA-256 throughout', pss: pss('sha256', 'sha256', 32), codes: [] },
  { name: 'SHA-512 throughout', pss: pss('sha512', 'sha512', 64), codes: [] },
  { name: 'another digest in MGF1', pss: pss('sha256', 'sha384', 32), codes: UNUSUAL },
  { name: 'SHA-1 in MGF1 alone, where collisions do not matter', pss: pss('sha256', 'sha1', 32), codes: UNUSUAL },
  { name: 'a shorter salt', pss: pss('sha256', 'sha256', 20), codes: UNUSUAL },
  { name: 'a longer salt', pss: pss('sha256', 'sha256', 33), codes: UNUSUAL },
  { name: 'SHA-1', pss: pss('sha1', 'sha256', 20), codes: ['signature_algorithm_weak:error'] },
])('RSASSA-PSS with $name', ({ pss: parameters, codes }) => {
  const chain = path([leaf({ hash: parameters.hash, pss: parameters }), authority(), root()]);
  expect(judge('signature', evidence({ path: chain })).codes).toEqual(codes);
});

const weak = { hash: 'sha1' } as const;
it.each([
  { name: 'an intermediate', chain: path([leaf(), authority(weak), root()]), at: [1] },
  { name: 'leaf and intermediate', chain: path([leaf(weak), authority(weak), root()]), at: [0, 1] },
  { name: 'the anchor', chain: path([leaf(), authority(), root(weak)]), at: [] },
  { name: 'a root that is not trusted', chain: path([leaf(), root(weak)], { anchored: false }), at: [] },
  {
    name: 'the last certificate of a broken path',
    chain: path([leaf(), authority(weak)], { anchored: false }),
    at: [1],
  },
  { name: 'a leaf that is the anchor', chain: path([leaf(weak)]), at: [] },
  {
    name: 'a self-signed leaf that is no anchor',
    chain: path([certificate('CN=self', { issuer: 'CN=self', ...weak })], { anchored: false }),
    at: [0],
  },
])('SHA-1 on $name', ({ chain, at }) => {
  const { faults } = judge('signature', evidence({ path: chain }));
  expect(faults.map((fault) => fault.certificate)).toEqual(at.map((index) => chain.steps[index]?.certificate.sha256));
});
