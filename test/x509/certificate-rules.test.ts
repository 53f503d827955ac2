import { describe, expect, it } from 'vitest';
import { isReadable } from '../../src/domain/certificate.ts';
import { CERTIFICATE_RULES } from '../../src/domain/certificate-rules.ts';
import type { RuleId } from '../../src/domain/rules.ts';
import { MAX_CERTIFICATE_BYTES, MAX_ELEMENTS, parseCertificate } from '../../src/x509/certificate.ts';
import { EXTENSION } from '../../src/x509/oids.ts';
import {
  bits,
  bool,
  context,
  generalizedTime,
  ia5,
  integer,
  octets,
  oid,
  printable,
  sequence,
  set,
  tlv,
  utcTime,
  utf8,
} from '../support/der.ts';
import {
  attribute,
  type CertificateParts,
  certificateBytes,
  commonName,
  ecKey,
  extension,
  name,
  P256_GENERATOR,
} from './certificate-bytes.ts';

/** What breaks a rule and what just keeps it; `at` is the element at whose first octet the fault stands. */
interface Row {
  readonly name: string;
  readonly rule: keyof typeof CERTIFICATE_RULES;
  readonly bad: Buffer | CertificateParts;
  readonly at?: Buffer;
  /** Added to the offset of `at`. */
  readonly plus?: number;
  readonly good?: Buffer | CertificateParts;
  /** No record is possible. */
  readonly unreadable?: true;
}

const raw = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const ca = (pathLength?: number): Buffer =>
  extension(
    EXTENSION.basicConstraints,
    sequence(bool(true), ...(pathLength === undefined ? [] : [integer(pathLength)])),
    true,
  );
const usage = (content: Buffer): Buffer => extension(EXTENSION.keyUsage, content, true);
const certSign = usage(bits(raw('04'), 2));
const san = (...names: Buffer[]): Buffer => extension(EXTENSION.subjectAltName, sequence(...names));
const dns = (text: string): Buffer => tlv(0x82, Buffer.from(text, 'latin1'));
const email = (text: string): Buffer => tlv(0x81, Buffer.from(text, 'latin1'));
const uri = (text: string): Buffer => tlv(0x86, Buffer.from(text, 'latin1'));
const ip = (hex: string): Buffer => tlv(0x87, raw(hex));
const constraints = (...lists: Buffer[]): Buffer => extension(EXTENSION.nameConstraints, sequence(...lists), true);
const subtrees = (...bases: Buffer[]): Buffer => context(0, true, ...bases.map((base) => sequence(base)));
const validity = (notBefore: Buffer, notAfter: Buffer): Buffer => sequence(notBefore, notAfter);
const start = utcTime('260101000000Z');
const end = utcTime('270101000000Z');
const good = certificateBytes();
const rsaAlgorithm = sequence(oid('1.2.840.113549.1.1.1'), raw('0500'));
const rsaKey = (modulus: Buffer, exponent: Buffer): Buffer => sequence(rsaAlgorithm, bits(sequence(modulus, exponent)));
const modulusOf = (octetCount: number): Buffer => tlv(0x02, Buffer.alloc(1), Buffer.alloc(octetCount, 0xff));
const dsaOid = oid('1.2.840.10040.4.1');
const ed25519 = sequence(oid('1.3.101.112'));
const withSha256 = sequence(oid('1.2.840.113549.1.1.11'), raw('0500'));
const sha256 = sequence(oid('2.16.840.1.101.3.4.2.1'));
const pss = (...fields: Buffer[]): Buffer => sequence(oid('1.2.840.113549.1.1.10'), sequence(...fields));
const pssSha256 = [
  context(0, true, sha256),
  context(1, true, sequence(oid('1.2.840.113549.1.1.8'), sha256)),
  context(2, true, integer(32)),
];
const organisation = (value: Buffer): Buffer => name(attribute('2.5.4.10', value));
const policy = (id: string): Buffer => sequence(oid(id));
const many = (count: number): Buffer =>
  certificateBytes({ extensions: [san(Buffer.alloc(dns('a').length * count, dns('a')))] });

/** Elements of a certificate with one SAN but without the names in it. */
const OTHER_ELEMENTS = 35;

