import { type IpAddress, ipAddressFromBytes, parseIpAddress } from '../../domain/ip-address.ts';
import type { Guard } from './guards.ts';

/** What one subscriber of IPv6 usually has (RFC 6177): single addresses in it are free to take. */
const IPV6_SUBSCRIBER_OCTETS = 8;
const MAPPED_PREFIX = Buffer.from('00000000000000000000ffff', 'hex');

/** Says who asks: by the address of the connection, since a header about it can be written by anybody. */
export function identifyCaller(): Guard {
  return (c) => {
    const caller = { id: addressId(c.env?.peerAddress), grant: null };
    c.set('caller', caller);
    c.set('callerNow', () => caller);
  };
}

/** `address:192.0.2.7`, `address:2001:db8:1:2::/64`; an IPv4 address in IPv6 form is the IPv4 address. */
export function addressId(text: string | undefined): string {
  const address = parseIpAddress((text ?? '').replace(/%.*$/s, ''));
  if ('error' in address) return 'address:unknown';
  const { family, bytes } = address;
  if (family === 4) return `address:${address.text}`;
  if (bytes.subarray(0, 12).equals(MAPPED_PREFIX)) return `address:${textOf(bytes.subarray(12))}`;
  const subscriber = Buffer.alloc(16);
  bytes.copy(subscriber, 0, 0, IPV6_SUBSCRIBER_OCTETS);
  return `address:${textOf(subscriber)}/64`;
}

function textOf(bytes: Buffer): IpAddress['text'] {
  return ipAddressFromBytes(bytes)?.text ?? 'unknown';
}
