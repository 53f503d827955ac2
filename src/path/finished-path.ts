import type { CertificationPath } from '../domain/path.ts';
import { compareNumbers } from './partial-path.ts';

/** Where a path ends: at an anchor, at a self-signed certificate that is none, or where no issuer is known. */
export type PathEnd = 'anchor' | 'root' | 'open';

/** A path that goes no further, with all that can be said of it. */
export interface FinishedPath {
  readonly path: CertificationPath;
  readonly end: PathEnd;
  /** Links whose signature does not verify. */
  readonly broken: number;
  readonly trustErrors: number;
  /** Of all areas. */
  readonly errors: number;
  readonly warnings: number;
  /** Earliest notAfter, milliseconds since the epoch. */
  readonly validUntil: number;
}

const END_ORDER: readonly PathEnd[] = ['anchor', 'root', 'open'];

/**
 * Negative when `a` is to be preferred. A path to an anchor comes before every near miss, and of near misses the one
 * that explains most: signatures hold, a root is reached, the path is long. Then trust before all other areas, fewer
 * errors, fewer warnings, the longer validity, fewer certificates.
 */
export function compareFinishedPaths(a: FinishedPath, b: FinishedPath): number {
  return (
    a.broken - b.broken ||
    END_ORDER.indexOf(a.end) - END_ORDER.indexOf(b.end) ||
    (a.end === 'open' ? b.path.steps.length - a.path.steps.length : 0) ||
    Number(a.trustErrors > 0) - Number(b.trustErrors > 0) ||
    a.errors - b.errors ||
    a.warnings - b.warnings ||
    compareNumbers(b.validUntil, a.validUntil) ||
    a.path.steps.length - b.path.steps.length ||
    compareText(fingerprints(a), fingerprints(b))
  );
}

/** Trusted, and nothing of any area speaks against it: only a longer validity or a shorter path could be better. */
export function isClean({ end, broken, trustErrors, errors, warnings }: FinishedPath): boolean {
  return end === 'anchor' && broken + trustErrors + errors + warnings === 0;
}

function fingerprints({ path }: FinishedPath): string {
  return path.steps.map(({ certificate }) => certificate.sha256).join();
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
