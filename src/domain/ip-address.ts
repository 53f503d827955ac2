/** An IP address, parsed. */
export interface IpAddress {
  readonly kind: 'ip';
  readonly family: 4 | 6;
  /** Canonical text: dotted decimal, or RFC 5952. Without zone and brackets. */
  readonly text: string;
  /** 4 or 16 octets in network order. */
  readonly bytes: Buffer;
}
