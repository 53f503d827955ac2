import { createECDH, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import {
  bits,
  bool,
  type Content,
  context,
  ia5,
  integer,
  nil,
  octets,
  oid,
  sequence,
  set,
  tlv,
  utf8,
} from '../support/der.ts';
import type { Issued } from '../support/issued.ts';
import { intermediate, issue, leaf, root } from '../support/pki.ts';
import { commonName, pssParameters, type RawCertificateOptions, rawCertificate } from '../support/raw-certificate.ts';

/**
 * Certificates that are the same octets in every run: keys that are counted, not drawn, and Ed25519, whose signatures
 * are no matter of chance (RFC 8032 §5.1.6). So a seed alone decides what a fuzz target is given.
 */

/** PrivateKeyInfo of an Ed25519 key up to its 32 octets (RFC 8410 §7). */
const ED25519_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

export function fixedKey(number: number): KeyObject {
  const key = Buffer.concat([ED25519_PREFIX, Buffer.alloc(32, number)]);
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
}

const AT = { notBefore: new Date('2026-01-01T00:00:00Z'), notAfter: new Date('2027-01-01T00:00:00Z') };

/** Where the fuzzed code believes to be in time: within the dates of all that is made here. */
export const FUZZED_AT = Date.UTC(2026, 5, 15, 12);

const dns = (name: string) => context(2, false, Buffer.from(name));
const subtree = (base: Content) => sequence(base);
const extension = (id: string, value: Buffer, critical = false) => ({ oid: id, critical, value });
const policies = (...ids: readonly string[]) => extension('2.5.29.32', sequence(...ids.map((id) => sequence(oid(id)))));

export const NAME_CONSTRAINTS = sequence(
  context(0, true, subtree(dns('example')), subtree(context(7, false, Buffer.from([10, 0, 0, 0, 255, 0, 0, 0])))),
  context(1, true, subtree(dns('bad.example')), subtree(context(1, false, Buffer.from('.evil.example')))),
);

/** A root, what it issued in every shape that path building distinguishes, and a second root that cross-signs. */
export async function fixedPki() {
  const top = await root('Root', { key: fixedKey(1), serial: '01', ...AT });
  const second = await root('Second Root', { key: fixedKey(2), serial: '02', ...AT });
  const issuing = await intermediate(top, 'Issuing', { key: fixedKey(3), serial: '03', pathLength: 1, ...AT });
  const cross = await intermediate(second, 'Issuing', { key: issuing, serial: '04', ...AT });
  const below = await intermediate(issuing, 'Below', {
    ...{ key: fixedKey(4), serial: '05', pathLength: 0, ...AT },
    extensions: [
      extension('2.5.29.30', NAME_CONSTRAINTS, true),
      policies('1.2.3.4', '2.5.29.32.0'),
      extension('2.5.29.33', sequence(sequence(oid('1.2.3.4'), oid('1.2.3.5'))), true),
      extension('2.5.29.36', sequence(context(0, false, Buffer.from([0])), context(1, false, Buffer.from([1]))), true),
      extension('2.5.29.54', integer(1), true),
    ],
  });
  const server = await leaf(issuing, ['host.example', '*.host.example'], { key: fixedKey(5), serial: '4006', ...AT });
  const deep = await leaf(below, ['deep.example'], {
    ...{ key: fixedKey(6), serial: '4007', ...AT },
    extensions: [policies('1.2.3.5')],
  });
  const renewed = await root('Root', { key: top, serial: '08', ...AT });
  return { top, second, issuing, cross, below, server, deep, renewed };
}

/** Certificates with one of everything that the reader knows. */
export async function fixedCertificates(): Promise<readonly Issued[]> {
  const { top, ...others } = await fixedPki();
  const rich = await issue({
    ...{ issuer: top, key: fixedKey(7), serial: '7f00', ...AT, ca: false },
    ...{ subject: 'CN=rich.example, O=Corp \\, Inc., C=US, E=a@rich.example' },
    ...{ dns: ['rich.example', '*.rich.example', 'xn--bcher-kva.example'], ips: ['192.0.2.1', '2001:db8::1'] },
    ...{ emails: ['a@rich.example'], uris: ['spiffe://rich.example/ns/a', 'https://rich.example:8443/x'] },
    ...{ keyUsage: ['digital_signature', 'key_encipherment'], eku: ['server_auth', 'client_auth', '1.2.3.4'] },
    ...{ crlUrls: ['http://rich.example/crl'], ocspUrls: ['http://rich.example/ocsp'] },
    ...{ issuerUrls: ['http://rich.example/ca'] },
    extensions: richExtensions(),
  });
  const raw = (options: RawCertificateOptions) => rawCertificate({ issuedBy: top, key: fixedKey(8), ...options });
  return [
    ...[top, ...Object.values(others), rich],
    ...(await Promise.all(fixedKeys().map((spki) => raw({ spki, extensions: [] })))),
    ...(await Promise.all(signatureAlgorithms().map((algorithm) => raw({ outerAlgorithm: algorithm })))),
    await raw({ version: null, subject: oddName() }),
    await raw({
      version: 2,
      issuerUniqueId: tlv(0x81, Buffer.from([0, 1])),
      subjectUniqueId: tlv(0x82, Buffer.from([0, 2])),
    }),
  ];
}

function richExtensions() {
  const otherName = context(0, true, oid('1.3.6.1.4.1.311.20.2.3'), context(0, true, utf8('a@corp.example')));
  const names = sequence(
    context(4, true, commonName('Directory')),
    otherName,
    context(8, false, Buffer.from([0x2a, 3])),
  );
  const point = (names: Buffer) => context(0, true, context(0, true, names));
  const url = context(6, false, Buffer.from('http://rich.example/crl'));
  const qualifiers = sequence(
    sequence(oid('1.3.6.1.5.5.7.2.1'), ia5('http://rich.example/cps')),
    sequence(oid('1.3.6.1.5.5.7.2.2'), sequence(utf8('notice'))),
  );
  return [
    extension('2.5.29.18', names),
    extension('2.5.29.46', sequence(sequence(point(url), tlv(0x81, Buffer.from([1, 0x40])), context(2, true, names)))),
    extension('2.5.29.32', sequence(sequence(oid('2.23.140.1.2.1'), qualifiers))),
    extension('1.3.6.1.5.5.7.1.24', sequence(integer(5), integer(17))),
    extension('1.3.6.1.5.5.7.48.1.5', nil()),
    extension('1.3.6.1.4.1.11129.2.4.2', octets(Buffer.from('0004000201ff', 'hex'))),
    extension('2.5.29.16', sequence(tlv(0x80, Buffer.from('20260101000000Z')))),
    extension('1.2.3.4.5', sequence(bool(true))),
  ];
}

/** A name with every string type, several attributes in one RDN, and what folds. */
function oddName(): Buffer {
  const attribute = (id: string, value: Buffer) => sequence(oid(id), value);
  return sequence(
    set(attribute('2.5.4.6', tlv(0x13, Buffer.from('US')))),
    set(attribute('2.5.4.10', tlv(0x1e, Buffer.from('00410042', 'hex'))), attribute('2.5.4.11', utf8('  Straße  İ '))),
    set(attribute('2.5.4.3', tlv(0x14, Buffer.from('caf\xe9', 'latin1')))),
    set(attribute('2.5.4.5', tlv(0x1c, Buffer.from('0000004100000042', 'hex')))),
    set(attribute('0.9.2342.19200300.100.1.25', ia5('example'))),
    set(attribute('1.2.3.4', integer(5))),
  );
}

/** SubjectPublicKeyInfo of each kind of key. */
function fixedKeys(): readonly Buffer[] {
  const curve = createECDH('prime256v1');
  curve.setPrivateKey(Buffer.alloc(32, 9));
  const rsaNumbers = sequence(integer(Buffer.concat([Buffer.alloc(1), Buffer.alloc(256, 0xc5)])), integer(65_537));
  const ec = (name: Buffer, point: Buffer) => sequence(sequence(oid('1.2.840.10045.2.1'), name), bits(point));
  return [
    ec(oid('1.2.840.10045.3.1.7'), curve.getPublicKey()),
    ec(oid('1.2.840.10045.3.1.7'), curve.getPublicKey(null, 'compressed')),
    ec(sequence(integer(1), sequence(oid('1.2.840.10045.1.1'), integer(23))), curve.getPublicKey()),
    sequence(sequence(oid('1.2.840.113549.1.1.1'), nil()), bits(rsaNumbers)),
    sequence(sequence(oid('1.2.840.113549.1.1.10'), pssParameters('sha256')), bits(rsaNumbers)),
    sequence(
      sequence(
        oid('1.2.840.10040.4.1'),
        sequence(integer(Buffer.alloc(128, 0x71)), integer(Buffer.alloc(20, 0x71)), integer(2)),
      ),
      bits(integer(4)),
    ),
    sequence(sequence(oid('2.16.840.1.101.3.4.3.17')), bits(Buffer.alloc(1312, 1))),
    createPublicKey(fixedKey(9)).export({ format: 'der', type: 'spki' }),
  ];
}

function signatureAlgorithms(): readonly Buffer[] {
  return [
    sequence(oid('1.2.840.113549.1.1.11'), nil()),
    sequence(oid('1.2.840.113549.1.1.10'), pssParameters('sha256')),
    sequence(oid('1.2.840.10045.4.3.2')),
    sequence(oid('2.16.840.1.101.3.4.3.17')),
    sequence(oid('1.2.3.4'), sequence()),
  ];
}
