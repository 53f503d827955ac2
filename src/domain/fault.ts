import type { FindingCode } from './finding-codes.ts';
import type { RuleId } from './rules.ts';

/** What a finding can carry as evidence: plain JSON. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Numbers and names behind a fault; `fix` and `detail` templates of the vocabulary are filled from it. */
export type FaultEvidence = Readonly<Record<string, Json>>;

/**
 * Something wrong with (or worth knowing about) a target, as the room that saw it reports it:
 * a code, the rule it breaks, where, and the facts. Title, remedy and severity are added once, when findings are made.
 */
export interface Fault {
  readonly code: FindingCode;
  /** The rule that was broken, where one code has several causes; it may change the severity by profile. */
  readonly rule?: RuleId;
  /** SHA-256 of the certificate concerned (lower-case hex); absent when the fault is the connection's or the chain's. */
  readonly certificate?: string;
  /** One sentence with the facts of this case, without the remedy. */
  readonly detail: string;
  readonly evidence?: FaultEvidence;
}
