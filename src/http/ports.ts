import type { AnchorSet } from '../domain/anchor-set.ts';

/** The use case behind /verify. */
export type { Verify } from '../verify/verify.ts';

/** The CA references that a request may name, at one moment. */
export interface AuthorityListing {
  /** Sorted. */
  readonly names: readonly string[];
  /** Null for a name that is not among `names`. */
  find(name: string): AnchorSet | null;
  /** Why a reserved reference is not among `names`, by name. */
  readonly missing: ReadonlyMap<string, string>;
}
