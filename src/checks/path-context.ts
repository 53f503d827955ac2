import type { CheckId } from '../domain/check-id.ts';
import type { Evidence } from '../domain/evidence.ts';
import type { Fault } from '../domain/fault.ts';
import { FINDING_CODES } from '../domain/finding-codes.ts';
import type { CertificationPath, PathStep } from '../domain/path.ts';

/** What a path is judged by beside its certificates. */
export interface PathContext
  extends Pick<Evidence, 'mode' | 'at' | 'policy' | 'handshake' | 'isSelfSigned' | 'compromisedKeys'> {
  /** The CA reference whose anchors the path ends in (`public`, `system`, `inline`, an authority). */
  readonly ca: string;
}

/** The context of the chosen path. */
export function pathContext(evidence: Evidence): PathContext {
  return { ...evidence, ca: evidence.trust.find((row) => row.path === evidence.path)?.ca ?? '' };
}

/** A judgement of a path. */
type Judge<Context> = (path: CertificationPath, context: Context) => readonly Fault[];

/**
 * `judge` with a memory of the last answer for each path: a path never changes, the search for it asks before the check
 * does, and one that is kept is judged anew for every request.
 * @param decidedBy all of the context that the answer depends on; the moment is not among it
 */
export function remembered<Context>(
  judge: Judge<Context>,
  decidedBy: (context: Context) => readonly unknown[],
): Judge<Context> {
  const answers = new WeakMap<
    CertificationPath,
    { readonly by: readonly unknown[]; readonly faults: readonly Fault[] }
  >();
  return (path, context) => {
    const by = decidedBy(context);
    const last = answers.get(path);
    if (last?.by.every((value, index) => value === by[index])) return last.faults;
    const faults = judge(path, context);
    answers.set(path, { by, faults });
    return faults;
  };
}

/** Faults of one area that the reader found in a certificate of the path. */
export function readerFaultsOf({ certificate }: PathStep, area: CheckId): Fault[] {
  return certificate.faults
    .filter((fault) => FINDING_CODES[fault.code].check === area)
    .map((fault) => ({ ...fault, certificate: certificate.sha256 }));
}

/** The anchor of a path that is not the leaf itself. */
export function isAnchorAbove(step: PathStep, depth: number): boolean {
  return step.source === 'anchor' && depth > 0;
}

/** The last certificate when it is its own issuer by name: the anchor, or the root that is not trusted. */
export function rootOf(path: CertificationPath): PathStep | null {
  const last = path.steps.at(-1);
  return last !== undefined && path.steps.length > 1 && last.certificate.selfIssued ? last : null;
}

/** How messages call a certificate of the path. */
export function roleOf(step: PathStep, depth: number): 'leaf' | 'intermediate' | 'anchor' {
  if (depth === 0) return 'leaf';
  return step.source === 'anchor' ? 'anchor' : 'intermediate';
}
