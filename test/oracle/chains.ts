import { bits, context, integer, nil, oid, sequence, tlv } from '../support/der.ts';
import { type Issued, newKey } from '../support/issued.ts';
import type { IssueOptions } from '../support/pki.ts';
import * as pki from '../support/pki.ts';
import {
  authorityKeyIdentifier,
  basicConstraints,
  dnsNames,
  type RawCertificateOptions,
  type RawExtension,
  rawCertificate,
  subjectKeyIdentifier,
} from '../support/raw-certificate.ts';

export const HOST = 'host.corp.example';

/** A chain to be judged by several validators. */
export interface OracleChain {
  /** Says what is special about it; docs/divergences.md names it so. */
  readonly name: string;
  /** Leaf first. */
  readonly chain: readonly { readonly pem: string }[];
  readonly anchor: { readonly pem: string };
  /** Default `HOST`. */
  readonly host?: string;
}

type Certificates = Pick<OracleChain, 'chain' | 'anchor' | 'host'>;

/** certtool judges only for the real moment, so everything is valid around it. */
const DAY_MS = 86_400_000;
const daysFromNow = (days: number) => new Date(Date.now() + days * DAY_MS);
const EARLY = daysFromNow(-90);
const PAST = daysFromNow(-10);
const FUTURE = daysFromNow(10);
const DATES = { notBefore: daysFromNow(-60), notAfter: daysFromNow(60) };

const root = (name: string, options: IssueOptions = {}) => pki.root(name, { ...DATES, ...options });
const intermediate = (issuer: Issued, name: string, options: IssueOptions = {}) =>
  pki.intermediate(issuer, name, { ...DATES, ...options });
const leaf = (issuer: Issued, dns: string | readonly string[], options: IssueOptions = {}) =>
  pki.leaf(issuer, dns, { ...DATES, ...options });
const issue = (options: IssueOptions) => pki.issue({ ...DATES, ...options });

/** Every chain of the comparison, built anew. They are judged for the real moment. */
export async function oracleChains(): Promise<OracleChain[]> {
  const authority = await root('Corp Root');
  const issuing = await intermediate(authority, 'Corp Issuing CA');
  const context: Hierarchy = { authority, issuing };
  return await Promise.all(Object.entries(CHAINS).map(async ([name, build]) => ({ name, ...(await build(context)) })));
}

interface Hierarchy {
  readonly authority: Issued;
  readonly issuing: Issued;
}

type Build = (hierarchy: Hierarchy) => Promise<Certificates>;

/** The leaf differs from a good one by these options. */
function leafWith(options: IssueOptions, host?: string): Build {
  return async ({ authority, issuing }) => ({
    chain: [await leaf(issuing, HOST, options), issuing],
    anchor: authority,
    ...(host !== undefined && { host }),
  });
}

function intermediateWith(options: IssueOptions, leafOptions: IssueOptions = {}): Build {
  return async ({ authority }) => {
    const issuing = await intermediate(authority, 'Special CA', options);
    return { chain: [await leaf(issuing, HOST, leafOptions), issuing], anchor: authority };
  };
}

function rootWith(options: IssueOptions): Build {
  return async () => {
    const authority = await root('Special Root', options);
    return { chain: [await leaf(authority, HOST)], anchor: authority };
  };
}

type Extension = Buffer | RawExtension;

/** A hand-made leaf under the root itself. */
function rawLeaf(options: RawCertificateOptions, names?: readonly Extension[]): Build {
  return async ({ authority }) => ({
    chain: [
      await rawCertificate({
        ...DATES,
        issuedBy: authority,
        ...options,
        extensions: [authorityKeyIdentifier(authority), ...(names ?? [dnsNames(HOST)])],
      }),
    ],
    anchor: authority,
  });
}

const names = (...values: readonly string[]) => leafWith({ dns: values });

function constraints(kind: 'permitted' | 'excluded', ...subtrees: readonly Buffer[]) {
  const list = context(kind === 'permitted' ? 0 : 1, true, ...subtrees.map((base) => sequence(base)));
  return { oid: '2.5.29.30', critical: true, value: sequence(list) };
}

/** keyCertSign and cRLSign. */
const keyUsage = { oid: '2.5.29.15', critical: true, value: bits(Buffer.from([0x06]), 1) };

const dnsBase = (base: string) => context(2, false, Buffer.from(base, 'latin1'));
const ipBase = (...octets: readonly number[]) => context(7, false, Buffer.from(octets));
const emailBase = (base: string) => context(1, false, Buffer.from(base, 'latin1'));
const constrained = (...parts: Parameters<typeof constraints>) =>
  intermediateWith({ extensions: [constraints(...parts)] });