const rows: Row[] = [
  // The encoding.
  {
    name: 'one octet after the certificate',
    rule: 'der.trailing_bytes',
    bad: { after: raw('00') },
    at: Buffer.concat([bits(Buffer.alloc(64)), raw('00')]),
    plus: bits(Buffer.alloc(64)).length,
    good: {},
  },
  {
    name: 'the last octet is missing',
    rule: 'der.element_truncated',
    bad: good.subarray(0, -1),
    at: good.subarray(0, 2),
    good,
    unreadable: true,
  },
  {
    name: 'an element with a tag and nothing else',
    rule: 'der.element_truncated',
    bad: { subject: raw('30 01 31') },
    unreadable: true,
  },
  {
    name: 'a length in two octets where one does',
    rule: 'der.length_not_minimal',
    bad: { serial: raw('02 81 01 05') },
    at: raw('02 81 01 05'),
    plus: 1,
    good: { serial: raw('02 01 05') },
  },
  {
    name: 'a length of 128 with a leading zero',
    rule: 'der.length_not_minimal',
    bad: { issuer: organisation(Buffer.concat([raw('0c 82 00 80'), Buffer.alloc(128, 65)])) },
    at: raw('0c 82 00 80'),
    plus: 1,
    good: { issuer: organisation(Buffer.concat([raw('0c 81 80'), Buffer.alloc(128, 65)])) },
  },
  {
    name: 'an indefinite length',
    rule: 'der.length_indefinite',
    bad: Buffer.concat([raw('30 80'), good.subarray(4), raw('00 00')]),
    at: raw('30 80'),
    plus: 1,
    unreadable: true,
  },
  {
    name: 'a length of five octets',
    rule: 'der.length_too_long',
    bad: { serial: raw('02 85 00 00 00 00 01 05') },
    at: raw('02 85 00'),
    plus: 1,
    unreadable: true,
  },
  {
    name: 'a tag of two octets',
    rule: 'der.tag_multi_octet',
    bad: { algorithm: sequence(oid('1.2.3'), raw('1f 02 00')) },
    unreadable: true,
  },
  {
    name: 'a serial number that is an OCTET STRING',
    rule: 'der.unexpected_tag',
    bad: { serial: raw('04 01 05') },
    at: raw('04 01 05'),
    unreadable: true,
  },
  {
    name: 'a constructed OCTET STRING',
    rule: 'der.unexpected_tag',
    bad: { extensions: [sequence(oid('1.2.3'), tlv(0x24, octets(raw('05'))))] },
    at: tlv(0x24, octets(raw('05'))),
    good: { extensions: [sequence(oid('1.2.3'), octets(raw('05')))] },
  },
  {
    name: 'a GeneralName that does not exist',
    rule: 'der.unexpected_tag',
    bad: { extensions: [san(dns('a.example'), tlv(0x89, raw('61')))] },
    at: tlv(0x89, raw('61')),
  },
  { name: 'no signature', rule: 'der.field_missing', bad: { signature: Buffer.alloc(0) }, unreadable: true },
  { name: 'no notAfter', rule: 'der.field_missing', bad: { validity: sequence(start) } },
  { name: 'a field after the signature', rule: 'der.unexpected_element', bad: { tail: raw('05 00') }, good: {} },
  {
    name: 'a field after the extensions',
    rule: 'der.unexpected_element',
    bad: { extensions: [san(dns('a.example'))], tbsTail: raw('05 00') },
    good: { extensions: [san(dns('a.example'))] },
  },
  {
    name: 'octets after the value of an extension',
    rule: 'der.unexpected_element',
    bad: { extensions: [extension(EXTENSION.subjectKeyIdentifier, Buffer.concat([octets(raw('01')), raw('05 00')]))] },
    good: { extensions: [extension(EXTENSION.subjectKeyIdentifier, octets(raw('01')))] },
  },
  {
    name: 'one element above the ceiling',
    rule: 'der.too_many_elements',
    bad: many(MAX_ELEMENTS - OTHER_ELEMENTS + 1),
    good: many(MAX_ELEMENTS - OTHER_ELEMENTS),
    unreadable: true,
  },
  {
    name: 'TRUE as 01',
    rule: 'der.boolean_value',
    bad: { extensions: [sequence(oid('1.2.3'), raw('01 01 01'), octets(raw('')))] },
    at: raw('01 01 01'),
    plus: 2,
    good: { extensions: [sequence(oid('1.2.3'), raw('01 01 ff'), octets(raw('')))] },
  },
  {
    name: 'a BOOLEAN of two octets',
    rule: 'der.boolean_value',
    bad: { extensions: [sequence(oid('1.2.3'), raw('01 02 ff ff'), octets(raw('')))] },
    at: raw('01 02 ff ff'),
  },
  {
    name: 'a positive INTEGER with a superfluous 00',
    rule: 'der.integer_not_minimal',
    bad: { serial: raw('02 02 00 7f') },
    at: raw('02 02 00 7f'),
    plus: 2,
    good: { serial: raw('02 02 00 80') },
  },
  {
    name: 'a negative INTEGER with a superfluous FF',
    rule: 'der.integer_not_minimal',
    bad: { serial: raw('02 02 ff 80') },
    at: raw('02 02 ff 80'),
    plus: 2,
    good: { serial: raw('02 02 ff 7f') },
  },
  {
    name: 'an empty serial number',
    rule: 'der.integer_empty',
    bad: { serial: raw('02 00') },
    at: raw('02 00'),
    unreadable: true,
  },
  {
    name: 'a path length of 2^31',
    rule: 'der.integer_range',
    bad: { extensions: [ca(2 ** 31), certSign] },
    at: integer(2 ** 31),
    plus: 2,
    good: { extensions: [ca(2 ** 31 - 1), certSign] },
  },
  {
    name: 'a negative path length',
    rule: 'der.integer_range',
    bad: { extensions: [ca(-1), certSign] },
    at: integer(-1),
    plus: 2,
    good: { extensions: [ca(0), certSign] },
  },
  {
    name: 'eight unused bits',
    rule: 'der.bit_string_form',
    bad: { extensions: [usage(raw('03 02 08 00'))] },
    at: raw('03 02 08 00'),
    plus: 2,
    good: { extensions: [usage(raw('03 02 07 80'))] },
  },
  {
    name: 'unused bits of nothing',
    rule: 'der.bit_string_form',
    bad: { extensions: [usage(raw('03 01 07'))] },
    at: usage(raw('03 01 07')),
    plus: usage(raw('03 01 07')).length - 1,
  },
  {
    name: 'a BIT STRING without content',
    rule: 'der.bit_string_form',
    bad: { signature: raw('03 00') },
    unreadable: true,
  },
  {
    name: 'an unused bit that is one',
    rule: 'der.bit_string_form',
    bad: { extensions: [usage(raw('03 02 05 b0'))] },
    at: raw('03 02 05 b0'),
    plus: 3,
    good: { extensions: [usage(raw('03 02 05 a0'))] },
  },
  {
    name: 'named bits that end with a zero',
    rule: 'der.named_bits_trailing_zeros',
    bad: { extensions: [usage(raw('03 02 04 a0'))] },
    at: raw('03 02 04 a0'),
    good: { extensions: [usage(raw('03 02 05 a0'))] },
  },
  {
    name: 'a NULL with content',
    rule: 'der.null_value',
    bad: { extensions: [extension(EXTENSION.ocspNoCheck, raw('05 01 00'))] },
    at: raw('05 01 00'),
    plus: 2,
    good: { extensions: [extension(EXTENSION.ocspNoCheck, raw('05 00'))] },
  },
  {
    name: 'an OID that is empty',
    rule: 'der.oid_form',
    bad: { extensions: [sequence(raw('06 00'), octets(raw('')))] },
    at: raw('06 00'),
  },
  {
    name: 'an OID that ends inside a subidentifier',
    rule: 'der.oid_form',
    bad: { extensions: [sequence(raw('06 02 2a 83'), octets(raw('')))] },
    at: raw('06 02 2a 83'),
    good: { extensions: [sequence(raw('06 02 2a 03'), octets(raw('')))] },
  },
  {
    name: 'a subidentifier with a leading zero',
    rule: 'der.oid_form',
    bad: { extensions: [sequence(raw('06 03 2a 80 03'), octets(raw('')))] },
    at: raw('06 03 2a 80 03'),
    plus: 3,
  },
  {
    name: 'an OID of 129 octets',
    rule: 'der.oid_form',
    bad: { extensions: [sequence(tlv(6, Buffer.alloc(129, 42)), octets(raw('')))] },
    at: tlv(6, Buffer.alloc(129, 42)),
    good: { extensions: [sequence(tlv(6, Buffer.alloc(128, 42)), octets(raw('')))] },
  },
  {
    name: 'attributes of a set out of order',
    rule: 'der.set_order',
    bad: { subject: sequence(set(attribute('2.5.4.10', utf8('x')), attribute('2.5.4.3', utf8('y')))) },
    at: attribute('2.5.4.3', utf8('y')),
    good: { subject: sequence(set(attribute('2.5.4.3', utf8('y')), attribute('2.5.4.10', utf8('x')))) },
  },
  {
    name: 'critical FALSE',
    rule: 'der.default_encoded',
    bad: { extensions: [sequence(oid('1.2.3'), bool(false), octets(raw('')))] },
    at: bool(false),
    good: { extensions: [sequence(oid('1.2.3'), octets(raw('')))] },
  },
  {
    name: 'cA FALSE',
    rule: 'der.default_encoded',
    bad: { extensions: [extension(EXTENSION.basicConstraints, sequence(bool(false)))] },
    at: bool(false),
    good: { extensions: [extension(EXTENSION.basicConstraints, sequence())] },
  },
  {
    name: 'version 1',
    rule: 'der.default_encoded',
    bad: { version: context(0, true, integer(0)) },
    at: context(0, true, integer(0)),
    good: { version: raw('') },
  },
  {
    name: 'minimum 0 of a subtree',
    rule: 'der.default_encoded',
    bad: {
      extensions: [
        ca(),
        certSign,
        constraints(context(0, true, sequence(dns('a.example'), context(0, false, raw('00'))))),
      ],
    },
    at: context(0, false, raw('00')),
    good: { extensions: [ca(), certSign, constraints(subtrees(dns('a.example')))] },
  },

  // The certificate itself.
  {
    name: 'one octet above 1 MiB',
    rule: 'certificate.too_large',
    bad: Buffer.concat([good, Buffer.alloc(MAX_CERTIFICATE_BYTES + 1 - good.length)]),
    at: raw(''),
    good: Buffer.concat([good, Buffer.alloc(MAX_CERTIFICATE_BYTES - good.length)]),
    unreadable: true,
  },
  {
    name: 'version 4',
    rule: 'certificate.version',
    bad: { version: context(0, true, integer(3)) },
    at: context(0, true, integer(3)),
    good: { version: context(0, true, integer(2)) },
  },
  {
    name: 'version 2 without a reason',
    rule: 'certificate.version_2',
    bad: { version: context(0, true, integer(1)) },
    at: context(0, true, integer(1)),
    good: { version: context(0, true, integer(1)), uniqueIds: context(1, false, raw('00 01')) },
  },
  {
    name: 'version 1 with extensions',
    rule: 'certificate.extensions_before_v3',
    bad: { version: raw(''), extensions: [san(dns('a.example'))] },
    at: context(3, true, sequence(san(dns('a.example')))),
    good: { version: raw('') },
  },
  {
    name: 'version 2 with extensions',
    rule: 'certificate.extensions_before_v3',
    bad: { version: context(0, true, integer(1)), extensions: [san(dns('a.example'))] },
  },
  {
    name: 'no extension in the extensions field',
    rule: 'certificate.extensions_empty',
    bad: { extensions: [] },
    at: context(3, true, sequence()),
    plus: 4,
    good: { extensions: [san(dns('a.example'))] },
  },
  {
    name: 'a unique identifier in version 1',
    rule: 'certificate.unique_id_in_v1',
    bad: { version: raw(''), uniqueIds: context(2, false, raw('00 01')) },
    at: context(2, false, raw('00 01')),
    good: { uniqueIds: context(2, false, raw('00 01')) },
  },
  {
    name: 'a unique identifier',
    rule: 'certificate.unique_id',
    bad: { uniqueIds: context(1, false, raw('00 01')) },
    at: context(1, false, raw('00 01')),
    good: {},
  },
  {
    name: 'another algorithm outside',
    rule: 'certificate.algorithm_mismatch',
    bad: { outerAlgorithm: sequence(oid('1.2.840.10045.4.3.3')) },
    at: sequence(oid('1.2.840.10045.4.3.3')),
    good: {},
  },
  {
    name: 'the same algorithm with NULL outside',
    rule: 'certificate.algorithm_mismatch',
    bad: { outerAlgorithm: sequence(oid('1.2.840.10045.4.3.2'), raw('05 00')) },
    at: sequence(oid('1.2.840.10045.4.3.2'), raw('05 00')),
  },
  {
    name: 'a signature of 505 bits',
    rule: 'certificate.signature_unused_bits',
    bad: { signature: bits(Buffer.alloc(64), 7) },
    at: bits(Buffer.alloc(64), 7),
    plus: 2,
    good: {},
  },

  // Serial number.
  {
    name: 'minus one',
    rule: 'serial.negative',
    bad: { serial: integer(-1) },
    at: integer(-1),
    good: { serial: integer(1) },
  },
  { name: 'zero', rule: 'serial.zero', bad: { serial: integer(0) }, at: integer(0), good: { serial: integer(1) } },
  {
    name: '21 octets, the first for the sign',
    rule: 'serial.too_long',
    bad: { serial: integer(2n ** 159n) },
    at: integer(2n ** 159n),
    good: { serial: integer(2n ** 159n - 1n) },
  },

  // Validity.
  {
    name: 'UTCTime without seconds',
    rule: 'time.form',
    bad: { validity: validity(utcTime('2601010000Z'), end) },
    at: utcTime('2601010000Z'),
    good: {},
  },
  {
    name: 'UTCTime with an offset',
    rule: 'time.form',
    bad: { validity: validity(utcTime('260101000000+0000'), end) },
    at: utcTime('260101000000+0000'),
  },
  {
    name: 'GeneralizedTime with a fraction',
    rule: 'time.form',
    bad: { validity: validity(start, generalizedTime('20510101000000.5Z')) },
    at: generalizedTime('20510101000000.5Z'),
    good: { validity: validity(start, generalizedTime('20510101000000Z')) },
  },
  {
    name: 'GeneralizedTime in local time',
    rule: 'time.form',
    bad: { validity: validity(start, generalizedTime('20510101000000')) },
    at: generalizedTime('20510101000000'),
  },
  {
    name: '29 February 2026',
    rule: 'time.impossible',
    bad: { validity: validity(utcTime('260229000000Z'), end) },
    at: utcTime('260229000000Z'),
    good: { validity: validity(utcTime('240229000000Z'), end) },
  },
  {
    name: '29 February 2100',
    rule: 'time.impossible',
    bad: { validity: validity(start, generalizedTime('21000229000000Z')) },
    at: generalizedTime('21000229000000Z'),
    good: { validity: validity(start, generalizedTime('24000229000000Z')) },
  },
  {
    name: '31 April',
    rule: 'time.impossible',
    bad: { validity: validity(utcTime('260431000000Z'), end) },
    at: utcTime('260431000000Z'),
    good: { validity: validity(utcTime('260430000000Z'), end) },
  },
  {
    name: 'month 13',
    rule: 'time.impossible',
    bad: { validity: validity(utcTime('251301000000Z'), end) },
    at: utcTime('251301000000Z'),
    good: { validity: validity(utcTime('251201000000Z'), end) },
  },
  {
    name: 'hour 24',
    rule: 'time.impossible',
    bad: { validity: validity(utcTime('260101240000Z'), end) },
    at: utcTime('260101240000Z'),
    good: { validity: validity(utcTime('260101230000Z'), end) },
  },
  {
    name: 'minute 60',
    rule: 'time.impossible',
    bad: { validity: validity(utcTime('260101006000Z'), end) },
    at: utcTime('260101006000Z'),
    good: { validity: validity(utcTime('260101005900Z'), end) },
  },
  {
    name: 'second 60',
    rule: 'time.impossible',
    bad: { validity: validity(utcTime('260101000060Z'), end) },
    at: utcTime('260101000060Z'),
    good: { validity: validity(utcTime('260101000059Z'), end) },
  },
  {
    name: 'GeneralizedTime at the end of 2049',
    rule: 'time.generalized_before_2050',
    bad: { validity: validity(start, generalizedTime('20491231235959Z')) },
    at: generalizedTime('20491231235959Z'),
    good: { validity: validity(start, generalizedTime('20500101000000Z')) },
  },
  {
    name: 'notAfter a second before notBefore',
    rule: 'time.order',
    bad: { validity: validity(utcTime('260101000001Z'), start) },
    at: validity(utcTime('260101000001Z'), start),
    good: { validity: validity(start, start) },
  },

  // Names.
  {
    name: 'an empty issuer',
    rule: 'name.issuer_empty',
    bad: { issuer: sequence() },
    at: Buffer.concat([sequence(), sequence(start, end)]),
    good: {},
  },
  {
    name: 'an empty subject of a CA',
    rule: 'name.ca_subject_empty',
    bad: { subject: sequence(), extensions: [ca(), certSign] },
    good: { extensions: [ca(), certSign] },
  },
  {
    name: 'an empty subject without names',
    rule: 'name.subject_and_san_missing',
    bad: { subject: sequence() },
    good: { subject: sequence(), extensions: [extension(EXTENSION.subjectAltName, sequence(dns('a.example')), true)] },
  },
  {
    name: 'an RDN without attributes',
    rule: 'name.rdn_empty',
    bad: { subject: sequence(set()) },
    at: Buffer.concat([set(), ecKey().subarray(0, 2)]),
    good: {},
  },
  {
    name: 'a country in UTF8String',
    rule: 'name.string_type',
    bad: { subject: name(attribute('2.5.4.6', utf8('DE'))) },
    at: utf8('DE'),
    good: { subject: name(attribute('2.5.4.6', printable('DE'))) },
  },
  {
    name: 'a common name in IA5String',
    rule: 'name.string_type',
    bad: { subject: name(attribute('2.5.4.3', ia5('leaf'))) },
    at: ia5('leaf'),
    good: { subject: name(attribute('2.5.4.3', utf8('leaf'))) },
  },
  {
    name: 'an asterisk in PrintableString',
    rule: 'name.string_alphabet',
    bad: { subject: commonName('*.a.example') },
    at: printable('*.a.example'),
    good: { subject: name(attribute('2.5.4.3', utf8('*.a.example'))) },
  },
  {
    name: 'an octet above 7F in IA5String',
    rule: 'name.string_alphabet',
    bad: { subject: name(attribute('0.9.2342.19200300.100.1.25', ia5('\x80'))) },
    at: ia5('\x80'),
    good: { subject: name(attribute('0.9.2342.19200300.100.1.25', ia5('\x7e'))) },
  },
  {
    name: 'UTF8String with an overlong form',
    rule: 'name.string_encoding',
    bad: { subject: organisation(tlv(0x0c, raw('c0 80'))) },
    at: tlv(0x0c, raw('c0 80')),
    good: { subject: organisation(utf8('é')) },
  },
  {
    name: 'BMPString of three octets',
    rule: 'name.string_encoding',
    bad: { subject: organisation(tlv(0x1e, raw('00 41 00'))) },
    at: tlv(0x1e, raw('00 41 00')),
    good: { subject: organisation(tlv(0x1e, raw('00 41'))) },
  },
  {
    name: 'BMPString with a surrogate',
    rule: 'name.string_encoding',
    bad: { subject: organisation(tlv(0x1e, raw('d8 00'))) },
    at: tlv(0x1e, raw('d8 00')),
    good: { subject: organisation(tlv(0x1e, raw('d7 ff'))) },
  },
  {
    name: 'UniversalString above the last character',
    rule: 'name.string_encoding',
    bad: { subject: organisation(tlv(0x1c, raw('00 11 00 00'))) },
    at: tlv(0x1c, raw('00 11 00 00')),
    good: { subject: organisation(tlv(0x1c, raw('00 10 ff ff'))) },
  },
  {
    name: 'NUL in a common name',
    rule: 'name.control_character',
    bad: { subject: name(attribute('2.5.4.3', utf8('a\0b'))) },
    at: utf8('a\0b'),
    good: { subject: name(attribute('2.5.4.3', utf8('a b'))) },
  },
  {
    name: 'a common name of 65 characters',
    rule: 'name.string_length',
    bad: { subject: name(attribute('2.5.4.3', utf8('é'.repeat(65)))) },
    at: utf8('é'.repeat(65)),
    good: { subject: name(attribute('2.5.4.3', utf8('𝄞'.repeat(64)))) },
  },
  {
    name: 'an empty organisation',
    rule: 'name.string_length',
    bad: { subject: organisation(utf8('')) },
    at: utf8(''),
    good: { subject: organisation(utf8('x')) },
  },

  // Algorithms.
  {
    name: 'ECDSA with NULL',
    rule: 'algorithm.parameters_unexpected',
    bad: { algorithm: sequence(oid('1.2.840.10045.4.3.2'), raw('05 00')) },
    good: {},
  },
  {
    name: 'Ed25519 signature with NULL',
    rule: 'algorithm.parameters_forbidden',
    bad: { algorithm: sequence(oid('1.3.101.112'), raw('05 00')) },
    good: { algorithm: ed25519 },
  },
  {
    name: 'Ed25519 key with NULL',
    rule: 'algorithm.parameters_forbidden',
    bad: { key: sequence(sequence(oid('1.3.101.112'), raw('05 00')), bits(Buffer.alloc(32))) },
    at: raw('05 00'),
    good: { key: sequence(ed25519, bits(Buffer.alloc(32))) },
  },
  {
    name: 'RSA signature without parameters',
    rule: 'algorithm.parameters_not_null',
    bad: { algorithm: sequence(oid('1.2.840.113549.1.1.11')) },
    good: { algorithm: withSha256 },
  },
  {
    name: 'RSA key without parameters',
    rule: 'algorithm.parameters_not_null',
    bad: { key: sequence(sequence(oid('1.2.840.113549.1.1.1')), bits(sequence(modulusOf(256), integer(65537)))) },
    at: sequence(oid('1.2.840.113549.1.1.1')),
    good: { key: rsaKey(modulusOf(256), integer(65537)) },
  },
  {
    name: 'PSS signature without parameters',
    rule: 'algorithm.pss_parameters',
    bad: { algorithm: sequence(oid('1.2.840.113549.1.1.10')) },
    good: { algorithm: pss(...pssSha256) },
  },
  {
    name: 'PSS trailer field 2',
    rule: 'algorithm.pss_parameters',
    bad: { algorithm: pss(...pssSha256, context(3, true, integer(2))) },
    good: { algorithm: pss(...pssSha256, context(3, true, integer(1))) },
  },
  {
    name: 'PSS with an unknown hash',
    rule: 'algorithm.pss_parameters',
    bad: { algorithm: pss(context(0, true, sequence(oid('1.2.3')))) },
    good: { algorithm: pss() },
  },
  {
    name: 'PSS with another mask generation function',
    rule: 'algorithm.pss_parameters',
    bad: { algorithm: pss(context(1, true, sequence(oid('1.2.3'), sha256))) },
  },
  {
    name: 'PSS with a negative salt length',
    rule: 'algorithm.pss_parameters',
    bad: { algorithm: pss(context(2, true, integer(-1))) },
  },
  {
    name: 'PSS key with malformed parameters',
    rule: 'algorithm.pss_parameters',
    bad: {
      key: sequence(
        sequence(oid('1.2.840.113549.1.1.10'), raw('05 00')),
        bits(sequence(modulusOf(256), integer(65537))),
      ),
    },
    at: raw('05 00'),
    good: { key: sequence(sequence(oid('1.2.840.113549.1.1.10')), bits(sequence(modulusOf(256), integer(65537)))) },
  },

  // Keys.
  {
    name: 'an RSA key that is no SEQUENCE',
    rule: 'key.malformed',
    bad: { key: sequence(rsaAlgorithm, bits(raw('04 01 00'))) },
    at: raw('04 01 00'),
    good: { key: rsaKey(modulusOf(256), integer(65537)) },
  },
  {
    name: 'an RSA key with a third number',
    rule: 'der.unexpected_element',
    bad: { key: sequence(rsaAlgorithm, bits(sequence(modulusOf(256), integer(65537), integer(1)))) },
    at: integer(1),
  },
  {
    name: 'an EC key without parameters',
    rule: 'key.malformed',
    bad: { key: sequence(sequence(oid('1.2.840.10045.2.1')), bits(P256_GENERATOR)) },
    good: {},
  },
  {
    name: 'an EC key with NULL parameters',
    rule: 'key.malformed',
    bad: { key: ecKey(P256_GENERATOR, raw('05 00')) },
    at: raw('05 00'),
  },
  {
    name: 'an Ed25519 key of 31 octets',
    rule: 'key.malformed',
    bad: { key: sequence(ed25519, bits(Buffer.alloc(31))) },
    good: { key: sequence(ed25519, bits(Buffer.alloc(32))) },
  },
  {
    name: 'an ML-DSA-44 key of 1311 octets',
    rule: 'key.malformed',
    bad: { key: sequence(sequence(oid('2.16.840.1.101.3.4.3.17')), bits(Buffer.alloc(1311))) },
    good: { key: sequence(sequence(oid('2.16.840.1.101.3.4.3.17')), bits(Buffer.alloc(1312))) },
  },
  { name: 'a key with unused bits', rule: 'key.malformed', bad: { key: sequence(ed25519, bits(Buffer.alloc(32), 1)) } },
  {
    name: 'a DSA parameter of zero',
    rule: 'key.malformed',
    bad: { key: sequence(sequence(dsaOid, sequence(integer(23), integer(0), integer(4))), bits(integer(8))) },
    good: { key: sequence(sequence(dsaOid, sequence(integer(23), integer(11), integer(4))), bits(integer(8))) },
  },
  {
    name: 'an even modulus',
    rule: 'key.rsa_modulus',
    bad: { key: rsaKey(integer(2n ** 2048n - 2n), integer(65537)) },
    at: integer(2n ** 2048n - 2n),
    good: { key: rsaKey(integer(2n ** 2048n - 1n), integer(65537)) },
  },
  {
    name: 'a negative modulus',
    rule: 'key.rsa_modulus',
    bad: { key: rsaKey(integer(-3), integer(65537)) },
    at: integer(-3),
  },
  {
    name: 'a modulus of zero',
    rule: 'key.rsa_modulus',
    bad: { key: rsaKey(integer(0), integer(65537)) },
    at: integer(0),
  },
  {
    name: 'exponent 1',
    rule: 'key.rsa_exponent',
    bad: { key: rsaKey(modulusOf(256), integer(1)) },
    at: integer(1),
    good: { key: rsaKey(modulusOf(256), integer(3)) },
  },
  { name: 'exponent 2', rule: 'key.rsa_exponent', bad: { key: rsaKey(modulusOf(256), integer(2)) } },
  { name: 'exponent 0', rule: 'key.rsa_exponent', bad: { key: rsaKey(modulusOf(256), integer(0)) } },
  {
    name: 'a negative exponent',
    rule: 'key.rsa_exponent',
    bad: { key: rsaKey(modulusOf(256), integer(-65537)) },
    at: integer(-65537),
  },
  {
    name: 'an exponent equal to the modulus',
    rule: 'key.rsa_exponent',
    bad: { key: rsaKey(integer(65537), integer(65537)) },
    at: Buffer.concat([integer(65537), integer(65537)]),
    plus: integer(65537).length,
    good: { key: rsaKey(integer(65539), integer(65537)) },
  },
  {
    name: 'a modulus of 16,385 bits',
    rule: 'key.rsa_too_large',
    bad: { key: rsaKey(integer(2n ** 16385n - 1n), integer(65537)) },
    at: integer(2n ** 16385n - 1n),
    good: { key: rsaKey(integer(2n ** 16384n - 1n), integer(65537)) },
  },
  {
    name: 'an exponent of 65 bits',
    rule: 'key.rsa_too_large',
    bad: { key: rsaKey(modulusOf(256), integer(2n ** 64n + 1n)) },
    at: integer(2n ** 64n + 1n),
    good: { key: rsaKey(modulusOf(256), integer(2n ** 64n - 1n)) },
  },
  {
    name: 'explicit curve parameters',
    rule: 'key.ec_explicit_parameters',
    bad: { key: ecKey(P256_GENERATOR, sequence(integer(1))) },
    at: sequence(integer(1)),
    good: {},
  },
  {
    name: 'a point beside the curve',
    rule: 'key.ec_point',
    bad: { key: ecKey(Buffer.concat([P256_GENERATOR.subarray(0, -1), raw('f4')])) },
    at: Buffer.concat([P256_GENERATOR.subarray(0, -1), raw('f4')]),
    good: {},
  },
  { name: 'the point at infinity', rule: 'key.ec_point', bad: { key: ecKey(raw('00')) } },
  {
    name: 'a hybrid point',
    rule: 'key.ec_point',
    bad: { key: ecKey(Buffer.concat([raw('07'), P256_GENERATOR.subarray(1)])) },
  },
  {
    name: 'a compressed point whose x is on no point',
    rule: 'key.ec_point',
    bad: { key: ecKey(Buffer.concat([raw('02'), Buffer.alloc(31), raw('01')])) },
    good: { key: ecKey(Buffer.concat([raw('03'), P256_GENERATOR.subarray(1, 33)])) },
  },
  { name: 'a point of another length', rule: 'key.ec_point', bad: { key: ecKey(P256_GENERATOR.subarray(0, -1)) } },
  {
    name: 'a curve that is not known',
    rule: 'key.curve_unknown',
    bad: { key: ecKey(P256_GENERATOR, oid('1.2.3')) },
    at: oid('1.2.3'),
    good: {},
  },
  {
    name: 'a key algorithm that is not known',
    rule: 'key.algorithm_unknown',
    bad: { key: sequence(sequence(oid('1.2.3')), bits(raw('00'))) },
    good: {},
  },
  {
    name: 'a DSA key without parameters',
    rule: 'key.dsa_parameters_inherited',
    bad: { key: sequence(sequence(dsaOid), bits(integer(8))) },
    good: { key: sequence(sequence(dsaOid, sequence(integer(23), integer(11), integer(4))), bits(integer(8))) },
  },

  // Extensions.
  {
    name: 'two subjectAltName',
    rule: 'extension.duplicate',
    bad: { extensions: [san(dns('a.example')), san(dns('b.example'))] },
    at: san(dns('b.example')),
    good: { extensions: [san(dns('a.example'))] },
  },
  {
    name: 'two of an OID that is not known',
    rule: 'extension.duplicate',
    bad: { extensions: [extension('1.2.3', raw('05 00')), extension('1.2.3', raw('05 00'))] },
  },
  {
    name: 'an extendedKeyUsage of nothing',
    rule: 'extension.empty',
    bad: { extensions: [extension(EXTENSION.extendedKeyUsage, sequence())] },
    good: { extensions: [extension(EXTENSION.extendedKeyUsage, sequence(oid('1.3.6.1.5.5.7.3.1')))] },
  },
  {
    name: 'certificatePolicies of nothing',
    rule: 'extension.empty',
    bad: { extensions: [extension(EXTENSION.certificatePolicies, sequence())] },
    good: { extensions: [extension(EXTENSION.certificatePolicies, sequence(policy('1.2.3')))] },
  },
  {
    name: 'a critical subjectKeyIdentifier',
    rule: 'extension.must_not_be_critical',
    bad: { extensions: [extension(EXTENSION.subjectKeyIdentifier, octets(raw('01')), true)] },
    at: extension(EXTENSION.subjectKeyIdentifier, octets(raw('01')), true),
    good: { extensions: [extension(EXTENSION.subjectKeyIdentifier, octets(raw('01')))] },
  },
  {
    name: 'a critical authorityInfoAccess',
    rule: 'extension.must_not_be_critical',
    bad: {
      extensions: [
        extension(
          EXTENSION.authorityInfoAccess,
          sequence(sequence(oid('1.3.6.1.5.5.7.48.1'), uri('http://a.example/'))),
          true,
        ),
      ],
    },
  },
  {
    name: 'critical cRLDistributionPoints',
    rule: 'extension.should_not_be_critical',
    bad: {
      extensions: [
        extension(EXTENSION.crlDistributionPoints, sequence(sequence(context(2, true, dns('a.example')))), true),
      ],
    },
    good: {
      extensions: [extension(EXTENSION.crlDistributionPoints, sequence(sequence(context(2, true, dns('a.example')))))],
    },
  },
  {
    name: 'a keyUsage that is not critical',
    rule: 'extension.should_be_critical',
    bad: { extensions: [extension(EXTENSION.keyUsage, bits(raw('80'), 7))] },
    good: { extensions: [usage(bits(raw('80'), 7))] },
  },

  // CA extensions.
  {
    name: 'basicConstraints of a CA not critical',
    rule: 'basic_constraints.not_critical',
    bad: { extensions: [extension(EXTENSION.basicConstraints, sequence(bool(true))), certSign] },
    good: { extensions: [ca(), certSign] },
  },
  {
    name: 'a path length without cA',
    rule: 'basic_constraints.path_length_without_ca',
    bad: { extensions: [extension(EXTENSION.basicConstraints, sequence(integer(0)), true)] },
    good: { extensions: [ca(0), certSign] },
  },
  {
    name: 'a path length without keyCertSign',
    rule: 'basic_constraints.path_length_without_cert_sign',
    bad: { extensions: [ca(0), usage(bits(raw('02'), 1))] },
    good: { extensions: [ca(0), certSign] },
  },
  {
    name: 'keyCertSign without cA',
    rule: 'key_usage.cert_sign_without_ca',
    bad: { extensions: [certSign] },
    at: certSign,
    good: { extensions: [ca(), certSign] },
  },
  {
    name: 'a CA without keyUsage',
    rule: 'key_usage.missing_in_ca',
    bad: { extensions: [ca()] },
    at: ca(),
    good: { extensions: [ca(), certSign] },
  },
  {
    name: 'no usage at all',
    rule: 'key_usage.empty',
    bad: { extensions: [usage(raw('03 01 00'))] },
    at: raw('03 01 00'),
    good: { extensions: [usage(bits(raw('01')))] },
  },
  {
    name: 'a tenth usage',
    rule: 'key_usage.unknown_bits',
    bad: { extensions: [usage(bits(raw('80 40'), 6))] },
    at: bits(raw('80 40'), 6),
    good: { extensions: [usage(bits(raw('80 80'), 7))] },
  },
  {
    name: 'a usage beyond 32 bits',
    rule: 'key_usage.unknown_bits',
    bad: { extensions: [usage(bits(raw('80 00 00 00 80'), 7))] },
  },
  {
    name: 'policyConstraints not critical',
    rule: 'policy_constraints.not_critical',
    bad: {
      extensions: [ca(), certSign, extension(EXTENSION.policyConstraints, sequence(context(0, false, raw('00'))))],
    },
    good: {
      extensions: [
        ca(),
        certSign,
        extension(EXTENSION.policyConstraints, sequence(context(0, false, raw('00'))), true),
      ],
    },
  },
  {
    name: 'policyConstraints of nothing',
    rule: 'policy_constraints.empty',
    bad: { extensions: [ca(), certSign, extension(EXTENSION.policyConstraints, sequence(), true)] },
    good: {
      extensions: [
        ca(),
        certSign,
        extension(EXTENSION.policyConstraints, sequence(context(1, false, raw('00'))), true),
      ],
    },
  },
  {
    name: 'inhibitAnyPolicy not critical',
    rule: 'inhibit_any_policy.not_critical',
    bad: { extensions: [ca(), certSign, extension(EXTENSION.inhibitAnyPolicy, integer(0))] },
    good: { extensions: [ca(), certSign, extension(EXTENSION.inhibitAnyPolicy, integer(0), true)] },
  },
  {
    name: 'a policy twice',
    rule: 'policies.duplicate',
    bad: {
      extensions: [
        extension(EXTENSION.certificatePolicies, sequence(policy('1.2.3'), policy('1.2.4'), policy('1.2.3'))),
      ],
    },
    good: { extensions: [extension(EXTENSION.certificatePolicies, sequence(policy('1.2.3'), policy('1.2.4')))] },
  },
  {
    name: 'anyPolicy mapped',
    rule: 'policy_mappings.any_policy',
    bad: {
      extensions: [extension(EXTENSION.policyMappings, sequence(sequence(oid('1.2.3'), oid('2.5.29.32.0'))), true)],
    },
    good: { extensions: [extension(EXTENSION.policyMappings, sequence(sequence(oid('1.2.3'), oid('1.2.4'))), true)] },
  },

  // Name constraints.
  {
    name: 'nameConstraints not critical',
    rule: 'name_constraints.not_critical',
    bad: { extensions: [ca(), certSign, extension(EXTENSION.nameConstraints, sequence(subtrees(dns('a.example'))))] },
    good: { extensions: [ca(), certSign, constraints(subtrees(dns('a.example')))] },
  },
  {
    name: 'nameConstraints of an end entity',
    rule: 'name_constraints.in_end_entity',
    bad: { extensions: [constraints(subtrees(dns('a.example')))] },
    good: { extensions: [ca(), certSign, constraints(subtrees(dns('a.example')))] },
  },
  {
    name: 'no subtree',
    rule: 'name_constraints.empty',
    bad: { extensions: [ca(), certSign, constraints()] },
    good: { extensions: [ca(), certSign, constraints(subtrees(dns('')))] },
  },
  {
    name: 'an empty list of subtrees',
    rule: 'name_constraints.empty',
    bad: { extensions: [ca(), certSign, constraints(subtrees(dns('a')), context(1, true))] },
  },
  {
    name: 'minimum 1',
    rule: 'name_constraints.distance',
    bad: {
      extensions: [
        ca(),
        certSign,
        constraints(context(0, true, sequence(dns('a.example'), context(0, false, raw('01'))))),
      ],
    },
    at: context(0, false, raw('01')),
  },
  {
    name: 'a maximum',
    rule: 'name_constraints.distance',
    bad: {
      extensions: [
        ca(),
        certSign,
        constraints(context(0, true, sequence(dns('a.example'), context(1, false, raw('01'))))),
      ],
    },
    at: context(1, false, raw('01')),
  },
  {
    name: 'a wildcard',
    rule: 'name_constraints.dns_syntax',
    bad: { extensions: [ca(), certSign, constraints(subtrees(dns('*.a.example')))] },
    at: dns('*.a.example'),
    good: { extensions: [ca(), certSign, constraints(subtrees(dns('a.example')))] },
  },
  {
    name: 'a leading period',
    rule: 'name_constraints.dns_leading_period',
    bad: { extensions: [ca(), certSign, constraints(subtrees(dns('.a.example')))] },
    at: dns('.a.example'),
  },
  {
    name: 'two at signs',
    rule: 'name_constraints.email_syntax',
    bad: { extensions: [ca(), certSign, constraints(subtrees(email('a@b@c.example')))] },
    at: email('a@b@c.example'),
    good: {
      extensions: [
        ca(),
        certSign,
        constraints(subtrees(email('**@c.example'), email('c.example'), email('.c.example'))),
      ],
    },
  },
  {
    name: 'a URI instead of a host',
    rule: 'name_constraints.uri_syntax',
    bad: { extensions: [ca(), certSign, constraints(subtrees(uri('http://a.example')))] },
    at: uri('http://a.example'),
    good: { extensions: [ca(), certSign, constraints(subtrees(uri('a.example'), uri('.a.example')))] },
  },
  {
    name: 'an address instead of a host',
    rule: 'name_constraints.uri_syntax',
    bad: { extensions: [ca(), certSign, constraints(subtrees(uri('192.0.2.1')))] },
  },
  {
    name: 'an IPv4 subnet of seven octets',
    rule: 'name_constraints.ip_form',
    bad: { extensions: [ca(), certSign, constraints(subtrees(ip('c0000200ffffff')))] },
    good: { extensions: [ca(), certSign, constraints(subtrees(ip('c0000200ffffff00')))] },
  },
  {
    name: 'an IPv6 address without mask',
    rule: 'name_constraints.ip_form',
    bad: { extensions: [ca(), certSign, constraints(subtrees(ip('20010db8'.padEnd(32, '0'))))] },
    good: {
      extensions: [ca(), certSign, constraints(subtrees(ip('20010db8'.padEnd(32, '0') + 'ffffffff'.padEnd(32, '0'))))],
    },
  },
  {
    name: 'a mask with a hole',
    rule: 'name_constraints.ip_form',
    bad: { extensions: [ca(), certSign, constraints(subtrees(ip('c0000200ff00ff00')))] },
    good: { extensions: [ca(), certSign, constraints(subtrees(ip('0000000000000000'), ip('c0000201ffffffff')))] },
  },

  // Alternative names.
  {
    name: 'a subjectAltName of nothing',
    rule: 'san.empty',
    bad: { extensions: [san()] },
    good: { extensions: [san(dns('a'))] },
  },
  {
    name: 'an empty subject and names not critical',
    rule: 'san.not_critical_with_empty_subject',
    bad: { subject: sequence(), extensions: [san(dns('a.example'))] },
    at: san(dns('a.example')),
    good: { subject: sequence(), extensions: [extension(EXTENSION.subjectAltName, sequence(dns('a.example')), true)] },
  },
  {
    name: 'an octet above 7F in a dNSName',
    rule: 'general_name.alphabet',
    bad: { extensions: [san(dns('b\xfccher.example'))] },
    at: dns('b\xfccher.example'),
    good: { extensions: [san(dns('xn--bcher-kva.example'))] },
  },
  {
    name: 'NUL in a dNSName',
    rule: 'general_name.control_character',
    bad: { extensions: [san(dns('a.example\0.b.example'))] },
    at: dns('a.example\0.b.example'),
    good: { extensions: [san(dns('a.example.b.example'))] },
  },
  {
    name: 'DEL in a URI',
    rule: 'general_name.control_character',
    bad: { extensions: [san(uri('http://a.example/\x7f'))] },
    good: { extensions: [san(uri('http://a.example/~'))] },
  },
  { name: 'an empty dNSName', rule: 'san.dns_syntax', bad: { extensions: [san(dns(''))] }, at: dns('') },
  { name: 'a space for a dNSName', rule: 'san.dns_syntax', bad: { extensions: [san(dns(' '))] } },
  {
    name: 'a label of 64 octets',
    rule: 'san.dns_syntax',
    bad: { extensions: [san(dns(`${'a'.repeat(64)}.example`))] },
    good: { extensions: [san(dns(`${'a'.repeat(63)}.example`))] },
  },
  {
    name: 'a dNSName of 254 octets',
    rule: 'san.dns_syntax',
    bad: { extensions: [san(dns(`${'a.'.repeat(126)}aa`))] },
    good: { extensions: [san(dns(`${'a.'.repeat(126)}a`))] },
  },
  {
    name: 'a trailing dot',
    rule: 'san.dns_syntax',
    bad: { extensions: [san(dns('a.example.'))] },
    good: { extensions: [san(dns('a.example'))] },
  },
  { name: 'a leading dot', rule: 'san.dns_syntax', bad: { extensions: [san(dns('.example'))] } },
  {
    name: 'a label that begins with a hyphen',
    rule: 'san.dns_syntax',
    bad: { extensions: [san(dns('-a.example'))] },
    good: { extensions: [san(dns('a-b.example'))] },
  },
  {
    name: 'two names glued by a comma',
    rule: 'san.dns_syntax',
    bad: { extensions: [san(dns('a.example,b.example'))] },
  },
  {
    name: 'an IPv4 address for a dNSName',
    rule: 'san.dns_ip_text',
    bad: { extensions: [san(dns('192.0.2.1'))] },
    at: dns('192.0.2.1'),
    good: { extensions: [san(dns('192.0.2.example'))] },
  },
  { name: 'an IPv6 address for a dNSName', rule: 'san.dns_ip_text', bad: { extensions: [san(dns('2001:db8::1'))] } },
  {
    name: 'an underscore',
    rule: 'san.dns_underscore',
    bad: { extensions: [san(dns('a_b.example'))] },
    good: { extensions: [san(dns('a-b.example'))] },
  },
  {
    name: 'a wildcard inside a label',
    rule: 'san.dns_wildcard',
    bad: { extensions: [san(dns('a*.example'))] },
    good: { extensions: [san(dns('*.example'))] },
  },
  { name: 'a wildcard in the second label', rule: 'san.dns_wildcard', bad: { extensions: [san(dns('a.*.example'))] } },
  { name: 'a wildcard alone', rule: 'san.dns_wildcard', bad: { extensions: [san(dns('*'))] } },
  {
    name: 'an IPv4 address of five octets',
    rule: 'san.ip_length',
    bad: { extensions: [san(ip('c000020101'))] },
    at: ip('c000020101'),
    good: { extensions: [san(ip('c0000201'))] },
  },
  {
    name: 'an IPv6 address of 15 octets',
    rule: 'san.ip_length',
    bad: { extensions: [san(ip('20010db8'.padEnd(30, '0')))] },
    good: { extensions: [san(ip('20010db8'.padEnd(32, '0')))] },
  },
  {
    name: 'a mailbox without domain',
    rule: 'san.email_syntax',
    bad: { extensions: [san(email('a@'))] },
    good: { extensions: [san(email('a@b'))] },
  },
  {
    name: 'a mailbox with two at signs',
    rule: 'san.email_syntax',
    bad: { extensions: [san(email('a@b@c.example'))] },
    good: { extensions: [san(email('"a@b"@c.example'))] },
  },
  { name: 'a display name', rule: 'san.email_syntax', bad: { extensions: [san(email('A <a@b.example>'))] } },
  {
    name: 'a relative URI',
    rule: 'san.uri_syntax',
    bad: { extensions: [san(uri('//a.example/'))] },
    good: { extensions: [san(uri('spiffe://a.example/b'))] },
  },
  {
    name: 'a scheme alone',
    rule: 'san.uri_syntax',
    bad: { extensions: [san(uri('urn:'))] },
    good: { extensions: [san(uri('urn:a'))] },
  },

  // Others.
  {
    name: 'an authority key with issuer alone',
    rule: 'authority_key_identifier.issuer_and_serial',
    bad: { extensions: [extension(EXTENSION.authorityKeyIdentifier, sequence(context(1, true, dns('a'))))] },
    good: {
      extensions: [
        extension(EXTENSION.authorityKeyIdentifier, sequence(context(1, true, dns('a')), context(2, false, raw('01')))),
      ],
    },
  },
  {
    name: 'a distribution point of reasons alone',
    rule: 'distribution_point.reasons_only',
    bad: {
      extensions: [extension(EXTENSION.crlDistributionPoints, sequence(sequence(context(1, false, raw('06 40')))))],
    },
    good: {
      extensions: [
        extension(
          EXTENSION.crlDistributionPoints,
          sequence(
            sequence(context(0, true, context(0, true, uri('http://a.example/crl'))), context(1, false, raw('06 40'))),
          ),
        ),
      ],
    },
  },
];

