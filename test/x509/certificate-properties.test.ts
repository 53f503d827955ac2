import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isReadable, type ReadCertificate } from '../../src/domain/certificate.ts';
import { CERTIFICATE_RULES } from '../../src/domain/certificate-rules.ts';
import { severityOf } from '../../src/domain/severity.ts';
import { MAX_ELEMENTS, parseCertificate } from '../../src/x509/certificate.ts';
import { EXTENSION } from '../../src/x509/oids.ts';
import { verifySignature } from '../../src/x509/signature.ts';
import { context, sequence, tlv, utf8 } from '../support/der.ts';
import { intermediate, leaf, root } from '../support/pki.ts';
import { attribute, certificateBytes, extension, name } from './certificate-bytes.ts';

/** What holds for every result of the reader, whatever it was given. */
function expectWellFormed(certificate: ReadCertificate, der: Buffer): void {
  const faults = isReadable(certificate) ? certificate.faults : [certificate.unreadable];
  expect(faults.length).toBeLessThanOrEqual(4 * Object.keys(CERTIFICATE_RULES).length);
  for (const { certificate: sha256, evidence, rule } of faults) {
    expect(sha256).toBe(certificate.sha256);
    expect(rule).toBeDefined();
    expect(evidence?.offset).toBeGreaterThanOrEqual(0);
    expect(evidence?.offset).toBeLessThanOrEqual(der.length);
  }
  if (!isReadable(certificate)) return;
  const isHollow = Number.isNaN(certificate.notBefore) || Number.isNaN(certificate.notAfter);
  if (isHollow) expect(faults.some((fault) => severityOf(fault, 'default') === 'error')).toBe(true);
}

const anchor = await root();
const issuing = await intermediate(anchor, 'Issuing', { pathLength: 0 });
const server = await leaf(issuing, ['a.example', 'b.example'], {
  ips: ['192.0.2.1'],
  crlUrls: ['http://a.example/crl'],
  ocspUrls: ['http://a.example/ocsp'],
});

describe('the reader, for any bytes', () => {
  it('never throws on random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const der = Buffer.from(bytes);
        expectWellFormed(parseCertificate(der), der);
      }),
      { numRuns: 500 },
    );
  });

  it('never throws on random content of a field or an extension', () => {
    const oids = Object.values(EXTENSION);
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 60 }),
        fc.constantFrom(...oids),
        fc.constantFrom('subject', 'validity', 'key', 'algorithm', 'version', 'extensionsField'),
        (bytes, id, field) => {
          const content = Buffer.from(bytes);
          const inList = certificateBytes({ extensions: [extension(id, sequence(content)), extension(id, content)] });
          expectWellFormed(parseCertificate(inList), inList);
          const inField = certificateBytes({
            [field]: field === 'version' ? context(0, true, content) : sequence(content),
          });
          expectWellFormed(parseCertificate(inField), inField);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('never throws on a good certificate that was cut, doubled or changed in places', () => {
    const change = fc.record({ at: fc.nat(server.der.length - 1), to: fc.integer({ min: 0, max: 255 }) });
    fc.assert(
      fc.property(
        fc.array(change, { minLength: 1, maxLength: 6 }),
        fc.option(fc.nat(server.der.length)),
        (changes, cut) => {
          const der = Buffer.from(server.der);
          for (const { at, to } of changes) der[at] = to;
          const bytes = cut === null ? der : der.subarray(0, cut);
          expectWellFormed(parseCertificate(bytes), bytes);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('sees every single octet that is changed: the signature fails, or the bytes are not read', () => {
    const signer = parseCertificate(issuing.der);
    if (!isReadable(signer)) throw new Error(signer.unreadable.detail);
    const isGood = (der: Buffer): boolean => {
      const certificate = parseCertificate(der);
      if (!isReadable(certificate)) return false;
      if (certificate.faults.some((fault) => severityOf(fault, 'default') === 'error')) return false;
      return (
        verifySignature({ data: certificate.tbs, signature: certificate.signature, spki: signer.spki }) === 'valid'
      );
    };
    expect(isGood(server.der)).toBe(true);
    for (let at = 0; at < server.der.length; at++) {
      const der = Buffer.from(server.der);
      der[at] = (der[at] ?? 0) ^ (1 << (at % 8));
      if (isGood(der)) throw new Error(`octet ${at} was changed unnoticed`);
    }
  });
});

describe('costly certificates', () => {
  const dnsName = tlv(0x82, Buffer.from('a.example'));

  it.each([
    [
      '10,000 names',
      certificateBytes({
        extensions: [extension(EXTENSION.subjectAltName, sequence(Buffer.alloc(dnsName.length * 10_000, dnsName)))],
      }),
      10_000,
    ],
    [
      'names up to the ceiling',
      certificateBytes({
        extensions: [
          extension(
            EXTENSION.subjectAltName,
            sequence(Buffer.alloc(3 * (MAX_ELEMENTS - 1000), tlv(0x82, Buffer.from('a')))),
          ),
        ],
      }),
      MAX_ELEMENTS - 1000,
    ],
  ])('%s are read', (_, der, count) => {
    const certificate = parseCertificate(der);
    if (!isReadable(certificate)) throw new Error(certificate.unreadable.detail);
    expect(certificate.decoded.subjectAltName).toHaveLength(count);
  });

  it.each([
    [
      'extensions that cannot be read',
      certificateBytes({ extensions: [Buffer.alloc(4 * 20_000, sequence(Buffer.from('0500', 'hex')))] }),
    ],
    [
      'characters outside ASCII in a name',
      certificateBytes({ subject: name(attribute('2.5.4.10', utf8('\ufdfa'.repeat(MAX_ELEMENTS)))) }),
    ],
    ['a million octets of nested SEQUENCE', Buffer.alloc(1_000_000, Buffer.from('3080', 'hex'))],
    [
      'more names than the ceiling',
      certificateBytes({
        extensions: [
          extension(EXTENSION.subjectAltName, sequence(Buffer.alloc(3 * MAX_ELEMENTS, tlv(0x82, Buffer.from('a'))))),
        ],
      }),
    ],
  ])('%s end at a bound', (_, der) => {
    const certificate = parseCertificate(der);
    expect(isReadable(certificate)).toBe(false);
    expectWellFormed(certificate, der);
  });
});
