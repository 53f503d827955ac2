import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Certificate } from '../../src/domain/certificate.ts';
import type { Fault } from '../../src/domain/fault.ts';
import type { CertificationPath, PathStep } from '../../src/domain/path.ts';
import { severityOf } from '../../src/domain/severity.ts';
import { searchPath } from '../../src/path/build-path.ts';
import { nameConstraintFaults } from '../../src/path/name-constraints.ts';
import { validatePath } from '../../src/path/validate-path.ts';
import {
  AT,
  anchorSet,
  CA,
  certificateRecord,
  presented,
  searchDefaults,
  verifyRecord,
  YEAR_MS,
} from './certificate-record.ts';

/** One certificate of a random graph: which of a few names and keys it has, who signed it, and what is wrong with it. */
interface Edge {
  readonly name: number;
  readonly key: number;
  readonly issuerName: number;
  readonly issuerKey: number;
  readonly flaw: 'none' | 'expired' | 'not_a_ca' | 'path_length' | 'excludes' | 'named' | 'misleading';
  readonly years: number;
}

const few = fc.nat({ max: 3 });
const edge: fc.Arbitrary<Edge> = fc.record({
  name: few,
  key: fc.nat({ max: 1 }),
  issuerName: few,
  issuerKey: fc.nat({ max: 1 }),
  flaw: fc.constantFrom(
    'none',
    'none',
    'none',
    'expired',
    'not_a_ca',
    'path_length',
    'excludes',
    'named',
    'misleading',
  ),
  years: fc.integer({ min: 1, max: 3 }),
});
const graph = fc.record({
  edges: fc.array(edge, { minLength: 1, maxLength: 8 }),
  anchors: fc.array(edge, { minLength: 1, maxLength: 2 }),
  leafIssuer: fc.record({ name: few, key: fc.nat({ max: 1 }) }),
});

function certificateOf(edge: Edge, id: string): Certificate {
  const subject = [`CN=CA ${edge.name}`];
  return certificateRecord(`${id} ${JSON.stringify(edge)}`, {
    subject,
    key: `${edge.name}/${edge.key}`,
    issuer: [`CN=CA ${edge.issuerName}`],
    signedBy: `${edge.issuerName}/${edge.issuerKey}`,
    notAfter: edge.flaw === 'expired' ? AT - 1000 : AT + edge.years * YEAR_MS,
    decoded: {
      ...CA,
      ...(edge.flaw === 'not_a_ca' && { basicConstraints: { ca: false, pathLength: null } }),
      ...(edge.flaw === 'path_length' && { basicConstraints: { ca: true, pathLength: 0 } }),
      ...(edge.flaw === 'excludes' && {
        nameConstraints: {
          permitted: [],
          excluded: [{ type: 'dns', value: 'ca.example', hasDistance: false } as const],
        },
      }),
      ...(edge.flaw === 'named' && { subjectAltName: [{ type: 'dns', value: 'ca.example' } as const] }),
      subjectKeyIdentifier: `${edge.name}${edge.key}`,
      authorityKeyIdentifier: {
        keyIdentifier: edge.flaw === 'misleading' ? 'ff' : `${edge.issuerName}${edge.issuerKey}`,
        issuer: null,
        serial: null,
      },
    },
  });
}

/** Dates, as the checks see them. */
function judge({ steps }: CertificationPath): Fault[] {
  return steps
    .filter(({ certificate }) => certificate.notAfter < AT)
    .map(({ certificate }) => ({ code: 'chain_cert_expired', certificate: certificate.sha256, detail: '' }));
}

/** What matters of a path when paths are compared, in the order in which it matters; smaller is better. */
function rank(steps: readonly PathStep[]): number[] {
  const trust = validatePath({ steps, maxIntermediates: 10, judgeNames: nameConstraintFaults });
  const count = (faults: readonly Fault[]) => faults.filter((fault) => severityOf(fault, 'rfc5280') === 'error').length;
  const trustErrors = count(trust);
  const errors = trustErrors + count(judge({ steps, anchored: true, faults: trust }));
  const validUntil = Math.min(...steps.map(({ certificate }) => certificate.notAfter));
  return [Number(trustErrors > 0), errors, -validUntil, steps.length];
}

/** The best rank among all paths whose signatures hold and in which no certificate stands twice, found by trying all. */
function bestRank(leaf: Certificate, candidates: readonly Certificate[], anchors: readonly Certificate[]) {
  let best: number[] | null = null;
  const visit = (steps: readonly PathStep[]) => {
    const top = steps.at(-1)?.certificate ?? leaf;
    const issues = (issuer: Certificate) =>
      issuer.subject.key === top.issuer.key && verifyRecord(issuer.spki, top) === 'valid';
    for (const certificate of anchors.filter(issues)) {
      const found = rank([...steps, { certificate, source: 'anchor', presentedIndex: null }]);
      if (best === null || compare(found, best) < 0) best = found;
    }
    for (const certificate of candidates.filter(issues)) {
      if (steps.some((step) => step.certificate === certificate)) continue;
      visit([...steps, { certificate, source: 'presented', presentedIndex: null }]);
    }
  };
  visit([{ certificate: leaf, source: 'presented', presentedIndex: 0 }]);
  return best;
}

