import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isMissing } from '../support/child-server.ts';
import { oid, sequence } from '../support/der.ts';
import { pemOf } from '../support/issued.ts';
import type { IssueOptions } from '../support/pki.ts';
import { AT, nameConstraints, requireExplicitPolicy, trustGraph, UNKNOWN_CRITICAL } from './trust-graph.ts';

/** Chains whose CAs carry constraints at random, judged by us and by `openssl verify`. */
const CHAINS = 40;

interface CaTraits {
  readonly ca: boolean;
  readonly pathLength: number | null;
  readonly canSign: boolean;
  readonly permitted: string | null;
  readonly excluded: string | null;
  readonly policy: string | null;
  readonly requires: number | null;
  readonly unknown: boolean;
}

const rarely = fc.integer({ min: 0, max: 9 }).map((value) => value === 0);
const traits: fc.Arbitrary<CaTraits> = fc.record({
  ca: rarely.map((value) => !value),
  pathLength: fc.option(fc.nat({ max: 2 }), { freq: 1, nil: null }),
  canSign: rarely.map((value) => !value),
  permitted: fc.option(fc.constantFrom('example', 'host.example', 'corp.test'), { freq: 1, nil: null }),
  excluded: fc.option(fc.constantFrom('other.example', 'test', 'example'), { freq: 1, nil: null }),
  policy: fc.option(fc.constantFrom('1.3.1', '1.3.2', '2.5.29.32.0'), { nil: null }),
  requires: fc.option(fc.nat({ max: 3 }), { freq: 1, nil: null }),
  unknown: rarely,
});

function optionsOf(ca: CaTraits): IssueOptions {
  return {
    ca: ca.ca,
    ...(ca.ca && ca.pathLength !== null && { pathLength: ca.pathLength }),
    keyUsage: ca.canSign ? ['key_cert_sign', 'crl_sign'] : ['crl_sign'],
    extensions: [
      ...(ca.permitted === null && ca.excluded === null
        ? []
        : [
            nameConstraints({
              ...(ca.permitted !== null && { permitted: [ca.permitted] }),
              ...(ca.excluded !== null && { excluded: [ca.excluded] }),
            }),
          ]),
      ...policiesOf(ca.policy),
      ...(ca.requires === null ? [] : [requireExplicitPolicy(ca.requires)]),
      ...(ca.unknown ? [UNKNOWN_CRITICAL] : []),
    ],
  };
}

function policiesOf(policy: string | null) {
  return policy === null ? [] : [{ oid: '2.5.29.32', value: sequence(sequence(oid(policy))) }];
}

const chain = fc.record({
  cas: fc.array(traits, { minLength: 1, maxLength: 4 }),
  leafPolicy: fc.option(fc.constantFrom('1.3.1', '1.3.2'), { nil: null }),
});

const noOpenssl = isMissing('openssl');
if (noOpenssl) console.warn('openssl is missing: the paths are not compared with its');

describe.skipIf(noOpenssl)('openssl verify', () => {
  const outcomes: boolean[] = [];
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'paths-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function opensslTrusts(certificates: { leaf: Buffer; others: readonly Buffer[]; anchor: Buffer }): boolean {
    const file = (name: string, ders: readonly Buffer[]) => {
      const path = join(folder, name);
      writeFileSync(path, ders.map((der) => pemOf(der)).join(''));
      return path;
    };
    const { status } = spawnSync('openssl', [
      'verify',
      ...['-attime', String(AT / 1000), '-policy_check', '-no-CApath', '-no-CAstore'],
      ...['-CAfile', file('anchor.pem', [certificates.anchor]), '-untrusted', file('others.pem', certificates.others)],
      file('leaf.pem', [certificates.leaf]),
    ]);
    return status === 0;
  }

  it.each(
    fc.sample(chain, { numRuns: CHAINS, seed: 20260601 }).map((description, index) => ({ index, ...description })),
  )('agrees about random chain $index', async ({ cas, leafPolicy }) => {
    // `CA0` issues the leaf; the last one is the anchor.
    const edges = Object.fromEntries(
      cas.map((ca, index) => [`CA${index} < CA${Math.min(index + 1, cas.length - 1)}`, optionsOf(ca)]),
    );
    const anchor = `CA${cas.length - 1} < CA${cas.length - 1}`;
    const graph = await trustGraph({
      edges: { 'leaf < CA0': { extensions: policiesOf(leafPolicy) }, ...edges },
      anchors: [anchor],
    });
    const built = graph.build();
    const others = Object.keys(edges).map((edge) => graph.certificate(edge).der);
    const trusts = opensslTrusts({
      leaf: graph.certificate('leaf < CA0').der,
      others,
      anchor: graph.certificate(anchor).der,
    });
    outcomes.push(trusts);
    expect({ trusted: built.trusted, faults: built.faults, openssl: trusts }).toMatchObject({ openssl: built.trusted });
  });

  it('gave each answer often enough to mean something', () => {
    const trusted = outcomes.filter((outcome) => outcome).length;
    expect(Math.min(trusted, outcomes.length - trusted)).toBeGreaterThan(CHAINS / 5);
  });
});
