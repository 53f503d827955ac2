import { getDomain, getPublicSuffix } from 'tldts';

const BOTH_SECTIONS = { allowPrivateDomains: true, extractHostname: false, validateHostname: false };

/**
 * Whether a name is a public suffix: one under which strangers register names (`co.uk`, `s3.amazonaws.com`), by both
 * sections of the Public Suffix List. By the list's default rule any single label is one.
 * @param name A-labels, lower case, without trailing dot
 */
export function isPublicSuffix(name: string): boolean {
  return getPublicSuffix(name, BOTH_SECTIONS) === name;
}

/** The name that somebody registered, with all names below it (`example.co.uk`); of a single label, that label. */
export function registeredName(name: string): string {
  return getDomain(name, BOTH_SECTIONS) ?? name;
}
