import { describe, expect, it } from 'vitest';
import type { IssueOptions } from '../support/pki.ts';
import {
  AT,
  type GraphDescription,
  MALFORMED_SAN,
  nameConstraints,
  PAST,
  requireExplicitPolicy,
  trustGraph,
  UNKNOWN_CRITICAL,
} from './trust-graph.ts';

interface Row {
  readonly name: string;
  readonly graph: GraphDescription;
  readonly path: readonly string[];
  readonly faults?: readonly string[];
}

const forDays = (days: number): IssueOptions => ({ notAfter: new Date(AT + days * 24 * 3600 * 1000) });

const TRUSTED: readonly Row[] = [
  {
    name: 'a root that issues the leaf',
    graph: { edges: ['leaf < Root', 'Root < Root'], anchors: ['Root < Root'] },
    path: ['leaf < Root', 'Root < Root'],
  },
  {
    name: 'a chain in the wrong order, with copies and strangers',
    graph: {
      edges: ['leaf < A', 'A < B', 'B < Root', 'Root < Root', 'Other < Other'],
      anchors: ['Root < Root'],
      presented: ['Other < Other', 'Root < Root', 'B < Root', 'A < B', 'B < Root', 'leaf < A'],
    },
    path: ['leaf < A', 'A < B', 'B < Root', 'Root < Root'],
  },
  {
    name: 'an intermediate as the anchor, its root sent along',
    graph: {
      edges: ['leaf < A', 'A < Root', 'Root < Root'],
      anchors: ['A < Root'],
      presented: ['A < Root', 'Root < Root'],
    },
    path: ['leaf < A', 'A < Root'],
  },
  {
    // leaf ── A ──┬── Old Root (expired)
    //             └── New Root
    name: 'the expired root of a cross-signed CA, which the server still sends',
    graph: {
      edges: { 'leaf < A': {}, 'A < Old': {}, 'A < New': {}, 'Old < Old': PAST, 'New < New': {} },
      anchors: ['Old < Old', 'New < New'],
    },
    path: ['leaf < A', 'A < New', 'New < New'],
  },
  {
    // The year of DST Root X3: leaf ── R3 ── X1 ──┬── X1 (self-signed anchor)
    //                                            └── X3 (expired anchor)
    name: 'a longer chain to an expired root, when its middle is an anchor by itself',
    graph: {
      edges: { 'leaf < R3': {}, 'R3 < X1': {}, 'X1 < X3': {}, 'X1 < X1': {}, 'X3 < X3': PAST },
      anchors: ['X1 < X1', 'X3 < X3'],
    },
    path: ['leaf < R3', 'R3 < X1', 'X1 < X1'],
  },
  {
    name: 'a root that is reached only by its cross-certificate',
    graph: {
      edges: ['leaf < A', 'A < New', 'New < New', 'New < Old', 'Old < Old'],
      anchors: ['Old < Old'],
    },
    path: ['leaf < A', 'A < New', 'New < Old', 'Old < Old'],
  },
  {
    name: 'two anchors of the same name and key, the first expired',
    graph: {
      edges: { 'leaf < Root': {}, 'Root < Root': PAST, 'Root < Root 2': {} },
      anchors: ['Root < Root', 'Root < Root 2'],
    },
    path: ['leaf < Root', 'Root < Root 2'],
  },
  {
    name: 'the same name with another key among the candidates',
    graph: {
      edges: ['leaf < A', 'A2 < Root', 'A < Root', 'Root < Root'],
      names: { A2: 'A' },
      anchors: ['Root < Root'],
    },
    path: ['leaf < A', 'A < Root', 'Root < Root'],
  },
  {
    name: 'no key identifiers to tell two CAs of one name apart',
    graph: {
      edges: {
        'leaf < A': { aki: false },
        'A2 < Root': { ski: false },
        'A < Root': { ski: false },
        'Root < Root': {},
      },
      names: { A2: 'A' },
      anchors: ['Root < Root'],
    },
    path: ['leaf < A', 'A < Root', 'Root < Root'],
  },
  {
    // Root signs A with an old and a new key; the anchor is the old one.
    name: 'a CA that certified its own new key',
    graph: {
      edges: ['leaf < New', 'New < Old', 'New < New', 'Old < Old'],
      names: { New: 'CA', Old: 'CA' },
      anchors: ['Old < Old'],
    },
    path: ['leaf < New', 'New < Old', 'Old < Old'],
  },
  {
    // leaf ── A1 ── A ⇄ B ⇄ C, and A ── Root
    name: 'CAs that certify each other in a ring, with one way out',
    graph: {
      edges: ['leaf < A', 'A < B', 'B < C', 'C < A', 'B < A', 'A < C', 'C < B', 'C < Root', 'Root < Root'],
      anchors: ['Root < Root'],
    },
    path: ['leaf < A', 'A < C', 'C < Root', 'Root < Root'],
  },
  {
    name: 'of two good paths the one that is valid for longer',
    graph: {
      edges: { 'leaf < A': {}, 'A < R1': forDays(20), 'A < R2': forDays(40), 'R1 < R1': {}, 'R2 < R2': {} },
      anchors: ['R1 < R1', 'R2 < R2'],
    },
    path: ['leaf < A', 'A < R2', 'R2 < R2'],
  },
  {
    name: 'of two that are valid for as long the shorter one',
    graph: {
      edges: ['leaf < A', 'A < B', 'B < R1', 'A < R2', 'R1 < R1', 'R2 < R2'],
      anchors: ['R1 < R1', 'R2 < R2'],
    },
    path: ['leaf < A', 'A < R2', 'R2 < R2'],
  },
  {
    name: 'a certificate of a CA whose names are excluded, beside another of the same CA',
    graph: {
      edges: {
        'leaf < A': {},
        'A < B': { dns: ['a.bad.example'] },
        'A < Root': {},
        'B < Root': { extensions: [nameConstraints({ excluded: ['bad.example'] })] },
        'Root < Root': {},
      },
      anchors: ['Root < Root'],
    },
    path: ['leaf < A', 'A < Root', 'Root < Root'],
  },
  {
    name: 'the shorter path is not a CA, the longer one is',
    graph: {
      edges: { 'leaf < A': {}, 'A < Root': { ca: false }, 'A < B': {}, 'B < Root': {}, 'Root < Root': {} },
      anchors: ['Root < Root'],
    },
    path: ['leaf < A', 'A < B', 'B < Root', 'Root < Root'],
  },
  {
    name: 'an expired path when there is no other: dates are judged elsewhere',
    graph: { edges: { 'leaf < A': {}, 'A < Root': PAST, 'Root < Root': {} }, anchors: ['Root < Root'] },
    path: ['leaf < A', 'A < Root', 'Root < Root'],
  },
  {
    name: "the server's own certificate as the anchor",
    graph: { edges: ['leaf < Root', 'Root < Root'], anchors: ['leaf < Root'] },
    path: ['leaf < Root'],
    faults: ['leaf_is_anchor @ leaf < Root'],
  },
  {
    name: 'a self-signed server certificate as the anchor',
    graph: { edges: ['leaf < leaf'], anchors: ['leaf < leaf'] },
    path: ['leaf < leaf'],
    faults: ['leaf_is_anchor @ leaf < leaf'],
  },
  {
    name: 'a CA certificate in the place of the leaf',
    graph: { edges: ['A < Root', 'Root < Root'], anchors: ['Root < Root'] },
    path: ['A < Root', 'Root < Root'],
  },
  {
    name: 'a renewed root as the leaf, its older certificate as the anchor',
    graph: { edges: { 'Root < Root 2': {}, 'Root < Root': {} }, anchors: ['Root < Root'] },
    path: ['Root < Root 2', 'Root < Root'],
  },
  {
    name: 'an unknown critical extension in an anchor that is not used',
    graph: {
      edges: { 'leaf < Root': {}, 'Root < Root': {}, 'Other < Other': { extensions: [UNKNOWN_CRITICAL] } },
      anchors: ['Other < Other', 'Root < Root'],
    },
    path: ['leaf < Root', 'Root < Root'],
  },
];

