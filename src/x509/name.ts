import { hash } from 'node:crypto';
import type { AttributeTypeAndValue, DistinguishedName } from '../domain/certificate.ts';
import { cleanText, MAX_TEXT_BYTES } from '../domain/clean-text.ts';
import { readString } from './asn1-string.ts';
import { checkOpenValue, type DerCursor, DerError, DerSource, type Element, readOid, TAG } from './der.ts';
import { writeElement } from './der-writer.ts';
import { ATTRIBUTES, type AttributeSyntax } from './oids.ts';

const PLAIN = /^[\u0020-\u007e]*$/;

const ALLOWED_TAGS: Readonly<Record<AttributeSyntax, readonly number[]>> = {
  directory: [TAG.printableString, TAG.utf8String, TAG.teletexString, TAG.bmpString, TAG.universalString],
  printable: [TAG.printableString],
  ia5: [TAG.ia5String],
};

/** Elements of a name outside a certificate, which has its own ceiling. */
const MAX_NAME_ELEMENTS = 1000;

/** Reads an X.501 Name (RFC 5280 §4.1.2.4). Throws DerError when its structure cannot be followed. */
export function readName(cursor: DerCursor, what: string): DistinguishedName {
  const { source } = cursor;
  const element = cursor.take(TAG.sequence, what);
  const sets = source.inside(element);
  const rdns: AttributeTypeAndValue[][] = [];
  while (!sets.done) rdns.push(readRdn(sets, what));
  return { der: source.der(element), rdns, text: formatName(rdns), key: rdns.map(rdnKey).join(',') };
}

/** A Name that stands alone, as in a CertificateRequest of TLS; null when its structure cannot be followed. */
export function readDistinguishedName(der: Buffer): DistinguishedName | null {
  try {
    return readName(new DerSource(der, () => {}, MAX_NAME_ELEMENTS).cursor(), 'the name');
  } catch (error) {
    if (error instanceof DerError) return null;
    throw error;
  }
}

function readRdn(sets: DerCursor, what: string): AttributeTypeAndValue[] {
  const { source } = sets;
  const set = sets.take(TAG.set, `a relative distinguished name of ${what}`);
  const members = source.inside(set);
  const attributes: AttributeTypeAndValue[] = [];
  let previous: Element | null = null;
  while (!members.done) {
    const member = members.take(TAG.sequence, `an attribute of ${what}`);
    if (previous !== null && Buffer.compare(source.der(previous), source.der(member)) > 0) {
      const detail = `the attributes of a relative distinguished name of ${what} are not sorted`;
      source.report({ rule: 'der.set_order', offset: member.start, detail });
    }
    previous = member;
    attributes.push(readAttribute(source, member, what));
  }
  if (attributes.length === 0) {
    const detail = `${what} has a relative distinguished name without attributes`;
    source.report({ rule: 'name.rdn_empty', offset: set.start, detail });
  }
  return attributes;
}

function readAttribute(source: DerSource, member: Element, what: string): AttributeTypeAndValue {
  const fields = source.inside(member);
  const oid = readOid(source, fields.take(TAG.oid, `an attribute type of ${what}`), `an attribute type of ${what}`);
  const element = fields.next(`an attribute value of ${what}`);
  fields.finish(`an attribute of ${what}`);
  const type = ATTRIBUTES.get(oid);
  const where = `${type?.name ?? oid} of ${what}`;
  const value = readString(source, element, where);
  if (value === null) checkOpenValue(source, element, where);
  // Characters outside ASCII are costly to compare, so they count like elements.
  if (value !== null && !PLAIN.test(value)) source.charge(value.length, element.start);
  if (type !== undefined) {
    if (!ALLOWED_TAGS[type.syntax].includes(element.tag)) {
      const detail = `${where} has a string type (tag ${element.tag.toString(16)}) that is not allowed for it`;
      source.report({ rule: 'name.string_type', offset: element.start, detail });
    }
    if (
      value !== null &&
      (value.length === 0 || (value.length > type.maxLength && [...value].length > type.maxLength))
    ) {
      const detail = `${where} is empty or longer than ${type.maxLength} characters`;
      source.report({ rule: 'name.string_length', offset: element.start, detail });
    }
  }
  return { oid, value, tag: element.tag, key: attributeKey(oid, value ?? source.der(element)) };
}

/** Longer values are compared by their digest: NFKC can make eighteen characters of one, and keys are kept. */
const MAX_PLAIN_KEY = 256;

