import type { KeyObject } from 'node:crypto';
import type { TargetPattern } from './target-pattern.ts';

/** A certificate that the service may show as a client, and the key behind it. */
export interface ClientIdentity {
  /** What a request names. */
  readonly name: string;
  /** DER, leaf first, as it is sent. */
  readonly chain: readonly Buffer[];
  readonly key: KeyObject;
  /** Hosts of requests for which it may be shown; never empty. */
  readonly targets: readonly TargetPattern[];
  /** Of the leaf, milliseconds since the epoch. */
  readonly notAfter: number;
}
