import { describe, expect, it } from 'vitest';
import { isReadable } from '../../src/domain/certificate.ts';
import { judgeOcsp, type OcspContext } from '../../src/revocation/ocsp-judgement.ts';
import { readCertificate } from '../../src/x509/certificate.ts';
import { readOcspResponse } from '../../src/x509/ocsp-response.ts';
import { tlv } from '../support/der.ts';
import type { Issued } from '../support/issued.ts';
import { type OcspOptions, ocspResponse } from '../support/ocsp.ts';
import { intermediate, leaf, root } from '../support/pki.ts';
import { rawCertificate } from '../support/raw-certificate.ts';

const NOON = Date.parse('2026-06-15T12:00:00Z');
const NO_CHECK = { oid: '1.3.6.1.5.5.7.48.1.5', value: Buffer.from([5, 0]) };

function readIssued({ der }: Issued) {
  const certificate = readCertificate(der);
  if (!isReadable(certificate)) throw new Error('a certificate of the test cannot be read');
  return certificate;
}

/** What a response about `told` says of `subject`. */
function judge(options: OcspOptions, subject: Issued = options.subject, changes: Partial<OcspContext> = {}) {
  const context = { at: NOON, profile: 'default', isRevoked: async () => false, ...changes } as const;
  const asked = { certificate: readIssued(subject), issuer: readIssued(options.issuer) };
  return judgeOcsp(readOcspResponse(ocspResponse(options)), asked, context);
}

const withSerial = (issuer: Issued, ...octets: number[]) =>
  rawCertificate({ issuedBy: issuer, serial: tlv(0x02, Buffer.from(octets)) });

describe('an OCSP response', () => {
  it.each([
    { name: 'a positive number', told: [0, 0x80], asked: [0x80], status: 'unknown' },
    { name: 'a negative number', told: [0x80], asked: [0, 0x80], status: 'unknown' },
    { name: 'the same negative number', told: [0x80], asked: [0x80], status: 'good' },
  ])('about $name is $status', async ({ told, asked, status }) => {
    const issuer = await root('Root');
    const { said } = await judge(
      { issuer, subject: await withSerial(issuer, ...told) },
      await withSerial(issuer, ...asked),
    );
    expect(said.status).toBe(status);
  });

  it.each([
    { name: 'now', at: NOON },
    { name: 'for another day', at: NOON - 30 * 86_400_000 },
  ])('that does not know the certificate says so whatever the moment: $name', async ({ at }) => {
    const issuer = await root('Root');
    const subject = await leaf(issuer, 'host.example');
    expect((await judge({ issuer, subject, status: 'unknown' }, subject, { at })).isUnknown).toBe(true);
    expect((await judge({ issuer, subject }, subject, { at })).isUnknown).toBe(false);
  });

  it('of two certificates of one responder is refused for reasons of one caller when either is', async () => {
    const issuer = await root('Root');
    const subject = await leaf(issuer, 'host.example');
    const signing = { ca: false, keyUsage: ['digital_signature'], extensions: [NO_CHECK] } as const;
    const early = await intermediate(issuer, 'R', {
      ...signing,
      eku: ['1.3.6.1.5.5.7.3.9'],
      notAfter: new Date('2026-06-01T00:00:00Z'),
    });
    const never = await intermediate(issuer, 'R', { ...signing, key: early });
    for (const certificates of [
      [early, never],
      [never, early],
    ]) {
      const judged = await judge({ issuer, subject, responder: early, certificates });
      expect(judged).toMatchObject({ authentic: false, isCallers: true, said: { status: 'unknown' } });
    }
  });
});
