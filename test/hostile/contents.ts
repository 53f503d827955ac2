import { bits, context, ia5, integer, nil, oid, sequence, set, utf8 } from '../support/der.ts';
import { commonName, extension } from '../support/raw-certificate.ts';
import { atMost, ca, entity, HOST, type HostileChain, leafOf, times } from './hostile-chain.ts';

/** Chains that are hostile by what stands in their certificates. */

const dns = (name: string) => context(2, false, Buffer.from(name));
const email = (name: string) => context(1, false, Buffer.from(name));
const directory = (name: Buffer) => context(4, true, name);
const names = (members: readonly Buffer[], critical = false) =>
  extension({ oid: '2.5.29.17', critical, value: sequence(members) });
const permitted = (bases: readonly Buffer[]) =>
  extension({
    oid: '2.5.29.30',
    critical: true,
    value: sequence(
      context(
        0,
        true,
        bases.map((base) => sequence(base)),
      ),
    ),
  });

/** A leaf with these names below an anchor with these constraints. */
async function constrained(bases: readonly Buffer[], leafNames: readonly Buffer[]) {
  const top = entity('Top');
  const chain = [await leafOf(top, { subject: sequence(), extensions: [names([dns(HOST), ...leafNames], true)] })];
  return { chain, anchors: [await ca(top, top, { extensions: [permitted(bases)] })] };
}

/** A name of many relative distinguished names, of which the last one tells it apart. */
function longName(depth: number, last: string): Buffer {
  const rdn = (text: string) => set(sequence(oid('2.5.4.11'), utf8(text)), sequence(oid('2.5.4.11'), utf8(`${text}.`)));
  return sequence(
    times(depth, () => rdn('o')),
    rdn(last),
  );
}

/** A leaf with these extensions and this subject, below an anchor. */
async function strange(more: Parameters<typeof leafOf>[1]) {
  const top = entity('Top');
  return { chain: [await leafOf(top, more)], anchors: [await ca(top)] };
}

function policies(...oids: readonly string[]): Buffer {
  return extension({ oid: '2.5.29.32', value: sequence(oids.map((id) => sequence(oid(id)))) });
}

const policyOf = (level: number, index: number) => `1.3.6.1.4.1.32473.${level}.${index}`;

/** An RSA key that nobody can have: the reader and OpenSSL take it all the same. */
function hugeRsa(seed: number): Buffer {
  const modulus = Buffer.alloc(2048, 0xa5);
  modulus.writeUInt32BE(0xc0000000 + seed, 0);
  modulus[2047] = 0x0b;
  const numbers = sequence(integer(BigInt(`0x${modulus.toString('hex')}`)), integer(2n ** 64n - 59n));
  return sequence(sequence(oid('1.2.840.113549.1.1.1'), nil()), bits(numbers));
}

const SHA256_WITH_RSA = sequence(oid('1.2.840.113549.1.1.11'), nil());

