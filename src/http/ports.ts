import type { AnchorSet } from '../domain/anchor-set.ts';
import type { Caller } from '../domain/caller.ts';

/** Who a bearer token belongs to; null for one that is not known. */
export type FindCaller = (token: string) => Caller | null;

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

/** Whether the references, or the identities, in force are what their files hold; all times in milliseconds since the epoch. */
export interface FilesState {
  /** When those in force were read. */
  readonly loadedAtMs: number;
  /** Why the files as they are now are not in force; null when they are. */
  readonly refusal: { readonly sinceMs: number; readonly reason: string } | null;
}
