import type { Certificate } from '../../domain/certificate.ts';
import type { FindingCode } from '../../domain/finding-codes.ts';
import type { CertificationPath, PathStep } from '../../domain/path.ts';
import { DAY_SECONDS, formatTime } from '../../domain/time.ts';
import type { Verdict } from '../../domain/verdict.ts';

/** Lifetime of the leaf, in whole seconds, and what is left of it; negative once expired. */
export function viewExpiry(leaf: Certificate, at: number): Verdict['expiry'] {
  const lifetime = (leaf.notAfter - leaf.notBefore) / 1000;
  const remaining = (leaf.notAfter - at) / 1000;
  const known = Number.isFinite(lifetime) && lifetime > 0;
  return {
    not_before: formatTime(leaf.notBefore),
    not_after: formatTime(leaf.notAfter),
    lifetime_seconds: known ? lifetime : null,
    remaining_seconds: Number.isFinite(remaining) ? remaining : null,
    remaining_days: Number.isFinite(remaining) ? Math.floor(remaining / DAY_SECONDS) : null,
    remaining_percent: known && Number.isFinite(remaining) ? Math.floor((remaining / lifetime) * 100) : null,
  };
}

/** The first certificate of the path to stop being valid; null when no date of it could be read. */
export function firstToExpire(path: CertificationPath): PathStep | null {
  return path.steps.reduce<PathStep | null>((first, step) => {
    if (Number.isNaN(step.certificate.notAfter)) return first;
    return first === null || step.certificate.notAfter < first.certificate.notAfter ? step : first;
  }, null);
}

/** When, and with which code, the path stops being valid. Re-issued documents (CRLs, OCSP) do not count. */
export function viewBreaksAt(path: CertificationPath | null): Verdict['breaks_at'] {
  const first = path && firstToExpire(path);
  const time = first && formatTime(first.certificate.notAfter);
  if (!first || !time) return null;
  return { time, code: expiryCodeOf(first, first === path.steps[0]) };
}

function expiryCodeOf(step: PathStep, isLeaf: boolean): FindingCode {
  if (isLeaf) return 'cert_expired';
  return step.source === 'anchor' ? 'trust_anchor_expired' : 'chain_cert_expired';
}
