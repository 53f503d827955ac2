import { type DnsName, parseDnsName } from './dns-name.ts';
import { type IpAddress, parseIpAddress } from './ip-address.ts';
import type { ParseError } from './parse-error.ts';

export type Host = DnsName | IpAddress;
export type AddressFamily = 'any' | 'ipv4' | 'ipv6';

/** A host and a port, parsed once; later code cannot meet an unparsed one. */
export interface Target {
  /** What the certificate must be for. */
  readonly host: Host;
  readonly port: number;
  /** Dialled instead of host and port, under the host's name (curl's --connect-to). */
  readonly connectTo: { readonly host: Host; readonly port: number } | null;
  /** The SNI to send; null sends none (always for an IP address). */
  readonly serverName: DnsName | null;
  readonly addressFamily: AddressFamily;
}

/** `wiki.corp.example:443`, `[::1]:8443`. */
export function formatEndpoint(host: Host, port: number): string {
  return host.kind === 'ip' && host.family === 6 ? `[${host.text}]:${port}` : `${host.text}:${port}`;
}

/** Brackets, or two colons among nothing but hex digits and dots, with or without a zone: meant as IPv6. */
const MEANT_AS_IPV6 = /^(?:\[|[0-9a-fA-F.]*:[0-9a-fA-F.]*:[0-9a-fA-F:.]*(?:%|$))/;

/** Reads a DNS name, an IPv4 address, or an IPv6 address with or without brackets. */
export function parseHost(text: string): Host | ParseError {
  const address = parseIpAddress(text);
  if (!('error' in address) || MEANT_AS_IPV6.test(text)) return address;
  return parseDnsName(text);
}

/**
 * Reads `host`, `host:port`, `[v6]`, `[v6]:port`; an IPv6 address without brackets is taken whole, without a port.
 * `port` is null when none was written.
 */
export function parseEndpoint(text: string): { readonly host: Host; readonly port: number | null } | ParseError {
  // A copied URL, which would else be told that `//…` is no port.
  if (text.includes('/')) return { error: 'has a slash: give no scheme and no path' };
  const { hostText, portText } = splitEndpoint(text);
  const host = parseHost(hostText);
  if ('error' in host) return host;
  if (portText === null) return { host, port: null };
  const port = parsePort(portText);
  return port === null ? { error: 'has a port that is not a number from 1 to 65535' } : { host, port };
}

/** A port in decimal without leading zeros; null when it is none. */
export function parsePort(text: string): number | null {
  const port = /^[1-9][0-9]{0,4}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : null;
}

function splitEndpoint(text: string): { hostText: string; portText: string | null } {
  const colon = text.lastIndexOf(':');
  const hasPort = text.startsWith('[') ? text.lastIndexOf(']') === colon - 1 : colon === text.indexOf(':');
  if (colon < 0 || !hasPort) return { hostText: text, portText: null };
  return { hostText: text.slice(0, colon), portText: text.slice(colon + 1) };
}
