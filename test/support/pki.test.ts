import { createPublicKey, verify, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { children } from './der.ts';
import { NOT_AFTER, newKey, subjectOf } from './issued.ts';
import { type IssueOptions, intermediate, issue, leaf, type PkiKey, root } from './pki.ts';
import { basicConstraints, dnsNames, rawCertificate } from './raw-certificate.ts';

/** OpenSSL's reader (through node:crypto) is the judge here: it shares nothing with either encoder. */
const read = (issued: { der: Buffer }) => new X509Certificate(issued.der);

describe('issue', () => {
  const keys: PkiKey[] = ['ec-p256', 'ec-p384', 'ec-p521', 'rsa-1024', 'rsa-2048', 'ed25519'];
  it.each(keys)('signs with %s and certifies it', async (key) => {
    const authority = await root('Root', { key });
    const host = await leaf(authority, 'host.example', { key });
    expect(read(host).verify(read(authority).publicKey)).toBe(true);
    expect(read(host).publicKey.equals(createPublicKey(host.key))).toBe(true);
    expect(read(host).checkIssued(read(authority))).toBe(true);
    expect(read(host).subjectAltName).toBe('DNS:host.example');
  });

  it.each<IssueOptions>([
    { key: 'rsa-2048', pss: true, hash: 'sha384' },
    { key: 'rsa-2048', hash: 'sha1' },
    { key: 'ec-p256', hash: 'sha512' },
  ])('signs with $key, $hash', async (options) => {
    const certificate = read(await root('Root', options));
    expect(certificate.verify(certificate.publicKey)).toBe(true);
  });

  it('encodes every kind of name, usage and address it is given', async () => {
    const certificate = read(
      await issue({
        dns: ['a.example'],
        ips: ['192.0.2.1', '2001:db8::1'],
        emails: ['a@b.example'],
        uris: ['spiffe://example/a'],
        eku: ['server_auth', 'client_auth'],
        ocspUrls: ['http://ocsp.example/'],
        issuerUrls: ['http://ca.example/ca.cer'],
      }),
    );
    expect(certificate.subjectAltName).toBe(
      'DNS:a.example, IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1, email:a@b.example, URI:spiffe://example/a',
    );
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
    expect(certificate.infoAccess).toContain('http://ca.example/ca.cer');
    expect(certificate.validToDate).toEqual(NOT_AFTER);
  });

  it('reuses the key pair of another certificate', async () => {
    const first = await root('A');
    const second = await root('B', { key: first });
    expect(read(second).publicKey.equals(read(first).publicKey)).toBe(true);
  });

  it('issues under a certificate that was written by hand', async () => {
    const authority = await rawCertificate({ subject: 'raw root', extensions: [basicConstraints(true)] });
    const host = await leaf(await intermediate(authority));
    expect(host.options.issuer?.options).toMatchObject({ issuer: authority });
    const signedBy = await leaf(authority);
    expect(read(signedBy).verify(read(authority).publicKey)).toBe(true);
  });

  it('leaves key identifiers and the subject out when told', async () => {
    const bare = await issue({ subject: '', ski: false, aki: false, dns: ['a.example'] });
    expect(subjectOf(bare.der).toString('hex')).toBe('3000');
    expect(bare.der.includes(Buffer.from('551d0e', 'hex'))).toBe(false);
    expect(bare.der.includes(Buffer.from('551d23', 'hex'))).toBe(false);
  });
});

describe('rawCertificate', () => {
  it.each(['ec-secp256k1', 'ec-brainpoolP256r1', 'rsa-pss-2048', 'dsa-2048', 'ed448', 'ml-dsa-65'] as const)(
    'signs with %s',
    async (kind) => {
      const key = await newKey(kind);
      const { der } = await rawCertificate({ key, extensions: [dnsNames('host.example')] });
      const certificate = new X509Certificate(der);
      expect(certificate.subjectAltName).toBe('DNS:host.example');
      expect(certificate.verify(certificate.publicKey)).toBe(true);
    },
  );

  it('signs over the bytes it was given, whatever they are', async () => {
    const key = await newKey('ec-p256');
    const tbs = Buffer.from('3003020100', 'hex');
    const { der } = await rawCertificate({ key, tbs, trailing: Buffer.from([0]) });
    const [signed, , signature] = children(der);
    expect(signed).toEqual(tbs);
    expect(der.at(-1)).toBe(0);
    expect(verify('sha256', tbs, createPublicKey(key), (signature ?? tbs).subarray(3))).toBe(true);
  });
});
