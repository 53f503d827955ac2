import type { AnchorSet } from '../domain/anchor-set.ts';
import type { VerifyRequest } from '../domain/request.ts';
import type { Verdict } from '../domain/verdict.ts';

/** The use case behind /verify. Throws `Problem` for a request that must be refused. */
export type Verify = (
  request: VerifyRequest,
  context: { readonly signal: AbortSignal; readonly requestId: string },
) => Promise<Verdict>;

/** One CA reference that a request may name. */
export interface AuthorityEntry {
  readonly name: string;
  readonly kind: 'public' | 'system' | 'configured';
  /** Null when nothing of it can be used; then `reason` says why. */
  readonly anchors: AnchorSet | null;
  readonly reason: string | null;
}

/** The references as they are at this moment, in the order to list them. */
export type ListAuthorities = () => readonly AuthorityEntry[];
