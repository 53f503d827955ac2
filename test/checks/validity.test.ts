import { describe, expect, it } from 'vitest';
import { turningPoints } from '../../src/checks/validity.ts';
import { DEFAULT_POLICY } from '../../src/domain/policy.ts';
import { AT, authority, evidence, judge, leaf, NOT_AFTER, NOT_BEFORE, path, root } from './evidence.ts';

const SECOND = 1000;
const DAY = 86_400_000;

describe('validity of the leaf', () => {
  it.each([
    { name: 'at notBefore, inclusive', at: NOT_BEFORE, codes: [] },
    { name: 'one second before notBefore', at: NOT_BEFORE - SECOND, codes: ['cert_not_yet_valid:error'] },
    { name: 'at notAfter, inclusive', at: NOT_AFTER, codes: [] },
    { name: 'one second after notAfter', at: NOT_AFTER + SECOND, codes: ['cert_expired:error'] },
  ])('$name', ({ at, codes }) => {
    const policy = { ...DEFAULT_POLICY, warn: null, critical: null };
    const long = authority({ notBefore: 0 });
    expect(judge('validity', evidence({ at, policy, path: path([leaf(), long, root()]) })).codes).toEqual(codes);
  });

  it('is unknown when a date could not be read', () => {
    const broken = leaf({ notAfter: Number.NaN });
    expect(judge('validity', evidence({ path: path([broken, root()]) }))).toMatchObject({
      state: 'unknown',
      codes: [],
    });
  });

  it('suspects a clock when no certificate is valid yet', () => {
    const { faults } = judge('validity', evidence({ at: Date.UTC(2001, 0, 1) }));
    expect(faults.map(({ code }) => code)).toEqual([
      'cert_not_yet_valid',
      'chain_cert_not_yet_valid',
      'chain_cert_not_yet_valid',
    ]);
    expect(faults.every(({ evidence }) => evidence?.whole_chain === true)).toBe(true);
  });
});

describe('expiry thresholds', () => {
  const policy = { ...DEFAULT_POLICY, warn: { days: 30, percent: 33 }, critical: { days: 7, percent: 10 } };
  it.each([
    { name: 'above 30 days of 100', lifetime: 100 * DAY, left: 30 * DAY + SECOND, codes: [] },
    { name: 'exactly 30 days of 100', lifetime: 100 * DAY, left: 30 * DAY, codes: ['cert_expires_soon:warning'] },
    { name: 'above 7 days of 100', lifetime: 100 * DAY, left: 7 * DAY + SECOND, codes: ['cert_expires_soon:warning'] },
    { name: 'exactly 7 days of 100', lifetime: 100 * DAY, left: 7 * DAY, codes: ['cert_expires_soon:error'] },
    { name: 'a 6-day certificate with half its life left', lifetime: 6 * DAY, left: 3 * DAY, codes: [] },
    { name: 'a 24-hour certificate with 9 hours left', lifetime: DAY, left: 9 * 3600 * SECOND, codes: [] },
    {
      name: 'a 24-hour certificate with 7 hours left',
      lifetime: DAY,
      left: 7 * 3600 * SECOND,
      codes: ['cert_expires_soon:warning'],
    },
    {
      name: 'a 24-hour certificate with 2 hours left',
      lifetime: DAY,
      left: 2 * 3600 * SECOND,
      codes: ['cert_expires_soon:error'],
    },
  ])('$name', ({ lifetime, left, codes }) => {
    const notAfter = AT + left;
    const short = leaf({ notAfter, notBefore: notAfter - lifetime });
    expect(judge('validity', evidence({ policy, path: path([short, authority(), root()]) })).codes).toEqual(codes);
  });

  it.each([
    { name: 'days', lifetime: 100 * DAY, threshold: '30 days' },
    { name: 'percent', lifetime: 50 * DAY, threshold: '33 % of the lifetime' },
  ])('says that $name fired', ({ lifetime, threshold }) => {
    const notAfter = AT + 10 * DAY;
    const short = leaf({ notAfter, notBefore: notAfter - lifetime });
    const { faults } = judge('validity', evidence({ policy, path: path([short, authority(), root()]) }));
    expect(faults[0]?.evidence).toMatchObject({ threshold, level: 'warning', remaining_days: 10 });
  });

  it('are off under the profiles of standards', () => {
    const off = { ...DEFAULT_POLICY, profile: 'rfc5280', warn: null, critical: null } as const;
    const short = leaf({ notAfter: AT + SECOND });
    expect(judge('validity', evidence({ policy: off, path: path([short, authority(), root()]) })).codes).toEqual([]);
  });

  it('of nothing are off, also in the last second', () => {
    const none = { ...DEFAULT_POLICY, warn: { days: 0, percent: 0 }, critical: null };
    const ending = leaf({ notAfter: AT });
    expect(judge('validity', evidence({ policy: none, path: path([ending, authority(), root()]) })).codes).toEqual([]);
  });
});

