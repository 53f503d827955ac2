import type { GeneralName } from './certificate.ts';
import { isPublicSuffix } from './public-suffix.ts';
import type { Host } from './target.ts';

/**
 * How a presented name stands to the reference identity, best first:
 * `wildcard_public_suffix` matches, but for every customer of a registry; `wildcard_top_level` (`*.com`, `*`) and
 * `wildcard_position` (anything but one whole left-most label) would match if such wildcards were allowed.
 */
export const NAME_RELATIONS = [
  'exact',
  'wildcard',
  'wildcard_public_suffix',
  'wildcard_top_level',
  'wildcard_position',
  'none',
] as const;

export type NameRelation = (typeof NAME_RELATIONS)[number];

/** The presented name that comes closest to a match, and how; `name` is null exactly for `none`. */
export interface NameMatch {
  readonly relation: NameRelation;
  readonly name: GeneralName | null;
}

/** Longest dNSName that is looked at: no host name is longer, and a wildcard adds nothing (RFC 1035 §2.3.4). */
const MAX_NAME_LENGTH = 253;

/**
 * The reference identity against the names of a subjectAltName by RFC 9525 §6: a DNS name only against dNSName, an
 * address only against iPAddress, octet by octet; no other form of name counts, nor does the subject.
 */
export function matchName(reference: Host, names: readonly GeneralName[]): NameMatch {
  let best: NameMatch = { relation: 'none', name: null };
  for (const name of names) {
    const relation = relate(reference, name);
    if (relation === 'exact') return { relation, name };
    if (NAME_RELATIONS.indexOf(relation) < NAME_RELATIONS.indexOf(best.relation)) best = { relation, name };
  }
  return best;
}

function relate(reference: Host, name: GeneralName): NameRelation {
  if (reference.kind === 'ip') return name.type === 'ip' && name.value.equals(reference.bytes) ? 'exact' : 'none';
  return name.type === 'dns' ? relateDnsName(reference.text, name.value) : 'none';
}

/**
 * One DNS name against one pattern (RFC 9525 §6.3). Whatever is no host name (NUL, spaces, U-labels, names glued
 * together, a trailing dot) matches nothing, since the reference has only letters, digits, hyphens and underscores.
 * @param reference A-labels, lower case, without trailing dot
 * @param presented as encoded, one character per octet
 */
export function relateDnsName(reference: string, presented: string): NameRelation {
  if (presented.length > MAX_NAME_LENGTH) return 'none';
  const pattern = presented.toLowerCase();
  if (pattern === reference) return 'exact';
  if (!pattern.includes('*')) return 'none';
  const base = pattern.startsWith('*.') ? pattern.slice(2) : '';
  if (base !== '' && !base.includes('*')) {
    if (base !== parentOf(reference)) return 'none';
    // OpenSSL, curl, Node and browsers all want two labels after the wildcard.
    if (!base.includes('.')) return 'wildcard_top_level';
    return isPublicSuffix(base) ? 'wildcard_public_suffix' : 'wildcard';
  }
  if (!matchesByLabel(pattern, reference)) return 'none';
  return pattern === '*' ? 'wildcard_top_level' : 'wildcard_position';
}

function parentOf(name: string): string | null {
  const dot = name.indexOf('.');
  return dot === -1 ? null : name.slice(dot + 1);
}

/** Would match if a wildcard could stand for any part of any one label. */
function matchesByLabel(pattern: string, name: string): boolean {
  const patterns = pattern.split('.');
  const labels = name.split('.');
  return patterns.length === labels.length && patterns.every((part, index) => matchesLabel(part, labels[index] ?? ''));
}

/** Literal parts of a pattern, found in order; the first and the last are tied to the ends. */
function matchesLabel(pattern: string, label: string): boolean {
  const parts = pattern.split('*');
  const [head = '', ...rest] = parts;
  const tail = rest.pop();
  if (tail === undefined) return pattern === label;
  if (label.length < head.length + tail.length || !label.startsWith(head) || !label.endsWith(tail)) return false;
  let position = head.length;
  for (const part of rest) {
    const found = label.indexOf(part, position);
    if (found === -1) return false;
    position = found + part.length;
  }
  return position <= label.length - tail.length;
}
