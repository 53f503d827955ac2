import { MAX_CERTIFICATE_BYTES } from '../../../src/x509/certificate.ts';
import { bits, context, generalizedTime, integer, oid, sequence, utcTime } from '../../support/der.ts';
import { dns, end, good, type RuleRow, raw, san, start } from './rule-row.ts';

const validity = (notBefore: Buffer, notAfter: Buffer): Buffer => sequence(notBefore, notAfter);

/** Rules of the frame, the serial number and the validity. */
export const CERTIFICATE_ROWS: readonly RuleRow[] = [
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
];
