import type { AnchorSet } from '../domain/anchor-set.ts';
import { type Certificate, isReadable, type ReadCertificate } from '../domain/certificate.ts';
import type { Fault } from '../domain/fault.ts';
import type { Candidate, CertificationPath, TrustEvidence } from '../domain/path.ts';
import type { Policy } from '../domain/policy.ts';
import { severityOf } from '../domain/severity.ts';
import { buildPath } from '../path/build-path.ts';
import type { FetchIssuers } from './fetch-issuers.ts';
import type { KnownPaths } from './known-paths.ts';

export interface PathSearch {
  readonly leaf: Certificate;
  /** As sent, leaf first. */
  readonly presented: readonly ReadCertificate[];
  /** Candidates that the request brought. */
  readonly requested: readonly Certificate[];
  readonly anchorSets: readonly AnchorSet[];
  readonly at: number;
  readonly policy: Policy;
  /** Faults outside the area of trust of a path to the anchors of `ca`; the builder prefers paths without them. */
  readonly judge: (path: CertificationPath, ca: string) => readonly Fault[];
  /** Null when nothing is to be fetched. */
  readonly fetchIssuers: FetchIssuers | null;
  readonly knownPaths: KnownPaths;
  /** What `judge` depends on beside the path, the moment and the policy, in one word. */
  readonly judgedBy: string;
}

/** Fetched certificates lead to further ones at most this often: real chains have one or two intermediates. */
const MAX_ROUNDS = 4;

/**
 * The best path to each CA reference. What the server sent is tried alone first: only when that does not lead to
 * trust do other candidates join, so that a path through them means that the server left something out. Only when
 * those at hand do not suffice is anything fetched.
 */
export async function findPaths(search: PathSearch): Promise<TrustEvidence[]> {
  const sent = search.presented.flatMap((certificate, index) =>
    index > 0 && isReadable(certificate) ? [candidate(certificate, 'presented', index)] : [],
  );
  const requested = search.requested.map((certificate) => candidate(certificate, 'request', null));
  return Promise.all(search.anchorSets.map((anchors) => findPath(search, anchors, { sent, requested })));
}

async function findPath(
  search: PathSearch,
  anchors: AnchorSet,
  { sent, requested }: { readonly sent: readonly Candidate[]; readonly requested: readonly Candidate[] },
): Promise<TrustEvidence> {
  const input = { ...search, anchors, judge: (path: CertificationPath) => search.judge(path, anchors.name) };
  let best = search.knownPaths.of(search, anchors, () => buildPath({ ...input, candidates: sent }));
  if (best.trusted) return best;
  const kept = anchors.intermediates.map((certificate) => candidate(certificate, 'authority', null));
  const candidates = [...sent];
  const asked = new Set<string>();
  let notAsked: string | null = null;
  for (let round = 0; round <= MAX_ROUNDS && !best.trusted; round++) {
    const fetched = round === 0 ? null : await fetchMissing(search, best, { candidates, asked });
    const more = fetched?.candidates ?? [...requested, ...kept];
    notAsked = fetched?.notAsked ?? null;
    if (more.length === 0 && round > 0) break;
    candidates.push(...more);
    if (more.length > 0) best = better(buildPath({ ...input, candidates }), best);
  }
  return notAsked === null ? best : withReason(best, notAsked);
}

/** An issuer that was not looked for may well be where the certificate says: whoever reads of it is told so. */
function withReason(row: TrustEvidence, notAsked: string): TrustEvidence {
  const faults = row.path.faults.map((fault) =>
    fault.code === 'issuer_not_found'
      ? {
          ...fault,
          detail: `${fault.detail}; where it names its issuer was not asked: ${notAsked}`,
          evidence: { ...fault.evidence, not_asked: notAsked },
        }
      : fault,
  );
  return { ...row, path: { ...row.path, faults } };
}

/** What the end of a path that leads nowhere says of its issuer, without what is known already. */
async function fetchMissing(
  { leaf, fetchIssuers }: PathSearch,
  { path, ca }: TrustEvidence,
  { candidates, asked }: { readonly candidates: readonly Candidate[]; readonly asked: Set<string> },
): Promise<{ readonly candidates: readonly Candidate[]; readonly notAsked: string | null }> {
  const nothing = { candidates: [], notAsked: null };
  const top = path.steps.at(-1)?.certificate;
  if (fetchIssuers === null || path.anchored || top === undefined || top.selfIssued) return nothing;
  if (asked.has(top.sha256)) return nothing;
  asked.add(top.sha256);
  const known = new Set([leaf.sha256, ...candidates.map(({ certificate }) => certificate.sha256)]);
  const { certificates, notAsked } = await fetchIssuers(top, ca);
  const unknown = certificates.filter(({ sha256 }) => !known.has(sha256));
  return { candidates: unknown.map((certificate) => candidate(certificate, 'aia', null)), notAsked };
}

/** An untrusted path still counts when it leads further up: it shows what is missing and what would be wrong then. */
function better(completed: TrustEvidence, before: TrustEvidence): TrustEvidence {
  return completed.trusted || leadsFurther(completed, before) ? completed : before;
}

/** The path to judge: of the reference that trusts with the fewest errors, in the order asked; else the best near miss. */
export function choosePath(rows: readonly TrustEvidence[], search: Pick<PathSearch, 'judge' | 'policy'>) {
  const errorsOf = ({ path, ca }: TrustEvidence) =>
    [...path.faults, ...search.judge(path, ca)].filter((fault) => severityOf(fault, search.policy.profile) === 'error')
      .length;
  const [only] = rows;
  if (only !== undefined && rows.length === 1) return only;
  const best = rows
    .map((row) => ({ row, errors: errorsOf(row) }))
    .toSorted((a, b) => Number(b.row.trusted) - Number(a.row.trusted) || a.errors - b.errors)[0];
  return best?.row ?? null;
}

function leadsFurther(one: TrustEvidence, other: TrustEvidence): boolean {
  return !other.path.anchored && (one.path.anchored || one.path.steps.length > other.path.steps.length);
}

function candidate(certificate: Certificate, source: Candidate['source'], presentedIndex: number | null): Candidate {
  return { certificate, source, presentedIndex };
}
