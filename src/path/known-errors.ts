import type { Certificate } from '../domain/certificate.ts';
import type { Fault } from '../domain/fault.ts';
import { FINDING_CODES } from '../domain/finding-codes.ts';
import type { PathStep } from '../domain/path.ts';
import type { Profile } from '../domain/policy.ts';
import { countSeverity } from './finished-path.ts';
import { nameComparisons, nameConstraintFaults } from './name-constraints.ts';
import type { PartialPath } from './partial-path.ts';
import { MAX_NAME_COMPARISONS, type SearchBudget } from './search-limits.ts';
import { isConstrained, issuerFaults, readingFaults, unknownExtensionFaults } from './validate-path.ts';

export interface ErrorCounts {
  /** Of the area of trust. */
  readonly trust: number;
  readonly other: number;
}

/** Errors that are certain before a path is whole. Each certificate, and each pair of them, is looked at once. */
export class KnownErrors {
  readonly #profile: Profile;
  readonly #at: number;
  readonly #budget: SearchBudget;
  readonly #ofIssuers = new Map<Certificate, ErrorCounts>();
  readonly #ofNames = new Map<string, Fault[]>();

  constructor(profile: Profile, at: number, budget: SearchBudget) {
    this.#profile = profile;
    this.#at = at;
    this.#budget = budget;
  }

  /** What a certificate brings to any path in which it issues others. */
  ofIssuer(step: PathStep): ErrorCounts {
    const { certificate } = step;
    const known = this.#ofIssuers.get(certificate);
    if (known !== undefined) return known;
    const trust = [...readingFaults(certificate), ...unknownExtensionFaults(certificate), ...issuerFaults(step)];
    const other = certificate.faults.filter(({ code }) => FINDING_CODES[code].check !== 'trust');
    const isInDates = certificate.notBefore <= this.#at && this.#at <= certificate.notAfter;
    const counts = {
      trust: countSeverity(trust, 'error', this.#profile),
      other: countSeverity(other, 'error', this.#profile) + Number(!isInDates),
    };
    this.#ofIssuers.set(certificate, counts);
    return counts;
  }

  /**
   * What the name constraints of `constrainer` have against the certificates below it, and the comparisons that this
   * takes; null where the budget ends.
   */
  ofNames(below: PartialPath, constrainer: Certificate): { errors: number; comparisons: number } | null {
    if (constrainer.decoded.nameConstraints === undefined) return { errors: 0, comparisons: 0 };
    const constrained: Certificate[] = [];
    for (let part: PartialPath | null = below; part !== null; part = part.below) {
      const { certificate } = part.step;
      if (isConstrained(certificate, part.length - 1)) constrained.push(certificate);
    }
    const comparisons = constrained.reduce((sum, certificate) => sum + nameComparisons(constrainer, certificate), 0);
    // Not compared then, and an error of the whole path.
    if (below.nameComparisons + comparisons > MAX_NAME_COMPARISONS) return { errors: 1, comparisons };
    let errors = 0;
    for (const certificate of constrained) {
      errors += this.judgeNames(constrainer, certificate).length;
      if (this.#budget.reached !== null) return null;
    }
    return { errors, comparisons };
  }

  /** `nameConstraintFaults` with a memory. Where the budget ends it gives none: the caller must look at the budget. */
  readonly judgeNames = (constrainer: Certificate, constrained: Certificate): Fault[] => {
    const pair = constrainer.sha256 + constrained.sha256;
    const known = this.#ofNames.get(pair);
    if (known !== undefined) return known;
    if (!this.#budget.spend('nameComparisons', nameComparisons(constrainer, constrained))) return [];
    const faults = nameConstraintFaults(constrainer, constrained);
    this.#ofNames.set(pair, faults);
    return faults;
  };
}
