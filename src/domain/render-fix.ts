import { cleanText } from './clean-text.ts';
import type { FaultEvidence, Json } from './fault.ts';
import { FINDING_CODES, type FindingCode } from './finding-codes.ts';
import type { Rule } from './rule.ts';
import { RULES, type RuleId } from './rules.ts';

/** Octets of UTF-8 that one value may take of a sentence. */
const MAX_VALUE_BYTES = 200;
/** Members of a list that a sentence names. */
const MAX_LISTED = 5;
const PLACEHOLDER = /\{(\w+)\}/g;

/** What a remedy says where the evidence lacks a value: the sentence stays whole. */
export const STAND_INS: Readonly<Record<string, string>> = {
  addresses: 'the address',
  alert_name: 'shown in the detail',
  algorithm: 'the weak algorithm',
  at: 'evaluated_at',
  bits: 'too few',
  cipher: 'that suite',
  common_name: 'the common name',
  constrained_by: 'a CA certificate above',
  crl_issuer: 'the CA',
  dh_bits: 'few',
  email: 'the expected mailbox',
  failed: 'the areas of the detail',
  first_bytes_class: 'another protocol',
  group: 'a classical group',
  host: 'the host',
  issuer: 'the issuer',
  key: 'present',
  key_type: 'this',
  limit_days: 'the allowed number of',
  min_tls: 'the wanted version',
  missing: 'missing key identifier',
  missing_subject: 'the missing certificate',
  name: 'the name',
  name_type: 'the fitting kind of name',
  nearest: 'a name that the certificate has',
  needed: 'the needed bit',
  next_update: 'see the detail',
  not_after: 'the day it ends',
  not_before: 'the day it starts',
  offset: 'given in the detail',
  oid: 'named in the detail',
  order: 'see the detail',
  pin: 'the list that did not match',
  port: 'the port',
  positions: 'see the detail',
  problem: 'breaks the profile',
  record: 'A for ipv4, AAAA for ipv6',
  reference: 'the host',
  remedy: 'see the detail',
  revocation_reason: 'none',
  rule: 'the one named in this finding',
  server_name: 'the host',
  signature_scheme: 'an old algorithm',
  spiffe_id: 'the expected identity',
  state: 'shown in tls.state',
  subject: 'this certificate',
  subjects: 'the certificates in the detail',
  threshold: 'warn or critical',
  version: 'the old version',
  wildcard: 'the wildcard',
};

/**
 * The remedy of a code for one case: its template with values from the evidence, cleaned and bounded. Values are put
 * in once and never read as templates themselves, so a peer cannot bring placeholders of its own.
 * @param rule the rule that was broken, where one is known: its requirement fills `{rule}`
 */
export function renderFix(code: FindingCode, evidence: FaultEvidence, rule?: RuleId): string {
  const broken: Rule | undefined = rule && RULES[rule];
  return FINDING_CODES[code].fix.replace(PLACEHOLDER, (_, name: string) => {
    if (name === 'rule' && broken) return withoutFullStop(broken.requires);
    const text = Object.hasOwn(evidence, name) ? textOf(evidence[name]) : '';
    return text === '' ? (STAND_INS[name] ?? name.replaceAll('_', ' ')) : text;
  });
}

/** Names of the placeholders of a template. */
export function placeholdersOf(template: string): string[] {
  return Array.from(template.matchAll(PLACEHOLDER), (match) => match[1] ?? '');
}

function withoutFullStop(sentence: string): string {
  return sentence.endsWith('.') ? sentence.slice(0, -1) : sentence;
}

/** Empty for what has no plain text. */
function textOf(value: Json | undefined): string {
  if (typeof value === 'string') return cleanText(value, MAX_VALUE_BYTES);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (!Array.isArray(value)) return '';
  const parts = value.slice(0, MAX_LISTED).map((part: Json) => textOf(part));
  const more = value.length - parts.length;
  return cleanText(parts.join(', '), MAX_VALUE_BYTES) + (more > 0 ? ` and ${more} more` : '');
}
