import { rootCertificates } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { isReadable } from '../../src/domain/certificate.ts';
import { severityOf } from '../../src/domain/severity.ts';
import { readCertificate } from '../../src/x509/certificate.ts';
import { readPem } from '../../src/x509/pem.ts';
import { verifySignature } from '../../src/x509/signature.ts';

describe('the public roots that Node carries', () => {
  const roots = rootCertificates.map((pem) => readPem(pem).blocks[0]?.der ?? Buffer.alloc(0));

  it('are all readable, without an error in the default profile, and signed by themselves', () => {
    expect(roots.length).toBeGreaterThan(100);
    for (const der of roots) {
      const root = readCertificate(der);
      if (!isReadable(root)) throw new Error(root.unreadable.detail);
      expect(root.faults.filter((fault) => severityOf(fault, 'default') === 'error')).toEqual([]);
      expect(verifySignature({ data: root.tbs, signature: root.signature, spki: root.spki })).toBe('valid');
    }
  });
});
