import type { ParseError } from './parse-error.ts';

/** An IP address, parsed. */
export interface IpAddress {
  readonly kind: 'ip';
  readonly family: 4 | 6;
  /** Canonical text: dotted decimal, or RFC 5952. Without zone and brackets. */
  readonly text: string;
  /** 4 or 16 octets in network order. */
  readonly bytes: Buffer;
}

const DECIMAL_OCTET = /^(?:0|[1-9][0-9]{0,2})$/;
const HEX_GROUP = /^[0-9a-fA-F]{1,4}$/;
const GROUPS = 8;

/**
 * Reads an IPv4 address in dotted decimal (four numbers, no leading zeros) or an IPv6 address
 * (RFC 4291 §2.2, also with the last 32 bits in dotted decimal), with or without brackets.
 * Zone ids are refused: they name an interface of this machine, which no caller can know.
 */
export function parseIpAddress(text: string): IpAddress | ParseError {
  if (text.startsWith('[')) {
    if (/\]:\d*$/.test(text)) return { error: 'is not a host name alone: give no scheme, port or path' };
    if (!text.endsWith(']')) return { error: 'opens a bracket that is not closed at the end' };
    const inside = text.slice(1, -1);
    return inside.includes(':') ? parseIpv6(inside) : { error: 'has brackets around something other than IPv6' };
  }
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

/** The address that 4 or 16 octets stand for (an iPAddress of RFC 5280 §4.2.1.6); null for any other length. */
export function ipAddressFromBytes(bytes: Buffer): IpAddress | null {
  if (bytes.length === 4) return { kind: 'ip', family: 4, text: bytes.join('.'), bytes };
  if (bytes.length === 16) return { kind: 'ip', family: 6, text: formatIpv6(bytes), bytes };
  return null;
}

function parseIpv4(text: string): IpAddress | ParseError {
  const bytes = ipv4Bytes(text);
  if (bytes === null)
    return { error: 'is not an IPv4 address of four decimal numbers from 0 to 255 without leading zeros' };
  return { kind: 'ip', family: 4, text, bytes };
}

function ipv4Bytes(text: string): Buffer | null {
  if (text.length > 15) return null;
  const parts = text.split('.');
  if (parts.length !== 4) return null;
  if (!parts.every((part) => DECIMAL_OCTET.test(part) && Number(part) <= 255)) return null;
  return Buffer.from(parts.map(Number));
}

function parseIpv6(text: string): IpAddress | ParseError {
  if (text.includes('%')) return { error: 'has a zone id, which is not accepted: give the address alone' };
  const bytes = ipv6Bytes(text);
  if (bytes === null) return { error: 'is not an IPv6 address' };
  return { kind: 'ip', family: 6, text: formatIpv6(bytes), bytes };
}

function ipv6Bytes(text: string): Buffer | null {
  // The longest spelling is eight full groups with the last two as dotted decimal: 45 characters.
  if (text.length > 45) return null;
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const [head = '', tail] = halves;
  const before = groupsOf(head, tail === undefined);
  const after = tail === undefined ? [] : groupsOf(tail, true);
  if (before === null || after === null) return null;
  const missing = GROUPS - before.length - after.length;
  // "::" stands for at least one group of zeros (RFC 4291 §2.2).
  if (tail === undefined ? missing !== 0 : missing < 1) return null;
  const groups = [...before, ...Array<number>(missing).fill(0), ...after];
  return Buffer.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

/** The 16-bit groups of one side of "::"; `last` allows dotted decimal at the end. Null when malformed. */
function groupsOf(text: string, last: boolean): number[] | null {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (HEX_GROUP.test(part)) {
      groups.push(Number.parseInt(part, 16));
      continue;
    }
    const octets = last && index === parts.length - 1 ? ipv4Bytes(part) : null;
    if (octets === null) return null;
    groups.push(octets.readUInt16BE(0), octets.readUInt16BE(2));
  }
  return groups;
}

/** RFC 5952 §4; §5: IPv4-mapped addresses (::ffff:0:0/96) end in dotted decimal. */
function formatIpv6(bytes: Buffer): string {
  const groups = Array.from({ length: GROUPS }, (_, index) => bytes.readUInt16BE(index * 2));
  if (groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0)) {
    return `::ffff:${bytes.subarray(12).join('.')}`;
  }
  const zeros = longestZeroRun(groups);
  const hex = groups.map((group) => group.toString(16));
  if (zeros.length < 2) return hex.join(':');
  return `${hex.slice(0, zeros.start).join(':')}::${hex.slice(zeros.start + zeros.length).join(':')}`;
}

/** RFC 5952 §4.2.3: the longest run of zero groups, the first of equals. */
function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (const [index, group] of groups.entries()) {
    if (group !== 0) start = index + 1;
    else if (index + 1 - start > best.length) best = { start, length: index + 1 - start };
  }
  return best;
}
