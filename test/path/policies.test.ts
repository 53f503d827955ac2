import { describe, expect, it } from 'vitest';
import type { Certificate, DecodedExtensions } from '../../src/domain/certificate.ts';
import { policyFaults } from '../../src/path/policies.ts';
import { CA, certificateRecord } from './certificate-record.ts';

const ANY = '2.5.29.32.0';

/** What one certificate says about policies; short, so that a chain is one line. */
interface Says {
  /** certificatePolicies. */
  readonly has?: readonly string[];
  /** policyMappings, `a>b`. */
  readonly maps?: readonly string[];
  readonly requires?: number;
  readonly inhibitsMapping?: number;
  readonly inhibitsAny?: number;
  readonly selfIssued?: true;
}

function decodedOf({ has, maps, requires, inhibitsMapping, inhibitsAny }: Says): DecodedExtensions {
  return {
    ...CA,
    ...(has && { certificatePolicies: has.map((oid) => ({ oid, hasQualifiers: false })) }),
    ...(maps && {
      policyMappings: maps.map((text) => {
        const [issuerDomain = '', subjectDomain = ''] = text.split('>');
        return { issuerDomain, subjectDomain };
      }),
    }),
    ...((requires !== undefined || inhibitsMapping !== undefined) && {
      policyConstraints: { requireExplicitPolicy: requires ?? null, inhibitPolicyMapping: inhibitsMapping ?? null },
    }),
    ...(inhibitsAny !== undefined && { inhibitAnyPolicy: inhibitsAny }),
  };
}

/** Anchor first, as people draw a chain; the result is leaf first, as paths are. */
function chain(...says: readonly Says[]): Certificate[] {
  const certificates: Certificate[] = [];
  for (const [index, entry] of says.entries()) {
    const issuer = certificates[0];
    const subject = entry.selfIssued && issuer ? issuer.subject.text.split(',') : [`CN=${index}`];
    const key = `key ${index}`;
    certificates.unshift(
      certificateRecord(`${index}`, { subject, key, decoded: decodedOf(entry), ...(issuer && { issuer }) }),
    );
  }
  return certificates;
}

