import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { isMissing } from '../support/child-server.ts';
import type { Issued, KeyKind } from '../support/issued.ts';
import { bundle, newKey } from '../support/issued.ts';
import { issue, leaf, root } from '../support/pki.ts';
import { rawCertificate } from '../support/raw-certificate.ts';
import { startGnutls, startHaproxy, startNginx, startNodeTls, startOpenssl } from '../support/servers.ts';
import { negotiated, shake } from './shake.ts';

let authority: Issued;
let identity: { leaf: Issued; chain: Issued[] };
let rsa: { leaf: Issued };

beforeAll(async () => {
  authority = await root();
  identity = { leaf: await leaf(authority, ['www.example']), chain: [authority] };
  rsa = { leaf: await issue({ issuer: authority, key: 'rsa-2048', dns: ['www.example'] }) };
});

/** A leaf with a key that not every library can issue for. */
async function leafWith(key: KeyKind): Promise<{ leaf: Issued }> {
  return { leaf: await rawCertificate({ key: await newKey(key) }) };
}

const finished = { faults: [], record: { state: 'finished', hello: 'modern' } };

describe.skipIf(isMissing('openssl'))('openssl s_server', () => {
  test.each<[KeyKind, string, string]>([
    ['ec-p256', '-tls1_3', 'ecdsa_secp256r1_sha256'],
    ['ec-p384', '-tls1_3', 'ecdsa_secp384r1_sha384'],
    ['ec-p521', '-tls1_3', 'ecdsa_secp521r1_sha512'],
    ['rsa-2048', '-tls1_3', 'rsa_pss_rsae_sha256'],
    ['rsa-4096', '-tls1_3', 'rsa_pss_rsae_sha256'],
    ['rsa-pss-2048', '-tls1_3', 'rsa_pss_pss_sha256'],
    ['ed25519', '-tls1_3', 'ed25519'],
    ['ed448', '-tls1_3', 'ed448'],
    ['ec-p256', '-tls1_2', 'ecdsa_secp256r1_sha256'],
    // TLS 1.2 leaves the curve open: the first scheme of our list fits.
    ['ec-p521', '-tls1_2', 'ecdsa_secp256r1_sha256'],
    ['rsa-2048', '-tls1_2', 'rsa_pss_rsae_sha256'],
    ['rsa-pss-2048', '-tls1_2', 'rsa_pss_pss_sha256'],
    ['ed25519', '-tls1_2', 'ed25519'],
    ['ed448', '-tls1_2', 'ed448'],
  ])('%s with %s signs with %s', async (key, version, signatureScheme) => {
    const own = await leafWith(key);
    await using server = await startOpenssl({ ...own, args: [version] });
    const { record, faults } = await shake(server.port);
    expect({ record, faults }).toMatchObject(finished);
    expect(record).toMatchObject({ signatureScheme, keyExchange: 'signature', postQuantum: false });
    expect(record.certificates.map(({ der }) => der)).toEqual([own.leaf.der]);
    expect(server.log()).not.toMatch(/error/i);
  });

  test('an RSA key of 1024 bits', async () => {
    await using server = await startOpenssl({
      ...(await leafWith('rsa-1024')),
      args: ['-cipher', 'DEFAULT:@SECLEVEL=0'],
    });
    expect(await shake(server.port)).toMatchObject(finished);
  });

  test.each([
    ['X25519', '-tls1_3', 'X25519', false],
    ['P-256', '-tls1_3', 'P-256', true],
    ['P-384', '-tls1_3', 'P-384', true],
    ['P-521', '-tls1_3', 'P-521', true],
    ['X448', '-tls1_3', 'X448', true],
    ['X25519', '-tls1_2', 'X25519', false],
    ['P-256', '-tls1_2', 'P-256', false],
    ['P-384', '-tls1_2', 'P-384', false],
    ['P-521', '-tls1_2', 'P-521', false],
    ['X448', '-tls1_2', 'X448', false],
  ])('group %s with %s', async (groups, version, group, helloRetryRequest) => {
    await using server = await startOpenssl({ ...identity, args: [version, '-groups', groups] });
    const result = await shake(server.port);
    expect(result).toMatchObject({ ...finished, record: { group, helloRetryRequest, state: 'finished' } });
    expect(server.log()).not.toMatch(/error/i);
  });

  test.each([
    ['-ciphersuites', 'TLS_AES_128_GCM_SHA256', 'TLS_AES_128_GCM_SHA256'],
    ['-ciphersuites', 'TLS_AES_256_GCM_SHA384', 'TLS_AES_256_GCM_SHA384'],
    ['-ciphersuites', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_CHACHA20_POLY1305_SHA256'],
    ['-ciphersuites', 'TLS_AES_128_CCM_SHA256', 'TLS_AES_128_CCM_SHA256'],
    ['-ciphersuites', 'TLS_AES_128_CCM_8_SHA256', 'TLS_AES_128_CCM_8_SHA256'],
    ['-cipher', 'ECDHE-ECDSA-AES128-GCM-SHA256', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'],
    ['-cipher', 'ECDHE-ECDSA-AES256-GCM-SHA384', 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384'],
    ['-cipher', 'ECDHE-ECDSA-CHACHA20-POLY1305', 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256'],
    ['-cipher', 'ECDHE-RSA-AES128-GCM-SHA256', 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'],
    ['-cipher', 'ECDHE-RSA-AES256-GCM-SHA384', 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384'],
    ['-cipher', 'ECDHE-RSA-CHACHA20-POLY1305', 'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256'],
  ])('%s %s', async (option, value, cipher) => {
    const own = value.includes('RSA') ? rsa : identity;
    const version = option === '-cipher' ? ['-tls1_2'] : [];
    await using server = await startOpenssl({
      ...(value.includes('ECDSA') ? identity : own),
      args: [...version, option, value],
    });
    expect(await shake(server.port)).toMatchObject({ ...finished, record: { cipher, state: 'finished' } });
    expect(server.log()).not.toMatch(/error/i);
  });

  test.each([
    { name: 'wanted, 1.3', version: '-tls1_3', option: '-verify', required: false, codes: [], state: 'finished' },
    {
      name: 'required, 1.3',
      version: '-tls1_3',
      option: '-Verify',
      required: true,
      codes: ['tls_client_cert_required'],
      state: 'finished',
    },
    { name: 'wanted, 1.2', version: '-tls1_2', option: '-verify', required: false, codes: [], state: 'finished' },
    {
      name: 'required, 1.2',
      version: '-tls1_2',
      option: '-Verify',
      required: true,
      codes: ['tls_client_cert_required'],
      state: 'key_proven',
    },
  ])('a client certificate is $name', async ({ version, option, required, codes, state }) => {
    await using server = await startOpenssl({
      ...identity,
      args: [version, option, '1', '-CAfile', 'ca.pem'],
      files: { 'ca.pem': authority.pem },
    });
    const { record, faults } = await shake(server.port);
    expect(faults.map(({ code }) => code)).toEqual(codes);
    expect(record.state).toBe(state);
    expect(record.clientCertificate).toMatchObject({ requested: true, required });
    expect(record.clientCertificate.authorities).toHaveLength(1);
    expect(record.clientCertificate.signatureSchemes).toContain('ecdsa_secp256r1_sha256');
    expect(record.certificates).toHaveLength(2);
  });

  test('a chain in records of 512 octets', async () => {
    const chain = await Promise.all(Array.from({ length: 40 }, (_, index) => root(`CA ${index}`)));
    await using server = await startOpenssl({ leaf: identity.leaf, chain, args: ['-max_send_frag', '512'] });
    const { record, faults } = await shake(server.port);
    expect({ record, faults }).toMatchObject(finished);
    expect(record.certificates.map(({ der }) => der)).toEqual([identity.leaf, ...chain].map(({ der }) => der));
  });

  test.each(['-tls1_3', '-tls1_2'])('ALPN with %s', async (version) => {
    await using server = await startOpenssl({ ...identity, args: [version, '-alpn', 'http/1.1'] });
    expect((await shake(server.port, { alpn: ['h2', 'http/1.1'] })).record.alpn).toBe('http/1.1');
  });

  test.each([
    { name: 'a server that answers', args: [], dials: 1, hello: 'modern', version: 'TLSv1.3', codes: [] },
    { name: 'no ALPN in common', args: ['-alpn', 'foo'], dials: 2, hello: 'modern', codes: ['alpn_no_overlap'] },
    { name: 'TLS 1.0', args: ['-tls1', '-cipher', 'ALL:@SECLEVEL=0'], dials: 2, version: 'TLSv1', codes: [] },
    {
      name: 'TLS 1.1 and no ALPN in common',
      args: ['-tls1_1', '-cipher', 'ALL:@SECLEVEL=0', '-alpn', 'foo'],
      dials: 4,
      hello: 'permissive',
      version: 'TLSv1.1',
      codes: ['alpn_no_overlap'],
    },
    {
      name: 'RSA key exchange alone',
      args: ['-tls1_2', '-cipher', 'AES128-SHA'],
      dials: 2,
      hello: 'permissive',
      version: 'TLSv1.2',
      codes: [],
    },
  ])('negotiation with $name takes $dials connections', async ({ args, dials, codes, name: _, ...record }) => {
    await using server = await startOpenssl({ ...rsa, args });
    const result = await negotiated(server.port, { alpn: ['h2'] });
    expect(result.record).toMatchObject({ state: 'finished', ...record });
    expect(result.faults.map(({ code }) => code)).toEqual(codes);
    expect(result.dials).toBe(dials);
  });
});

describe('Node', () => {
  test.each(['X25519MLKEM768', 'X25519', 'P-256', 'P-384', 'P-521'])('group %s', async (group) => {
    await using server = await startNodeTls({ ...identity, ecdhCurve: group });
    const { record, faults } = await shake(server.port);
    expect({ record, faults }).toMatchObject(finished);
    expect(record).toMatchObject({ group, postQuantum: group === 'X25519MLKEM768' });
    await expect.poll(() => server.log()).toBe('secureConnection TLSv1.3');
  });

  test.each<[KeyKind, string]>([
    ['ml-dsa-65', 'mldsa65'],
    ['ec-brainpoolP256r1', 'ecdsa_brainpoolP256r1tls13_sha256'],
    ['ec-brainpoolP384r1', 'ecdsa_brainpoolP384r1tls13_sha384'],
  ])('a key of type %s', async (key, signatureScheme) => {
    await using server = await startNodeTls(await leafWith(key));
    const { record, faults } = await shake(server.port);
    expect({ record, faults }).toMatchObject({ ...finished, record: { signatureScheme } });
  });

  test.each<[KeyKind]>([['ec-brainpoolP256r1'], ['ec-secp256k1']])(
    'a key of type %s over TLS 1.2 needs the permissive hello',
    async (key) => {
      const own = await leafWith(key);
      await using server = await startNodeTls({
        ...own,
        maxVersion: 'TLSv1.2',
        ecdhCurve: 'X25519:brainpoolP256r1:secp256k1',
      });
      const { record, dials } = await negotiated(server.port);
      expect(record).toMatchObject({ hello: 'permissive', state: 'finished', version: 'TLSv1.2' });
      expect(record.certificates.map(({ der }) => der)).toEqual([own.leaf.der]);
      expect(dials).toBe(2);
    },
  );

  test.each(['TLSv1.3', 'TLSv1.2'] as const)('an OCSP staple with %s', async (version) => {
    const staple = Buffer.from('30030a0106', 'hex');
    const { createServer } = await import('node:tls');
    const live = createServer({ key: identity.leaf.keyPem, cert: identity.leaf.pem, maxVersion: version });
    live.on('OCSPRequest', (_certificate, _issuer, callback) => callback(null, staple));
    await new Promise<void>((resolve) => live.listen(0, '127.0.0.1', resolve));
    const address = live.address();
    const { record } = await shake(typeof address === 'object' ? (address?.port ?? 0) : 0);
    live.close();
    expect(record).toMatchObject({ state: 'finished', version });
    expect(record.certificates[0]?.ocspStaple).toEqual(staple);
  });
});

const QUIET: readonly [string, (own: typeof identity) => ReturnType<typeof startNginx>, RegExp][] = [
  [
    'nginx',
    (own) => startNginx({ ...own, directives: ['ssl_protocols TLSv1.3;'] }),
    /SSL_do_handshake|\[error\]|reset by/,
  ],
  [
    'nginx',
    (own) => startNginx({ ...own, directives: ['ssl_protocols TLSv1.2;'] }),
    /SSL_do_handshake|\[error\]|reset by/,
  ],
  ['haproxy', (own) => startHaproxy({ ...own, bind: ['ssl-min-ver', 'TLSv1.3'] }), /SSL handshake failure/],
  ['haproxy', (own) => startHaproxy({ ...own, bind: ['ssl-max-ver', 'TLSv1.2'] }), /SSL handshake failure/],
  [
    'gnutls-serv',
    (own) => startGnutls({ ...own, args: ['--priority', 'NORMAL:-VERS-ALL:+VERS-TLS1.3'] }),
    /fatal|Error in handshake/i,
  ],
  [
    'gnutls-serv',
    (own) => startGnutls({ ...own, args: ['--priority', 'NORMAL:-VERS-ALL:+VERS-TLS1.2'] }),
    /fatal|Error in handshake/i,
  ],
];

describe.each(QUIET)('%s', (program, start, complaint) => {
  test.skipIf(isMissing(program))('shakes hands and logs no failure', async () => {
    await using server = await start(identity);
    // The probe that waited for the server to listen may have left a line of its own.
    await delay(200);
    const before = server.log().length;
    for (let round = 0; round < 5; round++) {
      const { record, faults } = await shake(server.port);
      expect({ record, faults }).toMatchObject(finished);
      expect(record.certificates).toHaveLength(2);
    }
    await delay(300);
    expect(server.log().slice(before)).not.toMatch(complaint);
  });
});

test.skipIf(isMissing('nginx'))('nginx with ssl_verify_client asks for a certificate and names its CA', async () => {
  await using server = await startNginx({
    ...identity,
    directives: ['ssl_client_certificate ca.pem;', 'ssl_verify_client on;'],
    files: { 'ca.pem': bundle(authority) },
  });
  const { record, faults } = await shake(server.port);
  // It refuses on the HTTP layer, so that the handshake itself succeeds.
  expect(faults).toEqual([]);
  expect(record.clientCertificate).toMatchObject({ requested: true, required: false });
  expect(record.clientCertificate.authorities).toHaveLength(1);
});
