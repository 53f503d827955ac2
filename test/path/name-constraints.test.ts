import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GeneralName, GeneralSubtree, NameConstraints } from '../../src/domain/certificate.ts';
import { nameComparisons, nameConstraintFaults } from '../../src/path/name-constraints.ts';
import { CA, certificateRecord, nameOf } from './certificate-record.ts';

const dns = (value: string) => ({ type: 'dns', value }) as const;
const email = (value: string) => ({ type: 'email', value }) as const;
const uri = (value: string) => ({ type: 'uri', value }) as const;
const ip = (...octets: readonly number[]) => ({ type: 'ip', value: Buffer.from(octets) }) as const;
const directory = (...rdns: readonly string[]) => ({ type: 'directory', value: nameOf(...rdns) }) as const;
const other = (typeId: string) => ({ type: 'other', typeId, mailbox: null, der: Buffer.alloc(0) }) as const;
const utf8Mailbox = (mailbox: string | null) => ({ ...other('1.3.6.1.5.5.7.8.9'), mailbox }) as const;
const v6 = (...tail: readonly number[]) => [...Array<number>(16 - tail.length).fill(0), ...tail];

function violates(
  constraints: { permitted?: readonly GeneralName[]; excluded?: readonly GeneralName[] },
  names: readonly GeneralName[],
  subject: readonly string[] = [],
): boolean {
  const subtree = (name: GeneralName): GeneralSubtree => ({ hasDistance: false, ...name });
  const nameConstraints: NameConstraints = {
    permitted: (constraints.permitted ?? []).map(subtree),
    excluded: (constraints.excluded ?? []).map(subtree),
  };
  const ca = certificateRecord('ca', { decoded: { ...CA, nameConstraints } });
  const leaf = certificateRecord('leaf', { subject, issuer: ca, decoded: { subjectAltName: names } });
  return nameConstraintFaults(ca, leaf).length > 0;
}

interface Row {
  readonly name: string;
  readonly base: GeneralName;
  readonly of: GeneralName;
  /** All of it is in the subtree, and so it may stand under a permitted one. */
  readonly inside: boolean;
  /** Some of it is, and so it may not stand under an excluded one; default as `inside`. */
  readonly touches?: boolean;
}

