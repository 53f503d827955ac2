import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Certificate, isReadable } from '../../src/domain/certificate.ts';
import { readCertificate } from '../../src/x509/certificate.ts';
import { encodeOcspRequest } from '../../src/x509/ocsp-request.ts';
import { MAX_OCSP_BYTES, readOcspResponse } from '../../src/x509/ocsp-response.ts';
import { children, oid, sequence, tlv } from '../support/der.ts';
import { ocspError, ocspResponse, singleResponse } from '../support/ocsp.ts';
import { type Issued, leaf, root } from '../support/pki.ts';

let issuer: Issued;
let subject: Issued;
beforeAll(async () => {
  issuer = await root('OCSP CA');
  subject = await leaf(issuer, 'host.example', { serial: '0a41f0' });
});

function read(der: Buffer) {
  const result = readOcspResponse(der);
  if (result.kind !== 'response') throw new Error(JSON.stringify(result));
  return result.response;
}

const certificate = ({ der }: Issued): Certificate => {
  const record = readCertificate(der);
  if (!isReadable(record)) throw new Error(record.unreadable.detail);
  return record;
};

describe('an OCSP response', () => {
  it('gives up its responder, times and statuses', () => {
    const response = read(ocspResponse({ issuer, subject, status: 'revoked', reason: 4 }));
    expect(response.responder).toMatchObject({ name: { text: 'CN=OCSP CA' } });
    expect(response.producedAt).toBe(Date.parse('2026-06-15T00:00:00Z'));
    expect(response.responses).toMatchObject([
      {
        hash: 'sha1',
        serial: '0a41f0',
        status: 'revoked',
        reason: 'superseded',
        thisUpdate: Date.parse('2026-06-15T00:00:00Z'),
        nextUpdate: Date.parse('2026-06-16T00:00:00Z'),
      },
    ]);
    expect(response.faults).toEqual([]);
  });

  it.each([
    { status: 1, name: 'malformed_request' },
    { status: 2, name: 'internal_error' },
    { status: 3, name: 'try_later' },
    { status: 4, name: 'undefined' },
    { status: 5, name: 'sig_required' },
    { status: 6, name: 'unauthorized' },
    { status: 7, name: 'undefined' },
  ])('of status $status is the error $name', ({ status, name }) => {
    expect(readOcspResponse(ocspError(status))).toEqual({ kind: 'error', status: name });
  });

  it('may have a hundred single responses and no more', () => {
    const singles = (number: number) => Array<Buffer>(number).fill(singleResponse({ issuer, subject }));
    expect(read(ocspResponse({ issuer, subject, singles: singles(100) })).responses).toHaveLength(100);
    const more = readOcspResponse(ocspResponse({ issuer, subject, singles: singles(101) }));
    expect(more).toMatchObject({ kind: 'unreadable', fault: { rule: 'ocsp.too_large' } });
  });

  it('may have ten certificates and no more', () => {
    const certificates = (number: number) => Array<Issued>(number).fill(issuer);
    expect(read(ocspResponse({ issuer, subject, certificates: certificates(10) })).certificates).toHaveLength(10);
    const more = readOcspResponse(ocspResponse({ issuer, subject, certificates: certificates(11) }));
    expect(more).toMatchObject({ kind: 'unreadable', fault: { rule: 'ocsp.too_large' } });
  });

  it('may have 256 KiB and no more', () => {
    const tooLarge = readOcspResponse(Buffer.alloc(MAX_OCSP_BYTES + 1, 0x30));
    expect(tooLarge).toMatchObject({ kind: 'unreadable', fault: { rule: 'ocsp.too_large' } });
    const atLimit = readOcspResponse(Buffer.alloc(MAX_OCSP_BYTES, 0x30));
    expect(atLimit).toMatchObject({ kind: 'unreadable', fault: { rule: 'ocsp.encoding' } });
  });

  it('of another type than basic is not read', () => {
    const other = sequence(tlv(0x0a, Buffer.from([0])), tlv(0xa0, sequence(oid('1.2.3'), tlv(4))));
    expect(readOcspResponse(other)).toMatchObject({ kind: 'unreadable', fault: { rule: 'ocsp.encoding' } });
  });

  it('may be any bytes, and one octet off', () => {
    const good = ocspResponse({ issuer, subject, responder: subject });
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.integer({ min: 0, max: 255 }), (at, octet) => {
        const bytes = Buffer.from(good);
        bytes[at] = octet;
        expect(['response', 'error', 'unreadable']).toContain(readOcspResponse(bytes).kind);
      }),
      { numRuns: 2000 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void readOcspResponse(Buffer.from(bytes))));
  });
});

describe('an OCSP request', () => {
  it.each(['sha1', 'sha256'] as const)('identifies the certificate by %s', (digest) => {
    const request = encodeOcspRequest(certificate(subject), certificate(issuer), digest);
    const [tbs = request] = children(request);
    const [list = request] = children(tbs);
    const [single = request] = children(list);
    const [id = request] = children(single);
    const [, nameHash, keyHash, serial] = children(id);
    const { issuer: name } = certificate(subject);
    expect(nameHash?.subarray(2)).toEqual(createHash(digest).update(name.der).digest());
    expect(keyHash?.subarray(2)).toEqual(createHash(digest).update(certificate(issuer).spki.publicKey).digest());
    expect(serial?.toString('hex')).toBe('02030a41f0');
  });
});
