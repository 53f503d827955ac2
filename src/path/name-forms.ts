import type { GeneralName, GeneralSubtree } from '../domain/certificate.ts';
import { type DirectoryPath, directoryPath, isUpperPart } from './directory-path.ts';

/**
 * Names and the bases of name constraints as they are compared (RFC 5280 §4.2.1.10). `null` is what cannot be
 * compared: a malformed value, or a form whose comparison no standard defines. Such a name or base fails closed:
 * it is inside of no permitted subtree and inside of every excluded one.
 */
export type ComparableName =
  | { readonly form: 'dns'; readonly host: DottedHost; readonly isWildcard: boolean }
  | { readonly form: 'email'; readonly localPart: string; readonly host: DottedHost }
  | { readonly form: 'uri'; readonly host: DottedHost }
  | { readonly form: 'ip'; readonly octets: Buffer }
  | { readonly form: 'directory'; readonly path: DirectoryPath };

export type ComparableBase =
  | { readonly form: 'dns'; readonly suffix: DottedHost; readonly below: boolean }
  | {
      readonly form: 'email' | 'uri';
      readonly localPart: string | null;
      readonly host: DottedHost;
      readonly below: boolean;
    }
  | { readonly form: 'ip'; readonly octets: Buffer; readonly mask: Buffer }
  | { readonly form: 'directory'; readonly path: DirectoryPath };

/** A host in lower case with a period in front, so that one comparison of suffixes respects labels; '' is every host. */
type DottedHost = string;

const HOST = /^(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}$/;
/** The last label of what URL parsers take for an IPv4 address, in any of its spellings (WHATWG URL, "ends in a number"). */
const LAST_LABEL_IS_NUMBER = /(?:^|\.)(?:\d+|0x[0-9a-f]*)\.?$/i;
const MAX_HOST_LENGTH = 253;

/** `host` with a period in front, or null when it is no host name. One trailing period is dropped. */
function dottedHost(host: string): DottedHost | null {
  const lower = host.toLowerCase().replace(/\.$/, '');
  return lower.length <= MAX_HOST_LENGTH && HOST.test(lower) ? `.${lower}` : null;
}

export function comparableName(name: GeneralName): ComparableName | null {
  switch (name.type) {
    case 'dns': {
      const isWildcard = name.value.startsWith('*.');
      const host = dottedHost(isWildcard ? name.value.slice(2) : name.value);
      return host === null ? null : { form: 'dns', host, isWildcard };
    }
    case 'email':
      return comparableMailbox(name.value);
    case 'uri': {
      const host = hostOfUri(name.value);
      return host === null ? null : { form: 'uri', host };
    }
    case 'ip':
      return name.value.length === 4 || name.value.length === 16 ? { form: 'ip', octets: name.value } : null;
    case 'directory':
      return { form: 'directory', path: directoryPath(name.value) };
    default:
      return null;
  }
}

export function comparableBase(base: GeneralSubtree): ComparableBase | null {
  // RFC 5280 §4.2.1.10 gives minimum and maximum no meaning for any form.
  if (base.hasDistance) return null;
  switch (base.type) {
    case 'dns': {
      if (base.value === '') return { form: 'dns', suffix: '', below: false };
      const domain = hostOrDomain(base.value);
      // The RFC has no leading period here; OpenSSL, Go and NSS read it as "only names below".
      return domain === null ? null : { form: 'dns', suffix: domain.host, below: domain.below };
    }
    case 'email': {
      const mailbox = comparableMailbox(base.value);
      if (mailbox !== null) return { ...mailbox, below: false };
      const domain = hostOrDomain(base.value);
      return domain === null ? null : { form: 'email', localPart: null, ...domain };
    }
    case 'uri': {
      const domain = hostOrDomain(base.value);
      return domain === null ? null : { form: 'uri', localPart: null, ...domain };
    }
    case 'ip': {
      if (base.value.length !== 8 && base.value.length !== 32) return null;
      const half = base.value.length / 2;
      return { form: 'ip', octets: base.value.subarray(0, half), mask: base.value.subarray(half) };
    }
    case 'directory':
      return { form: 'directory', path: directoryPath(base.value) };
    default:
      return null;
  }
}

