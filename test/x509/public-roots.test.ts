import { rootCertificates } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { isReadable } from '../../src/domain/certificate.ts';
import { findRsaWeakness } from '../../src/domain/rsa-weakness.ts';
import { severityOf } from '../../src/domain/severity.ts';
import { readCertificate } from '../../src/x509/certificate.ts';

describe('the public roots that Node carries', () => {
  const roots = rootCertificates.map((pem) =>
    readCertificate(Buffer.from(pem.replace(/-----.*?-----|\s/g, ''), 'base64')),
  );

  it.each(['default', 'rfc5280', 'webpki'] as const)('have no error of their own under %s', (profile) => {
    expect(roots.length).toBeGreaterThan(50);
    const errors = roots.flatMap((root) => {
      if (!isReadable(root)) return [`${root.sha256} unreadable`];
      return (
        root.faults
          // An anchor's serial number is not judged.
          .filter((fault) => fault.code !== 'serial_invalid' && severityOf(fault, profile) === 'error')
          .map((fault) => `${root.subject.text}: ${fault.rule}`)
      );
    });
    expect(errors).toEqual([]);
  });

  it('cannot be factored', () => {
    const weak = roots.filter((root) => {
      if (!isReadable(root)) return true;
      const { facts } = root.spki;
      return facts.type === 'rsa' && findRsaWeakness(facts.modulus) !== null;
    });
    expect(weak).toEqual([]);
  });
});
