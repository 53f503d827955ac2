import type { AnchorSet } from '../domain/anchor-set.ts';
import type { VerifyRequest } from '../domain/request.ts';
import type { Verdict } from '../domain/verdict.ts';

/** The use case behind /verify. Throws `Problem` for a request that must be refused. */
export type Verify = (
  request: VerifyRequest,
  context: { readonly signal: AbortSignal; readonly requestId: string },
) => Promise<Verdict>;

/** The CA references that a request may name, at one moment. */
export interface AuthorityListing {
  /** Sorted. */
  readonly names: readonly string[];
  /** Null for a name that is not among `names`. */
  find(name: string): AnchorSet | null;
  /** Why a reserved reference is not among `names`, by name. */
  readonly missing: ReadonlyMap<string, string>;
}
