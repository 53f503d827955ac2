import type { Check, CheckState, Judgement } from '../domain/check.ts';
import type { CheckId } from '../domain/check-id.ts';
import type { Evidence } from '../domain/evidence.ts';
import type { Fault } from '../domain/fault.ts';
import { FINDING_CODES, type Severity } from '../domain/finding-codes.ts';
import type { Profile } from '../domain/policy.ts';
import { severityOf } from '../domain/severity.ts';
import { CHECKS } from './index.ts';

/** A fault that counts in the profile asked for, with its weight there. */
export interface WeighedFault {
  readonly fault: Fault;
  readonly severity: Severity;
}

/** One area, judged. */
export interface CheckResult {
  readonly id: CheckId;
  readonly state: CheckState;
  readonly findings: readonly WeighedFault[];
}

export interface RunChecksHooks {
  /** Told of a check that threw: a mistake of ours, which the verdict shows as `unknown`. */
  readonly onCheckError: (check: CheckId, error: unknown) => void;
}

/**
 * Every area's judgement of the evidence, in report order. A check that throws is `unknown`, so that the verdict
 * fails closed and the other areas are reported all the same.
 */
export function runChecks(evidence: Evidence, hooks: RunChecksHooks, checks: readonly Check[] = CHECKS): CheckResult[] {
  return checks.map((check) => {
    try {
      return weigh(check, check.run(evidence), evidence.policy.profile);
    } catch (error) {
      hooks.onCheckError(check.id, error);
      return { id: check.id, state: 'unknown', findings: [] };
    }
  });
}

function weigh(check: Check, judgement: Judgement, profile: Profile): CheckResult {
  for (const fault of judgement.faults) assertOwned(check, fault);
  const findings = judgement.faults.flatMap((fault): WeighedFault[] => {
    const severity = severityOf(fault, profile);
    return severity === 'off' ? [] : [{ fault, severity }];
  });
  return { id: check.id, state: judgement.judged ? stateOf(findings) : judgement.state, findings };
}

/** A fault in the wrong area would be counted nowhere: better loud. */
function assertOwned(check: Check, fault: Fault): void {
  if (FINDING_CODES[fault.code].check !== check.id) throw new Error(`${check.id} reports ${fault.code}`);
}

function stateOf(findings: readonly WeighedFault[]): CheckState {
  if (findings.some(({ severity }) => severity === 'error')) return 'fail';
  return findings.some(({ severity }) => severity === 'warning') ? 'warn' : 'pass';
}
