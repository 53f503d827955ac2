import type { Host } from './target.ts';
import { type AddressRange, rangeContains, suffixContains, type TargetPattern } from './target-pattern.ts';

/** Who asks: what limits, permissions and the audit log go by. */
export interface Caller {
  /** `token:NAME`, or `address:` with the peer's address (an IPv6 one by its /64); never a secret. */
  readonly id: string;
  /** What the caller may ask for; null = all that the service does. */
  readonly grant: Grant | null;
}

/** Limits of one API token. */
export interface Grant {
  /** What may be dialled; null = whatever the service dials. */
  readonly targets: readonly TargetPattern[] | null;
  /** CA references that may be named (`inline` stands for PEM in the request); null = all. */
  readonly authorities: readonly string[] | null;
  /** Identities that may be shown; null = all, each within its own bound. */
  readonly identities: readonly string[] | null;
}

/**
 * Whether one of the patterns names the host: a name by a suffix, an address by a range. A range never names a host
 * by what it resolves to, since the answer may be another one a moment later.
 */
export function isNamedBy(patterns: readonly TargetPattern[], host: Host): boolean {
  return patterns.some((pattern) =>
    pattern.kind === 'range' ? isInRange(pattern, host) : host.kind === 'dns' && suffixContains(pattern, host.text),
  );
}

function isInRange(range: AddressRange, host: Host): boolean {
  return host.kind === 'ip' && rangeContains(range, host);
}
