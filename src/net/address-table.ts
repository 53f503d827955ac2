import { type AddressRange, parseAddressRange } from '../domain/target-pattern.ts';

/**
 * `embedded`: the addresses that `inside` finds are judged in its place. `loopback`: allowed while the service
 * itself is reachable over loopback only.
 */
export type AddressRule = 'allowed' | 'refused' | 'loopback' | 'embedded';

/** One block of the address registries and what this service does with it. */
export interface AddressBlock {
  readonly range: AddressRange;
  readonly name: string;
  /** Who assigned the block. */
  readonly source: string;
  readonly rule: AddressRule;
  /** Octets of each IPv4 address that an address of this block may lead to, and which is judged in its place. */
  readonly inside?: (bytes: Buffer) => readonly Buffer[];
}

type Row = readonly [block: string, name: string, source: string, rule: AddressRule, inside?: AddressBlock['inside']];

const lastFour = (bytes: Buffer): Buffer[] => [bytes.subarray(12)];

/** RFC 4380 §4: the server, and the client's address with every bit inverted. Packets may be sent to either. */
const teredo = (bytes: Buffer): Buffer[] => [
  bytes.subarray(4, 8),
  Buffer.from(bytes.subarray(12).map((octet) => octet ^ 0xff)),
];

/** RFC 5214 §6.1: an interface identifier of 0000:5efe, or 0200:5efe, and then the IPv4 address that a router sends to. */
function isatap(bytes: Buffer): Buffer[] {
  const isIsatap = (bytes.readUInt32BE(8) & ~0x0200_0000) === 0x5efe;
  return isIsatap ? lastFour(bytes) : [];
}

/**
 * RFC 6052 §2.2: where the IPv4 address stands depends on the prefix length that the network chose, octet 8 being
 * left out. Inside 64:ff9b:1::/48 that may be 48, 56, 64 or 96, so all four readings are judged. A wrong reading
 * falls among the zeros of the right one, into 0.0.0.0/8, to which no translator leads: it counts only when there is
 * no other.
 */
function localNat64(bytes: Buffer): Buffer[] {
  const withoutOctet8 = Buffer.concat([bytes.subarray(0, 8), bytes.subarray(9)]);
  const readings = [...[6, 7, 8].map((start) => withoutOctet8.subarray(start, start + 4)), bytes.subarray(12)];
  const likely = readings.filter((reading) => reading[0] !== 0);
  return likely.length > 0 ? likely : readings;
}

/**
 * The IANA special-purpose address registries (RFC 6890) as far as they matter to somebody who dials, the multicast
 * and reserved blocks, and the addresses at which clouds serve credentials. The first row that holds an address
 * counts; narrower blocks stand before wider ones. Private ranges are allowed: they are what this service is for.
 */
const ROWS: readonly Row[] = [
  ['100.100.100.200', 'Alibaba Cloud metadata', 'Alibaba Cloud ECS documentation', 'refused'],
  ['168.63.129.16', 'Azure WireServer', 'Azure virtual network documentation', 'refused'],
  ['192.0.0.192', 'Oracle Cloud classic metadata', 'Oracle Cloud Infrastructure Classic documentation', 'refused'],
  ['0.0.0.0/8', 'this network', 'RFC 791 §3.2', 'refused'],
  ['10.0.0.0/8', 'private use', 'RFC 1918', 'allowed'],
  ['100.64.0.0/10', 'shared address space', 'RFC 6598', 'allowed'],
  ['127.0.0.0/8', 'loopback', 'RFC 1122 §3.2.1.3', 'loopback'],
  ['169.254.0.0/16', 'link-local, with cloud metadata', 'RFC 3927', 'refused'],
  ['172.16.0.0/12', 'private use', 'RFC 1918', 'allowed'],
  ['192.168.0.0/16', 'private use', 'RFC 1918', 'allowed'],
  ['224.0.0.0/4', 'multicast', 'RFC 5771', 'refused'],
  ['255.255.255.255', 'limited broadcast', 'RFC 919', 'refused'],
  ['240.0.0.0/4', 'reserved', 'RFC 1112 §4', 'refused'],
  ['0.0.0.0/0', 'public', 'IANA IPv4 address space registry', 'allowed'],

  ['::', 'unspecified address', 'RFC 4291 §2.5.2', 'refused'],
  ['::1', 'loopback', 'RFC 4291 §2.5.3', 'loopback'],
  ['::/96', 'IPv4-compatible', 'RFC 4291 §2.5.5.1', 'embedded', lastFour],
  ['::ffff:0.0.0.0/96', 'IPv4-mapped', 'RFC 4291 §2.5.5.2', 'embedded', lastFour],
  ['64:ff9b::/96', 'NAT64', 'RFC 6052 §2.1', 'embedded', lastFour],
  ['64:ff9b:1::/48', 'local-use NAT64', 'RFC 8215', 'embedded', localNat64],
  ['100::/64', 'discard-only', 'RFC 6666', 'refused'],
  ['2001::/32', 'Teredo', 'RFC 4380', 'embedded', teredo],
  ['2002::/16', '6to4', 'RFC 3056', 'embedded', (bytes) => [bytes.subarray(2, 6)]],
  ['2000::/3', 'public', 'RFC 4291 §2.4', 'allowed', isatap],
  ['fd00:ec2::/32', 'AWS metadata and services', 'AWS EC2 and EKS documentation', 'refused'],
  ['fd20:ce::254', 'Google Cloud metadata', 'Google Compute Engine documentation', 'refused'],
  ['fd00:c1::a9fe:a9fe', 'Oracle Cloud metadata', 'Oracle Cloud Infrastructure documentation', 'refused'],
  ['fd00:42::42', 'Scaleway metadata', 'Scaleway documentation; cloud-init', 'refused'],
  ['fd00:a9fe:a9fe::1', 'Linode metadata', 'Akamai Cloud documentation', 'refused'],
  ['fd00:100::100:200', 'Alibaba Cloud metadata', 'Alibaba Cloud ECS documentation', 'refused'],
  ['fc00::/7', 'unique local', 'RFC 4193', 'allowed', isatap],
  ['fe80::/10', 'link-local', 'RFC 4291 §2.5.6', 'refused'],
  ['fec0::/10', 'site-local (deprecated)', 'RFC 3879', 'refused'],
  ['ff00::/8', 'multicast', 'RFC 4291 §2.7', 'refused'],
  ['::/0', 'reserved by the IETF', 'IANA IPv6 address space registry', 'refused'],
];

export const ADDRESS_TABLE: readonly AddressBlock[] = ROWS.map(([block, name, source, rule, inside]) => {
  const range = parseAddressRange(block);
  if ('error' in range) throw new Error(`address table: ${block} ${range.error}`);
  return { range, name, source, rule, ...(inside && { inside }) };
});
