import type { Certificate, GeneralName } from '../domain/certificate.ts';
import { type Check, type Judgement, judged, skip, unknown } from '../domain/check.ts';
import { cleanText } from '../domain/clean-text.ts';
import type { Evidence } from '../domain/evidence.ts';
import type { Fault } from '../domain/fault.ts';
import { ipAddressFromBytes, parseIpAddress } from '../domain/ip-address.ts';
import { matchName, type NameMatch, relateDnsName } from '../domain/match-name.ts';
import type { Profile } from '../domain/policy.ts';
import { severityOf } from '../domain/severity.ts';
import { type Host, parseHost } from '../domain/target.ts';
import { commonNames } from './common-name.ts';

const SUBJECT_ALT_NAME = '2.5.29.17';
/** Names that a finding lists; the verdict's `hostname` has more. */
const MAX_NAMES_IN_EVIDENCE = 20;

/** Rules behind the relations of `matchName` that are no plain match. */
const WILDCARD_RULES = {
  wildcard_public_suffix: 'wildcard.public_suffix',
  wildcard_top_level: 'wildcard.top_level',
  wildcard_position: 'wildcard.position',
} as const;

/** What the leaf says of the host that was called. */
export interface HostnameMatch {
  readonly matched: boolean;
  /** The presented name that matched, as shown. */
  readonly matchedBy: string | null;
  /** Every dNSName and iPAddress, as shown. */
  readonly presented: readonly string[];
}

/** Is the certificate for the host that was called (RFC 9525; subjectAltName only)? */
export const hostnameCheck: Check = {
  id: 'hostname',
  codes: ['name_mismatch', 'name_only_in_cn', 'wildcard_not_allowed'],
  run: judgeHostname,
};

/** The same judgement as the check's, for the `hostname` part of a verdict. */
export function matchHostname(leaf: Certificate, reference: Host, profile: Profile): HostnameMatch {
  const match = matchName(reference, leaf.decoded.subjectAltName ?? []);
  const matched = isMatch(match, profile);
  return { matched, matchedBy: matched && match.name ? showName(match.name) : null, presented: presentedNames(leaf) };
}

function judgeHostname({ reference, leaf }: Evidence): Judgement {
  if (reference === null) return skip;
  if (leaf === null || isUnreadable(leaf)) return unknown();
  const match = matchName(reference, leaf.decoded.subjectAltName ?? []);
  if (match.relation === 'exact' || match.relation === 'wildcard') return judged([]);
  return judged([match.relation === 'none' ? mismatch(leaf, reference) : refusedWildcard(leaf, reference, match)]);
}

/** A subjectAltName that is there but could not be decoded is not "no names". */
function isUnreadable(leaf: Certificate): boolean {
  return leaf.decoded.subjectAltName === undefined && leaf.extensions.some(({ oid }) => oid === SUBJECT_ALT_NAME);
}

function isMatch({ relation }: NameMatch, profile: Profile): boolean {
  if (relation === 'none') return false;
  if (relation === 'exact' || relation === 'wildcard') return true;
  return severityOf({ code: 'wildcard_not_allowed', rule: WILDCARD_RULES[relation] }, profile) !== 'error';
}

function refusedWildcard(leaf: Certificate, reference: Host, match: NameMatch): Fault {
  const relation = match.relation as keyof typeof WILDCARD_RULES;
  const wildcard = match.name === null ? '' : showName(match.name);
  const reason = {
    wildcard_public_suffix: 'stands directly before a public suffix, under which strangers register names',
    wildcard_top_level: 'has fewer than two labels after the wildcard',
    wildcard_position: 'has a wildcard that is not the whole left-most label',
  }[relation];
  return {
    code: 'wildcard_not_allowed',
    rule: WILDCARD_RULES[relation],
    certificate: leaf.sha256,
    detail: `${reference.text} could be meant only by ${wildcard}, which ${reason}`,
    evidence: { reference: reference.text, wildcard },
  };
}

function mismatch(leaf: Certificate, reference: Host): Fault {
  const presented = presentedNames(leaf);
  const evidence = {
    reference: reference.text,
    name_type: reference.kind === 'ip' ? 'iPAddress' : 'dNSName',
    presented: presented.slice(0, MAX_NAMES_IN_EVIDENCE),
    presented_total: presented.length,
  };
  const commonName = hasNamesOfKind(leaf, reference) ? undefined : matchingCommonName(leaf, reference);
  if (commonName !== undefined) {
    return {
      code: 'name_only_in_cn',
      certificate: leaf.sha256,
      detail: `${reference.text} is only in the common name; the subjectAltName has no ${evidence.name_type}`,
      evidence: { ...evidence, common_name: cleanText(commonName) },
    };
  }
  return {
    code: 'name_mismatch',
    certificate: leaf.sha256,
    detail: describeMismatch(reference, presented),
    evidence: { ...evidence, nearest: nearestName(reference, presented) },
  };
}

function hasNamesOfKind(leaf: Certificate, reference: Host): boolean {
  return (leaf.decoded.subjectAltName ?? []).some(({ type }) => type === reference.kind);
}

function matchingCommonName(leaf: Certificate, reference: Host): string | undefined {
  return commonNames(leaf.subject).find((name) => {
    if (reference.kind === 'dns') return ['exact', 'wildcard'].includes(relateDnsName(reference.text, name));
    const address = parseIpAddress(name);
    return !('error' in address) && address.bytes.equals(reference.bytes);
  });
}

function describeMismatch(reference: Host, presented: readonly string[]): string {
  if (presented.length === 0) return `${reference.text} is not in the certificate: it has no host names at all`;
  const shown = presented.slice(0, 3).join(', ');
  const more = presented.length > 3 ? ` and ${presented.length - 3} more` : '';
  const count = presented.length === 1 ? '1 name' : `${presented.length} names`;
  return `${reference.text} is not among ${count}: ${shown}${more}`;
}

/** dNSName and iPAddress of the subjectAltName, cleaned; an iPAddress of another length than 4 or 16 as hex. */
function presentedNames(leaf: Certificate): string[] {
  return (leaf.decoded.subjectAltName ?? [])
    .filter(({ type }) => type === 'dns' || type === 'ip')
    .map((name) => showName(name));
}

function showName(name: GeneralName): string {
  if (name.type === 'dns') return cleanText(name.value);
  if (name.type === 'ip') return ipAddressFromBytes(name.value)?.text ?? cleanText(name.value.toString('hex'));
  return '';
}

/**
 * The name to call the host by instead: of those that share most labels with the reference, counted from the right,
 * the first; null when none shares any.
 */
function nearestName(reference: Host, presented: readonly string[]): string | null {
  const callable = presented.filter((name) => isCallable(name, reference));
  if (reference.kind === 'ip') return callable[0] ?? null;
  let nearest: { name: string; shared: number } | null = null;
  for (const name of callable) {
    const shared = sharedLabels(reference.text, name);
    if (shared > (nearest?.shared ?? 0)) nearest = { name, shared };
  }
  return nearest?.name ?? (callable.length === 1 ? (callable[0] ?? null) : null);
}

/** Nobody can call a wildcard, and a spelling of the reference that did not match would not match again. */
function isCallable(name: string, reference: Host): boolean {
  const host = parseHost(name);
  return !('error' in host) && host.text !== reference.text;
}

function sharedLabels(reference: string, name: string): number {
  const wanted = reference.split('.').reverse();
  const labels = name.toLowerCase().split('.').reverse();
  const differs = wanted.findIndex((label, index) => label !== labels[index]);
  return differs === -1 ? wanted.length : differs;
}
