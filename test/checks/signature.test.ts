import { expect, it } from 'vitest';
import type { HashName } from '../../src/domain/certificate.ts';
import { authority, certificate, evidence, judge, leaf, path, root } from './evidence.ts';

it.each<{ hash: HashName | null; codes: string[] }>([
  { hash: 'md2', codes: ['signature_algorithm_weak:error'] },
  { hash: 'md4', codes: ['signature_algorithm_weak:error'] },
  { hash: 'md5', codes: ['signature_algorithm_weak:error'] },
  { hash: 'sha1', codes: ['signature_algorithm_weak:error'] },
  { hash: 'sha224', codes: [] },
  { hash: 'sha256', codes: [] },
  { hash: 'sha512', codes: [] },
  { hash: 'shake256', codes: [] },
  { hash: null, codes: [] },
])('a leaf signed with $hash', ({ hash, codes }) => {
  expect(judge('signature', evidence({ path: path([leaf({ hash }), authority(), root()]) })).codes).toEqual(codes);
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
