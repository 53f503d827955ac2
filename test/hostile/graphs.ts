import { context, sequence } from '../support/der.ts';
import { extension } from '../support/raw-certificate.ts';
import { atMost, ca, entity, type HostileChain, leafOf, newEcKey, times } from './hostile-chain.ts';

/** Chains that are hostile by who seems to have issued whom. */

const stranger = async () => await ca(entity('Stranger'));
const akiOf = (identifier: Buffer) => extension({ oid: '2.5.29.35', value: sequence(context(0, false, identifier)) });

/** Layers of CAs, each of which is certified by every CA of the layer above; the uppermost layer has one. */
async function layers(count: number, width: number) {
  const top = entity('Top');
  const entities = [...times(count, (layer) => times(width, (column) => entity(`${layer}/${column}`))), [top]];
  const certificates = await Promise.all(
    entities
      .slice(0, -1)
      .flatMap((layer, at) => layer.flatMap((of) => (entities[at + 1] ?? []).map((by) => ca(of, by)))),
  );
  return { top, first: entities[0]?.[0] ?? top, certificates };
}

export const GRAPHS: readonly HostileChain[] = [
  {
    name: 'two CAs that certify each other',
    async make() {
      const [one, other] = [entity('One'), entity('Other')];
      return { chain: [await leafOf(one), await ca(one, other), await ca(other, one)], anchors: [await stranger()] };
    },
    trust: 'fail',
    code: 'issuer_not_found',
    work: atMost({ steps: 2, signatureCost: 2 }),
  },
  {
    name: 'a ring of 50 CAs',
    async make() {
      const ring = times(50, (index) => entity(`Ring ${index}`));
      const chain = await Promise.all(ring.map((of, index) => ca(of, ring[(index + 1) % ring.length])));
      return { chain: [await leafOf(ring[0] ?? entity('')), ...chain], anchors: [await stranger()] };
    },
    trust: 'fail',
    code: 'issuer_not_found',
    work: atMost({ steps: 50, signatureCost: 50 }),
  },
  {
    name: '2^24 paths through 49 pairs of CAs to no anchor',
    async make() {
      const { first, certificates } = await layers(25, 2);
      return { chain: [await leafOf(first), ...certificates], anchors: [await stranger()] };
    },
    trust: 'fail',
    code: 'issuer_not_found',
    work: atMost({ steps: 10_000, signatureCost: 100, paths: 64 }),
  },
  {
    name: '2^24 paths through 49 pairs of CAs to an anchor',
    async make() {
      const { top, first, certificates } = await layers(25, 2);
      return { chain: [await leafOf(first), ...certificates], anchors: [await ca(top)] };
    },
    // Longer than what is allowed, as every one of them is.
    trust: 'unknown',
    code: 'chain_too_long',
    work: atMost({ steps: 10_000, signatureCost: 100, paths: 64 }),
  },
  {
    name: '3^9 paths through nine layers of three CAs',
    async make() {
      const { top, first, certificates } = await layers(9, 3);
      return { chain: [await leafOf(first), ...certificates], anchors: [await ca(top)] };
    },
    trust: 'pass',
    code: null,
    work: atMost({ steps: 300, signatureCost: 100, paths: 64 }),
  },
  {
    name: '100 CAs of one name, and each key might have signed each of them',
    async make() {
      const forger = newEcKey();
      const crowd = await Promise.all(times(98, () => ca(entity('Crowd'), undefined, { signingKey: forger })));
      return { chain: [await leafOf(entity('Crowd')), ...crowd], anchors: [await stranger()] };
    },
    trust: 'fail',
    code: 'signature_invalid',
    work: atMost({ steps: 10_000, signatureCost: 1000, paths: 64 }),
  },
  {
    name: '200 anchors of one name, and the last key is the right one',
    async make() {
      const anchors = times(200, () => entity('Anchor'));
      const chain = [await leafOf(anchors[199] ?? entity(''))];
      return { chain, anchors: await Promise.all(anchors.map((anchor) => ca(anchor))) };
    },
    trust: 'pass',
    code: null,
    work: atMost({ steps: 200, signatureCost: 200 }),
  },
  {
    name: 'key identifiers that point away from the issuer, to 49 others of its name',
    async make() {
      const top = entity('Top');
      const others = times(49, () => entity('Issuing'));
      const issuer = entity('Issuing');
      const wrong = await Promise.all(others.map((other) => ca(other, top)));
      const identifier = Buffer.alloc(20, 7);
      const right = await ca(issuer, top);
      const chain = [await leafOf(issuer, { extensions: [akiOf(identifier)] }), ...wrong, right];
      return { chain, anchors: [await ca(top)] };
    },
    trust: 'pass',
    code: 'name_mismatch',
    work: atMost({ steps: 51, signatureCost: 51 }),
  },
  {
    name: '50 copies of one intermediate',
    async make() {
      const [top, issuing] = [entity('Top'), entity('Issuing')];
      const copy = await ca(issuing, top);
      return { chain: [await leafOf(issuing), ...times(50, () => copy)], anchors: [await ca(top)] };
    },
    trust: 'pass',
    code: null,
    work: atMost({ steps: 2, signatureCost: 2 }),
  },
  {
    name: '98 CAs in a line, where ten are allowed',
    async make() {
      const line = times(99, (index) => entity(`Line ${index}`));
      const chain = await Promise.all(line.slice(0, -1).map((of, index) => ca(of, line[index + 1])));
      return { chain: [await leafOf(line[0] ?? entity('')), ...chain], anchors: [await ca(line[98] ?? entity(''))] };
    },
    trust: 'unknown',
    code: 'chain_too_long',
    work: atMost({ steps: 99, signatureCost: 99 }),
  },
  {
    name: '150 certificates, of which 100 are judged',
    async make() {
      const [top, issuing] = [entity('Top'), entity('Issuing')];
      const filler = await Promise.all(times(148, (index) => ca(entity(`Filler ${index}`), top)));
      return { chain: [await leafOf(issuing), await ca(issuing, top), ...filler], anchors: [await ca(top)] };
    },
    trust: 'unknown',
    code: 'chain_too_long',
    work: atMost({ steps: 2, signatureCost: 2 }),
  },
];
