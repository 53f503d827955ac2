import { type GeneralName, SMTP_UTF8_MAILBOX } from '../domain/certificate.ts';
import type { RuleId } from '../domain/rules.ts';

const DNS_CHARACTERS = /^[A-Za-z0-9\-_.*]*$/;
/** Labels of 1 to 63 characters that neither begin nor end with a hyphen, joined by single periods. */
const HOST = /^(?!-)[A-Za-z0-9\-_]{1,63}(?<!-)(?:\.(?!-)[A-Za-z0-9\-_]{1,63}(?<!-))*$/;
const IPV4_TEXT = /^\d{1,3}(\.\d{1,3}){3}$/;
const IPV6_TEXT = /^\[?[0-9A-Fa-f:.]+\]?$/;
const MAX_DNS_NAME = 253;

/** The rule that a name of subjectAltName or issuerAltName breaks by its content, or null. */
export function alternativeNameRule(name: GeneralName): RuleId | null {
  switch (name.type) {
    case 'dns':
      return dnsNameRule(name.value);
    case 'ip':
      return name.value.length === 4 || name.value.length === 16 ? null : 'san.ip_length';
    case 'email':
      return isMailbox(name.value) ? null : 'san.email_syntax';
    case 'other':
      return name.typeId !== SMTP_UTF8_MAILBOX || isMailbox(name.mailbox ?? '') ? null : 'san.email_syntax';
    case 'uri':
      return /^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"{}|\\^`]+$/.test(name.value) ? null : 'san.uri_syntax';
    default:
      return null;
  }
}

/** RFC 5280 §4.2.1.6: preferred name syntax, with the underscore and the left-most wildcard that are in use. */
function dnsNameRule(value: string): RuleId | null {
  if (IPV4_TEXT.test(value) || (value.includes(':') && IPV6_TEXT.test(value))) return 'san.dns_ip_text';
  if (value.length > MAX_DNS_NAME || !DNS_CHARACTERS.test(value)) return 'san.dns_syntax';
  const host = value.startsWith('*.') ? value.slice(2) : value;
  if (host.includes('*')) return 'san.dns_wildcard';
  if (!isHost(host)) return 'san.dns_syntax';
  return host.includes('_') ? 'san.dns_underscore' : null;
}

function isHost(value: string): boolean {
  return value.length <= MAX_DNS_NAME && HOST.test(value);
}

/**
 * Mailbox of RFC 5321 §4.1.2: a dot-string or quoted string, one at sign, a domain or address literal.
 * RFC 5280 §4.2.1.6 allows no display name and no angle brackets.
 */
function isMailbox(value: string): boolean {
  const match = /^(?:"(?:[^"\\]|\\.)*"|[^\s"(),:;<>@[\\\]]+)@(.+)$/.exec(value);
  const domain = match?.[1];
  return domain !== undefined && (isHost(domain) || /^\[[0-9A-Fa-f:.]+\]$/.test(domain));
}

/** The rule that the base of a name constraint breaks by its content (RFC 5280 §4.2.1.10), or null. */
export function constraintRule(base: GeneralName): RuleId | null {
  switch (base.type) {
    case 'dns':
      return dnsConstraintRule(base.value);
    case 'email': {
      const isEmail = base.value.includes('@') ? isMailbox(base.value) : isHostOrDomain(base.value);
      return isEmail ? null : 'name_constraints.email_syntax';
    }
    case 'uri':
      return isHostOrDomain(base.value) && !IPV4_TEXT.test(base.value) ? null : 'name_constraints.uri_syntax';
    case 'ip':
      return isSubnet(base.value) ? null : 'name_constraints.ip_form';
    default:
      return null;
  }
}

function dnsConstraintRule(value: string): RuleId | null {
  // The empty constraint is in use for "no (or any) dNSName at all".
  if (value === '' || isHost(value)) return null;
  return isHostOrDomain(value) ? 'name_constraints.dns_leading_period' : 'name_constraints.dns_syntax';
}

function isHostOrDomain(value: string): boolean {
  return isHost(value.startsWith('.') ? value.slice(1) : value);
}

/** An address and a mask of ones, then zeros (RFC 4632 §3.1). */
function isSubnet(octets: Buffer): boolean {
  if (octets.length !== 8 && octets.length !== 32) return false;
  let bits = '';
  for (const octet of octets.subarray(octets.length / 2)) bits += octet.toString(2).padStart(8, '0');
  return !bits.includes('01');
}