/** A host, or with a leading period all hosts below a domain. */
function hostOrDomain(value: string): { host: DottedHost; below: boolean } | null {
  const below = value.startsWith('.');
  const host = dottedHost(below ? value.slice(1) : value);
  return host === null ? null : { host, below };
}

/**
 * Mailbox of RFC 5321 §4.1.2: the local part is compared exactly (RFC 5280 §7.5), its quotes left aside; the host
 * without regard to case. An address literal in place of the host is compared as it stands.
 */
function comparableMailbox(value: string): Extract<ComparableName, { form: 'email' }> | null {
  const match = /^(?:"((?:[^"\\]|\\.)*)"|([^\s"(),:;<>@[\\\]]+))@(.+)$/.exec(value);
  if (match === null) return null;
  const [, quoted, plain = '', domain = ''] = match;
  const localPart = quoted === undefined ? plain : quoted.replace(/\\(.)/g, '$1');
  const literal = /^\[[0-9a-f:.]+\]$/i.test(domain) ? domain.toLowerCase() : null;
  const host = literal ?? dottedHost(domain);
  return host === null ? null : { form: 'email', localPart, host };
}

/**
 * The host of a URI with an authority (RFC 3986 §3.2). Null for a URI without one, or whose host is no domain name:
 * RFC 5280 §4.2.1.10 has the certificate refused then, when URIs are constrained.
 */
function hostOfUri(value: string): DottedHost | null {
  const authority = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(value)?.[1];
  if (authority === undefined) return null;
  const host = authority.slice(authority.lastIndexOf('@') + 1).replace(/:\d*$/, '');
  return LAST_LABEL_IS_NUMBER.test(host) ? null : dottedHost(host);
}

/** Whether everything that `name` stands for is inside of the subtree of `base`. */
export function isInside(name: ComparableName, base: ComparableBase): boolean {
  switch (name.form) {
    case 'dns':
      if (base.form !== 'dns' || !name.host.endsWith(base.suffix)) return false;
      // What a wildcard stands for is below the name that follows it.
      return !base.below || name.isWildcard || name.host.length > base.suffix.length;
    case 'email':
    case 'uri':
      if (base.form !== name.form) return false;
      if (base.below) return name.host.length > base.host.length && name.host.endsWith(base.host);
      if (name.host !== base.host) return false;
      return name.form === 'uri' || base.localPart === null || base.localPart === name.localPart;
    case 'ip':
      return base.form === 'ip' && isInSubnet(name.octets, base.octets, base.mask);
    case 'directory':
      // The first RDNs of the name are those of the base (RFC 5280 §4.2.1.10).
      return base.form === 'directory' && isUpperPart(base.path, name.path);
  }
}

/**
 * Whether anything that `name` stands for is inside of the subtree of `base`. Differs from `isInside` for wildcards
 * only: `*.example.com` stands for `bar.example.com` too, so it may not pass a CA that must not issue for that.
 */
export function isPartlyInside(name: ComparableName, base: ComparableBase): boolean {
  if (isInside(name, base)) return true;
  if (name.form !== 'dns' || base.form !== 'dns' || !name.isWildcard || base.below) return false;
  // One label replaces the asterisk (RFC 9525 §6.3).
  return (
    base.suffix.endsWith(name.host) && base.suffix.lastIndexOf('.', base.suffix.length - name.host.length - 1) === 0
  );
}

/** RFC 4632 §3.1; an IPv4 address is never in an IPv6 subnet. */
function isInSubnet(address: Buffer, network: Buffer, mask: Buffer): boolean {
  if (address.length !== network.length) return false;
  for (let index = 0; index < address.length; index++) {
    const difference = (address[index] ?? 0) ^ (network[index] ?? 0);
    if ((difference & (mask[index] ?? 0)) !== 0) return false;
  }
  return true;
}
