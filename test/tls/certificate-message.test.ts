import { describe, expect, test } from 'vitest';
import { MAX_CERTIFICATES, readTls12Certificates, readTls13Certificates } from '../../src/tls/certificate-message.ts';
import { extension } from '../../src/tls/extensions.ts';
import { EXTENSION } from '../../src/tls/registry.ts';
import { uint, vector } from '../../src/tls/wire.ts';

const offered = new Set<number>([EXTENSION.statusRequest, EXTENSION.signedCertificateTimestamp, EXTENSION.alpn]);
const der = Buffer.from('certificate');
const entry = (...extensions: Buffer[]): Buffer => Buffer.concat([vector(3, der), vector(2, ...extensions)]);
const tls13 = (...entries: Buffer[]): Buffer => Buffer.concat([vector(1), vector(3, ...entries)]);
const staple = Buffer.from('staple');
const status = (type: number, response: Buffer): Buffer =>
  extension(EXTENSION.statusRequest, uint(1, type), vector(3, response));
const scts = extension(EXTENSION.signedCertificateTimestamp, Buffer.from('scts'));

const abortsWith = (code: string) => expect.objectContaining({ fault: expect.objectContaining({ code }) });

test('the extensions of each certificate stay with it', () => {
  const entries = readTls13Certificates(tls13(entry(), entry(status(1, staple), scts)), offered);
  expect(entries).toEqual([
    { der, ocspStaple: null, sctList: null },
    { der, ocspStaple: staple, sctList: Buffer.from('scts') },
  ]);
});

describe.each([
  ['TLS 1.2', (count: number) => readTls12Certificates(vector(3, ...Array(count).fill(vector(3, der))))],
  ['TLS 1.3', (count: number) => readTls13Certificates(tls13(...Array(count).fill(entry())), offered)],
])('%s', (_, read) => {
  test('the number of certificates at its limit', () => {
    expect(read(MAX_CERTIFICATES)).toHaveLength(MAX_CERTIFICATES);
    expect(() => read(MAX_CERTIFICATES + 1)).toThrow(abortsWith('tls_chain_too_large'));
  });

  test('no certificate at all', () => {
    expect(() => read(0)).toThrow(abortsWith('tls_certificate_missing'));
  });
});

test.each([
  ['a certificate of no octets', tls13(Buffer.concat([vector(3), vector(2)]))],
  ['an extension that we did not ask for', tls13(entry(extension(0x1234)))],
  ['an extension that belongs to another message', tls13(entry(extension(EXTENSION.alpn)))],
  ['the same extension twice', tls13(entry(scts, scts))],
  ['an empty OCSP response', tls13(entry(status(1, Buffer.alloc(0))))],
  ['a status of another type', tls13(entry(status(2, staple)))],
  ['octets behind the OCSP response', tls13(entry(extension(5, uint(1, 1), vector(3, staple), uint(1, 0))))],
  ['a certificate_request_context', Buffer.concat([vector(1, uint(1, 1)), vector(3, entry())])],
  ['octets behind the list', Buffer.concat([tls13(entry()), uint(1, 0)])],
  ['a list that is cut', tls13(entry()).subarray(0, -1)],
])('%s aborts', (_, body) => {
  expect(() => readTls13Certificates(body, offered)).toThrow(abortsWith('tls_handshake_invalid'));
});
