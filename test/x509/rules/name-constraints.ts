import { EXTENSION } from '../../../src/x509/oids.ts';
import { context, sequence } from '../../support/der.ts';
import { extension } from '../certificate-bytes.ts';
import { ca, certSign, constraints, dns, email, ip, type RuleRow, raw, subtrees, uri } from './rule-row.ts';

/** Rules of name constraints. */
export const NAME_CONSTRAINTS_ROWS: readonly RuleRow[] = [
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
];
