import type { Certificate } from './certificate.ts';
import type { Fault } from './fault.ts';

/** Where a certificate of a path came from. */
export type PathSource = 'presented' | 'request' | 'authority' | 'aia' | 'anchor';

/** A certificate that the path builder may use, with its origin. */
export interface Candidate {
  readonly certificate: Certificate;
  readonly source: Exclude<PathSource, 'anchor'>;
  /** Position in the presented chain; null when it was not presented. */
  readonly presentedIndex: number | null;
}

export interface PathStep {
  readonly certificate: Certificate;
  readonly source: PathSource;
  readonly presentedIndex: number | null;
}

/** A certification path, leaf first; when it reached one, the anchor is the last step. */
export interface CertificationPath {
  readonly steps: readonly PathStep[];
  /** The last step is a trust anchor. */
  readonly anchored: boolean;
  /**
   * What RFC 5280 §6.1 has against this path, dates, key strength, names of the host and purpose left out.
   * Empty and `anchored`: trusted.
   */
  readonly faults: readonly Fault[];
}

/** What one CA reference says of the leaf. */
export interface TrustEvidence {
  /** The reference's name: `public`, `system`, `inline` or an authority. */
  readonly ca: string;
  /** Best path, or the best near miss when none is trusted. */
  readonly path: CertificationPath;
  /** An anchored path without trust faults of error severity exists. */
  readonly trusted: boolean;
  /** The search stopped at a limit before every path was tried; only meaningful while not trusted. */
  readonly exhausted: boolean;
}
