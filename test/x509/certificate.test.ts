import 'reflect-metadata';
import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import * as peculiar from '@peculiar/x509';
import { describe, expect, it } from 'vitest';
import { type Certificate, isReadable } from '../../src/domain/certificate.ts';
import { severityOf } from '../../src/domain/severity.ts';
import { parseCertificate, readCertificate } from '../../src/x509/certificate.ts';
import { EXTENSION } from '../../src/x509/oids.ts';
import { readPem } from '../../src/x509/pem.ts';
import { verifySignature } from '../../src/x509/signature.ts';
import { bool, context, integer, octets, oid, sequence, tlv, utf8 } from '../support/der.ts';
import { type Issued, intermediate, issue, leaf, root } from '../support/pki.ts';
import { attribute, certificateBytes, extension, name } from './certificate-bytes.ts';

function read(der: Buffer): Certificate {
  const certificate = readCertificate(der);
  if (!isReadable(certificate)) throw new Error(certificate.unreadable.detail);
  return certificate;
}

const raw = (hex: string): Buffer => Buffer.from(hex, 'hex');
const text = (tag: number, value: string): Buffer => tlv(tag, Buffer.from(value, 'latin1'));
const decodedOf = (...extensions: Buffer[]) => read(certificateBytes({ extensions })).decoded;

describe('the public roots that Node carries', () => {
  it('are all readable, without an error in the default profile, and signed by themselves', () => {
    expect(rootCertificates.length).toBeGreaterThan(100);
    for (const pem of rootCertificates) {
      const certificate = read(readPem(pem).blocks[0]?.der ?? Buffer.alloc(0));
      expect(certificate.faults.filter((fault) => severityOf(fault, 'default') === 'error')).toEqual([]);
      const { tbs: data, signature, spki } = certificate;
      expect(verifySignature({ data, signature, spki })).toBe('valid');
      expect(certificate.selfIssued).toBe(true);
    }
  });
});

describe('the record', () => {
  it('is the same object for the same bytes, and keeps nothing of the buffer given', async () => {
    const { der } = await issue();
    const wire = Buffer.concat([Buffer.alloc(100), der, Buffer.alloc(100)]);
    const first = read(wire.subarray(100, 100 + der.length));
    wire.fill(0);
    expect(first.der.equals(der)).toBe(true);
    expect(first.der.buffer.byteLength).toBe(der.length);
    for (const view of [first.tbs, first.spki.der, first.subject.der, first.signature.value]) {
      expect(view.buffer).toBe(first.der.buffer);
    }
    expect(readCertificate(der)).toBe(first);
    expect(parseCertificate(der)).toEqual(first);
  });

  it('has the serial number as encoded', () => {
    expect(read(certificateBytes({ serial: raw('020200ff') })).serial).toBe('00ff');
    expect(read(certificateBytes({ serial: raw('0201ff') })).serial).toBe('ff');
  });

  it('has the version as people count it', () => {
    expect(read(certificateBytes({ version: Buffer.alloc(0) })).version).toBe(1);
    expect(read(certificateBytes()).version).toBe(3);
    expect(read(certificateBytes({ version: context(0, true, integer(7)) })).version).toBe(8);
  });

  it.each([
    ['UTCTime 49 is 2049', text(0x17, '491231235959Z'), Date.UTC(2049, 11, 31, 23, 59, 59)],
    ['UTCTime 50 is 1950', text(0x17, '500101000000Z'), Date.UTC(1950, 0, 1)],
    ['the end of time', text(0x18, '99991231235959Z'), Date.UTC(9999, 11, 31, 23, 59, 59)],
    ['the year zero', text(0x18, '00000229000000Z'), Date.parse('0000-02-29T00:00:00Z')],
    ['the year 99', text(0x18, '00990301000000Z'), Date.parse('0099-03-01T00:00:00Z')],
    ['a time that does not exist', text(0x17, '260230000000Z'), Number.NaN],
  ])('%s', (_, time, expected) => {
    const { notBefore } = read(certificateBytes({ validity: sequence(time, text(0x18, '99991231235959Z')) }));
    expect(notBefore).toBe(expected);
  });

  it('has holes where something could not be read, each with an error in every profile', () => {
    const certificate = read(
      certificateBytes({
        validity: sequence(integer(1), integer(2)),
        extensions: [
          extension(EXTENSION.basicConstraints, raw('04')),
          extension(EXTENSION.keyUsage, integer(5)),
          extension(EXTENSION.subjectAltName, sequence(text(0x82, 'a.example'))),
        ],
      }),
    );
    expect([certificate.notBefore, certificate.notAfter]).toEqual([Number.NaN, Number.NaN]);
    expect(Object.keys(certificate.decoded)).toEqual(['subjectAltName']);
    expect(certificate.extensions.map(({ oid: id }) => id)).toEqual([
      EXTENSION.basicConstraints,
      EXTENSION.keyUsage,
      EXTENSION.subjectAltName,
    ]);
    const errors = certificate.faults.filter((fault) => severityOf(fault, 'default') === 'error');
    expect(errors).toHaveLength(3);
  });

  it('says which extensions are processed: others are fatal when critical', () => {
    const { extensions } = read(
      certificateBytes({
        extensions: [extension(EXTENSION.keyUsage, raw('03020780'), true), extension('1.2.3', raw('0500'), true)],
      }),
    );
    expect(extensions.map(({ recognised, critical }) => [recognised, critical])).toEqual([
      [true, true],
      [false, true],
    ]);
  });

  it('is unreadable without an outer structure, and says where', () => {
    for (const der of [Buffer.alloc(0), raw('30'), Buffer.from('not a certificate'), Buffer.alloc(1000, 0x30)]) {
      const certificate = readCertificate(der);
      expect(isReadable(certificate)).toBe(false);
      if (!isReadable(certificate)) expect(certificate.unreadable).toMatchObject({ code: 'cert_malformed' });
    }
  });
});