describe('a trusted path', () => {
  it.each(TRUSTED)('$name', async ({ graph, path, faults = [] }) => {
    const built = (await trustGraph(graph)).build();
    expect(built).toMatchObject({ path, trusted: true, exhausted: false, faults });
  });

  it('says where each certificate came from', async () => {
    const graph = await trustGraph({
      edges: ['leaf < A', 'A < Root', 'Root < Root'],
      anchors: ['Root < Root'],
      presented: ['Root < Root', 'A < Root'],
    });
    expect(graph.build().evidence.path.steps).toMatchObject([
      { source: 'presented', presentedIndex: 0 },
      { source: 'presented', presentedIndex: 2 },
      { source: 'anchor', presentedIndex: 1 },
    ]);
  });

  it('prefers a copy that was presented to one from elsewhere', async () => {
    const graph = await trustGraph({ edges: ['leaf < A', 'A < Root', 'Root < Root'], anchors: ['Root < Root'] });
    const certificate = graph.certificate('A < Root');
    const copies = [
      { certificate, source: 'authority', presentedIndex: null },
      { certificate, source: 'request', presentedIndex: null },
      { certificate, source: 'presented', presentedIndex: 7 },
    ] as const;
    expect(graph.build({ candidates: copies }).evidence.path.steps[1]).toMatchObject({ presentedIndex: 7 });
    expect(graph.build({ candidates: copies.slice(0, 2) }).evidence.path.steps[1]).toMatchObject({ source: 'request' });
  });

  it('counts the errors of all areas, and warnings after them', async () => {
    const graph = await trustGraph({
      edges: ['leaf < A', 'A < R1', 'A < R2', 'R1 < R1', 'R2 < R2'],
      anchors: ['R1 < R1', 'R2 < R2'],
    });
    for (const code of ['key_too_small', 'chain_cert_expires_soon'] as const) {
      for (const [bad, good] of [
        ['R1', 'R2'],
        ['R2', 'R1'],
      ]) {
        const certificate = graph.certificate(`A < ${bad}`);
        const built = graph.build({
          judge: ({ steps }) =>
            steps.some((step) => step.certificate === certificate) ? [{ code, detail: 'worse' }] : [],
        });
        expect(built.path).toEqual(['leaf < A', `A < ${good}`, `${good} < ${good}`]);
      }
    }
  });
});

