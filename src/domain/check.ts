import type { CheckId } from './check-id.ts';
import type { Evidence } from './evidence.ts';
import type { Fault } from './fault.ts';
import type { FindingCode } from './finding-codes.ts';

export type CheckState = 'pass' | 'warn' | 'fail' | 'skip' | 'unknown';

/**
 * What a check says: `skip` = not asked, `unknown` = asked and could not be determined (faults may say why),
 * otherwise its faults, of which none means `pass`. The state of a judged check follows from the severities.
 */
export type Judgement =
  | { readonly judged: false; readonly state: 'skip' | 'unknown'; readonly faults: readonly Fault[] }
  | { readonly judged: true; readonly faults: readonly Fault[] };

/** One area of the verdict: a pure judgement of the evidence, unaware of the other areas. */
export interface Check {
  readonly id: CheckId;
  /** Every code that it may report; a test holds it to this list. */
  readonly codes: readonly FindingCode[];
  readonly run: (evidence: Evidence) => Judgement;
}

export const skip: Judgement = { judged: false, state: 'skip', faults: [] };

export function unknown(...faults: readonly Fault[]): Judgement {
  return { judged: false, state: 'unknown', faults };
}

export function judged(faults: readonly Fault[]): Judgement {
  return { judged: true, faults };
}