/** @param value the text, or the DER of what is no string */
function attributeKey(oid: string, value: string | Buffer): string {
  const comparable = typeof value === 'string' ? `=${comparisonForm(value)}` : `#${value.toString('hex')}`;
  if (comparable.length > MAX_PLAIN_KEY) return `${oid}:~${hash('sha256', comparable, 'hex')}`;
  // The length before the value keeps keys of several attributes apart, whatever the value holds.
  return `${oid}:${comparable.length}${comparable}`;
}

/**
 * One relative distinguished name as it is compared (RFC 5280 §7.1): the same attributes in any order.
 * A directoryName constraint is met when its RDN keys are the first RDN keys of the name (§4.2.1.10).
 */
export function rdnKey(rdn: readonly AttributeTypeAndValue[]): string {
  const [first] = rdn;
  if (first === undefined || rdn.length === 1) return first?.key ?? '';
  return rdn
    .map(({ key }) => key)
    .sort()
    .join('+');
}

/** RFC 4518 §2.2: mapped to nothing; soft hyphen, joiners, variation selectors, controls, format characters. */
const MAPPED_TO_NOTHING =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the RFC maps control characters to nothing
  // biome-ignore lint/suspicious/noMisleadingCharacterClass: and variation selectors, each by itself
  /[\u0000-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\u00ad\u034f\u06dd\u070f\u1806\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2063\u206a-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffc\u{1d173}-\u{1d17a}\u{e0001}\u{e0020}-\u{e007f}]/gu;

/**
 * The form in which attribute values are equal (RFC 5280 §7.1, RFC 4518): compatibility forms unified, case folded,
 * space at the ends dropped and inner runs of space taken as one.
 */
function comparisonForm(value: string): string {
  if (PLAIN.test(value)) return value.trim().replace(/ {2,}/g, ' ').toLowerCase();
  return value
    .replace(MAPPED_TO_NOTHING, '')
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .replaceAll('ς', 'σ')
    .normalize('NFKC')
    .replace(/[\s\u0085]+/g, ' ')
    .trim();
}

/**
 * The name that `nameRelativeToCRLIssuer` stands for (RFC 5280 §4.2.1.13): the issuer's with one more relative
 * distinguished name, given as the whole `[1]` element. Null when that cannot be read.
 */
export function joinName(issuer: DistinguishedName, relative: Buffer): DistinguishedName | null {
  try {
    const inner = new DerSource(relative, () => {});
    const outer = new DerSource(issuer.der, () => {});
    const rdn = writeElement(TAG.set, inner.content(inner.cursor().next('nameRelativeToCRLIssuer')));
    const name = writeElement(TAG.sequence, outer.content(outer.cursor().next('issuer')), rdn);
    return readName(new DerSource(name, () => {}).cursor(), 'distributionPoint');
  } catch (error) {
    if (error instanceof DerError) return null;
    throw error;
  }
}

/**
 * RFC 4514 text: last RDN first, escaped and cleaned. A string under an OID that has no descriptor is shown as it is,
 * where §2.4 would have `#hex`: it is read by people.
 */
function formatName(rdns: readonly (readonly AttributeTypeAndValue[])[]): string {
  let text = '';
  // Beyond the bound nothing is shown, so nothing more is built.
  for (let index = rdns.length - 1; index >= 0 && text.length <= MAX_TEXT_BYTES; index--) {
    const rdn = (rdns[index] ?? []).map(formatAttribute).join('+');
    text += text === '' ? rdn : `,${rdn}`;
  }
  return cleanText(text);
}

function formatAttribute({ oid, value, key }: AttributeTypeAndValue): string {
  const type = ATTRIBUTES.get(oid)?.name ?? oid;
  if (value !== null) return `${type}=${escapeValue(value.slice(0, MAX_TEXT_BYTES))}`;
  // The key of a value that is no string holds its octets, unless they are too many to show anyway.
  return `${type}=${key.includes('#') ? key.slice(key.indexOf('#')) : '#…'}`;
}

/** RFC 4514 §2.4; NUL, which it writes as `\00`, is cleaned away with the other control characters. */
function escapeValue(value: string): string {
  if (/^[A-Za-z0-9.\-_/@*:()' ]*$/.test(value) && !value.startsWith(' ') && !value.endsWith(' ')) return value;
  return value
    .replace(/[",+;<>\\]/g, '\\$&')
    .replace(/^[ #]/, '\\$&')
    .replace(/(?<!\\) $/, '\\ ');
}