const ROWS: readonly Row[] = [
  // dNSName
  { name: 'the host itself', base: dns('example.com'), of: dns('example.com'), inside: true },
  { name: 'a host below', base: dns('example.com'), of: dns('a.b.example.com'), inside: true },
  { name: 'a host above', base: dns('a.example.com'), of: dns('example.com'), inside: false },
  { name: 'a suffix that is no label', base: dns('example.com'), of: dns('notexample.com'), inside: false },
  { name: 'case of the name', base: dns('example.com'), of: dns('WWW.Example.COM'), inside: true },
  { name: 'case of the constraint', base: dns('EXAMPLE.com'), of: dns('www.example.com'), inside: true },
  { name: 'a trailing period', base: dns('example.com'), of: dns('www.example.com.'), inside: true },
  { name: 'the empty constraint has every host', base: dns(''), of: dns('example.com'), inside: true },
  { name: 'a leading period: a host below', base: dns('.example.com'), of: dns('www.example.com'), inside: true },
  { name: 'a leading period: not the host itself', base: dns('.example.com'), of: dns('example.com'), inside: false },
  { name: 'a wildcard below', base: dns('example.com'), of: dns('*.www.example.com'), inside: true },
  { name: 'a wildcard at the host', base: dns('example.com'), of: dns('*.example.com'), inside: true },
  { name: 'a leading period: a wildcard', base: dns('.example.com'), of: dns('*.example.com'), inside: true },
  {
    name: 'a wildcard that may be it',
    base: dns('a.example.com'),
    of: dns('*.example.com'),
    inside: false,
    touches: true,
  },
  { name: 'a wildcard two labels above', base: dns('a.b.example.com'), of: dns('*.example.com'), inside: false },
  { name: 'a wildcard and hosts below it', base: dns('.a.example.com'), of: dns('*.example.com'), inside: false },
  { name: 'a wildcard beside', base: dns('a.example.org'), of: dns('*.example.com'), inside: false },
  { name: 'a wildcard and a longer label', base: dns('a.xexample.com'), of: dns('*.example.com'), inside: false },
  {
    name: 'a name that is no host',
    base: dns('example.com'),
    of: dns('a b.example.com'),
    inside: false,
    touches: true,
  },
  {
    name: 'names glued together',
    base: dns('good.example'),
    of: dns('bad.example,good.example'),
    inside: false,
    touches: true,
  },
  { name: 'an embedded wildcard', base: dns('example.com'), of: dns('w*.example.com'), inside: false, touches: true },
  { name: 'a bare wildcard', base: dns('example.com'), of: dns('*'), inside: false, touches: true },
  { name: 'an empty name', base: dns('example.com'), of: dns(''), inside: false, touches: true },
  {
    name: 'a wildcard as constraint',
    base: dns('*.example.com'),
    of: dns('www.example.com'),
    inside: false,
    touches: true,
  },
  {
    name: 'a constraint of 253 octets',
    base: dns(`${'a.'.repeat(126)}a`),
    of: dns(`${'a.'.repeat(126)}a`),
    inside: true,
  },
  { name: 'a name of 254 octets', base: dns(''), of: dns(`${'a.'.repeat(126)}aa`), inside: false, touches: true },

  // iPAddress
  { name: 'the first address', base: ip(192, 0, 2, 0, 255, 255, 255, 0), of: ip(192, 0, 2, 0), inside: true },
  { name: 'the last address', base: ip(192, 0, 2, 0, 255, 255, 255, 0), of: ip(192, 0, 2, 255), inside: true },
  { name: 'the address after it', base: ip(192, 0, 2, 0, 255, 255, 255, 0), of: ip(192, 0, 3, 0), inside: false },
  {
    name: 'bits of the base beyond its mask',
    base: ip(192, 0, 2, 77, 255, 255, 255, 0),
    of: ip(192, 0, 2, 1),
    inside: true,
  },
  { name: 'every IPv4 address', base: ip(0, 0, 0, 0, 0, 0, 0, 0), of: ip(203, 0, 113, 9), inside: true },
  { name: 'an odd prefix, inside', base: ip(10, 0, 0, 0, 255, 254, 0, 0), of: ip(10, 1, 255, 255), inside: true },
  { name: 'an odd prefix, outside', base: ip(10, 0, 0, 0, 255, 254, 0, 0), of: ip(10, 2, 0, 0), inside: false },
  { name: 'IPv6, one address', base: ip(...v6(1), ...Array<number>(16).fill(255)), of: ip(...v6(1)), inside: true },
  { name: 'IPv6, the next', base: ip(...v6(1), ...Array<number>(16).fill(255)), of: ip(...v6(2)), inside: false },
  { name: 'IPv4 is in no IPv6 subnet', base: ip(...Array<number>(32).fill(0)), of: ip(10, 0, 0, 1), inside: false },
  { name: 'IPv6 is in no IPv4 subnet', base: ip(...Array<number>(8).fill(0)), of: ip(...v6(1)), inside: false },
  { name: 'an address as constraint', base: ip(10, 0, 0, 1), of: ip(10, 0, 0, 1), inside: false, touches: true },
  {
    name: 'a subnet as name',
    base: ip(10, 0, 0, 0, 255, 0, 0, 0),
    of: ip(10, 0, 0, 1, 255),
    inside: false,
    touches: true,
  },

  // rfc822Name
  { name: 'the mailbox', base: email('a@example.com'), of: email('a@example.com'), inside: true },
  { name: 'its host in another case', base: email('a@example.com'), of: email('a@EXAMPLE.com'), inside: true },
  { name: 'its local part in another case', base: email('a@example.com'), of: email('A@example.com'), inside: false },
  { name: 'another mailbox', base: email('a@example.com'), of: email('b@example.com'), inside: false },
  { name: 'quotes say the same', base: email('a@example.com'), of: email('"a"@example.com'), inside: true },
  { name: 'an asterisk is itself', base: email('*@example.com'), of: email('*@example.com'), inside: true },
  { name: 'an asterisk is no wildcard', base: email('*@example.com'), of: email('a@example.com'), inside: false },
  { name: 'the host', base: email('example.com'), of: email('a@example.com'), inside: true },
  { name: 'not a host below it', base: email('example.com'), of: email('a@mail.example.com'), inside: false },
  { name: 'a domain', base: email('.example.com'), of: email('a@mail.example.com'), inside: true },
  { name: 'not the host of the domain', base: email('.example.com'), of: email('a@example.com'), inside: false },
  { name: 'two at signs', base: email('example.com'), of: email('a@b@example.com'), inside: false, touches: true },
  { name: 'a quoted at sign', base: email('example.com'), of: email('"a@b"@example.com'), inside: true },
  { name: 'a display name', base: email('example.com'), of: email('A <a@example.com>'), inside: false, touches: true },
  { name: 'in UTF-8, the host', base: email('example.com'), of: utf8Mailbox('ä@example.com'), inside: true },
  { name: 'in UTF-8, another host', base: email('example.com'), of: utf8Mailbox('ä@example.org'), inside: false },
  { name: 'in UTF-8, a domain', base: email('.example.com'), of: utf8Mailbox('ä@a.example.com'), inside: true },
  { name: 'in UTF-8, one mailbox', base: email('a@example.com'), of: utf8Mailbox('ä@example.com'), inside: false },
  { name: 'in UTF-8, the same in ASCII', base: email('a@example.com'), of: utf8Mailbox('a@example.com'), inside: true },
  {
    name: 'in UTF-8, a host in U-labels',
    base: email('example.com'),
    of: utf8Mailbox('ä@exämple.com'),
    inside: false,
    touches: true,
  },
  { name: 'in UTF-8, unreadable', base: email('example.com'), of: utf8Mailbox(null), inside: false, touches: true },
  {
    name: 'an otherName of another kind',
    base: email('example.com'),
    of: other('1.2.3'),
    inside: true,
    touches: false,
  },
  { name: 'an address literal', base: email('example.com'), of: email('a@[192.0.2.1]'), inside: false },
  {
    name: 'a malformed mailbox as constraint',
    base: email('a@b@example.com'),
    of: email('a@example.com'),
    inside: false,
    touches: true,
  },

  // uniformResourceIdentifier
  { name: 'the host of a URI', base: uri('example.com'), of: uri('https://example.com/a?b#c'), inside: true },
  { name: 'not a host below it', base: uri('example.com'), of: uri('https://www.example.com/'), inside: false },
  { name: 'a domain', base: uri('.example.com'), of: uri('https://www.example.com'), inside: true },
  { name: 'user and port', base: uri('example.com'), of: uri('ldap://u:p@EXAMPLE.com:389/x'), inside: true },
  {
    name: 'a host in the user part',
    base: uri('example.com'),
    of: uri('https://example.com@evil.example/'),
    inside: false,
  },
  { name: 'a host in the path', base: uri('example.com'), of: uri('https://evil.example/@example.com'), inside: false },
  { name: 'a SPIFFE trust domain', base: uri('prod.example'), of: uri('spiffe://prod.example/ns/a'), inside: true },
  { name: 'no authority', base: uri('example.com'), of: uri('urn:uuid:1'), inside: false, touches: true },
  { name: 'an IPv4 host', base: uri('example.com'), of: uri('https://192.0.2.1/'), inside: false, touches: true },
  { name: 'a number as host', base: uri('291'), of: uri('https://291/'), inside: false, touches: true },
  { name: 'a hexadecimal last label', base: uri('.0x7f'), of: uri('https://a.0x7f/'), inside: false, touches: true },
  { name: 'a last label that only begins with a digit', base: uri('a.1x'), of: uri('https://a.1x/'), inside: true },
  { name: 'an IPv6 host', base: uri('example.com'), of: uri('https://[::1]/'), inside: false, touches: true },
  {
    name: 'an escaped host',
    base: uri('example.com'),
    of: uri('https://ex%61mple.com/'),
    inside: false,
    touches: true,
  },

  // directoryName
  { name: 'the same name', base: directory('O=Corp'), of: directory('O=Corp'), inside: true },
  { name: 'a name below', base: directory('O=Corp'), of: directory('O=Corp', 'CN=a'), inside: true },
  { name: 'a name above', base: directory('O=Corp', 'CN=a'), of: directory('O=Corp'), inside: false },
  { name: 'case does not matter', base: directory('O=CORP'), of: directory('O=corp', 'CN=a'), inside: true },
  {
    name: 'the right attribute at another place',
    base: directory('O=Corp'),
    of: directory('CN=a', 'O=Corp'),
    inside: false,
  },
  { name: 'the empty base has every name', base: directory(), of: directory('O=Corp'), inside: true },

  // forms that no standard compares
  { name: 'otherName', base: other('1.2.3'), of: other('1.2.3'), inside: false, touches: true },
  { name: 'a mailbox in UTF-8', base: other('1.2.3'), of: utf8Mailbox('ä@example.com'), inside: false, touches: true },
  { name: 'otherName of another type', base: other('1.2.3'), of: other('1.2.4'), inside: false, touches: true },
  {
    name: 'registeredID',
    base: { type: 'registered_id', value: '1.2' },
    of: { type: 'registered_id', value: '1.2' },
    inside: false,
    touches: true,
  },
  {
    name: 'x400Address',
    base: { type: 'x400', der: Buffer.alloc(0) },
    of: { type: 'x400', der: Buffer.alloc(0) },
    inside: false,
    touches: true,
  },
];

