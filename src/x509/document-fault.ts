import type { Fault } from '../domain/fault.ts';
import { RULES, type RuleId } from '../domain/rules.ts';
import type { Violation } from './der.ts';

/** Places at which one rule is told of one document. */
const MAX_PLACES = 4;

/**
 * Departures of a CRL or OCSP response as faults, a few for each rule. What the rules of certificates and of DER say
 * stands behind `encoding`, the document's own rule, so that it has the document's code.
 */
export function documentFaults(violations: readonly Violation[], code: Fault['code'], encoding: RuleId): Fault[] {
  const seen = new Map<RuleId, number>();
  return violations.flatMap((violation) => {
    const place = (seen.get(violation.rule) ?? 0) + 1;
    seen.set(violation.rule, place);
    return place > MAX_PLACES ? [] : [documentFault(violation, code, encoding)];
  });
}

export function documentFault({ rule, offset, detail }: Violation, code: Fault['code'], encoding: RuleId): Fault {
  const isOwn = RULES[rule].code === code;
  return {
    code,
    rule: isOwn ? rule : encoding,
    detail: `at octet ${offset}: ${detail}`,
    evidence: { offset, ...(isOwn ? {} : { departure: rule }) },
  };
}