const REFUSED: readonly Row[] = [
  // Rules of RFC 5280 §6.1 on a path to an anchor.
  {
    name: 'an intermediate without cA',
    graph: { edges: { 'leaf < A': {}, 'A < Root': { ca: false }, 'Root < Root': {} }, anchors: ['Root < Root'] },
    path: ['leaf < A', 'A < Root', 'Root < Root'],
    faults: ['issuer_not_ca @ A < Root'],
  },
  {
    name: 'an anchor without cA that is not the leaf itself',
    graph: { edges: { 'leaf < Root': {}, 'Root < Root': { ca: false } }, anchors: ['Root < Root'] },
    path: ['leaf < Root', 'Root < Root'],
    faults: ['issuer_not_ca @ Root < Root'],
  },
  {
    name: 'a CA whose keyUsage lacks keyCertSign',
    graph: {
      edges: { 'leaf < A': {}, 'A < Root': { keyUsage: ['crl_sign'] }, 'Root < Root': {} },
      anchors: ['Root < Root'],
    },
    path: ['leaf < A', 'A < Root', 'Root < Root'],
    faults: ['issuer_cannot_sign @ A < Root'],
  },
  {
    name: 'a path length of the anchor',
    graph: {
      edges: { 'leaf < A': {}, 'A < Root': {}, 'Root < Root': { pathLength: 0 } },
      anchors: ['Root < Root'],
    },
    path: ['leaf < A', 'A < Root', 'Root < Root'],
    faults: ['path_length_exceeded @ Root < Root'],
  },
  {
    name: 'name constraints of the anchor, and of a CA below it, for the leaf and for a CA between',
    graph: {
      edges: {
        'leaf < A': {},
        'A < B': { dns: ['b.other.example'], extensions: [nameConstraints({ permitted: ['a.example'] })] },
        'B < Root': { extensions: [nameConstraints({ excluded: ['other.example'] })] },
        'Root < Root': { extensions: [nameConstraints({ excluded: ['host.example'] })] },
      },
      anchors: ['Root < Root'],
    },
    path: ['leaf < A', 'A < B', 'B < Root', 'Root < Root'],
    faults: [
      'name_constraint_violation @ leaf < A',
      'name_constraint_violation @ A < B',
      'name_constraint_violation @ leaf < A',
    ],
  },
  {
    name: 'a critical extension that is unknown, in every place',
    graph: {
      edges: {
        'leaf < A': { extensions: [UNKNOWN_CRITICAL] },
        'A < Root': { extensions: [UNKNOWN_CRITICAL] },
        'Root < Root': { extensions: [UNKNOWN_CRITICAL] },
      },
      anchors: ['Root < Root'],
    },
    path: ['leaf < A', 'A < Root', 'Root < Root'],
    faults: [
      'unknown_critical_extension @ leaf < A',
      'unknown_critical_extension @ A < Root',
      'unknown_critical_extension @ Root < Root',
    ],
  },
  {
    name: 'an explicit policy that nobody has',
    graph: {
      edges: { 'leaf < A': {}, 'A < Root': { extensions: [requireExplicitPolicy(0)] }, 'Root < Root': {} },
      anchors: ['Root < Root'],
    },
    path: ['leaf < A', 'A < Root', 'Root < Root'],
    faults: ['policy_constraint_violation @ leaf < A'],
  },
  {
    name: 'a malformed certificate on the way, and a malformed anchor',
    graph: {
      edges: {
        'leaf < A': {},
        'A < Root': { extensions: [MALFORMED_SAN] },
        'Root < Root': { extensions: [MALFORMED_SAN] },
      },
      anchors: ['Root < Root'],
    },
    path: ['leaf < A', 'A < Root', 'Root < Root'],
    faults: ['cert_malformed @ A < Root', 'cert_malformed @ Root < Root'],
  },

  // No path to an anchor.
  {
    name: 'a self-signed leaf',
    graph: { edges: ['leaf < leaf', 'Root < Root'], anchors: ['Root < Root'] },
    path: ['leaf < leaf'],
    faults: ['self_signed @ leaf < leaf'],
  },
  {
    name: 'a root that is not trusted, sent along',
    graph: { edges: ['leaf < A', 'A < Evil', 'Evil < Evil', 'Root < Root'], anchors: ['Root < Root'] },
    path: ['leaf < A', 'A < Evil', 'Evil < Evil'],
    faults: ['untrusted_root @ Evil < Evil'],
  },
  {
    name: 'a root of the same name as an anchor, but with another key',
    graph: {
      edges: ['leaf < A', 'A < Fake', 'Fake < Fake', 'Root < Root'],
      names: { Fake: 'Root' },
      anchors: ['Root < Root'],
    },
    path: ['leaf < A', 'A < Fake', 'Fake < Fake'],
    faults: ['untrusted_root @ Fake < Fake'],
  },
  {
    name: 'the same, when that root is not sent',
    graph: {
      edges: ['leaf < A', 'A < Fake', 'Root < Root'],
      names: { Fake: 'Root' },
      anchors: ['Root < Root'],
    },
    path: ['leaf < A', 'A < Fake', 'Root < Root'],
    faults: ['signature_invalid @ A < Fake'],
  },
  {
    name: 'an intermediate that is nowhere',
    graph: { edges: ['leaf < A', 'Root < Root'], anchors: ['Root < Root'] },
    path: ['leaf < A'],
    faults: ['issuer_not_found @ leaf < A'],
  },
  {
    name: 'a root that is nowhere',
    graph: { edges: ['leaf < A', 'A < Gone', 'Root < Root'], anchors: ['Root < Root'] },
    path: ['leaf < A', 'A < Gone'],
    faults: ['issuer_not_found @ A < Gone'],
  },
  {
    name: 'a ring without a way out',
    graph: { edges: ['leaf < A', 'A < B', 'B < A', 'Root < Root'], anchors: ['Root < Root'] },
    path: ['leaf < A', 'A < B', 'B < A'],
    faults: ['issuer_not_found @ B < A'],
  },
  {
    name: 'a root that is explained before a missing issuer',
    graph: { edges: ['leaf < A', 'A < Gone', 'A < Evil', 'Evil < Evil', 'Root < Root'], anchors: ['Root < Root'] },
    path: ['leaf < A', 'A < Evil', 'Evil < Evil'],
    faults: ['untrusted_root @ Evil < Evil'],
  },

  // Signatures.
  {
    name: 'a leaf that was altered',
    graph: {
      edges: { 'leaf < A': { broken: true }, 'A < Root': {}, 'Root < Root': {} },
      anchors: ['Root < Root'],
    },
    path: ['leaf < A', 'A < Root', 'Root < Root'],
    faults: ['signature_invalid @ leaf < A'],
  },
  {
    name: 'an altered intermediate, and every other fault of its path',
    graph: {
      edges: {
        'leaf < A': { extensions: [UNKNOWN_CRITICAL] },
        'A < Root': { broken: true, ca: false },
        'Root < Root': { extensions: [nameConstraints({ permitted: ['a.example'] })] },
      },
      anchors: ['Root < Root'],
    },
    path: ['leaf < A', 'A < Root', 'Root < Root'],
    faults: [
      'signature_invalid @ A < Root',
      'unknown_critical_extension @ leaf < A',
      'issuer_not_ca @ A < Root',
      'name_constraint_violation @ leaf < A',
    ],
  },
  {
    name: 'a leaf signed by another CA of the same name',
    graph: {
      edges: ['leaf < A2', 'A < Root', 'Root < Root'],
      names: { A2: 'A' },
      anchors: ['Root < Root'],
    },
    path: ['leaf < A2', 'A < Root', 'Root < Root'],
    faults: ['signature_invalid @ leaf < A2'],
  },
  {
    name: 'an altered self-signed leaf',
    graph: { edges: { 'leaf < leaf': { broken: true }, 'Root < Root': {} }, anchors: ['Root < Root'] },
    path: ['leaf < leaf'],
    faults: ['self_signed @ leaf < leaf', 'signature_invalid @ leaf < leaf'],
  },
  {
    name: "a CA's certificate for its new key, without the old one",
    graph: {
      edges: ['leaf < New', 'New < Old', 'Root < Root'],
      names: { New: 'CA', Old: 'CA' },
      anchors: ['Root < Root'],
    },
    path: ['leaf < New', 'New < Old'],
    faults: ['issuer_not_found @ New < Old'],
  },
];