describe('decoded extensions', () => {
  it('subjectAltName of every form', () => {
    const directory = name(attribute('2.5.4.3', utf8('a')));
    const { subjectAltName } = decodedOf(
      extension(
        EXTENSION.subjectAltName,
        sequence(
          text(0x82, 'a.example'),
          text(0x81, 'a@b.example'),
          text(0x86, 'spiffe://a/b'),
          tlv(0x87, raw('c0000201')),
          context(4, true, directory),
          tlv(0x88, raw('2a03')),
          context(0, true, oid('1.2.3'), context(0, true, utf8('x'))),
          context(3, true, raw('0500')),
          context(5, true, raw('0500')),
        ),
      ),
    );
    expect(subjectAltName?.map(({ type }) => type)).toEqual([
      'dns',
      'email',
      'uri',
      'ip',
      'directory',
      'registered_id',
      'other',
      'x400',
      'edi',
    ]);
    expect(subjectAltName?.[3]).toEqual({ type: 'ip', value: raw('c0000201') });
    expect(subjectAltName?.[4]).toMatchObject({ value: { text: 'CN=a' } });
    expect(subjectAltName?.[5]).toEqual({ type: 'registered_id', value: '1.2.3' });
    expect(subjectAltName?.[6]).toMatchObject({ typeId: '1.2.3' });
  });

  it('octets of a name that it cannot have are kept, one character each', () => {
    const { subjectAltName } = decodedOf(extension(EXTENSION.subjectAltName, sequence(text(0x82, 'b\xfc\0'))));
    expect(subjectAltName).toEqual([{ type: 'dns', value: 'b\xfc\0' }]);
  });

  it('nameConstraints', () => {
    const { nameConstraints } = decodedOf(
      extension(
        EXTENSION.nameConstraints,
        sequence(
          context(0, true, sequence(text(0x82, 'a.example')), sequence(tlv(0x87, raw('c0000200ffffff00')))),
          context(1, true, sequence(text(0x81, 'b.example'), context(0, false, raw('01')))),
        ),
        true,
      ),
    );
    expect(nameConstraints).toEqual({
      permitted: [
        { type: 'dns', value: 'a.example', hasDistance: false },
        { type: 'ip', value: raw('c0000200ffffff00'), hasDistance: false },
      ],
      excluded: [{ type: 'email', value: 'b.example', hasDistance: true }],
    });
  });

  it('policies, mappings and constraints', () => {
    const decoded = decodedOf(
      extension(
        EXTENSION.certificatePolicies,
        sequence(
          sequence(oid('1.2.3')),
          sequence(oid('1.2.4'), sequence(sequence(oid('1.3.6.1.5.5.7.2.1'), text(0x16, 'http://a/')))),
        ),
      ),
      extension(EXTENSION.policyMappings, sequence(sequence(oid('1.2.3'), oid('1.2.5'))), true),
      extension(
        EXTENSION.policyConstraints,
        sequence(context(0, false, raw('00')), context(1, false, raw('02'))),
        true,
      ),
      extension(EXTENSION.inhibitAnyPolicy, integer(3), true),
    );
    expect(decoded).toEqual({
      certificatePolicies: [
        { oid: '1.2.3', hasQualifiers: false },
        { oid: '1.2.4', hasQualifiers: true },
      ],
      policyMappings: [{ issuerDomain: '1.2.3', subjectDomain: '1.2.5' }],
      policyConstraints: { requireExplicitPolicy: 0, inhibitPolicyMapping: 2 },
      inhibitAnyPolicy: 3,
    });
  });

  it('distribution points', () => {
    const { crlDistributionPoints } = decodedOf(
      extension(
        EXTENSION.crlDistributionPoints,
        sequence(
          sequence(context(0, true, context(0, true, text(0x86, 'http://a.example/crl'), text(0x86, 'ldap:///x')))),
          sequence(
            context(0, true, context(1, true, attribute('2.5.4.3', utf8('x')))),
            context(1, false, raw('0560')),
            context(2, true, context(4, true, name())),
          ),
        ),
      ),
    );
    expect(crlDistributionPoints).toMatchObject([
      {
        fullName: [{ value: 'http://a.example/crl' }, { value: 'ldap:///x' }],
        relativeName: null,
        reasons: null,
        crlIssuer: [],
      },
      { fullName: [], reasons: 0b110, crlIssuer: [{ type: 'directory' }] },
    ]);
    expect(crlDistributionPoints?.[1]?.relativeName).toBeInstanceOf(Buffer);
  });

  it('key identifiers, access, features, OCSP no check and SCTs', () => {
    const decoded = decodedOf(
      extension(EXTENSION.subjectKeyIdentifier, octets(raw('00ff'))),
      extension(
        EXTENSION.authorityKeyIdentifier,
        sequence(
          context(0, false, raw('0a')),
          context(1, true, context(4, true, name())),
          context(2, false, raw('00ff')),
        ),
      ),
      extension(
        EXTENSION.authorityInfoAccess,
        sequence(
          sequence(oid('1.3.6.1.5.5.7.48.1'), text(0x86, 'http://ocsp.example')),
          sequence(oid('1.3.6.1.5.5.7.48.2'), text(0x86, 'http://ca.example/ca.cer')),
          sequence(oid('1.3.6.1.5.5.7.48.2'), context(4, true, name())),
          sequence(oid('1.2.3'), text(0x86, 'http://other.example')),
        ),
      ),
      extension(EXTENSION.tlsFeature, sequence(integer(5), integer(17))),
      extension(EXTENSION.ocspNoCheck, raw('0500')),
      extension(EXTENSION.sctList, octets(raw('0000'))),
    );
    expect(decoded).toMatchObject({
      subjectKeyIdentifier: '00ff',
      authorityKeyIdentifier: { keyIdentifier: '0a', issuer: [{ type: 'directory' }], serial: '00ff' },
      authorityInfoAccess: { ocsp: ['http://ocsp.example'], caIssuers: ['http://ca.example/ca.cer'] },
      tlsFeatures: [5, 17],
      ocspNoCheck: true,
      sctList: raw('0000'),
    });
  });

  it('keyUsage, basicConstraints and extendedKeyUsage', () => {
    const decoded = decodedOf(
      extension(EXTENSION.keyUsage, raw('0303078680'), true),
      extension(EXTENSION.basicConstraints, sequence(bool(true), integer(2)), true),
      extension(EXTENSION.extendedKeyUsage, sequence(oid('1.3.6.1.5.5.7.3.1'))),
    );
    expect(decoded.keyUsage).toEqual(new Set(['digital_signature', 'key_cert_sign', 'crl_sign', 'decipher_only']));
    expect(decoded.basicConstraints).toEqual({ ca: true, pathLength: 2 });
    expect(decoded.extendedKeyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
  });
});

describe('two other readers see the same in good certificates', async () => {
  const anchor = await root('Root, "quoted" + more');
  const issuing = await intermediate(anchor, 'Issuing', {
    pathLength: 0,
    key: 'ec-p384',
    crlUrls: ['http://a.example/crl'],
  });
  const certificates: Issued[] = [
    anchor,
    issuing,
    await leaf(issuing, ['a.example', '*.b.example'], {
      ips: ['192.0.2.1', '2001:db8::1'],
      emails: ['a@b.example'],
      uris: ['spiffe://a/b'],
      eku: ['server_auth', 'client_auth'],
    }),
    await leaf(issuing, 'c.example', {
      key: 'rsa-2048',
      ocspUrls: ['http://o.example'],
      issuerUrls: ['http://i.example'],
      serial: 'ff00',
    }),
    await issue({ key: 'ed25519', subject: 'CN=ed,O=Müller,C=DE', notAfter: new Date('2055-05-05T05:05:05Z') }),
    await issue({ key: 'rsa-1024', hash: 'sha1', ca: false, ski: false, aki: false }),
    await issue({ key: 'rsa-2048', pss: true }),
    await issue({ key: 'ec-p521', hash: 'sha512' }),
  ];

  it.each(certificates.map((issued) => [issued.options.subject ?? 'CN=leaf', issued] as const))('%s', (_, { der }) => {
    const ours = read(der);
    const node = new X509Certificate(der);
    const other = new peculiar.X509Certificate(der);
    expect(ours.faults.filter((fault) => severityOf(fault, 'rfc5280') === 'error')).toEqual([]);
    expect(ours.sha256).toBe(node.fingerprint256.replaceAll(':', '').toLowerCase());
    expect(BigInt(`0x${ours.serial}`)).toBe(BigInt(`0x${node.serialNumber}`));
    expect(ours.notBefore).toBe(other.notBefore.getTime());
    expect(ours.notAfter).toBe(node.validToDate.getTime());
    expect(ours.decoded.basicConstraints?.ca ?? false).toBe(node.ca);
    expect(ours.decoded.extendedKeyUsage).toEqual(node.keyUsage);
    expect(ours.subject.der.equals(Buffer.from(other.subjectName.toArrayBuffer()))).toBe(true);
    expect(ours.issuer.der.equals(Buffer.from(other.issuerName.toArrayBuffer()))).toBe(true);
    expect(ours.spki.der.equals(node.publicKey.export({ format: 'der', type: 'spki' }))).toBe(true);
    expect(ours.signature.value.equals(Buffer.from(other.signature))).toBe(true);
    expect(ours.signature.algorithm.oid).toBe(node.signatureAlgorithmOid);
    expect(ours.extensions.map(({ oid: id, critical, value }) => [id, critical, value.toString('hex')])).toEqual(
      other.extensions.map(({ type, critical, value }) => [type, critical, Buffer.from(value).toString('hex')]),
    );
    const names = other.getExtension(peculiar.SubjectAlternativeNameExtension)?.names.items ?? [];
    const ourNames = ours.decoded.subjectAltName?.flatMap((entry) => (entry.type === 'dns' ? entry.value : []));
    expect(ourNames ?? []).toEqual(names.filter(({ type }) => type === 'dns').map(({ value }) => value));
    const identifier = other.getExtension(peculiar.SubjectKeyIdentifierExtension)?.keyId;
    expect(ours.decoded.subjectKeyIdentifier).toBe(identifier);
    const { facts } = ours.spki;
    expect(facts.type).toBe(node.publicKey.asymmetricKeyType);
    if (facts.type === 'rsa') {
      expect(facts.bits).toBe(node.publicKey.asymmetricKeyDetails?.modulusLength);
      expect(facts.exponent).toBe(node.publicKey.asymmetricKeyDetails?.publicExponent);
    }
  });

  it('and take the signature of the issuer for valid', () => {
    const [root_, issuing_, leaf_] = certificates.map(({ der }) => read(der));
    if (!root_ || !issuing_ || !leaf_) throw new Error('three certificates expected');
    for (const [signed, signer] of [
      [issuing_, root_],
      [leaf_, issuing_],
    ] as const) {
      const { tbs: data, signature } = signed;
      expect(verifySignature({ data, signature, spki: signer.spki })).toBe('valid');
      expect(signed.issuer.key).toBe(signer.subject.key);
    }
  });
});
