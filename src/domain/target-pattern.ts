import { parseDnsName } from './dns-name.ts';
import { type IpAddress, parseIpAddress } from './ip-address.ts';
import type { ParseError } from './parse-error.ts';

/** A block of addresses: every address whose first `prefixLength` bits are those of `base`. */
export interface AddressRange {
  readonly kind: 'range';
  readonly base: IpAddress;
  readonly prefixLength: number;
  /** CIDR notation in canonical text; an address alone for a single one. */
  readonly text: string;
}

/** A DNS name and everything below it. */
export interface NameSuffix {
  readonly kind: 'name';
  /** A-label form, lower case, without leading or trailing dot. */
  readonly text: string;
}

/** What an operator may write in a list of targets. */
export type TargetPattern = AddressRange | NameSuffix;

/** Reads an address, a CIDR block (no bits set behind the prefix), or a name that stands for itself and all below it. */
export function parseTargetPattern(text: string): TargetPattern | ParseError {
  if (text.includes('/')) return parseAddressRange(text);
  const address = parseIpAddress(text);
  if (!('error' in address)) return wholeAddress(address);
  if (text.includes(':')) return address;
  if (text.startsWith('*.')) return { error: 'has a wildcard: write the name alone, which covers every name below it' };
  const name = parseDnsName(text.startsWith('.') ? text.slice(1) : text);
  return 'error' in name ? name : { kind: 'name', text: name.text };
}

/** Reads CIDR notation: `10.0.0.0/8`, `fd00::/8`. */
export function parseAddressRange(text: string): AddressRange | ParseError {
  const slash = text.indexOf('/');
  const base = parseIpAddress(slash < 0 ? text : text.slice(0, slash));
  if ('error' in base) return base;
  if (slash < 0) return wholeAddress(base);
  const length = text.slice(slash + 1);
  const prefixLength = /^(?:0|[1-9][0-9]{0,2})$/.test(length) ? Number(length) : Number.NaN;
  if (!(prefixLength <= base.bytes.length * 8)) {
    return { error: `has a prefix length that is not a number from 0 to ${base.bytes.length * 8}` };
  }
  const range = rangeOf(base, prefixLength);
  if (base.bytes.some((octet, index) => (octet & ~maskOctet(prefixLength, index) & 0xff) !== 0)) {
    return { error: 'has bits set behind its prefix: write the first address of the block' };
  }
  return range;
}

/** An IPv4 range holds no IPv6 address and the other way round; embedded addresses are not looked for. */
export function rangeContains(range: AddressRange, address: IpAddress): boolean {
  if (range.base.family !== address.family) return false;
  for (let index = 0; index * 8 < range.prefixLength; index++) {
    const difference = (range.base.bytes[index] ?? 0) ^ (address.bytes[index] ?? 0);
    if ((difference & maskOctet(range.prefixLength, index)) !== 0) return false;
  }
  return true;
}

/** `name` is in A-label form, lower case. */
export function suffixContains(suffix: NameSuffix, name: string): boolean {
  return name === suffix.text || name.endsWith(`.${suffix.text}`);
}

function wholeAddress(address: IpAddress): AddressRange {
  return rangeOf(address, address.bytes.length * 8);
}

function rangeOf(base: IpAddress, prefixLength: number): AddressRange {
  const single = prefixLength === base.bytes.length * 8;
  return { kind: 'range', base, prefixLength, text: single ? base.text : `${base.text}/${prefixLength}` };
}

function maskOctet(prefixLength: number, index: number): number {
  const bits = Math.min(8, Math.max(0, prefixLength - index * 8));
  return (0xff << (8 - bits)) & 0xff;
}
