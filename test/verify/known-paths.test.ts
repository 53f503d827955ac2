import { describe, expect, it } from 'vitest';
import { createAnchorSet } from '../../src/domain/anchor-set.ts';
import type { TrustEvidence } from '../../src/domain/path.ts';
import { DEFAULT_POLICY } from '../../src/domain/policy.ts';
import { createKnownPaths, type KnownSearch } from '../../src/verify/known-paths.ts';
import { AT, authority, certificate, leaf, NOT_AFTER, NOT_BEFORE, path, root } from '../checks/evidence.ts';

const SECOND = 1000;
const DAY = 86_400_000;
const BASE: KnownSearch = {
  leaf: leaf(),
  presented: [leaf(), authority()],
  at: AT,
  policy: DEFAULT_POLICY,
  judgedBy: 'connect signature',
};

function anchorsOf(name = 'corp', sha256 = '00', anchors = [root()]) {
  return createAnchorSet({ name, sha256, anchors, intermediates: [], crls: [], skipped: [] });
}

/** Asks for each pair in turn, of one memory, and says which of them were searched. */
function searched(asked: readonly (readonly [KnownSearch, ReturnType<typeof anchorsOf>])[], trusted = true): boolean[] {
  const known = createKnownPaths();
  return asked.map(([search, anchors]) => {
    let isSearched = false;
    const evidence: TrustEvidence = { ca: anchors.name, path: path([leaf(), root()]), trusted, exhausted: false };
    const found = known.of(search, anchors, () => {
      isSearched = true;
      return evidence;
    });
    expect(found === evidence).toBe(isSearched);
    return isSearched;
  });
}

describe('a path that was found', () => {
  it('is remembered', () => {
    expect(
      searched([
        [BASE, anchorsOf()],
        [{ ...BASE, at: AT + SECOND }, anchorsOf()],
      ]),
    ).toEqual([true, false]);
  });

  const { policy } = BASE;
  it.each<{ name: string; search?: Partial<KnownSearch>; anchors?: ReturnType<typeof anchorsOf> }>([
    { name: 'another leaf', search: { presented: [leaf({ keyId: 'another' }), authority()] } },
    { name: 'another order', search: { presented: [leaf(), root(), authority()] } },
    { name: 'a certificate less', search: { presented: [leaf()] } },
    { name: 'other anchors of the same name', anchors: anchorsOf('corp', '01') },
    { name: 'the same anchors by another name', anchors: anchorsOf('public') },
    { name: 'another profile', search: { policy: { ...policy, profile: 'webpki' } } },
    { name: 'another purpose', search: { policy: { ...policy, purpose: 'client' } } },
    { name: 'fewer intermediates allowed', search: { policy: { ...policy, maxIntermediates: 1 } } },
    { name: 'another threshold to warn at', search: { policy: { ...policy, warn: { days: 1, percent: 33 } } } },
    { name: 'no threshold to fail at', search: { policy: { ...policy, critical: null } } },
    { name: 'another use of the key', search: { judgedBy: 'chain undefined' } },
  ])('is searched again for $name', ({ search, anchors = anchorsOf() }) => {
    expect(
      searched([
        [BASE, anchorsOf()],
        [{ ...BASE, ...search }, anchors],
      ]),
    ).toEqual([true, true]);
  });

  it.each([
    { name: 'the anchors of a request', asked: [BASE, anchorsOf('inline')] as const },
    {
      name: 'a longer chain than servers send',
      asked: [
        { ...BASE, presented: [leaf(), ...Array.from({ length: 8 }, (_, n) => certificate(`CN=${n}`))] },
        anchorsOf(),
      ] as const,
    },
  ])('is not kept for $name', ({ asked }) => {
    expect(searched([asked, asked])).toEqual([true, true]);
  });

  it('is not kept when it leads to no trust', () => {
    expect(
      searched(
        [
          [BASE, anchorsOf()],
          [BASE, anchorsOf()],
        ],
        false,
      ),
    ).toEqual([true, true]);
  });
});

describe('the time for which it is remembered', () => {
  const off = { ...BASE, policy: { ...DEFAULT_POLICY, warn: null, critical: null } };
  const warned = { ...BASE, policy: { ...DEFAULT_POLICY, warn: { days: 30, percent: 100 }, critical: null } };
  const old = [root({ notAfter: AT + 2 * DAY })];
  it.each([
    { name: 'ends before the leaf does', search: off, first: NOT_AFTER - 2 * SECOND, later: NOT_AFTER + SECOND },
    { name: 'begins after the leaf did', search: off, first: NOT_BEFORE + SECOND, later: NOT_BEFORE - SECOND },
    { name: 'ends before a threshold', search: warned, first: NOT_AFTER - 31 * DAY, later: NOT_AFTER - 30 * DAY },
    { name: 'does not go back over a threshold', search: warned, first: NOT_AFTER - DAY, later: NOT_AFTER - 31 * DAY },
    { name: 'ends before the anchor does', search: off, first: AT, later: AT + 3 * DAY, anchors: old },
  ])('$name', ({ search, first, later, anchors }) => {
    const set = anchorsOf('corp', '00', anchors);
    expect(
      searched([
        [{ ...search, at: first }, set],
        [{ ...search, at: later }, set],
      ]),
    ).toEqual([true, true]);
  });

  it('is all that lies between', () => {
    const asked = [NOT_BEFORE + SECOND, NOT_AFTER - SECOND].map((at) => [{ ...off, at }, anchorsOf()] as const);
    expect(searched(asked)).toEqual([true, false]);
  });
});
