import type { CheckState } from '../domain/check.ts';
import { CHECK_IDS, type CheckId } from '../domain/check-id.ts';
import type { Evidence } from '../domain/evidence.ts';
import type { Severity } from '../domain/finding-codes.ts';
import type { Verdict } from '../domain/verdict.ts';

/** Areas that may stay `unknown` in a good verdict; every other one, a new one too, must have been judged. */
const MAY_STAY_UNKNOWN: readonly CheckId[] = ['revocation', 'policy', 'ct', 'expect'];

export const EXIT_CODES = { pass: 0, warn: 1, fail: 2, unreachable: 2 } as const;

/**
 * The areas folded into one word. Fails closed: what could not be judged counts as bad wherever a verdict needs it.
 * @param severities of all findings: an area that is `unknown` may have some that its state does not show
 */
export function foldVerdict(
  states: Readonly<Record<CheckId, CheckState>>,
  evidence: Pick<Evidence, 'mode' | 'connection'>,
  severities: ReadonlySet<Severity> = new Set(),
): Verdict['verdict'] {
  if (evidence.mode === 'connect' && (evidence.connection?.address ?? null) === null) return 'unreachable';
  const all = Object.values(states);
  const isUnjudged = CHECK_IDS.some((id) => states[id] === 'unknown' && !MAY_STAY_UNKNOWN.includes(id));
  if (severities.has('error') || all.includes('fail') || isUnjudged) return 'fail';
  return severities.has('warning') || all.includes('warn') ? 'warn' : 'pass';
}