export const CONTENTS: readonly HostileChain[] = [
  {
    name: '10,000 names below 10,000 constraints',
    make: () =>
      constrained(
        times(10_000, (index) => dns(`p${index}.example`)),
        times(10_000, (index) => dns(`p${index}.example`)),
      ),
    trust: 'unknown',
    code: 'budget_exhausted',
    work: atMost({ steps: 1, signatureCost: 10 }),
  },
  {
    name: '1,000 names below 1,000 constraints, of which the last ones allow them',
    make: () =>
      constrained(
        [...times(998, (index) => dns(`p${index}.example`)), dns('host.example'), dns('allowed.example')],
        times(999, (index) => dns(`n${index}.allowed.example`)),
      ),
    trust: 'pass',
    code: null,
    work: atMost({ steps: 1, signatureCost: 2, nameComparisons: 1_000_000 }),
  },
  {
    name: '500 directory names of 20 parts below 600 that differ in the last part',
    make: () =>
      constrained(
        [dns(HOST), ...times(600, (index) => directory(longName(19, `c${index}`)))],
        times(500, (index) => directory(longName(19, `n${index}`))),
      ),
    trust: 'fail',
    code: 'name_constraint_violation',
    work: atMost({ steps: 1, signatureCost: 10, nameComparisons: 501 * 601 }),
  },
  {
    name: '60 directory names below 120 of every length',
    make: () =>
      constrained(
        [dns(HOST), ...times(120, (index) => directory(longName(index, 'c')))],
        times(60, (index) => directory(longName(120, `n${index}`))),
      ),
    trust: 'fail',
    code: 'name_constraint_violation',
    work: atMost({ steps: 1, signatureCost: 20, nameComparisons: 61 * 121 }),
  },
  {
    name: '500 addresses of 900 octets below 500 that differ in the last octet',
    make: () =>
      constrained(
        [dns(HOST), ...times(500, (index) => email(`${'l'.repeat(880)}${index}a@example.com`))],
        times(500, (index) => email(`${'l'.repeat(880)}${index}b@example.com`)),
      ),
    trust: 'fail',
    code: 'name_constraint_violation',
    work: atMost({ steps: 1, signatureCost: 20, nameComparisons: 501 * 501 }),
  },
  {
    name: 'a name of 64 KB in subject and issuer',
    async make() {
      const top = entity('n'.repeat(65_536));
      return { chain: [await leafOf(top, { subject: commonName('s'.repeat(65_536)) })], anchors: [await ca(top)] };
    },
    trust: 'pass',
    code: null,
    work: atMost({ steps: 1, signatureCost: 3 }),
  },
  {
    name: 'a name of 64 KB that compatibility makes eighteen times as long',
    async make() {
      const top = entity('\ufdfa'.repeat(21_845));
      return { chain: [await leafOf(top)], anchors: [await ca(top)] };
    },
    trust: 'pass',
    code: null,
    work: atMost({ steps: 1, signatureCost: 2 }),
  },
  {
    name: '10,000 e-mail addresses in the subject and as many names that are no host',
    make: () =>
      strange({
        subject: sequence(times(10_000, (at) => set(sequence(oid('1.2.840.113549.1.9.1'), ia5(`a${at}@b`))))),
        extensions: [names(times(10_000, (index) => dns(`*.w${index}.example`)))],
      }),
    trust: 'pass',
    code: 'name_mismatch',
    work: atMost({ steps: 1, signatureCost: 20 }),
  },
  {
    name: '4,096 purposes and 4,096 policies',
    make: () =>
      strange({
        extensions: [
          names([dns(HOST)]),
          extension({ oid: '2.5.29.37', value: sequence(times(4096, (index) => oid(policyOf(37, index)))) }),
          policies(...times(4096, (index) => policyOf(32, index))),
        ],
      }),
    trust: 'fail',
    code: 'cert_malformed',
    work: atMost({ steps: 1, signatureCost: 10 }),
  },
  {
    name: '4,096 extensions whose numbers have 120 octets',
    make: () =>
      strange({
        extensions: [
          names([dns(HOST)]),
          ...times(4096, (index) => extension({ oid: `1.2.${2n ** 800n + BigInt(index)}`, value: Buffer.alloc(0) })),
        ],
      }),
    trust: 'pass',
    code: null,
    work: atMost({ steps: 1, signatureCost: 20 }),
  },
  {
    name: 'nine CAs that map 50 policies to 50 policies each',
    async make() {
      const line = [...times(9, (index) => entity(`Mapping ${index}`)), entity('Top')];
      const level = (at: number) => times(50, (index) => policyOf(at, index));
      const mappings = (from: number, to: number) =>
        extension({
          oid: '2.5.29.33',
          critical: true,
          value: sequence(level(from).flatMap((one) => level(to).map((other) => sequence(oid(one), oid(other))))),
        });
      const demand = extension({
        oid: '2.5.29.36',
        critical: true,
        value: sequence(context(0, false, Buffer.from([0]))),
      });
      const chain = await Promise.all(
        line
          .slice(0, -1)
          .map((of, at) =>
            ca(of, line[at + 1], { extensions: [policies(...level(at + 1)), mappings(at + 1, at), demand] }),
          ),
      );
      const [lowest = entity('')] = line;
      const bottom = await leafOf(lowest, { extensions: [names([dns(HOST)]), policies(...level(0))] });
      return { chain: [bottom, ...chain], anchors: [await ca(line[9] ?? lowest)] };
    },
    trust: 'pass',
    code: null,
    work: atMost({ steps: 10, signatureCost: 30 }),
  },
  {
    name: '50 CAs of one name with RSA keys of 16,384 bits and exponents of 64 bits',
    async make() {
      const crowd = entity('Crowd');
      const forged = { outerAlgorithm: SHA256_WITH_RSA, signature: bits(Buffer.alloc(2048, 0x5a)) };
      const issuers = await Promise.all(times(50, (seed) => ca(crowd, crowd, { ...forged, spki: hugeRsa(seed) })));
      return { chain: [await leafOf(crowd, forged), ...issuers], anchors: [await ca(crowd, crowd, forged)] };
    },
    trust: 'unknown',
    code: 'budget_exhausted',
    work: atMost({ steps: 10_000, signatureCost: 1000, paths: 1 }),
  },
  {
    name: 'a hundred thousand nested elements',
    async make() {
      let nested = nil();
      for (let depth = 0; depth < 100; depth++) nested = sequence(nested);
      return await strange({
        extensions: [names([dns(HOST)]), extension({ oid: '2.5.29.32', value: sequence(times(2000, () => nested)) })],
      });
    },
    trust: 'fail',
    code: 'cert_malformed',
    work: atMost({ steps: 1, signatureCost: 20 }),
  },
  {
    name: 'a list of 60,000 names that are one octet each',
    make: () => strange({ extensions: [names(times(60_000, () => dns('a')))] }),
    trust: 'pass',
    code: 'name_mismatch',
    work: atMost({ steps: 1, signatureCost: 20 }),
  },
  {
    name: 'a list of 110,000 names, more elements than are read',
    make: () => strange({ extensions: [names(times(110_000, () => dns('a')))] }),
    trust: 'unknown',
    code: 'cert_malformed',
    work: atMost({}),
  },
];
