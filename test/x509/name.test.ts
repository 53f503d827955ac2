import { describe, expect, it } from 'vitest';
import type { DistinguishedName } from '../../src/domain/certificate.ts';
import { DerSource } from '../../src/x509/der.ts';
import { readName } from '../../src/x509/name.ts';
import { ia5, integer, printable, set, tlv, utf8 } from '../support/der.ts';
import { attribute, name } from './certificate-bytes.ts';

function read(der: Buffer): DistinguishedName {
  return readName(new DerSource(der, () => {}).cursor(), 'name');
}

const CN = '2.5.4.3';
const O = '2.5.4.10';
const cn = (value: Buffer): Buffer => name(attribute(CN, value));
const teletex = (hex: string): Buffer => tlv(0x14, Buffer.from(hex, 'hex'));
const bmp = (text: string): Buffer => tlv(0x1e, Buffer.from(text, 'utf16le').swap16());

describe('comparison of names (RFC 5280 §7.1)', () => {
  it.each([
    ['PrintableString and UTF8String', cn(printable('Test')), cn(utf8('Test'))],
    ['upper and lower case', cn(utf8('TEST')), cn(utf8('test'))],
    ['upper and lower case outside ASCII', cn(utf8('MÜLLER')), cn(utf8('müller'))],
    ['sharp s and its capital spelling', cn(utf8('Straße')), cn(utf8('STRASSE'))],
    ['final and medial sigma', cn(utf8('ΟΔΟΣ')), cn(utf8('οδος'))],
    ['space at the ends and inner runs of it', cn(utf8('  a   b ')), cn(utf8('a b'))],
    ['a tab and a space', cn(utf8('a\tb')), cn(utf8('a b'))],
    ['TeletexString as Latin-1 and UTF8String', cn(teletex('4dfc6c6c6572')), cn(utf8('Müller'))],
    ['BMPString and UTF8String', cn(bmp('Müller')), cn(utf8('Müller'))],
    ['composed and decomposed characters', cn(utf8('\u00fc')), cn(utf8('u\u0308'))],
    ['full-width and ordinary letters', cn(utf8('ＡＢ')), cn(utf8('ab'))],
    ['long values', cn(utf8('Ab '.repeat(400))), cn(utf8('aB  '.repeat(400)))],
    ['with and without a soft hyphen', cn(utf8('a\u00adb')), cn(utf8('ab'))],
    [
      'attributes of one RDN in another order',
      tlv(0x30, set(attribute(CN, utf8('a')), attribute(O, utf8('b')))),
      tlv(0x30, set(attribute(O, utf8('b')), attribute(CN, utf8('a')))),
    ],
  ])('takes as equal: %s', (_, one, other) => {
    expect(read(one).key).toBe(read(other).key);
  });

  it.each([
    ['another attribute type', cn(utf8('a')), name(attribute(O, utf8('a')))],
    [
      'another order of RDNs',
      name(attribute(CN, utf8('a')), attribute(O, utf8('b'))),
      name(attribute(O, utf8('b')), attribute(CN, utf8('a'))),
    ],
    [
      'one RDN of two attributes and two RDNs',
      tlv(0x30, set(attribute(CN, utf8('a')), attribute(O, utf8('b')))),
      name(attribute(CN, utf8('a')), attribute(O, utf8('b'))),
    ],
    ['no space and a space', cn(utf8('ab')), cn(utf8('a b'))],
    ['dotless and dotted i', cn(utf8('ı')), cn(utf8('i'))],
    ['long values that end differently', cn(utf8(`${'a'.repeat(400)}b`)), cn(utf8(`${'a'.repeat(400)}c`))],
    ['an accent', cn(utf8('Muller')), cn(utf8('Müller'))],
    [
      'a value that spells out a second attribute',
      cn(utf8('a,2.5.4.10:2=b')),
      name(attribute(CN, utf8('a')), attribute(O, utf8('b'))),
    ],
    ['a string and a value of another type', cn(utf8('#020101')), cn(integer(1))],
  ])('tells apart: %s', (_, one, other) => {
    expect(read(one).key).not.toBe(read(other).key);
  });
});

describe('text of names (RFC 4514)', () => {
  it.each([
    ['the last RDN first', name(attribute('2.5.4.6', printable('DE')), attribute(CN, utf8('a'))), 'CN=a,C=DE'],
    ['attributes of one RDN joined', tlv(0x30, set(attribute(CN, utf8('a')), attribute(O, utf8('b')))), 'CN=a+O=b'],
    ['special characters escaped', cn(utf8('a, b+c="d"<e>;\\')), 'CN=a\\, b\\+c=\\"d\\"\\<e\\>\\;\\\\'],
    ['a number sign in front escaped', cn(utf8('#a#')), 'CN=\\#a#'],
    ['space at the ends escaped', cn(utf8(' a ')), 'CN=\\ a\\ '],
    ['one space escaped once', cn(utf8(' ')), 'CN=\\ '],
    ['an attribute without descriptor', name(attribute('1.2.3', utf8('a'))), '1.2.3=a'],
    ['a value that is no string', cn(integer(1)), 'CN=#020101'],
    ['control and bidirectional characters replaced', cn(utf8('a\0b\u202ec\u2028')), 'CN=a\ufffdb\ufffdc\ufffd'],
    ['a long value that is no string', cn(integer(2n ** 8000n)), 'CN=#…'],
    ['an empty name', name(), ''],
    ['a domain', name(attribute('0.9.2342.19200300.100.1.25', ia5('example'))), 'DC=example'],
  ])('%s', (_, der, text) => {
    expect(read(der).text).toBe(text);
  });

  it('is cut at 1 KiB', () => {
    expect(Buffer.byteLength(read(cn(utf8('é'.repeat(40_000)))).text)).toBeLessThanOrEqual(1024);
    expect(read(cn(utf8('a'.repeat(1021)))).text).toHaveLength(1024);
    expect(read(cn(utf8('a'.repeat(1022)))).text.endsWith('…')).toBe(true);
  });
});
