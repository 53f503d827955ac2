import { describe, expect, it } from 'vitest';
import { commonNames, judgeCommonName } from '../../src/checks/common-name.ts';
import type { RuleId } from '../../src/domain/rules.ts';
import { certificate, dns, ips } from './evidence.ts';

describe('one common name beside a subjectAltName', () => {
  const names = [
    ...dns('host.example.com', 'UPPER.example.com', 'xn--bcher-kva.example'),
    ...ips('192.0.2.1', '2001:db8::1'),
  ];
  const rows: { name: string; cn: string; san?: typeof names; rule: RuleId | null }[] = [
    { name: 'a copy', cn: 'host.example.com', rule: null },
    { name: 'a copy in capitals', cn: 'UPPER.example.com', rule: null },
    { name: 'a dNSName in other case', cn: 'Host.example.com', rule: 'cn.copy' },
    { name: 'a U-label for an A-label', cn: 'bücher.example', rule: 'cn.copy' },
    { name: 'a host name beside other host names', cn: 'other.example.com', rule: 'cn.copy' },
    { name: 'a host name beside wildcards only', cn: 'host.example.com', san: dns('*.example.com'), rule: 'cn.in_san' },
    { name: 'a host name beside nothing', cn: 'host.example.com', san: [], rule: 'cn.in_san' },
    { name: 'a wildcard that is not there', cn: '*.example.com', rule: 'cn.in_san' },
    { name: 'a wildcard that is there', cn: '*.example.com', san: dns('*.example.com'), rule: null },
    { name: 'a single label is no host name', cn: 'server', rule: null },
    { name: 'words in small letters', cn: 'my test server', rule: null },
    { name: 'words with a capital', cn: 'My server', rule: 'cn.copy' },
    { name: 'empty', cn: '', rule: null },
    { name: 'IPv4', cn: '192.0.2.1', rule: null },
    { name: 'IPv4 that is not there', cn: '192.0.2.2', rule: 'cn.copy' },
    { name: 'IPv4 as a dNSName', cn: '192.0.2.9', san: dns('192.0.2.9'), rule: 'cn.copy' },
    { name: 'IPv4 in hexadecimal parts', cn: '0xc0.0x00.0x02.0x01', rule: 'cn.copy' },
    { name: 'IPv4 in one hexadecimal number', cn: '0xc0000201', rule: 'cn.copy' },
    { name: 'IPv4 with leading zeros', cn: '192.000.002.001', rule: 'cn.copy' },
    { name: 'IPv4 in octal', cn: '0300.0.02.01', rule: 'cn.copy' },
    { name: 'IPv4 in three parts', cn: '192.0.513', rule: 'cn.copy' },
    { name: 'IPv4 in one decimal number', cn: '3221225985', rule: 'cn.copy' },
    { name: 'a number above all addresses', cn: '4294967296', rule: null },
    { name: 'a customer number', cn: '16777215', rule: null },
    { name: 'a version', cn: '1.2.3.4.5', rule: null },
    { name: 'IPv6', cn: '2001:db8::1', rule: null },
    { name: 'IPv6 in capitals', cn: '2001:DB8::1', rule: 'cn.copy' },
    { name: 'IPv6 not compressed', cn: '2001:0db8:0000:0000:0000:0000:0000:0001', rule: 'cn.copy' },
    { name: 'IPv6 in brackets', cn: '[2001:db8::1]', rule: 'cn.copy' },
    { name: 'a name of 254 characters', cn: `${`${'a'.repeat(62)}.`.repeat(4)}ab`, rule: null },
  ];
  it.each(rows)('$name', ({ cn, san = names, rule }) => {
    expect(judgeCommonName(cn, san)).toBe(rule);
  });
});

it('reads every commonName of a subject', () => {
  expect(commonNames(certificate('CN=a', { commonNames: ['a', 'b'] }).subject)).toEqual(['a', 'b']);
});
