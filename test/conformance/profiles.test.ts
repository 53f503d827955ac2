import { afterAll, describe, expect, it } from 'vitest';
import { context, ia5, integer, octets, oid, sequence, set, utf8 } from '../support/der.ts';
import type { Issued } from '../support/issued.ts';
import { newKey } from '../support/issued.ts';
import { intermediate, leaf, root } from '../support/pki.ts';
import {
  authorityKeyIdentifier,
  basicConstraints,
  dnsNames,
  extension,
  keyIdentifier,
  rawCertificate,
  subjectKeyIdentifier,
} from '../support/raw-certificate.ts';
import { startService } from '../support/service.ts';

/** What the profiles of the two standards say of whole chains: one deviation each, asked through the application. */

const HOST = 'host.example.com';
const AT = '2026-06-15T12:00:00Z';
const PROFILES = ['rfc5280', 'webpki'] as const;
const UNKNOWN_EXTENSION = { oid: '1.3.6.1.4.1.32473.7', critical: true, value: Buffer.alloc(0) };
const CERT_SIGN = extension({ oid: '2.5.29.15', critical: true, value: Buffer.from('03020204', 'hex') });

interface Case {
  /** Leaf first. */
  readonly chain: readonly Issued[];
  readonly anchors: readonly Issued[];
  readonly host?: string;
  readonly at?: string;
  readonly maxIntermediates?: number;
}

interface Row {
  readonly name: string;
  readonly make: () => Promise<Case>;
  /** A code that must be among the errors, by profile; null = good. */
  readonly rfc5280: string | null;
  readonly webpki: string | null;
}

/** One code in both profiles. */
const both = (code: string | null) => ({ rfc5280: code, webpki: code });

async function underRoot(
  rootOptions: Parameters<typeof root>[1],
  leafOptions: Parameters<typeof leaf>[2] = {},
): Promise<Case> {
  const anchor = await root('Root', rootOptions);
  return { chain: [await leaf(anchor, HOST, leafOptions)], anchors: [anchor] };
}

async function underIntermediate(options: Parameters<typeof intermediate>[2]): Promise<Case> {
  const anchor = await root();
  const issuing = await intermediate(anchor, 'Issuing', options);
  return { chain: [await leaf(issuing, HOST), issuing], anchors: [anchor] };
}

function constraints(permitted: readonly Buffer[], excluded: readonly Buffer[] = []) {
  const subtrees = (number: number, bases: readonly Buffer[]) =>
    bases.length === 0 ? [] : [context(number, true, ...bases.map((base) => sequence(base)))];
  return {
    oid: '2.5.29.30',
    critical: true,
    value: sequence(...subtrees(0, permitted), ...subtrees(1, excluded)),
  };
}

const dnsBase = (name: string) => context(2, false, Buffer.from(name));
const ipBase = (hex: string) => context(7, false, Buffer.from(hex, 'hex'));

async function constrainedRoot(nameConstraints: ReturnType<typeof constraints>, host = HOST, ips?: string[]) {
  const anchor = await root('Root', { extensions: [nameConstraints] });
  const bottom = await leaf(anchor, host, ips ? { ips } : {});
  return { chain: [bottom], anchors: [anchor], host: ips?.[0] ?? host };
}

/** A leaf of raw extensions under a fresh root. */
async function rawLeaf(
  options: Parameters<typeof rawCertificate>[0] & { readonly names?: readonly string[] },
  host?: string,
): Promise<Case> {
  const anchor = await root();
  const key = options.key ?? (await newKey('ec-p256'));
  const bottom = await rawCertificate({
    issuedBy: anchor,
    key,
    subject: 'leaf',
    extensions: [
      authorityKeyIdentifier(anchor),
      dnsNames(...(options.names ?? [HOST])),
      extension({ oid: '2.5.29.37', value: sequence(oid('1.3.6.1.5.5.7.3.1')) }),
    ],
    ...options,
  });
  return { chain: [bottom], anchors: [anchor], host: host ?? options.names?.[0] ?? HOST };
}

