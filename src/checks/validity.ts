import type { Certificate } from '../domain/certificate.ts';
import { type Check, judged, unknown } from '../domain/check.ts';
import type { Evidence } from '../domain/evidence.ts';
import type { Fault, FaultEvidence } from '../domain/fault.ts';
import type { CertificationPath, PathStep } from '../domain/path.ts';
import type { ExpiryThreshold, Policy } from '../domain/policy.ts';
import { DAY_SECONDS, formatDuration, formatTime } from '../domain/time.ts';
import { isAnchorAbove, type PathContext, pathContext, roleOf } from './path-context.ts';

/** Are leaf, intermediates and anchor inside their dates, and for long enough? */
export const validityCheck: Check = {
  id: 'validity',
  codes: [
    'cert_expired',
    'cert_not_yet_valid',
    'cert_expires_soon',
    'chain_cert_expired',
    'chain_cert_not_yet_valid',
    'chain_cert_expires_soon',
    'trust_anchor_expired',
    'issuer_expires_before_leaf',
  ],
  run: (evidence: Evidence) => {
    if (evidence.path === null) return unknown();
    const faults = judgeValidity(evidence.path, pathContext(evidence));
    return evidence.path.steps.some((step) => !hasDates(step.certificate)) ? unknown(...faults) : judged(faults);
  },
};

/**
 * Faults of the dates of one path at the moment `context.at`. Both ends of a validity are inclusive
 * (RFC 5280 §4.1.2.5). The anchor's dates are judged too: the RFC leaves them out (§6.1.1(d)), OpenSSL and Go do not.
 */
export function judgeValidity(path: CertificationPath, context: PathContext): Fault[] {
  const isWholePathEarly = path.steps.every((step) => context.at < step.certificate.notBefore);
  return path.steps.flatMap((step, depth) => {
    const { certificate } = step;
    if (!hasDates(certificate)) return [];
    if (context.at < certificate.notBefore) return [notYetValid(step, depth, context.at, isWholePathEarly)];
    if (context.at > certificate.notAfter) return [expired(step, depth, context.at)];
    return [...expiresSoon(step, depth, context), ...expiresBeforeLeaf(step, depth, path)];
  });
}

/** Times that could not be read are NaN and already a fault of the certificate. */
function hasDates({ notBefore, notAfter }: Certificate): boolean {
  return Number.isFinite(notBefore) && Number.isFinite(notAfter);
}

function expired(step: PathStep, depth: number, at: number): Fault {
  const { certificate } = step;
  const seconds = (at - certificate.notAfter) / 1000;
  return dateFault(step, depth, {
    code: depth === 0 ? 'cert_expired' : isAnchorAbove(step, depth) ? 'trust_anchor_expired' : 'chain_cert_expired',
    detail:
      `not_after ${formatTime(certificate.notAfter)} is ${formatDuration(seconds)} before ${formatTime(at)}` +
      (isAnchorAbove(step, depth) ? '; RFC 5280 does not look at the dates of an anchor, but OpenSSL and Go do' : ''),
    evidence: { expired_seconds: seconds, at: formatTime(at) },
  });
}

function notYetValid(step: PathStep, depth: number, at: number, isWholePathEarly: boolean): Fault {
  const { certificate } = step;
  const seconds = (certificate.notBefore - at) / 1000;
  return dateFault(step, depth, {
    code: depth === 0 ? 'cert_not_yet_valid' : 'chain_cert_not_yet_valid',
    detail:
      `not_before ${formatTime(certificate.notBefore)} is ${formatDuration(seconds)} after ${formatTime(at)}` +
      (isWholePathEarly ? '; no certificate of the chain is valid yet, so a clock is probably wrong' : ''),
    evidence: { starts_in_seconds: seconds, at: formatTime(at), whole_chain: isWholePathEarly },
  });
}

