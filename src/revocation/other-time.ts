import type { Fault } from '../domain/fault.ts';
import type { CertificateRevocation, RevocationAttempt } from '../domain/revocation.ts';
import { CLOCK_SKEW_MS } from './crl-judgement.ts';

/** Rules that a document of today breaks when it is judged for another day. */
const TIME_RULES: ReadonlySet<string> = new Set([
  'crl.expired',
  'crl.not_yet_valid',
  'crl.next_publish_overdue',
  'ocsp.expired',
  'ocsp.not_yet_valid',
]);

type Findings = Pick<CertificateRevocation, 'attempts' | 'faults'>;

/**
 * What is published now cannot be blamed for saying nothing of a moment further from now than clocks differ: such
 * documents are of no use for it, and that is all.
 * @param atHand faults of documents that were given for this very question, which stay
 */
export function forgiveOtherTime<Found extends Findings>(
  found: Found,
  { at, now, atHand = [] }: { readonly at: number; readonly now: number; readonly atHand?: readonly Fault[] },
): Found {
  if (Math.abs(at - now) <= CLOCK_SKEW_MS) return found;
  const kept = new Set(atHand.map(({ detail }) => detail));
  return {
    ...found,
    attempts: found.attempts.map((attempt) =>
      isOfOtherTime(attempt, at) ? { ...attempt, reason: 'other_time' } : attempt,
    ),
    faults: found.faults.filter(({ rule = '', detail }) => !TIME_RULES.has(rule) || kept.has(detail)),
  };
}

function isOfOtherTime({ status, reason, thisUpdate, nextUpdate, foundBy }: RevocationAttempt, at: number): boolean {
  if (status !== 'unknown' || reason !== 'unusable' || thisUpdate === null) return false;
  if (foundBy === 'request' || foundBy === 'authority') return false;
  return thisUpdate > at || (nextUpdate !== null && nextUpdate < at);
}
