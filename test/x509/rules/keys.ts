import { bits, context, integer, oid, sequence, tlv } from '../../support/der.ts';
import { ecKey, P256_GENERATOR } from '../certificate-bytes.ts';
import { type RuleRow, raw } from './rule-row.ts';

const rsaAlgorithm = sequence(oid('1.2.840.113549.1.1.1'), raw('0500'));
const rsaKey = (modulus: Buffer, exponent: Buffer): Buffer => sequence(rsaAlgorithm, bits(sequence(modulus, exponent)));
const modulusOf = (octetCount: number): Buffer => tlv(0x02, Buffer.alloc(1), Buffer.alloc(octetCount, 0xff));
const dsaOid = oid('1.2.840.10040.4.1');
const ed25519 = sequence(oid('1.3.101.112'));
const withSha256 = sequence(oid('1.2.840.113549.1.1.11'), raw('0500'));
const sha256 = sequence(oid('2.16.840.1.101.3.4.2.1'));
const pssSha256 = [
  context(0, true, sha256),
  context(1, true, sequence(oid('1.2.840.113549.1.1.8'), sha256)),
  context(2, true, integer(32)),
];
const pss = (...fields: Buffer[]): Buffer => sequence(oid('1.2.840.113549.1.1.10'), sequence(...fields));

/** Rules of algorithms and public keys. */
export const KEYS_ROWS: readonly RuleRow[] = [
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
];
