import type { Certificate } from './certificate.ts';
import type { CertificateList } from './certificate-list.ts';

/** A certificate of a bundle that could not be used: which block (from 0) and why. */
export interface SkippedCertificate {
  readonly position: number;
  readonly reason: string;
}

/** What one CA reference stands for: trust anchors, and intermediates that are candidates only. */
export interface AnchorSet {
  /** `public`, `system`, `inline` or the authority's name. */
  readonly name: string;
  /** SHA-256 over the sorted fingerprints of the anchors, lower-case hex: which set judged. */
  readonly sha256: string;
  readonly anchors: readonly Certificate[];
  readonly intermediates: readonly Certificate[];
  /** CRLs that the operator keeps beside the anchors. */
  readonly crls: readonly CertificateList[];
  readonly skipped: readonly SkippedCertificate[];
  /** Anchors whose subject has this comparison key (`DistinguishedName.key`). */
  readonly bySubject: (key: string) => readonly Certificate[];
  readonly has: (sha256: string) => boolean;
}

export function createAnchorSet(parts: {
  name: string;
  sha256: string;
  anchors: readonly Certificate[];
  intermediates: readonly Certificate[];
  crls: readonly CertificateList[];
  skipped: readonly SkippedCertificate[];
}): AnchorSet {
  const bySubject = new Map<string, Certificate[]>();
  const fingerprints = new Set<string>();
  for (const anchor of parts.anchors) {
    fingerprints.add(anchor.sha256);
    const same = bySubject.get(anchor.subject.key);
    if (same) same.push(anchor);
    else bySubject.set(anchor.subject.key, [anchor]);
  }
  return {
    ...parts,
    bySubject: (key) => bySubject.get(key) ?? [],
    has: (sha256) => fingerprints.has(sha256),
  };
}