function expiresSoon(step: PathStep, depth: number, { at, policy }: PathContext): Fault[] {
  const { certificate } = step;
  const remaining = (certificate.notAfter - at) / 1000;
  const limit = crossedThreshold(certificate, remaining, policy);
  if (limit === null) return [];
  const fired = limit.unit === 'days' ? `${limit.threshold.days} days` : `${limit.threshold.percent} % of the lifetime`;
  const evidence: FaultEvidence = {
    level: limit.level,
    remaining_seconds: remaining,
    remaining_days: Math.floor(remaining / DAY_SECONDS),
    threshold: fired,
    threshold_seconds: limit.seconds,
  };
  const detail = `${formatDuration(remaining)} remain, no more than the ${limit.level} threshold of ${fired}`;
  if (depth > 0) return [dateFault(step, depth, { code: 'chain_cert_expires_soon', detail, evidence })];
  const rule = limit.level === 'critical' ? 'expiry.critical' : 'expiry.warning';
  return [dateFault(step, depth, { code: 'cert_expires_soon', rule, detail, evidence })];
}

/**
 * The moments (milliseconds since the epoch) from which on `judgeValidity` says something else of a certificate in a
 * path: it begins, ends, or crosses a threshold of the policy. Between two of them only its numbers change.
 */
export function turningPoints(certificate: Certificate, policy: Policy): number[] {
  if (!hasDates(certificate)) return [];
  const { notBefore, notAfter } = certificate;
  const crossings = [policy.critical, policy.warn].flatMap((threshold) =>
    threshold === null ? [] : [notAfter - secondsOf(threshold, certificate) * 1000],
  );
  return [notBefore, notAfter + 1, ...crossings];
}

/** Of the two limits of a threshold the smaller, for a certificate of this lifetime. */
function secondsOf({ days, percent }: ExpiryThreshold, { notBefore, notAfter }: Certificate): number {
  return Math.min(days * DAY_SECONDS, ((notAfter - notBefore) / 1000) * (percent / 100));
}

interface CrossedThreshold {
  readonly level: 'critical' | 'warning';
  readonly threshold: ExpiryThreshold;
  /** Which of the two was smaller and so applied. */
  readonly unit: 'days' | 'percent';
  readonly seconds: number;
}

function crossedThreshold(certificate: Certificate, remaining: number, policy: Policy): CrossedThreshold | null {
  const lifetime = (certificate.notAfter - certificate.notBefore) / 1000;
  const levels = [
    ['critical', policy.critical],
    ['warning', policy.warn],
  ] as const;
  for (const [level, threshold] of levels) {
    if (threshold === null) continue;
    const byDays = threshold.days * DAY_SECONDS;
    const byShare = (lifetime * threshold.percent) / 100;
    const seconds = Math.min(byDays, byShare);
    // A threshold of nothing is off, also in the last second.
    if (seconds > 0 && remaining <= seconds) {
      return { level, threshold, unit: byDays <= byShare ? 'days' : 'percent', seconds: Math.floor(seconds) };
    }
  }
  return null;
}

function expiresBeforeLeaf(step: PathStep, depth: number, path: CertificationPath): Fault[] {
  const leaf = path.steps[0]?.certificate;
  const { certificate } = step;
  if (depth === 0 || leaf === undefined || !(certificate.notAfter < leaf.notAfter)) return [];
  return [
    dateFault(step, depth, {
      code: 'issuer_expires_before_leaf',
      detail: `${certificate.subject.text} ends ${formatTime(certificate.notAfter)}, before the leaf's ${formatTime(leaf.notAfter)}`,
      evidence: { leaf_not_after: formatTime(leaf.notAfter) },
    }),
  ];
}

function dateFault(step: PathStep, depth: number, fault: Pick<Fault, 'code' | 'rule' | 'detail' | 'evidence'>): Fault {
  const { certificate } = step;
  return {
    ...fault,
    certificate: certificate.sha256,
    evidence: {
      subject: certificate.subject.text,
      role: roleOf(step, depth),
      not_before: formatTime(certificate.notBefore),
      not_after: formatTime(certificate.notAfter),
      ...fault.evidence,
    },
  };
}
