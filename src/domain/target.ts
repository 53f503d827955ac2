import type { DnsName } from './dns-name.ts';
import type { IpAddress } from './ip-address.ts';

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