describe('one name and one subtree', () => {
  it.each(ROWS)('$base.type: $name', ({ base, of, inside, touches = inside }) => {
    expect({
      permitted: !violates({ permitted: [base] }, [of]),
      excluded: violates({ excluded: [base] }, [of]),
    }).toEqual({
      permitted: inside,
      excluded: touches,
    });
  });
});

describe('the subtrees of one certificate', () => {
  it.each([
    {
      name: 'one permitted subtree of the form is enough',
      permitted: [dns('a.example'), dns('b.example')],
      names: [dns('b.example')],
      bad: false,
    },
    {
      name: 'excluded wins over permitted',
      permitted: [dns('example')],
      excluded: [dns('a.example')],
      names: [dns('a.example')],
      bad: true,
    },
    {
      name: 'each name is judged',
      permitted: [dns('a.example')],
      names: [dns('a.example'), dns('b.example')],
      bad: true,
    },
    {
      name: 'a form without a subtree is free',
      permitted: [ip(10, 0, 0, 0, 255, 0, 0, 0)],
      names: [dns('a.example'), other('1.2')],
      bad: false,
    },
    { name: 'no names', permitted: [dns('a.example')], names: [], bad: false },
    { name: 'no subtrees', names: [dns('a.example'), email('no address')], bad: false },
    {
      name: 'the subject is a directoryName',
      permitted: [directory('O=Corp')],
      names: [],
      subject: ['O=Other'],
      bad: true,
    },
    {
      name: 'the subject inside',
      permitted: [directory('O=Corp')],
      names: [],
      subject: ['O=Corp', 'CN=a'],
      bad: false,
    },
    { name: 'an empty subject is no name', permitted: [directory('O=Corp')], names: [], subject: [], bad: false },
    {
      name: 'an e-mail address in the subject',
      permitted: [email('example.com')],
      names: [],
      subject: ['E=a@example.org'],
      bad: true,
    },
    {
      name: 'the same beside a subjectAltName',
      excluded: [email('example.com')],
      names: [dns('a.example')],
      subject: ['E=a@example.com'],
      bad: true,
    },
    {
      name: 'the common name is no dNSName',
      permitted: [dns('a.example')],
      names: [],
      subject: ['CN=b.example'],
      bad: false,
    },
  ] as readonly {
    name: string;
    permitted?: GeneralName[];
    excluded?: GeneralName[];
    names: GeneralName[];
    subject?: string[];
    bad: boolean;
  }[])('$name', ({ names, subject, bad, ...constraints }) => {
    expect(violates(constraints, names, subject)).toBe(bad);
  });

  it('refuses every name of a form whose subtree has a minimum or maximum', () => {
    const subtree = { ...dns('a.example'), hasDistance: true };
    const leaf = certificateRecord('leaf', { decoded: { subjectAltName: [dns('b.example')] } });
    for (const nameConstraints of [
      { permitted: [subtree], excluded: [] },
      { permitted: [], excluded: [subtree] },
    ]) {
      const ca = certificateRecord('ca', { decoded: { ...CA, nameConstraints } });
      expect(nameConstraintFaults(ca, leaf)).toHaveLength(1);
    }
  });

  it('names the certificate, the name, the reason and whose constraint it is, and counts the rest', () => {
    const names = Array.from({ length: 9 }, (_, index) => dns(`host${index}.example`));
    const constraints = { permitted: [], excluded: [{ ...dns('example'), hasDistance: false }] };
    const ca = certificateRecord('ca', { decoded: { ...CA, nameConstraints: constraints } });
    const leaf = certificateRecord('leaf', { issuer: ca, decoded: { subjectAltName: names } });
    expect(nameConstraintFaults(ca, leaf)).toMatchObject([
      {
        code: 'name_constraint_violation',
        certificate: leaf.sha256,
        evidence: {
          name: 'host0.example',
          name_type: 'dns',
          reason: 'excluded',
          names_total: 9,
          constrained_by: 'CN=ca',
          constrained_by_sha256: ca.sha256,
        },
      },
    ]);
  });

  it('counts names times subtrees of whatever form', () => {
    const nameConstraints = {
      permitted: [{ ...dns('a'), hasDistance: false }],
      excluded: [{ ...ip(1), hasDistance: false }],
    };
    const ca = certificateRecord('ca', { decoded: { ...CA, nameConstraints } });
    const leaf = certificateRecord('leaf', {
      subject: ['O=a', 'CN=b'],
      decoded: { subjectAltName: [dns('a'), email('b')] },
    });
    expect([nameComparisons(ca, leaf), nameComparisons(leaf, ca)]).toEqual([8, 0]);
  });
});

describe('wildcards', () => {
  const label = fc.constantFrom('a', 'b', 'ab', '*');
  const host = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
  const constraint = fc.array(fc.constantFrom('a', 'b', 'ab'), { maxLength: 3 }).map((labels) => labels.join('.'));

  it('are excluded when a host that they match is, and permitted only when all of them are', () => {
    fc.assert(
      fc.property(
        constraint,
        host.filter((text) => /^\*\.[^*]+$/.test(text)),
        (base, wildcard) => {
          const hosts = ['a', 'b', 'ab', 'zz'].map((text) => dns(wildcard.replace('*', text)));
          const isExcluded = hosts.some((name) => violates({ excluded: [dns(base)] }, [name]));
          const isPermitted = hosts.every((name) => !violates({ permitted: [dns(base)] }, [name]));
          expect(violates({ excluded: [dns(base)] }, [dns(wildcard)])).toBe(isExcluded);
          expect(!violates({ permitted: [dns(base)] }, [dns(wildcard)])).toBe(isPermitted);
        },
      ),
    );
  });
});
