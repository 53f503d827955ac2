import type { DistinguishedName, GeneralName } from '../domain/certificate.ts';
import { ipAddressFromBytes, parseIpAddress } from '../domain/ip-address.ts';
import type { RuleId } from '../domain/rules.ts';

const COMMON_NAME = '2.5.4.3';
/** Two labels at least, of letters, digits, hyphens and underscores; the last is no number. */
const HOST_NAME = /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+(?!\d+$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const WILDCARD_PREFIX = /^\*\./;
/** One number of an IPv4 address as inet_aton reads it: decimal, octal or hexadecimal. */
const ADDRESS_NUMBER = /^(?:0x[0-9a-f]{1,10}|[0-9]{1,12})$/i;
const MAX_HOST_NAME = 253;

/** Values of the commonName attributes of a name, as decoded; more than one is allowed. */
export function commonNames(name: DistinguishedName): string[] {
  return name.rdns.flat().flatMap(({ oid, value }) => (oid === COMMON_NAME && value !== null ? [value] : []));
}

/**
 * What the CA/Browser Forum has against one common name beside a subjectAltName (BR §7.1.4.3): `cn.copy` for the
 * forms that must be a copy character for character, `cn.in_san` for another host name that is missing there,
 * null when there is nothing to say.
 */
export function judgeCommonName(commonName: string, names: readonly GeneralName[]): RuleId | null {
  if (isAddress(commonName)) return addressTexts(names).includes(commonName) ? null : 'cn.copy';
  const hostNames = names.flatMap((name) => (name.type === 'dns' ? [name.value] : []));
  if (hostNames.includes(commonName)) return null;
  if (hasUpperCaseOrNonAscii(commonName)) return 'cn.copy';
  if (isHostName(commonName)) return hostNames.some((name) => !name.startsWith('*.')) ? 'cn.copy' : 'cn.in_san';
  return isHostName(commonName.replace(WILDCARD_PREFIX, '')) ? 'cn.in_san' : null;
}

function addressTexts(names: readonly GeneralName[]): string[] {
  return names.flatMap((name) => (name.type === 'ip' ? (ipAddressFromBytes(name.value)?.text ?? []) : []));
}

/** An IP address in any notation that some program reads as one. */
function isAddress(text: string): boolean {
  return !('error' in parseIpAddress(text)) || isLooseIpv4(text);
}

/**
 * inet_aton's forms of IPv4: one to four numbers, each decimal, octal (leading zero) or hexadecimal.
 * A single decimal below 2^24 is left alone: it is a serial or a customer number, not an address.
 */
function isLooseIpv4(text: string): boolean {
  if (text.length > 52) return false;
  const parts = text.split('.');
  if (parts.length > 4 || !parts.every((part) => ADDRESS_NUMBER.test(part))) return false;
  const values = parts.map((part) => (/^0[0-7]+$/.test(part) ? Number.parseInt(part, 8) : Number(part)));
  const last = values.pop() ?? 0;
  if (values.some((value) => value > 255) || last >= 256 ** (4 - values.length)) return false;
  return values.length > 0 || text.toLowerCase().startsWith('0x') || last >= 2 ** 24;
}

function hasUpperCaseOrNonAscii(text: string): boolean {
  return /[A-Z\u0080-\u{10ffff}]/u.test(text);
}

function isHostName(text: string): boolean {
  return text.length <= MAX_HOST_NAME && HOST_NAME.test(text);
}
