/** What one search for a path may cost. A server chooses its chain, so every kind of work has a ceiling. */
export interface SearchLimits {
  /** Partial paths put in the queue. */
  readonly steps: number;
  /** Signature checks, each weighted by `signatureCost` (1 = one check with P-256 or RSA-4096). */
  readonly signatureCost: number;
  /** Finished paths that are validated and judged in full. */
  readonly paths: number;
  /** Comparisons of a name with a name constraint, over all paths together. */
  readonly nameComparisons: number;
}

/** What a search has cost, in the units of its limits. */
export type SearchWork = SearchLimits;

/**
 * Names times constraints of one path, counted before any is compared. 2^20 is OpenSSL's limit; a corporate root with
 * 1,000 constraints still allows a leaf with 1,000 names.
 */
export const MAX_NAME_COMPARISONS = 2 ** 20;

export const SEARCH_LIMITS: SearchLimits = {
  // Real chains take fewer than 20, the bridge of 35 cross-certified CAs in BetterTLS about 400. 10,000 take some 20 ms.
  steps: 10_000,
  // About 70 ms of processor time. Ten certificates of P-521 cost 180, a hundred of P-256 cost 100.
  signatureCost: 1000,
  // The queue finishes paths in order of merit, so the first ones decide; 64 leave room for policies, which only a
  // whole path can be judged by.
  paths: 64,
  // Two paths at the limit of one: the best, and one that differs from it.
  nameComparisons: 2 * MAX_NAME_COMPARISONS,
};

/** Books the work of one search. */
export class SearchBudget {
  readonly #limits: SearchLimits;
  readonly #work = { steps: 0, signatureCost: 0, paths: 0, nameComparisons: 0 };
  /** The limit that was reached; what was asked for then has not been done. */
  reached: keyof SearchLimits | null = null;

  constructor(limits: SearchLimits) {
    this.#limits = limits;
  }

  get work(): SearchWork {
    return this.#work;
  }

  /** To be asked before work is done: false where a limit does not allow it. */
  spend(limit: keyof SearchLimits, amount: number): boolean {
    if (this.#work[limit] + amount > this.#limits[limit]) {
      this.reached = limit;
      return false;
    }
    this.#work[limit] += amount;
    return true;
  }
}
