import type { CheckState } from '../domain/check.ts';
import type { CheckId } from '../domain/check-id.ts';
import type { Evidence } from '../domain/evidence.ts';
import type { Verdict } from '../domain/verdict.ts';

/** Areas that must have been judged before a verdict can be good; the others may stay `unknown`. */
const MUST_BE_KNOWN: readonly CheckId[] = [
  'connection',
  'protocol',
  'trust',
  'hostname',
  'validity',
  'chain',
  'key',
  'signature',
  'usage',
];

export const EXIT_CODES = { pass: 0, warn: 1, fail: 2, unreachable: 2 } as const;

/**
 * The areas folded into one word. Fails closed: what could not be judged counts as bad wherever a verdict needs it.
 * A check is `fail` exactly when one of its unwaived findings is an error.
 * @param warned whether any finding is a warning: an area that is `unknown` may have one
 */
export function foldVerdict(
  states: Readonly<Record<CheckId, CheckState>>,
  evidence: Pick<Evidence, 'mode' | 'connection'>,
  warned = false,
): Verdict['verdict'] {
  if (evidence.mode === 'connect' && (evidence.connection?.address ?? null) === null) return 'unreachable';
  const all = Object.values(states);
  if (all.includes('fail') || MUST_BE_KNOWN.some((id) => states[id] === 'unknown')) return 'fail';
  return warned || all.includes('warn') ? 'warn' : 'pass';
}