const CHAINS: Readonly<Record<string, Build>> = {
  'nothing special': leafWith({}),
  'intermediate not sent': async ({ authority, issuing }) => ({
    chain: [await leaf(issuing, HOST)],
    anchor: authority,
  }),
  'root sent as well': async ({ authority, issuing }) => ({
    chain: [await leaf(issuing, HOST), issuing, authority],
    anchor: authority,
  }),
  'intermediates in the wrong order': async ({ authority, issuing }) => {
    const lower = await intermediate(issuing, 'Lower CA');
    return { chain: [await leaf(lower, HOST), issuing, lower], anchor: authority };
  },
  'root of the same name with another key': async ({ issuing }) => ({
    chain: [await leaf(issuing, HOST), issuing],
    anchor: await root('Corp Root'),
  }),
  'leaf signed by another key of the issuer name': async ({ authority, issuing }) => {
    const other = await intermediate(authority, 'Corp Issuing CA');
    return { chain: [await leaf(other, HOST, { aki: false }), issuing], anchor: authority };
  },
  'intermediate as the anchor': async ({ issuing }) => ({ chain: [await leaf(issuing, HOST)], anchor: issuing }),
  'leaf as the anchor': async ({ issuing }) => {
    const own = await leaf(issuing, HOST, { ca: false });
    return { chain: [own], anchor: own };
  },
  'self-signed leaf as the anchor': async () => {
    const own = await issue({ subject: `CN=${HOST}`, dns: [HOST], eku: ['server_auth'], ca: false });
    return { chain: [own], anchor: own };
  },
  'cross-signed root, the sent one expired': async ({ authority }) => {
    const old = await root('Old Root', { notBefore: EARLY, notAfter: PAST });
    const issuing = await intermediate(authority, 'Cross CA');
    const crossed = await intermediate(old, 'Corp Root', { key: authority, notBefore: EARLY, notAfter: PAST });
    return { chain: [await leaf(issuing, HOST), issuing, crossed], anchor: authority };
  },

  'leaf expired': leafWith({ notBefore: EARLY, notAfter: PAST }),
  'leaf not yet valid': leafWith({ notBefore: FUTURE }),
  'intermediate expired': intermediateWith({ notBefore: EARLY, notAfter: PAST }),
  'root expired': rootWith({ notBefore: EARLY, notAfter: PAST }),

  'another name': names('other.corp.example'),
  'name only in the common name': names(),
  'wildcard for the left-most label': names('*.corp.example'),
  'wildcard for part of a label': names('h*.corp.example'),
  'wildcard two labels up': names('*.example'),
  'wildcard alone': names('*'),
  'wildcard inside': names('host.*.example'),
  'name in upper case': names(HOST.toUpperCase()),
  'name with a trailing dot': names(`${HOST}.`),
  'address as iPAddress': leafWith({ ips: ['192.0.2.7'] }, '192.0.2.7'),
  'address as dNSName': leafWith({ dns: ['192.0.2.7'] }, '192.0.2.7'),
  'address only in the common name': leafWith({ subject: 'CN=192.0.2.7', dns: ['x.example'] }, '192.0.2.7'),
  'NUL inside a dNSName': rawLeaf({}, [dnsNames(`${HOST}\0.evil.example`)]),
  'empty subjectAltName': rawLeaf({}, [{ oid: '2.5.29.17', value: sequence() }]),

  'issuer with CA:FALSE': intermediateWith({ ca: false }),
  'issuer without keyCertSign': intermediateWith({ keyUsage: ['digital_signature'] }),
  'issuer without keyUsage': async ({ authority }) => {
    const issuing = await issue({ issuer: authority, subject: 'CN=No Usage CA', ca: true });
    return { chain: [await leaf(issuing, HOST), issuing], anchor: authority };
  },
  'path length of the issuer exceeded': async ({ authority }) => {
    const upper = await intermediate(authority, 'Upper CA', { pathLength: 0 });
    const lower = await intermediate(upper, 'Lower CA');
    return { chain: [await leaf(lower, HOST), lower, upper], anchor: authority };
  },
  'path length of the root exceeded': async () => {
    const authority = await root('Short Root', { pathLength: 0 });
    const issuing = await intermediate(authority, 'Lower CA');
    return { chain: [await leaf(issuing, HOST), issuing], anchor: authority };
  },
  'unknown critical extension in the leaf': leafWith({
    extensions: [{ oid: '1.3.6.1.4.1.32473.1', critical: true, value: integer(1) }],
  }),
  'unknown critical extension in the root': rootWith({
    extensions: [{ oid: '1.3.6.1.4.1.32473.1', critical: true, value: integer(1) }],
  }),
  'leaf for clients only': leafWith({ eku: ['client_auth'] }),
  'leaf for any purpose': leafWith({ eku: ['any'] }),
  'leaf without extendedKeyUsage': async ({ authority, issuing }) => ({
    chain: [await issue({ issuer: issuing, dns: [HOST] }), issuing],
    anchor: authority,
  }),
  'issuer for clients only': intermediateWith({ eku: ['client_auth'] }),
  'leaf is a CA': leafWith({ ca: true, keyUsage: ['digital_signature', 'key_cert_sign'] }),
  'explicit policy required, none stated': intermediateWith({
    extensions: [{ oid: '2.5.29.36', critical: true, value: sequence(context(0, false, Buffer.from([0]))) }],
  }),

  'permitted name': constrained('permitted', dnsBase('corp.example')),
  'permitted another name': constrained('permitted', dnsBase('other.example')),
  'excluded name': constrained('excluded', dnsBase('corp.example')),
  'constraint with a leading period': constrained('permitted', dnsBase('.corp.example')),
  'constraint on addresses, no address': constrained('permitted', ipBase(10, 0, 0, 0, 255, 0, 0, 0)),
  'constraint on e-mail, no e-mail': constrained('permitted', emailBase('corp.example')),
  'wildcard that reaches into an excluded name': async ({ authority }) => {
    const issuing = await intermediate(authority, 'Special CA', {
      extensions: [constraints('excluded', dnsBase('secret.corp.example'))],
    });
    return { chain: [await leaf(issuing, [HOST, '*.corp.example']), issuing], anchor: authority };
  },
  'constraint in the root': rootWith({ extensions: [constraints('permitted', dnsBase('other.example'))] }),

  'RSA of 1024 bits': leafWith({ key: 'rsa-1024' }),
  'intermediate of RSA 1024': intermediateWith({ key: 'rsa-1024' }),
  'signed with SHA-1': leafWith({ hash: 'sha1' }),
  'root signed with SHA-1': rootWith({ hash: 'sha1' }),
  'RSASSA-PSS': async () => {
    const authority = await root('RSA Root', { key: 'rsa-2048', pss: true });
    return { chain: [await leaf(authority, HOST, { pss: true })], anchor: authority };
  },
  Ed25519: async () => {
    const authority = await root('Ed25519 Root', { key: 'ed25519' });
    return { chain: [await leaf(authority, HOST, { key: 'ed25519' })], anchor: authority };
  },
  'key on secp256k1': async (hierarchy) => rawLeaf({ key: await newKey('ec-secp256k1') })(hierarchy),
  'root on brainpoolP256r1': async () => {
    const key = await newKey('ec-brainpoolP256r1');
    const extensions = [basicConstraints(true), subjectKeyIdentifier(key), keyUsage];
    const authority = await rawCertificate({ ...DATES, key, subject: 'Brainpool Root', extensions });
    return await rawLeaf({})({ authority, issuing: authority });
  },

  'serial number zero': rawLeaf({ serial: integer(0) }),
  'serial number negative': rawLeaf({ serial: integer(-5) }),
  'serial number of 21 octets': rawLeaf({ serial: integer(Buffer.alloc(21, 0x11)) }),
  'serial number with a needless zero': rawLeaf({ serial: tlv(0x02, Buffer.from([0, 0, 1])) }),
  'version 1 with extensions': rawLeaf({ version: null }),
  'the same extension twice': rawLeaf({}, [dnsNames(HOST), dnsNames(HOST)]),
  'other algorithm inside than outside': rawLeaf({ innerAlgorithm: sequence(oid('1.2.840.10045.4.3.3')) }),
  'parameters NULL for ECDSA': rawLeaf({ outerAlgorithm: sequence(oid('1.2.840.10045.4.3.2'), nil()) }),
  'UTCTime without seconds': rawLeaf({ notBefore: tlv(0x17, Buffer.from('2601010000Z')) }),
  'UTCTime with an offset': rawLeaf({ notBefore: tlv(0x17, Buffer.from('260101000000+0000')) }),
  'GeneralizedTime before 2050': rawLeaf({ notBefore: tlv(0x18, Buffer.from('20260101000000Z')) }),
  'no key identifiers': leafWith({ ski: false, aki: false }),
};
