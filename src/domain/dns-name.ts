import { domainToASCII } from 'node:url';
import { codePointName, type ParseError } from './parse-error.ts';

/** A DNS host name, parsed. */
export interface DnsName {
  readonly kind: 'dns';
  /** A-label form, lower case, without trailing dot. */
  readonly text: string;
}

/** RFC 1035 §2.3.4: 255 octets on the wire are 253 characters without the trailing dot. */
const MAX_NAME_LENGTH = 253;
const MAX_LABEL_LENGTH = 63;
/** Bounds the work of IDNA mapping. A name of 253 octets in A-labels is shorter than this in any Unicode form that people write. */
const MAX_INPUT_LENGTH = 1024;

const ASCII_OUTSIDE_NAMES = /[\0-,/:-@[-^`{-\x7f]/;
const NON_ASCII = /[^\0-\x7f]/;
/** The dots of UTS #46 §4: full stop, ideographic, full-width and half-width ideographic. */
const DOTS = /[.\u3002\uff0e\uff61]/;
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?$/;
/** What URL parsers take for the last number of an IPv4 address (WHATWG URL, "ends in a number"). */
const NUMBER = /^(?:[0-9]+|0x[0-9a-f]*)$/;

/**
 * Reads a host name: U-labels become A-labels (UTS #46), an ASCII label stands as it is (an `xn--` label too:
 * its Punycode is not looked into), one trailing dot is dropped. Underscores and single labels are allowed, since
 * private networks have both. A name that some program would take for an IPv4 address is refused.
 */
export function parseDnsName(text: string): DnsName | ParseError {
  if (text === '') return { error: 'is empty' };
  if (text.length > MAX_INPUT_LENGTH) return { error: `is longer than ${MAX_INPUT_LENGTH} characters` };
  const wrong = ASCII_OUTSIDE_NAMES.exec(text)?.[0];
  if (wrong !== undefined) return { error: outsideNames(wrong) };

  const written = text.split(DOTS);
  if (written.length > 1 && written.at(-1) === '') written.pop();
  const labels: string[] = [];
  for (const label of written) {
    const ascii = asciiLabel(label);
    if (typeof ascii !== 'string') return ascii;
    labels.push(ascii);
  }
  const name = labels.join('.');
  if (name.length > MAX_NAME_LENGTH) return { error: `is longer than ${MAX_NAME_LENGTH} octets` };
  if (NUMBER.test(labels.at(-1) ?? '')) {
    return {
      error:
        'ends in a number, which programs read as different IPv4 addresses: write an address as four decimal numbers without leading zeros (192.0.2.1)',
    };
  }
  return { kind: 'dns', text: name };
}

function outsideNames(character: string): string {
  if (character === '*') return 'is a wildcard: give one host that the certificate must be for';
  if (character === '/' || character === ':') return 'is not a host name alone: give no scheme, port or path';
  return `has the character ${codePointName(character)}, which no host name has`;
}

function asciiLabel(label: string): string | ParseError {
  if (label === '') return { error: 'has an empty label (two dots in a row, or a dot at the beginning)' };
  const ascii = NON_ASCII.test(label) ? aLabel(label) : label.toLowerCase();
  if (ascii === null) return { error: 'has a label that IDNA does not allow' };
  if (ascii.length > MAX_LABEL_LENGTH) return { error: `has a label longer than ${MAX_LABEL_LENGTH} octets` };
  if (!LABEL.test(ascii)) return { error: 'has a label that begins or ends with a hyphen' };
  return ascii;
}

/** One U-label by UTS #46; null when it has no A-label form. */
function aLabel(label: string): string | null {
  // The added label keeps a lone number from being read as an IPv4 address ("１" as 0.0.0.1).
  const mapped = domainToASCII(`${label}.test`);
  if (!mapped.endsWith('.test')) return null;
  const ascii = mapped.slice(0, -'.test'.length);
  return ascii === '' || ASCII_OUTSIDE_NAMES.test(ascii) || ascii.includes('.') ? null : ascii;
}
