import { beforeAll, describe, expect, it } from 'vitest';
import { readServerIdentity } from '../../src/access/server-identity.ts';
import type { Issued } from '../support/issued.ts';
import { issue, leaf, root } from '../support/pki.ts';

let ca: Issued;
let server: Issued;
let other: Issued;

beforeAll(async () => {
  ca = await root('Corp Root');
  server = await leaf(ca, 'verify.corp.example');
  other = await issue({ key: 'rsa-2048' });
});

describe('readServerIdentity', () => {
  it('takes a chain, its key and the CAs of callers as they are', () => {
    const texts = { cert: server.pem + ca.pem, key: server.keyPem, clientCa: ca.pem };
    expect(readServerIdentity(texts)).toEqual(texts);
  });

  it.each([
    { name: 'no certificate', change: () => ({ cert: '' }), says: 'TLS_CERT_FILE' },
    { name: 'half a certificate', change: () => ({ cert: server.pem.slice(0, 100) }), says: 'TLS_CERT_FILE' },
    {
      name: 'a certificate of garbage',
      change: () => ({ cert: '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n' }),
      says: 'TLS_CERT_FILE',
    },
    { name: 'the chain before the leaf', change: () => ({ cert: ca.pem + server.pem }), says: 'TLS_KEY_FILE' },
    { name: "another certificate's key", change: () => ({ key: other.keyPem }), says: 'TLS_KEY_FILE' },
    { name: 'no key', change: () => ({ key: 'secret' }), says: 'TLS_KEY_FILE' },
    { name: 'no CA of callers', change: () => ({ clientCa: '\n' }), says: 'TLS_CLIENT_CA_FILE' },
  ])('refuses $name, without a word of the key', ({ change, says }) => {
    const read = () => readServerIdentity({ cert: server.pem, key: server.keyPem, clientCa: null, ...change() });
    expect(read).toThrow(says);
    expect(read).not.toThrow(/secret/);
  });
});
