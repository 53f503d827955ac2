/** A DNS host name, parsed. */
export interface DnsName {
  readonly kind: 'dns';
  /** A-label form, lower case, without trailing dot. */
  readonly text: string;
}