function faultsOf(der: Buffer): {
  readable: boolean;
  faults: readonly { rule?: RuleId; offset: unknown; code: string }[];
} {
  const read = parseCertificate(der);
  const faults = isReadable(read) ? read.faults : [read.unreadable];
  return {
    readable: isReadable(read),
    faults: faults.map(({ rule, code, evidence }) => ({
      ...(rule === undefined ? {} : { rule }),
      code,
      offset: evidence?.offset,
    })),
  };
}

function bytesOf(input: Buffer | CertificateParts): Buffer {
  return Buffer.isBuffer(input) ? input : certificateBytes(input);
}

describe('certificate rules', () => {
  it.each(rows)('$rule is broken by: $name', ({ rule, bad, at, plus = 0, unreadable }) => {
    const der = bytesOf(bad);
    const { readable, faults } = faultsOf(der);
    const found = faults.filter((fault) => fault.rule === rule);
    expect(faults.map((fault) => fault.rule)).toContain(rule);
    expect(found[0]?.code).toBe(CERTIFICATE_RULES[rule].code);
    expect(readable).toBe(unreadable !== true);
    if (at !== undefined) expect(found[0]?.offset).toBe(der.indexOf(at) + plus);
    expect(found[0]?.offset).toBeLessThanOrEqual(der.length);
  });

  it.each(rows.filter((row) => row.good !== undefined))(
    '$rule is kept by the other side of: $name',
    ({ rule, good }) => {
      const { faults } = faultsOf(bytesOf(good ?? {}));
      expect(faults.map((fault) => fault.rule)).not.toContain(rule);
    },
  );

  it('each have a row that breaks them and a row that keeps them', () => {
    const all = Object.keys(CERTIFICATE_RULES);
    expect(all.filter((rule) => !rows.some((row) => row.rule === rule))).toEqual([]);
  });

  it('are all kept by an ordinary certificate', () => {
    expect(faultsOf(good)).toEqual({ readable: true, faults: [] });
  });

  it('are reported at four places at most, and the others counted', () => {
    const read = parseCertificate(
      certificateBytes({ extensions: [san(...Array.from({ length: 9 }, () => dns('a_b')))] }),
    );
    if (!isReadable(read)) throw new Error(read.unreadable.detail);
    expect(read.faults.map(({ rule }) => rule)).toEqual(Array.from({ length: 4 }, () => 'san.dns_underscore'));
    expect(read.faults.at(-1)?.evidence).toMatchObject({ more_places: 5 });
  });
});
