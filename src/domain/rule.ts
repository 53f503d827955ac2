import type { FindingCode, Severity } from './finding-codes.ts';
import type { Profile } from './policy.ts';

/** `off`: not judged in that profile. */
export type RuleSeverity = Severity | 'off';

/**
 * One rule behind a finding code: codes say what to do, rules say which sentence of which document was broken.
 * Severity per profile stands here when it differs from the code's default.
 */
export interface Rule {
  readonly code: FindingCode;
  readonly severity: Readonly<Record<Profile, RuleSeverity>>;
  /** One sentence that states the rule, as a requirement. */
  readonly requires: string;
  /** Where it comes from: `RFC 5280 §4.1.2.2`. */
  readonly reference: string;
}

/** The same severity in every profile. */
export function always(severity: Severity): Rule['severity'] {
  return { default: severity, rfc5280: severity, webpki: severity };
}

/** A lint that private CAs break: milder in profile `default` than in the two standards' own profiles. */
export function lint(inDefault: RuleSeverity, elsewhere: RuleSeverity = 'error'): Rule['severity'] {
  return { default: inDefault, rfc5280: elsewhere, webpki: elsewhere };
}
