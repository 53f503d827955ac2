import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GeneralName } from '../../src/domain/certificate.ts';
import { parseIpAddress } from '../../src/domain/ip-address.ts';
import { matchName, type NameRelation, relateDnsName } from '../../src/domain/match-name.ts';
import type { Host } from '../../src/domain/target.ts';

describe('one dNSName against the reference', () => {
  const rows: { name: string; reference?: string; presented: string; relation: NameRelation }[] = [
    { name: 'the same', presented: 'www.example.com', relation: 'exact' },
    { name: 'other case', presented: 'WWW.Example.COM', relation: 'exact' },
    { name: 'another host', presented: 'web.example.com', relation: 'none' },
    { name: 'the parent', presented: 'example.com', relation: 'none' },
    { name: 'a child', presented: 'a.www.example.com', relation: 'none' },
    { name: 'a trailing dot', presented: 'www.example.com.', relation: 'none' },
    { name: 'a leading dot', presented: '.example.com', relation: 'none' },
    { name: 'nothing', presented: '', relation: 'none' },
    { name: 'NUL after the name', presented: 'www.example.com\0', relation: 'none' },
    { name: 'NUL and another domain', presented: 'www.example.com\0.evil.example', relation: 'none' },
    { name: 'two names glued by a comma', presented: 'www.example.com,evil.example', relation: 'none' },
    { name: 'two names glued by a space', presented: 'evil.example www.example.com', relation: 'none' },
    { name: 'two names glued by a newline', presented: 'www.example.com\nevil.example', relation: 'none' },
    { name: 'a URL', presented: 'https://www.example.com', relation: 'none' },
    { name: 'a port', presented: 'www.example.com:443', relation: 'none' },
    { name: 'a wildcard for one label', presented: '*.example.com', relation: 'wildcard' },
    { name: 'a wildcard in capitals', presented: '*.EXAMPLE.com', relation: 'wildcard' },
    { name: 'a wildcard for the apex', reference: 'example.com', presented: '*.example.com', relation: 'none' },
    { name: 'a wildcard across a dot', reference: 'a.b.example.com', presented: '*.example.com', relation: 'none' },
    {
      name: 'a wildcard for a label with underscore',
      reference: '_a.example.com',
      presented: '*.example.com',
      relation: 'wildcard',
    },
    {
      name: 'a wildcard for an A-label',
      reference: 'xn--bliss-1b3c148a.example.com',
      presented: '*.example.com',
      relation: 'wildcard',
    },
    {
      name: 'a wildcard on a public suffix',
      reference: 'example.co.uk',
      presented: '*.co.uk',
      relation: 'wildcard_public_suffix',
    },
    {
      name: 'a wildcard on a private suffix',
      reference: 'a.s3.amazonaws.com',
      presented: '*.s3.amazonaws.com',
      relation: 'wildcard_public_suffix',
    },
    {
      name: 'a wildcard on a top-level domain',
      reference: 'example.com',
      presented: '*.com',
      relation: 'wildcard_top_level',
    },
    {
      name: 'a wildcard on a private top-level domain',
      reference: 'wiki.corp',
      presented: '*.corp',
      relation: 'wildcard_top_level',
    },
    {
      name: 'a wildcard below a private domain',
      reference: 'wiki.corp.internal',
      presented: '*.corp.internal',
      relation: 'wildcard',
    },
    { name: 'a wildcard alone for a single label', reference: 'wiki', presented: '*', relation: 'wildcard_top_level' },
    { name: 'a wildcard alone for a domain', presented: '*', relation: 'none' },
    { name: 'a wildcard and a dot', presented: '*.', relation: 'none' },
    { name: 'a wildcard at the end of the label', presented: 'w*.example.com', relation: 'wildcard_position' },
    { name: 'a wildcard at the beginning of the label', presented: '*w.example.com', relation: 'wildcard_position' },
    { name: 'a wildcard within the label', presented: 'w*w.example.com', relation: 'wildcard_position' },
    {
      name: 'a wildcard within an A-label',
      reference: 'xn--bliss-1b3c148a.example.com',
      presented: 'xn--*-1b3c148a.example.com',
      relation: 'wildcard_position',
    },
    { name: 'a partial wildcard for another label', presented: 'x*.example.com', relation: 'none' },
    { name: 'a wildcard in the second label', presented: 'www.*.com', relation: 'wildcard_position' },
    { name: 'two wildcards', presented: '*.*.com', relation: 'wildcard_position' },
    { name: 'two wildcards in a label', presented: 'w*w*.example.com', relation: 'wildcard_position' },
    {
      name: 'overlapping parts are not matched twice',
      reference: 'aba.example.com',
      presented: 'ab*ba.example.com',
      relation: 'none',
    },
    {
      name: '253 characters',
      reference: `${`${'a'.repeat(61)}.`.repeat(4)}abcde`,
      presented: `${`${'a'.repeat(61)}.`.repeat(4)}abcde`,
      relation: 'exact',
    },
    { name: 'longer than any host name', reference: 'a', presented: `*${'*'.repeat(253)}`, relation: 'none' },
  ];
  it.each(rows)('$name', ({ reference = 'www.example.com', presented, relation }) => {
    expect(relateDnsName(reference, presented)).toBe(relation);
  });

  const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?$/);
  const hostName = fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join('.'));

  it('a host name matches itself in any case, and no other name exactly', () => {
    fc.assert(
      fc.property(hostName, hostName, (one, other) => {
        expect(relateDnsName(one, one.toUpperCase())).toBe('exact');
        expect(relateDnsName(one, other) === 'exact').toBe(one === other);
      }),
    );
  });

  it('a name with anything but letters, digits, hyphens and dots in it never matches', () => {
    const hostile = fc.tuple(hostName, fc.stringMatching(/^[^a-zA-Z0-9._*-]{1,3}$/), fc.string({ maxLength: 10 }));
    fc.assert(
      fc.property(hostile, ([reference, smuggled, rest]) => {
        expect(relateDnsName(reference, `${reference}${smuggled}${rest}`)).not.toMatch(/^(exact|wildcard)$/);
        expect(relateDnsName(reference, `${rest}${smuggled}${reference}`)).not.toMatch(/^(exact|wildcard)$/);
      }),
    );
  });

  it('a wildcard matches exactly the names with one more label', () => {
    fc.assert(
      fc.property(hostName, hostName, (reference, base) => {
        const labels = reference.split('.');
        const isChild = labels.slice(1).join('.') === base;
        expect(relateDnsName(reference, `*.${base}`) !== 'none').toBe(isChild);
      }),
    );
  });
});

