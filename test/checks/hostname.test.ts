import { describe, expect, it } from 'vitest';
import { matchHostname } from '../../src/checks/hostname.ts';
import type { GeneralName } from '../../src/domain/certificate.ts';
import { parseIpAddress } from '../../src/domain/ip-address.ts';
import { DEFAULT_POLICY, type Profile } from '../../src/domain/policy.ts';
import type { Host } from '../../src/domain/target.ts';
import { authority, dns, evidence, ips, judge, LEAF_DECODED, leaf, path, root, SAN_EXTENSION } from './evidence.ts';

function host(text: string): Host {
  const address = parseIpAddress(text);
  return 'error' in address ? { kind: 'dns', text } : address;
}

function leafWith(names: GeneralName[] | undefined, commonNames: string[] = []) {
  const { subjectAltName: _, ...decoded } = LEAF_DECODED;
  return leaf({
    decoded: { ...decoded, ...(names && { subjectAltName: names }) },
    commonNames,
    extensions: names ? [SAN_EXTENSION] : [],
  });
}

describe('hostname', () => {
  const rows: {
    name: string;
    reference: string;
    names?: GeneralName[];
    cn?: string[];
    profile?: Profile;
    codes: string[];
  }[] = [
    { name: 'an exact name', reference: 'a.example.com', names: dns('a.example.com'), codes: [] },
    { name: 'another name', reference: 'a.example.com', names: dns('b.example.com'), codes: ['name_mismatch:error'] },
    { name: 'an address', reference: '192.0.2.1', names: ips('192.0.2.1'), codes: [] },
    { name: 'an IPv6 address', reference: '2001:db8::1', names: ips('2001:db8::1'), codes: [] },
    {
      name: 'an address without any iPAddress',
      reference: '192.0.2.1',
      names: dns('192.0.2.1'),
      codes: ['name_mismatch:error'],
    },
    { name: 'only a CN', reference: 'a.example.com', cn: ['a.example.com'], codes: ['name_only_in_cn:error'] },
    {
      name: 'only a CN in capitals',
      reference: 'a.example.com',
      cn: ['A.EXAMPLE.COM'],
      codes: ['name_only_in_cn:error'],
    },
    { name: 'only a wildcard CN', reference: 'a.example.com', cn: ['*.example.com'], codes: ['name_only_in_cn:error'] },
    { name: 'only an address as CN', reference: '192.0.2.1', cn: ['192.0.2.1'], codes: ['name_only_in_cn:error'] },
    {
      name: 'an IPv6 CN in another spelling',
      reference: '2001:db8::1',
      cn: ['2001:DB8:0:0::1'],
      codes: ['name_only_in_cn:error'],
    },
    {
      name: 'the second of two CNs',
      reference: 'a.example.com',
      cn: ['x', 'a.example.com'],
      codes: ['name_only_in_cn:error'],
    },
    { name: 'a CN of another name', reference: 'a.example.com', cn: ['b.example.com'], codes: ['name_mismatch:error'] },
    {
      name: 'CN beside other dNSNames',
      reference: 'a.example.com',
      cn: ['a.example.com'],
      names: dns('b.example.com'),
      codes: ['name_mismatch:error'],
    },
    {
      name: 'CN beside names of another kind',
      reference: 'a.example.com',
      cn: ['a.example.com'],
      names: ips('192.0.2.1'),
      codes: ['name_only_in_cn:error'],
    },
    {
      name: 'a wildcard on a top-level domain',
      reference: 'example.com',
      names: dns('*.com'),
      codes: ['wildcard_not_allowed:error'],
    },
    {
      name: 'a partial wildcard',
      reference: 'www.example.com',
      names: dns('w*.example.com'),
      codes: ['wildcard_not_allowed:error'],
    },
    {
      name: 'a public suffix in default',
      reference: 'a.co.uk',
      names: dns('*.co.uk'),
      codes: ['wildcard_not_allowed:info'],
    },
    {
      name: 'a public suffix in rfc5280',
      reference: 'a.co.uk',
      names: dns('*.co.uk'),
      profile: 'rfc5280',
      codes: ['wildcard_not_allowed:info'],
    },
    {
      name: 'a public suffix in webpki',
      reference: 'a.co.uk',
      names: dns('*.co.uk'),
      profile: 'webpki',
      codes: ['wildcard_not_allowed:error'],
    },
    {
      name: 'a public suffix beside the name',
      reference: 'a.co.uk',
      names: dns('*.co.uk', 'a.co.uk'),
      profile: 'webpki',
      codes: [],
    },
  ];
  it.each(rows)('$name', ({ reference, names, cn, profile = 'default', codes }) => {
    const subject = leafWith(names, cn);
    const chain = path([subject, authority(), root()]);
    const policy = { ...DEFAULT_POLICY, profile };
    const result = judge('hostname', evidence({ reference: host(reference), policy, path: chain }));
    expect(result.codes).toEqual(codes);
    for (const fault of result.faults) expect(fault.certificate).toBe(subject.sha256);
    expect(matchHostname(subject, host(reference), profile).matched).toBe(result.state === 'pass');
  });

  it('is unknown when the names could not be decoded', () => {
    const { subjectAltName: _, ...decoded } = LEAF_DECODED;
    const broken = leaf({ decoded, extensions: [SAN_EXTENSION] });
    expect(judge('hostname', evidence({ path: path([broken, root()]) })).state).toBe('unknown');
  });

  it('is not asked without a reference identity', () => {
    expect(judge('hostname', evidence({ reference: null })).state).toBe('skip');
  });

  it('shows what was presented, cleaned and bounded', () => {
    const names = dns(
      'legacy.example.com\0\u0085',
      'old.example.net',
      ...Array.from({ length: 30 }, (_, n) => `h${n}.example.org`),
    );
    const chain = path([leafWith(names), root()]);
    const { faults } = judge('hostname', evidence({ reference: host('old.example.com'), path: chain }));
    expect(faults[0]?.evidence).toMatchObject({ nearest: null, presented_total: 32, name_type: 'dNSName' });
    expect(faults[0]?.evidence?.presented).toHaveLength(20);
    expect(JSON.stringify(faults)).not.toMatch(/\\u0000|\u0085/);
  });

  it.each([
    {
      name: 'by most labels from the right',
      names: ['a.example.net', 'b.example.com', 'c.org'],
      nearest: 'b.example.com',
    },
    { name: 'the only one', names: ['a.internal'], nearest: 'a.internal' },
    { name: 'no wildcard, which nobody can call', names: ['*.y.example.com'], nearest: null },
    { name: 'the next one beside a wildcard', names: ['*.y.example.com', 'b.example.com'], nearest: 'b.example.com' },
    { name: 'none of several strangers', names: ['a.internal', 'b.internal'], nearest: null },
  ])('finds the nearest name: $name', ({ names, nearest }) => {
    const chain = path([leafWith(dns(...names)), root()]);
    const { faults } = judge('hostname', evidence({ reference: host('x.example.com'), path: chain }));
    expect(faults[0]?.evidence?.nearest).toBe(nearest);
  });
});