const rows: Row[] = [
  { name: 'nothing', make: () => underIntermediate({}), ...both(null) },
  // Extensions that are not known.
  {
    name: 'an unknown critical extension of the root',
    make: () => underRoot({ extensions: [UNKNOWN_EXTENSION] }),
    ...both('unknown_critical_extension'),
  },
  {
    name: 'an unknown critical extension of an intermediate that is not used',
    async make() {
      const { chain, anchors } = await underIntermediate({});
      const [anchor] = anchors;
      const unused = await intermediate(anchor as Issued, 'Unused', { extensions: [UNKNOWN_EXTENSION] });
      return { chain: [...chain, unused], anchors };
    },
    ...both(null),
  },
  {
    name: 'a critical authorityInfoAccess',
    make: () =>
      underRoot(
        {},
        {
          extensions: [
            {
              oid: '1.3.6.1.5.5.7.1.1',
              critical: true,
              value: sequence(sequence(oid('1.3.6.1.5.5.7.48.2'), dnsBase('example.com'))),
            },
          ],
        },
      ),
    ...both('cert_malformed'),
  },
  {
    name: 'an authorityInfoAccess of other bytes',
    make: () => underRoot({}, { extensions: [{ oid: '1.3.6.1.5.5.7.1.1', value: Buffer.from('malformed') }] }),
    ...both('cert_malformed'),
  },
  {
    name: 'a critical authorityKeyIdentifier of the root',
    make: () =>
      underRoot({
        aki: false,
        extensions: [{ oid: '2.5.29.35', critical: true, value: sequence(context(0, false, Buffer.alloc(20))) }],
      }),
    ...both('cert_malformed'),
  },
  {
    name: 'a critical subjectKeyIdentifier of the root',
    make: () =>
      underRoot({
        ski: false,
        extensions: [{ oid: '2.5.29.14', critical: true, value: octets(Buffer.alloc(20)) }],
      }),
    ...both('cert_malformed'),
  },
  // Key identifiers.
  {
    name: 'an intermediate without AKI',
    make: () => underIntermediate({ aki: false }),
    ...both('key_identifier_missing'),
  },
  {
    name: 'a leaf without AKI that has the key of its CA',
    async make() {
      const anchor = await root();
      return { chain: [await leaf(anchor, HOST, { key: anchor, aki: false })], anchors: [anchor] };
    },
    ...both('key_identifier_missing'),
  },
  { name: 'a self-signed root without AKI', make: () => underRoot({ aki: false }), ...both(null) },
  {
    name: 'a root whose AKI names another key',
    make: () =>
      underRoot({
        aki: false,
        extensions: [{ oid: '2.5.29.35', value: sequence(context(0, false, Buffer.alloc(20, 9))) }],
      }),
    rfc5280: null,
    webpki: 'aki_mismatch',
  },
  {
    name: 'a root whose AKI names its issuer too',
    async make() {
      const key = await newKey('ec-p256');
      const issuer = context(1, true, context(4, true, sequence(set(sequence(oid('2.5.4.3'), utf8('x'))))));
      const value = sequence(context(0, false, keyIdentifier(key)), issuer, context(2, false, Buffer.from([4])));
      return underRoot({ key, aki: false, extensions: [{ oid: '2.5.29.35', value }] });
    },
    rfc5280: null,
    webpki: 'aki_issuer_and_serial',
  },
  // CA certificates.
  {
    name: 'a root without basicConstraints',
    make: async () => {
      const anchor = await root('Root', { ca: undefined as unknown as boolean });
      return { chain: [await leaf(anchor, HOST)], anchors: [anchor] };
    },
    ...both('issuer_not_ca'),
  },
  {
    name: 'a root with basicConstraints that is not critical',
    async make() {
      const key = await newKey('ec-p256');
      const value = sequence(Buffer.from('0101ff', 'hex'));
      const anchor = await rawCertificate({
        key,
        subject: 'Root',
        extensions: [extension({ oid: '2.5.29.19', value }), CERT_SIGN, subjectKeyIdentifier(key)],
      });
      return { chain: [await leaf(anchor, HOST)], anchors: [anchor] };
    },
    ...both('ca_extension_invalid'),
  },
  {
    name: 'an intermediate with a path length and no keyCertSign',
    make: () => underIntermediate({ pathLength: 0, keyUsage: ['digital_signature'] }),
    ...both('issuer_cannot_sign'),
  },
  {
    name: 'a CA certificate as the leaf',
    async make() {
      const anchor = await root();
      return { chain: [await intermediate(anchor, 'Issuing', { dns: [HOST] })], anchors: [anchor] };
    },
    rfc5280: null,
    webpki: 'leaf_is_ca',
  },
  {
    name: 'an intermediate of path length zero above another',
    async make() {
      const anchor = await root();
      const first = await intermediate(anchor, 'First', { pathLength: 0 });
      const second = await intermediate(first, 'Second', { pathLength: 0 });
      return { chain: [await leaf(second, HOST), second, first], anchors: [anchor] };
    },
    ...both('path_length_exceeded'),
  },
  {
    name: 'a self-issued intermediate, which path lengths do not count',
    async make() {
      const anchor = await root();
      const first = await intermediate(anchor, 'Same', { pathLength: 1 });
      const again = await intermediate(first, 'Same', { pathLength: 1 });
      const last = await intermediate(again, 'Last', { pathLength: 0 });
      return { chain: [await leaf(last, HOST), first, again, last], anchors: [anchor] };
    },
    ...both(null),
  },
  {
    name: 'one intermediate where none may be',
    make: async () => ({ ...(await underIntermediate({})), maxIntermediates: 0 }),
    ...both('chain_too_long'),
  },
  {
    name: 'one intermediate where one may be',
    make: async () => ({ ...(await underIntermediate({})), maxIntermediates: 1 }),
    ...both(null),
  },
  // Dates.
  {
    name: 'an expired root',
    make: () => underRoot({ notAfter: new Date('2026-06-15T11:59:59Z') }),
    ...both('trust_anchor_expired'),
  },
  {
    name: 'a root in its last second',
    make: () => underRoot({ notAfter: new Date(AT) }),
    ...both(null),
  },
  {
    name: 'an expired intermediate',
    make: () => underIntermediate({ notAfter: new Date('2026-06-15T11:59:59Z') }),
    ...both('chain_cert_expired'),
  },
  {
    name: 'half a second after the last one',
    async make() {
      const made = await underRoot({}, { notAfter: new Date(AT) });
      return { ...made, at: '2026-06-15T12:00:00.5Z' };
    },
    ...both(null),
  },
  // Serial numbers.
  { name: 'a serial number of zero', make: () => rawLeaf({ serial: integer(0) }), ...both('serial_invalid') },
  // Alternative names.
  { name: 'an underscore', make: () => rawLeaf({ names: ['foo_bar.example.com'] }), ...both('cert_malformed') },
  {
    name: 'a wildcard that is not the first label',
    make: () => rawLeaf({ names: ['foo.*.example.com'] }, 'foo.bar.example.com'),
    rfc5280: 'wildcard_not_allowed',
    webpki: 'wildcard_not_allowed',
  },
  {
    name: 'a wildcard for two labels',
    make: () => rawLeaf({ names: ['*.example.com'] }, 'foo.bar.example.com'),
    ...both('name_mismatch'),
  },
  {
    name: 'a wildcard before a public suffix of two labels',
    make: () => rawLeaf({ names: ['*.co.uk'] }, 'example.co.uk'),
    rfc5280: null,
    webpki: 'wildcard_not_allowed',
  },
  {
    name: 'a name in UTF-8',
    make: () => rawLeaf({ names: [Buffer.from('😜.example.com').toString('latin1')] }, 'xn--628h.example.com'),
    ...both('cert_malformed'),
  },
  {
    name: 'a critical subjectAltName beside a subject',
    async make() {
      const anchor = await root();
      const names = sequence(dnsBase(HOST));
      const made = await rawLeaf({});
      const bottom = await rawCertificate({
        issuedBy: anchor,
        subject: 'leaf',
        extensions: [
          authorityKeyIdentifier(anchor),
          extension({ oid: '2.5.29.17', critical: true, value: names }),
          extension({ oid: '2.5.29.37', value: sequence(oid('1.3.6.1.5.5.7.3.1')) }),
        ],
      });
      return { ...made, chain: [bottom], anchors: [anchor] };
    },
    rfc5280: null,
    webpki: 'cert_malformed',
  },
  // Extended key usage.
  {
    name: 'an empty extendedKeyUsage',
    make: () => underRoot({}, { eku: [], extensions: [{ oid: '2.5.29.37', value: sequence() }] }),
    ...both('cert_malformed'),
  },
  {
    name: 'anyExtendedKeyUsage beside serverAuth',
    make: () => underRoot({}, { eku: ['server_auth', 'any'] }),
    rfc5280: null,
    webpki: 'eku_profile_violation',
  },
  // Name constraints.
  {
    name: 'a name outside of what is permitted',
    make: () => constrainedRoot(constraints([dnsBase('example.com')]), 'not-example.com'),
    ...both('name_constraint_violation'),
  },
  {
    name: 'a name two labels below what is permitted',
    make: () => constrainedRoot(constraints([dnsBase('example.com')]), 'foo.bar.example.com'),
    ...both(null),
  },
  {
    name: 'a name that is permitted and excluded',
    make: () => constrainedRoot(constraints([dnsBase('example.com')], [dnsBase('example.com')])),
    ...both('name_constraint_violation'),
  },
  {
    name: 'an address outside of what is permitted',
    make: () => constrainedRoot(constraints([ipBase('c0000200ffffff00')]), HOST, ['192.0.3.1']),
    ...both('name_constraint_violation'),
  },
  {
    name: 'an IPv6 address that is permitted',
    make: () => constrainedRoot(constraints([ipBase(`${'0'.repeat(31)}1${'f'.repeat(32)}`)]), HOST, ['::1']),
    ...both(null),
  },
  {
    name: 'an iPAddress constraint without mask',
    make: () => constrainedRoot(constraints([ipBase('7f000001')]), HOST, ['127.0.0.1']),
    ...both('name_constraint_malformed'),
  },
  {
    name: 'a dNSName constraint with a leading period',
    make: () => constrainedRoot(constraints([dnsBase('.example.com')])),
    ...both('name_constraint_malformed'),
  },
  {
    name: 'name constraints of two empty lists',
    make: () =>
      underIntermediate({
        extensions: [{ oid: '2.5.29.30', critical: true, value: sequence(context(0, true), context(1, true)) }],
      }),
    ...both('name_constraint_malformed'),
  },
  {
    name: 'name constraints of an end entity',
    make: () => underRoot({}, { extensions: [{ ...constraints([dnsBase(HOST)]), critical: false }] }),
    ...both('name_constraint_malformed'),
  },
  {
    name: 'a wildcard that reaches beyond the one name permitted',
    async make() {
      const made = await constrainedRoot(constraints([dnsBase('foo.example.com')]), '*.example.com');
      return { ...made, host: 'foo.example.com' };
    },
    ...both('name_constraint_violation'),
  },
  {
    name: 'a self-issued intermediate whose name would not be permitted',
    async make() {
      const anchor = await root('elsewhere.example', { extensions: [constraints([dnsBase('example.com')])] });
      const again = await intermediate(anchor, 'elsewhere.example', { dns: ['elsewhere.example'] });
      return { chain: [await leaf(again, HOST), again], anchors: [anchor] };
    },
    ...both(null),
  },
  // Keys.
  { name: 'a root of RSA-1024', make: () => underRoot({ key: 'rsa-1024' }), ...both('key_too_small') },
  {
    name: 'a key of Ed25519 in the leaf',
    make: () => underRoot({}, { key: 'ed25519' }),
    rfc5280: null,
    webpki: 'key_type_not_allowed',
  },
  // Trust.
  {
    name: 'an anchor that is not the one above',
    async make() {
      const anchor = await root();
      const issuing = await intermediate(anchor, 'Issuing');
      return { chain: [await leaf(issuing, HOST), issuing, anchor], anchors: [await root('Unrelated')] };
    },
    ...both('untrusted_root'),
  },
  {
    name: 'two CAs of one name that certify each other',
    async make() {
      const [one, other] = [await newKey('ec-p256'), await newKey('ec-p256')];
      const certify = (key: typeof one, signingKey: typeof one) =>
        rawCertificate({
          key,
          signingKey,
          subject: 'Cycle',
          issuer: sequence(set(sequence(oid('2.5.4.3'), utf8('Cycle')))),
          extensions: [basicConstraints(true), subjectKeyIdentifier(key)],
        });
      const [first, second] = [await certify(one, other), await certify(other, one)];
      return { chain: [await leaf(first, HOST), first, second], anchors: [await root()] };
    },
    ...both('untrusted_root'),
  },
  {
    name: 'two thousand constraints and as many addresses in the subject',
    async make() {
      const count = 2048;
      const bases = (letter: string) => Array.from({ length: count }, (_, at) => dnsBase(`${letter}${at}.test`));
      const anchor = await root('Root', { extensions: [constraints([...bases('t'), dnsBase('test')], bases('x'))] });
      const addresses = Array.from({ length: count }, (_, at) =>
        set(sequence(oid('1.2.840.113549.1.9.1'), ia5(`t${at}@test`))),
      );
      const subject = sequence(...addresses, set(sequence(oid('2.5.4.3'), utf8('t0.test'))));
      const bottom = await rawCertificate({ issuedBy: anchor, subject, extensions: [authorityKeyIdentifier(anchor)] });
      return { chain: [bottom], anchors: [anchor], host: 't0.test' };
    },
    ...both('name_only_in_cn'),
  },
];

describe('one deviation of a good chain', async () => {
  const service = await startService();
  afterAll(async () => await service[Symbol.asyncDispose]());
  const cases = rows.flatMap((row) => PROFILES.map((profile) => ({ ...row, profile })));
  it.each(cases)('$name, under $profile', async ({ make, profile, ...row }) => {
    const { chain, anchors, host = HOST, at = AT, maxIntermediates } = await make();
    const verdict = await service.ask({
      host,
      at,
      chain_pem: chain.map(({ pem }) => pem).join(''),
      ca: { pem: anchors.map(({ pem }) => pem).join('') },
      policy: { profile, ...(maxIntermediates !== undefined && { max_intermediates: maxIntermediates }) },
      aia: false,
      revocation: 'off',
    });
    const errors = verdict.findings.filter(({ severity }) => severity === 'error').map(({ code }) => code);
    const code = row[profile];
    if (code === null) expect(errors).toEqual([]);
    else expect(errors).toContain(code);
    expect(verdict.ok).toBe(code === null);
  });
});