function compare(a: readonly number[], b: readonly number[]): number {
  const index = a.findIndex((value, position) => value !== b[position]);
  return index === -1 ? 0 : (a[index] ?? 0) - (b[index] ?? 0);
}

const UNLIMITED = { steps: 1e9, signatureCost: 1e9, paths: 1e9, nameComparisons: 1e9 };

describe('the search, on random graphs of cross-certified CAs', () => {
  const build = ({ edges, anchors, leafIssuer }: Parameters<Parameters<typeof graph.map>[0]>[0]) => ({
    leaf: certificateRecord('leaf', {
      issuer: [`CN=CA ${leafIssuer.name}`],
      signedBy: `${leafIssuer.name}/${leafIssuer.key}`,
      decoded: { subjectAltName: [{ type: 'dns', value: 'host.example' }] },
    }),
    candidates: edges.map((edge, index) => certificateOf(edge, `candidate ${index}`)),
    anchors: anchors.map((edge, index) => certificateOf(edge, `anchor ${index}`)),
  });

  it('finds the path that trying all of them finds', () => {
    fc.assert(
      fc.property(graph, (description) => {
        const { leaf, candidates, anchors } = build(description);
        const { evidence } = searchPath({
          ...searchDefaults(),
          leaf,
          candidates: presented(...candidates),
          anchors: anchorSet(...anchors),
          judge,
          limits: UNLIMITED,
        });
        const best = bestRank(leaf, candidates, anchors);
        const found = evidence.path.faults.some(({ code }) => code === 'signature_invalid') || !evidence.path.anchored;
        expect(found ? null : rank(evidence.path.steps)).toEqual(best);
        expect(evidence.trusted).toBe(best?.[0] === 0);
        expect(evidence.exhausted).toBe(false);
      }),
      { numRuns: 3000 },
    );
  });

  it('finds the same path in whatever order the certificates come, and whatever copies there are', () => {
    const shuffled = graph.chain((description) =>
      fc.record({
        description: fc.constant(description),
        order: fc.shuffledSubarray(
          description.edges.map((_, index) => index),
          { minLength: description.edges.length },
        ),
        copies: fc.boolean(),
      }),
    );
    fc.assert(
      fc.property(shuffled, ({ description, order, copies }) => {
        const { leaf, candidates, anchors } = build(description);
        const search = (certificates: readonly Certificate[], of: readonly Certificate[]) =>
          searchPath({
            ...searchDefaults(),
            leaf,
            candidates: presented(...certificates),
            anchors: anchorSet(...of),
            judge,
          }).evidence;
        const first = search(candidates, anchors);
        const again = search(
          [...(copies ? [leaf, ...anchors, ...candidates] : []), ...order.flatMap((index) => candidates[index] ?? [])],
          anchors.toReversed(),
        );
        const fingerprints = ({ path }: typeof first) => path.steps.map(({ certificate }) => certificate.sha256);
        expect(fingerprints(again)).toEqual(fingerprints(first));
        expect(again.trusted).toBe(first.trusted);
        expect(again.path.faults).toEqual(first.path.faults);
      }),
      { numRuns: 1000 },
    );
  });

  it('never leaves a path that is not trusted without an error that says why', () => {
    fc.assert(
      fc.property(graph, fc.nat({ max: 6 }), (description, limit) => {
        const { leaf, candidates, anchors } = build(description);
        const { evidence, work } = searchPath({
          ...searchDefaults(),
          leaf,
          candidates: presented(...candidates),
          anchors: anchorSet(...anchors),
          limits: { steps: limit, signatureCost: limit, paths: limit },
        });
        const errors = evidence.path.faults.filter((fault) => severityOf(fault, 'rfc5280') === 'error');
        expect(errors.length === 0).toBe(evidence.trusted);
        expect(Math.max(work.steps, work.signatureCost, work.paths)).toBeLessThanOrEqual(limit);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('areas other than trust', () => {
  const root = certificateRecord('Root');
  const other = certificateRecord('Other');
  const issuing = certificateRecord('CA', { issuer: root });
  const crossSigned = certificateRecord('cross-sign', { subject: ['CN=CA'], issuer: other });
  const leaf = certificateRecord('leaf', { issuer: issuing, decoded: {} });

  it.each([
    { name: 'are not asked about the only path there is', candidates: [issuing], asked: 0 },
    { name: 'decide between two', candidates: [issuing, crossSigned], asked: 2 },
  ])('$name', ({ candidates, asked }) => {
    let calls = 0;
    const { evidence } = searchPath({
      ...searchDefaults(),
      leaf,
      candidates: presented(...candidates),
      anchors: anchorSet(root, other),
      judge: ({ steps }) => {
        calls++;
        const isOther = steps.at(-1)?.certificate === other;
        return isOther ? [] : [{ code: 'trust_anchor_expired', detail: '' }];
      },
    });
    expect(evidence.trusted).toBe(true);
    expect(evidence.path.steps.at(-1)?.certificate).toBe(asked === 0 ? root : other);
    expect(calls).toBe(asked);
  });
});
