import type { Expectations } from './expectations.ts';
import type { Policy } from './policy.ts';
import type { RevocationMode } from './revocation.ts';
import type { Target } from './target.ts';

/** The `ca` of a request: named references and inline PEM, not yet resolved. */
export interface CaReference {
  /** Empty when only PEM was given; without `pem` too, the configured default judges. */
  readonly refs: readonly string[];
  /** Each certificate in it is a trust anchor (reference `inline`). */
  readonly pem: string | null;
  /** Candidates, never anchors. */
  readonly intermediatesPem: string | null;
  /** CRLs that the request brings. */
  readonly crlsPem: string | null;
}

/** A valid request to verify, parsed: no string in it needs a second look. */
export interface VerifyRequest {
  /** Null only together with `chainPem`: names are not judged then. */
  readonly target: Target | null;
  /** Judge this chain instead of connecting; leaf first. */
  readonly chainPem: string | null;
  /** Null = the configured default. */
  readonly ca: CaReference | null;
  readonly policy: Policy;
  readonly expect: Expectations | null;
  readonly revocation: RevocationMode;
  /** Look for missing intermediates at the addresses that certificates name. */
  readonly aia: boolean;
  /** The moment to judge for, milliseconds since the epoch floored to the second; null = now. */
  readonly at: number | null;
  /** ALPN protocol names to offer; empty offers none. */
  readonly alpn: readonly string[];
  /** Name of the identity to show where the server asks for one; null shows none. */
  readonly clientCertificate: string | null;
  /** For the whole verification. */
  readonly timeoutMs: number;
  readonly include: ReadonlySet<'pem' | 'details'>;
  /** Name of the configured partial request that filled in what was not written; for the report. */
  readonly preset: string | null;
}
