import type { Fault } from './fault.ts';
import { FINDING_CODES } from './finding-codes.ts';
import type { Profile } from './policy.ts';
import type { Rule, RuleSeverity } from './rule.ts';
import { RULES } from './rules.ts';

/** The one place where a fault gets its severity: its rule's for the profile, else its code's default. */
export function severityOf(fault: Pick<Fault, 'code' | 'rule'>, profile: Profile): RuleSeverity {
  if (fault.rule === undefined) return FINDING_CODES[fault.code].severity;
  const rule: Rule = RULES[fault.rule];
  return rule.severity[profile];
}