describe('no trusted path', () => {
  it.each(REFUSED)('$name', async ({ graph, path, faults = [] }) => {
    const built = (await trustGraph(graph)).build();
    expect(built).toMatchObject({ path, trusted: false, exhausted: false, faults });
  });

  it('says that an anchor has the name of an unknown root', async () => {
    const graph = await trustGraph({
      edges: ['leaf < Fake', 'Fake < Fake', 'Root < Root'],
      names: { Fake: 'Root' },
      anchors: ['Root < Root'],
    });
    const anchor = graph.certificate('Root < Root');
    expect(graph.build().evidence.path.faults).toMatchObject([
      { code: 'untrusted_root', evidence: { ca: 'test', anchors_of_same_name: [anchor.sha256] } },
    ]);
  });

  it('says that an anchor has the key of an unknown issuer', async () => {
    const graph = await trustGraph({
      edges: { 'leaf < Old': {}, 'New < New': {} },
      anchors: ['New < New'],
    });
    const anchor = graph.certificate('New < New');
    const leaf = graph.certificate('leaf < Old');
    const renamed = {
      ...leaf,
      decoded: {
        ...leaf.decoded,
        authorityKeyIdentifier: {
          keyIdentifier: anchor.decoded.subjectKeyIdentifier ?? '',
          issuer: null,
          serial: null,
        },
      },
    };
    expect(graph.build({ leaf: renamed }).evidence.path.faults).toMatchObject([
      { code: 'issuer_not_found', evidence: { issuer: 'CN=Old', anchors_of_same_key_identifier: [anchor.sha256] } },
    ]);
  });

  it('says which key a signature was held against', async () => {
    const graph = await trustGraph({
      edges: ['leaf < A2', 'A < Root', 'Root < Root'],
      names: { A2: 'A' },
      anchors: ['Root < Root'],
    });
    const issuer = graph.certificate('A < Root');
    expect(graph.build().evidence.path.faults).toMatchObject([
      {
        evidence: {
          issuer: 'CN=A',
          issuer_sha256: issuer.sha256,
          issuer_is_anchor: false,
          outcome: 'invalid',
          issuer_key_identifier: issuer.decoded.subjectKeyIdentifier,
        },
      },
    ]);
  });
});