describe('certificate policies of a path', () => {
  it.each([
    // Without a demand nothing can be wrong.
    { name: 'no policies at all', says: [{}, {}, {}], bad: false },
    { name: 'policies that do not agree, and no demand', says: [{}, { has: ['1.1'] }, { has: ['1.2'] }], bad: false },

    // requireExplicitPolicy
    { name: 'demanded at once and met', says: [{}, { requires: 0, has: ['1.1'] }, { has: ['1.1'] }], bad: false },
    { name: 'demanded at once, other policy', says: [{}, { requires: 0, has: ['1.1'] }, { has: ['1.2'] }], bad: true },
    { name: 'demanded at once, leaf without policies', says: [{}, { requires: 0, has: ['1.1'] }, {}], bad: true },
    {
      name: 'a gap above the demand counts',
      says: [{}, {}, { requires: 0, has: ['1.1'] }, { has: ['1.1'] }],
      bad: true,
    },
    { name: 'demanded after one certificate: the leaf is that one', says: [{}, { requires: 1 }, {}], bad: true },
    { name: 'demanded after two certificates: the leaf is the first', says: [{}, { requires: 2 }, {}], bad: false },
    { name: 'demanded after two certificates: the leaf is the second', says: [{}, { requires: 2 }, {}, {}], bad: true },
    {
      name: 'a self-issued certificate is not counted',
      says: [{}, { requires: 2 }, { selfIssued: true as const }, {}],
      bad: false,
    },
    {
      name: 'a later demand does not put off an earlier one',
      says: [{}, { requires: 0 }, { requires: 9 }, {}],
      bad: true,
    },
    { name: 'the leaf demands for itself and has none', says: [{}, { requires: 0 }], bad: true },
    { name: 'the leaf demands for itself and has one', says: [{}, { requires: 0, has: ['1.1'] }], bad: false },
    { name: 'the leaf demands for those after it', says: [{}, { requires: 1 }], bad: false },
    { name: 'the anchor demands', says: [{ requires: 0 }, {}], bad: true },
    {
      name: 'the anchor demands, its own policies do not count',
      says: [{ requires: 0, has: ['1.9'] }, { has: ['1.1'] }],
      bad: false,
    },

    // anyPolicy
    {
      name: 'anyPolicy of the CA is good for the leaf',
      says: [{}, { requires: 0, has: [ANY] }, { has: ['1.1'] }],
      bad: false,
    },
    {
      name: 'anyPolicy of the leaf takes what the CA has',
      says: [{}, { requires: 0, has: ['1.1'] }, { has: [ANY] }],
      bad: false,
    },
    { name: 'anyPolicy throughout', says: [{}, { requires: 0, has: [ANY] }, { has: [ANY] }], bad: false },
    {
      name: 'anyPolicy of the leaf inhibited',
      says: [{}, { requires: 0, inhibitsAny: 0, has: ['1.1'] }, { has: [ANY] }],
      bad: true,
    },
    {
      name: 'anyPolicy inhibited for the one after next',
      says: [{}, { requires: 0, inhibitsAny: 1, has: ['1.1'] }, { has: [ANY] }],
      bad: false,
    },
    {
      name: 'anyPolicy of a CA inhibited',
      says: [{}, { requires: 0, inhibitsAny: 0, has: ['1.1'] }, { has: [ANY] }, { has: ['1.1'] }],
      bad: true,
    },
    {
      name: 'anyPolicy of a self-issued CA is not inhibited',
      says: [
        {},
        { requires: 0, inhibitsAny: 0, has: ['1.1'] },
        { selfIssued: true as const, has: [ANY] },
        { has: ['1.1'] },
      ],
      bad: false,
    },
    {
      name: 'the certificate that inhibits may itself use anyPolicy',
      says: [{}, { requires: 0, inhibitsAny: 0, has: [ANY] }, { has: ['1.1'] }],
      bad: false,
    },
    {
      name: 'the anchor inhibits anyPolicy',
      says: [{ inhibitsAny: 0 }, { requires: 0, has: [ANY] }, { has: ['1.1'] }],
      bad: true,
    },

    // policyMappings
    {
      name: 'mapped to what the leaf has',
      says: [{}, { requires: 0, has: ['1.1'], maps: ['1.1>2.1'] }, { has: ['2.1'] }],
      bad: false,
    },
    {
      name: 'mapped away from what the leaf has',
      says: [{}, { requires: 0, has: ['1.1'], maps: ['1.1>2.1'] }, { has: ['1.1'] }],
      bad: true,
    },
    {
      name: 'one to many',
      says: [{}, { requires: 0, has: ['1.1'], maps: ['1.1>2.1', '1.1>2.2'] }, { has: ['2.2'] }],
      bad: false,
    },
    {
      name: 'from a policy that only anyPolicy brings',
      says: [{}, { requires: 0, has: [ANY], maps: ['1.1>2.1'] }, { has: ['2.1'] }],
      bad: false,
    },
    {
      name: 'from a policy that the CA does not have',
      says: [{}, { requires: 0, has: ['1.1'], maps: ['1.9>2.1'] }, { has: ['2.1'] }],
      bad: true,
    },
    {
      name: 'a chain of mappings',
      says: [
        {},
        { requires: 0, has: ['1.1'], maps: ['1.1>2.1'] },
        { has: ['2.1'], maps: ['2.1>3.1'] },
        { has: ['3.1'] },
      ],
      bad: false,
    },
    {
      name: 'mapping inhibited for the CA itself is not yet so',
      says: [{}, { requires: 0, inhibitsMapping: 0, has: ['1.1'], maps: ['1.1>2.1'] }, { has: ['2.1'] }],
      bad: false,
    },
    {
      name: 'mapping inhibited for the next',
      says: [
        {},
        { requires: 0, inhibitsMapping: 0, has: ['1.1'] },
        { has: ['1.1'], maps: ['1.1>2.1'] },
        { has: ['2.1'] },
      ],
      bad: true,
    },
    {
      name: 'what is mapped while that is inhibited is dropped',
      says: [
        {},
        { requires: 0, inhibitsMapping: 0, has: ['1.1'] },
        { has: ['1.1'], maps: ['1.1>2.1'] },
        { has: ['1.1'] },
      ],
      bad: true,
    },
    { name: 'mapping to anyPolicy', says: [{}, { has: ['1.1'], maps: [`1.1>${ANY}`] }, {}], bad: true },
    { name: 'mapping from anyPolicy', says: [{}, { has: ['1.1'], maps: [`${ANY}>1.1`] }, {}], bad: true },
  ] as readonly { name: string; says: Says[]; bad: boolean }[])('$name', ({ says, bad }) => {
    const codes = policyFaults(chain(...says)).map(({ code }) => code);
    expect(codes).toEqual(bad ? ['policy_constraint_violation'] : []);
  });

  it('names the certificate where no policy was left, and the one that demanded it', () => {
    const [leaf, demanding] = chain({}, { requires: 1, has: ['1.1'] }, {});
    expect(policyFaults(chain({}, { requires: 1, has: ['1.1'] }, {}))).toMatchObject([
      { certificate: leaf?.sha256, evidence: { subject: 'CN=1', demanded_by_sha256: demanding?.sha256 } },
    ]);
  });

  it('takes time in proportion to the policies, where the tree of RFC 5280 would take 2^62 nodes', () => {
    const names = Array.from({ length: 4 }, (_, index) => `1.${index}`);
    const maps = names.flatMap((from) => names.map((to) => `${from}>${to}`));
    const cas = Array.from({ length: 30 }, () => ({ has: names, maps }));
    expect(policyFaults(chain({ requires: 0 }, ...cas, { has: ['1.0'] }))).toEqual([]);
    expect(policyFaults(chain({ requires: 0 }, ...cas, { has: ['2.0'] }))).toHaveLength(1);
  });
});
