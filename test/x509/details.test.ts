import { describe, expect, it } from 'vitest';
import { type Certificate, isReadable } from '../../src/domain/certificate.ts';
import { readCertificate } from '../../src/x509/certificate.ts';
import { decodeDetails } from '../../src/x509/details.ts';
import { EXTENSION } from '../../src/x509/oids.ts';
import { context, integer, octets, oid, sequence, tlv } from '../support/der.ts';
import { issue, leaf, root } from '../support/pki.ts';
import { certificateBytes, extension } from './certificate-bytes.ts';

function read(der: Buffer): Certificate {
  const certificate = readCertificate(der);
  if (!isReadable(certificate)) throw new Error(certificate.unreadable.detail);
  return certificate;
}

const dns = (text: string): Buffer => tlv(0x82, Buffer.from(text, 'latin1'));
const detailsOf = (...extensions: Buffer[]) => decodeDetails(read(certificateBytes({ extensions })));

describe('decodeDetails', () => {
  it('shows the extensions of an ordinary server certificate', async () => {
    const { der } = await leaf(await root(), ['a.example', 'b.example'], {
      ips: ['192.0.2.1'],
      crlUrls: ['http://a.example/crl'],
    });
    const details = await decodeDetails(read(der));
    expect(details).toMatchObject({
      subject_alt_name: {
        oid: EXTENSION.subjectAltName,
        critical: false,
        value: { dns: ['a.example', 'b.example'], ip: ['192.0.2.1'] },
      },
      key_usage: { critical: expect.any(Boolean), value: 'digitalSignature' },
      subject_key_identifier: { value: expect.stringMatching(/^[0-9a-f]{40}$/) },
      authority_key_identifier: { value: expect.stringMatching(/^[0-9a-f]{40}$/) },
    });
    expect(await decodeDetails(read(der))).toBe(details);
  });

  it('shows basicConstraints of a CA', async () => {
    const { der } = await issue({ ca: true, pathLength: 1 });
    expect(await decodeDetails(read(der))).toMatchObject({
      basic_constraints: { critical: true, value: { ca: true } },
    });
  });

  it('shows from our own reader what the library has no class for', async () => {
    const details = await detailsOf(
      extension(
        EXTENSION.nameConstraints,
        sequence(context(0, true, sequence(dns('a.example')), sequence(tlv(0x87, Buffer.alloc(8))))),
        true,
      ),
      extension(EXTENSION.policyConstraints, sequence(context(0, false, Buffer.from([0]))), true),
      extension(EXTENSION.policyMappings, sequence(sequence(oid('1.2.3'), oid('1.2.4'))), true),
      extension(EXTENSION.inhibitAnyPolicy, integer(1), true),
      extension(EXTENSION.tlsFeature, sequence(integer(5))),
      extension(EXTENSION.ocspNoCheck, Buffer.from('0500', 'hex')),
    );
    expect(details).toMatchObject({
      name_constraints: { value: { permitted: [{ dns: 'a.example' }, { ip: '0000000000000000' }], excluded: [] } },
      policy_constraints: { value: { require_explicit_policy: 0, inhibit_policy_mapping: null } },
      policy_mappings: { value: [{ issuer_domain: '1.2.3', subject_domain: '1.2.4' }] },
      inhibit_any_policy: { value: 1 },
      tls_feature: { value: [5] },
      ocsp_no_check: { value: true },
    });
  });

  it('shows octets of what has no decoder or cannot be decoded', async () => {
    const details = await detailsOf(
      extension('1.2.3', Buffer.alloc(300, 7)),
      extension(EXTENSION.subjectAltName, Buffer.from('junk')),
      extension(EXTENSION.inhibitAnyPolicy, Buffer.from('0500', 'hex')),
      extension(EXTENSION.subjectKeyIdentifier, octets(Buffer.from([1]))),
      extension(EXTENSION.subjectKeyIdentifier, octets(Buffer.from([2]))),
    );
    expect(details).toEqual({
      '1.2.3': { oid: '1.2.3', critical: false, value: `${'07'.repeat(256)}…`, decoded: false },
      subject_alt_name: { oid: EXTENSION.subjectAltName, critical: false, value: '6a756e6b', decoded: false },
      inhibit_any_policy: { oid: EXTENSION.inhibitAnyPolicy, critical: false, value: '0500', decoded: false },
      subject_key_identifier: { oid: EXTENSION.subjectKeyIdentifier, critical: false, value: '01' },
      subject_key_identifier_4: { oid: EXTENSION.subjectKeyIdentifier, critical: false, value: '02' },
    });
  });

  it('is bounded in names, octets and extensions, and clean', async () => {
    const names = (count: number): Buffer =>
      extension(EXTENSION.subjectAltName, sequence(Array.from({ length: count }, () => dns('a\x1b.example'))));
    const shown = await detailsOf(names(101));
    expect(shown.subject_alt_name).toMatchObject({
      value: {
        dns: expect.toSatisfy(
          (list: string[]) => list.length === 101 && list[100] === '… and 1 more' && list[0] === 'a\ufffd.example',
        ),
      },
    });
    expect(await detailsOf(names(1000))).toMatchObject({ subject_alt_name: { decoded: false } });
    const many = await detailsOf(
      ...Array.from({ length: 65 }, (_, index) => extension(`1.2.${index}`, Buffer.alloc(0))),
    );
    expect(Object.keys(many)).toHaveLength(64);
  });
});
