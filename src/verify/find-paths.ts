import type { AnchorSet } from '../domain/anchor-set.ts';
import { type Certificate, isReadable, type ReadCertificate } from '../domain/certificate.ts';
import type { Fault } from '../domain/fault.ts';
import type { Candidate, CertificationPath, TrustEvidence } from '../domain/path.ts';
import type { Policy } from '../domain/policy.ts';
import { severityOf } from '../domain/severity.ts';
import { buildPath } from '../path/build-path.ts';

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
}

/**
 * The best path to each CA reference. What the server sent is tried alone first: only when that does not lead to
 * trust do other candidates join, so that a path through them means that the server left something out.
 */
export function findPaths(search: PathSearch): TrustEvidence[] {
  const sent = search.presented.flatMap((certificate, index) =>
    index > 0 && isReadable(certificate) ? [candidate(certificate, 'presented', index)] : [],
  );
  const requested = search.requested.map((certificate) => candidate(certificate, 'request', null));
  return search.anchorSets.map((anchors) => {
    const input = { ...search, anchors, judge: (path: CertificationPath) => search.judge(path, anchors.name) };
    const alone = buildPath({ ...input, candidates: sent });
    const others = [
      ...requested,
      ...anchors.intermediates.map((certificate) => candidate(certificate, 'authority', null)),
    ];
    if (alone.trusted || others.length === 0) return alone;
    const completed = buildPath({ ...input, candidates: [...sent, ...others] });
    // An untrusted one still counts when it leads further up: it shows what is missing and what would be wrong then.
    return completed.trusted || leadsFurther(completed, alone) ? completed : alone;
  });
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
