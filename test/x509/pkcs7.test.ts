import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { readIssuerDocument } from '../../src/x509/pkcs7.ts';
import { context, integer, oid, sequence, set } from '../support/der.ts';
import { type Issued, root } from '../support/pki.ts';

let ca: Issued;
beforeAll(async () => {
  ca = await root('CA');
});

const signedData = (certificates: readonly Buffer[]) =>
  sequence(
    oid('1.2.840.113549.1.7.2'),
    context(
      0,
      true,
      sequence(integer(1), set(), sequence(oid('1.2.840.113549.1.7.1')), context(0, true, ...certificates), set()),
    ),
  );

describe('a document about issuers', () => {
  it('holds twenty certificates and no more are read', () => {
    expect(readIssuerDocument(signedData(Array<Buffer>(20).fill(ca.der)))).toHaveLength(20);
    expect(readIssuerDocument(signedData(Array<Buffer>(21).fill(ca.der)))).toHaveLength(20);
  });

  it('leaves out what cannot be read', () => {
    expect(readIssuerDocument(signedData([sequence(integer(1)), ca.der]))).toHaveLength(1);
    expect(readIssuerDocument(sequence(oid('1.2.840.113549.1.7.1')))).toEqual([]);
  });

  it('may be any bytes', () => {
    const good = signedData([ca.der]);
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.integer({ min: 0, max: 255 }), (at, octet) => {
        const bytes = Buffer.from(good);
        bytes[at] = octet;
        expect(readIssuerDocument(bytes).length).toBeLessThanOrEqual(1);
      }),
      { numRuns: 500 },
    );
  });
});