function ip(text: string): Extract<Host, { kind: 'ip' }> {
  const address = parseIpAddress(text);
  if ('error' in address) throw new Error(address.error);
  return address;
}

describe('the kind of name', () => {
  const dnsHost: Host = { kind: 'dns', text: 'www.example.com' };
  const v4 = ip('192.0.2.1');
  const v6 = ip('2001:db8::1');
  const rows: { name: string; reference: Host; presented: GeneralName; matches: boolean }[] = [
    { name: 'IPv4 against its octets', reference: v4, presented: { type: 'ip', value: v4.bytes }, matches: true },
    { name: 'IPv6 against its octets', reference: v6, presented: { type: 'ip', value: v6.bytes }, matches: true },
    {
      name: 'IPv4 against other octets',
      reference: v4,
      presented: { type: 'ip', value: ip('192.0.2.2').bytes },
      matches: false,
    },
    {
      name: 'IPv4 against address and mask',
      reference: v4,
      presented: { type: 'ip', value: Buffer.from('c0000201ffffffff', 'hex') },
      matches: false,
    },
    {
      name: 'IPv4 against its mapped form',
      reference: v4,
      presented: { type: 'ip', value: ip('::ffff:192.0.2.1').bytes },
      matches: false,
    },
    {
      name: 'IPv4 against text in a dNSName',
      reference: v4,
      presented: { type: 'dns', value: '192.0.2.1' },
      matches: false,
    },
    {
      name: 'IPv4 against a wildcard in a dNSName',
      reference: v4,
      presented: { type: 'dns', value: '*.0.2.1' },
      matches: false,
    },
    {
      name: 'a name against octets that spell it',
      reference: dnsHost,
      presented: { type: 'ip', value: Buffer.from('www.example.com') },
      matches: false,
    },
    {
      name: 'a name in a URI',
      reference: dnsHost,
      presented: { type: 'uri', value: 'https://www.example.com' },
      matches: false,
    },
    {
      name: 'a name as an e-mail address',
      reference: dnsHost,
      presented: { type: 'email', value: 'www.example.com' },
      matches: false,
    },
    {
      name: 'a name as another name',
      reference: dnsHost,
      presented: { type: 'other', typeId: '1.2', mailbox: null, der: Buffer.from('www.example.com') },
      matches: false,
    },
  ];
  it.each(rows)('$name', ({ reference, presented, matches }) => {
    expect(matchName(reference, [presented]).relation).toBe(matches ? 'exact' : 'none');
  });

  it('takes the best of several names, whatever their order', () => {
    const names: GeneralName[] = ['w*.example.com', '*.example.com', 'www.example.com'].map((value) => ({
      type: 'dns',
      value,
    }));
    expect(matchName(dnsHost, names).name).toBe(names[2]);
    expect(matchName(dnsHost, names.toReversed()).name).toBe(names[2]);
    expect(matchName(dnsHost, names.slice(0, 2)).relation).toBe('wildcard');
  });
});