describe('validity of the certificates above', () => {
  const good = leaf();
  it.each([
    {
      name: 'an expired intermediate',
      chain: path([good, authority({ notAfter: AT - SECOND }), root()]),
      codes: ['chain_cert_expired:error'],
    },
    {
      name: 'an intermediate from tomorrow',
      chain: path([good, authority({ notBefore: AT + DAY }), root()]),
      codes: ['chain_cert_not_yet_valid:error'],
    },
    {
      name: 'an expired anchor',
      chain: path([good, authority(), root({ notAfter: AT - SECOND })]),
      codes: ['trust_anchor_expired:error'],
    },
    {
      name: 'an expired root that is no anchor',
      chain: path([good, authority(), root({ notAfter: AT - SECOND })], { anchored: false }),
      codes: ['chain_cert_expired:error'],
    },
    {
      name: 'an intermediate that ends within the warning',
      chain: path([good, authority({ notBefore: 0, notAfter: AT + 21 * DAY }), root()]),
      codes: ['chain_cert_expires_soon:warning', 'issuer_expires_before_leaf:warning'],
    },
    {
      name: 'an intermediate that ends one second before the leaf',
      chain: path([good, authority({ notAfter: NOT_AFTER - SECOND }), root()]),
      codes: ['issuer_expires_before_leaf:warning'],
    },
    {
      name: 'an intermediate that ends with the leaf',
      chain: path([good, authority({ notAfter: NOT_AFTER }), root()]),
      codes: [],
    },
    {
      name: 'a leaf that is the anchor and has expired',
      chain: path([leaf({ notAfter: AT - SECOND })]),
      codes: ['cert_expired:error'],
    },
  ])('$name', ({ chain, codes }) => {
    expect(judge('validity', evidence({ path: chain })).codes).toEqual(codes);
  });

  it('points at the certificate and reports all at once', () => {
    const late = authority({ notAfter: AT - SECOND });
    const { faults } = judge('validity', evidence({ path: path([leaf({ notAfter: AT - SECOND }), late, root()]) }));
    expect(faults.map(({ code }) => code)).toEqual(['cert_expired', 'chain_cert_expired']);
    expect(faults[1]?.certificate).toBe(late.sha256);
  });
});

describe('turning points', () => {
  const policy = { ...DEFAULT_POLICY, warn: { days: 30, percent: 33 }, critical: { days: 7, percent: 10 } };
  const subject = leaf({ notBefore: AT, notAfter: AT + 100 * DAY });
  const codesAt = (at: number) =>
    judge('validity', evidence({ at, policy, path: path([subject, root({ notBefore: 0 })]) })).codes;
  const points = turningPoints(subject, policy).toSorted((a, b) => a - b);

  it.each(points.map((point, index) => ({ point, next: points[index + 1] ?? point + 100 * DAY })))(
    'judges otherwise from $point on, and the same until $next',
    ({ point, next }) => {
      expect(codesAt(point - 1)).not.toEqual(codesAt(point));
      expect(codesAt(next - 1)).toEqual(codesAt(point));
    },
  );

  it('has none where the dates could not be read', () => {
    expect(points).toHaveLength(4);
    expect(turningPoints(leaf({ notAfter: Number.NaN }), policy)).toEqual([]);
  });
});
