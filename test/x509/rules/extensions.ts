import { EXTENSION } from '../../../src/x509/oids.ts';
import { bits, bool, context, integer, octets, oid, sequence } from '../../support/der.ts';
import { extension } from '../certificate-bytes.ts';
import { ca, certSign, dns, type RuleRow, raw, san, uri, usage } from './rule-row.ts';

const policy = (id: string): Buffer => sequence(oid(id));

/** Rules of extensions. */
export const EXTENSIONS_ROWS: readonly RuleRow[] = [
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
