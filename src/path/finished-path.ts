import type { Fault } from '../domain/fault.ts';
import type { CertificationPath } from '../domain/path.ts';
import type { Profile } from '../domain/policy.ts';
import type { RuleSeverity } from '../domain/rule.ts';
import { severityOf } from '../domain/severity.ts';
import { compareNumbers } from './partial-path.ts';

/** Where a path ends: at an anchor, at a self-signed certificate that is none, or where no issuer is known. */
export type PathEnd = 'anchor' | 'root' | 'open';

interface FinishedPathFacts {
  readonly path: CertificationPath;
  readonly end: PathEnd;
  /** Links whose signature does not verify. */
  readonly broken: number;
  /** Earliest notAfter, milliseconds since the epoch. */
  readonly validUntil: number;
}

/** Errors and warnings of all areas. */
interface Weight {
  readonly errors: number;
  readonly warnings: number;
}

/**
 * A path that goes no further, with all that can be said of it. What areas other than trust say is asked for only
 * when another path has to be compared: most chains lead to one.
 */
export class FinishedPath implements FinishedPathFacts {
  readonly path: CertificationPath;
  readonly end: PathEnd;
  readonly broken: number;
  readonly validUntil: number;
  readonly trustErrors: number;
  readonly #judge: (path: CertificationPath) => readonly Fault[];
  readonly #profile: Profile;
  #weight: Weight | null = null;

  /** @param judge faults of the areas other than trust */
  constructor(facts: FinishedPathFacts, judge: (path: CertificationPath) => readonly Fault[], profile: Profile) {
    this.path = facts.path;
    this.end = facts.end;
    this.broken = facts.broken;
    this.validUntil = facts.validUntil;
    this.trustErrors = countSeverity(facts.path.faults, 'error', profile);
    this.#judge = judge;
    this.#profile = profile;
  }

  get weight(): Weight {
    this.#weight ??= this.#weigh();
    return this.#weight;
  }

  #weigh(): Weight {
    const faults = [...this.path.faults, ...this.#judge(this.path)];
    return {
      errors: countSeverity(faults, 'error', this.#profile),
      warnings: countSeverity(faults, 'warning', this.#profile),
    };
  }
}

export function countSeverity(faults: readonly Fault[], severity: RuleSeverity, profile: Profile): number {
  return faults.filter((fault) => severityOf(fault, profile) === severity).length;
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
    a.weight.errors - b.weight.errors ||
    a.weight.warnings - b.weight.warnings ||
    compareNumbers(b.validUntil, a.validUntil) ||
    a.path.steps.length - b.path.steps.length ||
    compareText(fingerprints(a), fingerprints(b))
  );
}

/** Trusted, and nothing of any area speaks against it: only a longer validity or a shorter path could be better. */
export function isClean(path: FinishedPath): boolean {
  if (path.end !== 'anchor' || path.broken + path.trustErrors > 0) return false;
  return path.weight.errors + path.weight.warnings === 0;
}

function fingerprints({ path }: FinishedPath): string {
  return path.steps.map(({ certificate }) => certificate.sha256).join();
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
