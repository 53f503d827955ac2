import { createAnchorSet } from '../../src/domain/anchor-set.ts';
import { type Certificate, isReadable } from '../../src/domain/certificate.ts';
import type { Fault } from '../../src/domain/fault.ts';
import type { CertificationPath, TrustEvidence } from '../../src/domain/path.ts';
import { DEFAULT_POLICY, type Policy } from '../../src/domain/policy.ts';
import { type PathInput, searchPath } from '../../src/path/build-path.ts';
import type { SearchWork } from '../../src/path/search-limits.ts';
import { readCertificate } from '../../src/x509/certificate.ts';
import { context, ia5, integer, oid, sequence } from '../support/der.ts';
import { type Issued, type IssueOptions, issue } from '../support/pki.ts';

/**
 * Public key infrastructures as data. An entity is a CA (or server) with one key; an edge `A < B` is a certificate of
 * entity A issued by entity B, `A < A` a self-signed one. A number tells two certificates of one edge apart: `A < B 2`.
 */
type Edge = string;

export interface GraphDescription {
  /** What is special about a certificate. Every entity but `leaf` is a CA unless said otherwise. */
  readonly edges: readonly Edge[] | Readonly<Record<Edge, Mutation>>;
  /** Entities whose name is not their own: `{ 'A2': 'A' }` has the name of A and another key. */
  readonly names?: Readonly<Record<string, string>>;
  readonly anchors: readonly Edge[];
  /** The server's certificate; default the first edge. */
  readonly leaf?: Edge;
  /** Candidates in this order; default all other edges that are no anchors. */
  readonly presented?: readonly Edge[];
}

interface Mutation extends IssueOptions {
  /** The last bit of the signature is flipped. */
  readonly broken?: true;
}

interface TrustGraph {
  readonly certificate: (edge: Edge) => Certificate;
  /** Builds the path; certificates in the result are named by their edges. */
  readonly build: (input?: Partial<PathInput>) => BuiltPath;
}

interface BuiltPath {
  readonly path: readonly Edge[];
  readonly trusted: boolean;
  readonly exhausted: boolean;
  /** `code @ edge`. */
  readonly faults: readonly string[];
  readonly evidence: TrustEvidence;
  readonly work: SearchWork;
}

export const AT = Date.UTC(2026, 5, 1);
export const PAST = { notBefore: new Date('2025-01-01T00:00:00Z'), notAfter: new Date('2026-02-01T00:00:00Z') };

export async function trustGraph(description: GraphDescription): Promise<TrustGraph> {
  const { anchors, names = {} } = description;
  const mutations: Readonly<Record<Edge, Mutation>> = Array.isArray(description.edges)
    ? Object.fromEntries(description.edges.map((edge: Edge) => [edge, {}]))
    : (description.edges as Record<Edge, Mutation>);
  const edges = Object.keys(mutations);
  const certificates = await issueAll(mutations, names);
  const find = (edge: Edge) => {
    const certificate = certificates.get(edge);
    if (certificate === undefined) throw new Error(`no edge ${edge}`);
    return certificate;
  };
  const leaf = description.leaf ?? edges[0] ?? '';
  const presented = description.presented ?? edges.filter((edge) => edge !== leaf && !anchors.includes(edge));
  const edgeOf = new Map([...certificates].map(([edge, { sha256 }]) => [sha256, edge]));
  const build = (input: Partial<PathInput> = {}): BuiltPath => {
    const { evidence, work } = searchPath({
      leaf: find(leaf),
      candidates: presented.map((edge, index) => ({
        certificate: find(edge),
        source: 'presented',
        presentedIndex: index + 1,
      })),
      anchors: createAnchorSet({
        name: 'test',
        sha256: '',
        anchors: anchors.map(find),
        intermediates: [],
        crls: [],
        skipped: [],
      }),
      at: AT,
      policy: DEFAULT_POLICY satisfies Policy,
      judge: datesOf,
      ...input,
    });
    return {
      path: evidence.path.steps.map(({ certificate }) => edgeOf.get(certificate.sha256) ?? ''),
      trusted: evidence.trusted,
      exhausted: evidence.exhausted,
      faults: evidence.path.faults.map(
        ({ code, certificate = '' }) => `${code} @ ${edgeOf.get(certificate) ?? 'path'}`,
      ),
      evidence,
      work,
    };
  };
  return { certificate: find, build };
}

async function issueAll(mutations: Readonly<Record<Edge, Mutation>>, names: Readonly<Record<string, string>>) {
  const subjectOf = (entity: string) => (entity === 'leaf' ? 'CN=host.example' : `CN=${names[entity] ?? entity}`);
  const partsOf = (edge: Edge) => {
    const [, entity = '', issuer = ''] = /^(\S+) < (\S+)/.exec(edge) ?? [];
    return { entity, issuer };
  };
  // Keys, and what an issuer is known by, come from a self-signed certificate of each entity.
  const entities = new Map<string, Issued>();
  for (const edge of Object.keys(mutations)) {
    for (const entity of Object.values(partsOf(edge))) {
      if (!entities.has(entity)) entities.set(entity, await issue({ subject: subjectOf(entity) }));
    }
  }
  const certificates = new Map<Edge, Certificate>();
  for (const [edge, { broken, ...mutation }] of Object.entries(mutations)) {
    const { entity, issuer } = partsOf(edge);
    const signer = entities.get(issuer);
    const key = entities.get(entity);
    if (signer === undefined || key === undefined) throw new Error(`an edge is "entity < issuer": ${edge}`);
    const usual: IssueOptions =
      entity === 'leaf' ? { dns: ['host.example'] } : { ca: true, keyUsage: ['key_cert_sign', 'crl_sign'] };
    const issued = await issue({ subject: subjectOf(entity), key, issuer: signer, ...usual, ...mutation });
    const der = Buffer.from(issued.der);
    if (broken) der[der.length - 1] = (der.at(-1) ?? 0) ^ 1;
    const certificate = readCertificate(der);
    if (!isReadable(certificate)) throw new Error(certificate.unreadable.detail);
    certificates.set(edge, certificate);
  }
  return certificates;
}

/** Dates, as the checks see them. */
function datesOf({ steps }: CertificationPath): Fault[] {
  return steps
    .filter(({ certificate }) => AT < certificate.notBefore || certificate.notAfter < AT)
    .map(({ certificate }) => ({ code: 'chain_cert_expired', certificate: certificate.sha256, detail: '' }));
}

/** nameConstraints with dNSName subtrees, critical (RFC 5280 §4.2.1.10). */
export function nameConstraints(subtrees: { permitted?: readonly string[]; excluded?: readonly string[] }) {
  const list = (tag: number, hosts: readonly string[] = []) =>
    hosts.length === 0
      ? []
      : [
          context(
            tag,
            true,
            hosts.map((host) => sequence(context(2, false, Buffer.from(host)))),
          ),
        ];
  return {
    oid: '2.5.29.30',
    critical: true,
    value: sequence(...list(0, subtrees.permitted), ...list(1, subtrees.excluded)),
  };
}

/** policyConstraints, critical (RFC 5280 §4.2.1.11). */
export function requireExplicitPolicy(skipCerts: number) {
  return { oid: '2.5.29.36', critical: true, value: sequence(context(0, false, integer(skipCerts).subarray(2))) };
}

export const UNKNOWN_CRITICAL = { oid: '1.3.6.1.4.1.55738.666.1', critical: true, value: ia5('?') };
/** An extension that is critical and one that we process, with content that cannot be read. */
export const MALFORMED_SAN = { oid: '2.5.29.17', critical: false, value: oid('1.2.3') };
