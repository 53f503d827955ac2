import type { Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { HandshakeRecord } from '../../src/domain/handshake.ts';
import type { HandshakeOptions } from '../../src/tls/handshake.ts';
import { legacyHandshake } from '../../src/tls/legacy.ts';
import { isMissing, type TestServer } from '../support/child-server.ts';
import { type Issued, type KeyKind, newKey } from '../support/issued.ts';
import { rawCertificate } from '../support/raw-certificate.ts';
import { startGnutls, startNginx, startOpenssl, startRawTcp } from '../support/servers.ts';
import {
  alertRecord,
  CONTENT,
  certificateMessage,
  certificateRequest,
  dheKeyExchange,
  records,
  SERVER_HELLO_DONE,
  serverHello,
} from './server-bytes.ts';
import { dial } from './shake.ts';

const servers: TestServer[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

/** Port of a server that lives as long as the test. */
async function portOf(starting: Promise<TestServer>): Promise<number> {
  const server = await starting;
  servers.push(server);
  return server.port;
}

/** A raw TCP server that speaks for itself. */
const startTcp = (onSocket: (socket: Socket) => void) => portOf(startRawTcp(onSocket));

/** One that answers the first bytes it gets with these, and then keeps the connection open. */
const startAnswer = (bytes: Buffer) => startTcp((socket) => socket.once('data', () => socket.write(bytes)));

const identities = new Map<string, Promise<Issued>>();

/** A self-signed leaf with a key of this kind, made once. */
function identity(kind: KeyKind): Promise<Issued> {
  const known = identities.get(kind) ?? newKey(kind).then((key) => rawCertificate({ key, subject: kind }));
  identities.set(kind, known);
  return known;
}

async function shake(port: number, options: Partial<HandshakeOptions> = {}) {
  const socket = await dial(port);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  const signal = AbortSignal.timeout(5000);
  const result = await legacyHandshake(socket, { serverName: 'legacy.example', alpn: [], signal, ...options });
  await closed;
  return { ...result, codes: result.faults.map((fault) => fault.code) };
}

interface Reached {
  readonly name: string;
  /** Of `openssl s_server`. */
  readonly args: string;
  readonly key: KeyKind;
  readonly expected: Partial<HandshakeRecord>;
}

const reached: readonly Reached[] = [
  {
    name: 'TLS 1.0 with RSA key exchange',
    args: '-tls1 -cipher AES128-SHA:@SECLEVEL=0',
    key: 'rsa-2048',
    expected: {
      version: 'TLSv1',
      cipher: 'TLS_RSA_WITH_AES_128_CBC_SHA',
      keyExchange: 'key_encipherment',
      group: null,
      signatureScheme: null,
      secureRenegotiation: true,
    },
  },
  {
    name: 'TLS 1.1 with ECDHE',
    args: '-tls1_1 -cipher ECDHE-RSA-AES128-SHA:@SECLEVEL=0',
    key: 'rsa-2048',
    expected: { version: 'TLSv1.1', keyExchange: 'signature', group: 'X25519', signatureScheme: null },
  },
  {
    name: 'TLS 1.2 with RSA key exchange',
    args: '-tls1_2 -cipher AES256-GCM-SHA384',
    key: 'rsa-2048',
    expected: { version: 'TLSv1.2', cipher: 'TLS_RSA_WITH_AES_256_GCM_SHA384', keyExchange: 'key_encipherment' },
  },
  {
    name: 'finite-field DHE with 1024 bits, which OpenSSL chooses to go with a key of 1024 bits',
    args: '-tls1_2 -cipher DHE-RSA-AES128-SHA:@SECLEVEL=0',
    key: 'rsa-1024',
    expected: { cipher: 'TLS_DHE_RSA_WITH_AES_128_CBC_SHA', group: 'DH', dhBits: 1024, keyExchange: 'signature' },
  },
  {
    name: 'finite-field DHE with 3072 bits, which OpenSSL chooses to go with AES-256',
    args: '-tls1_2 -cipher DHE-RSA-AES256-GCM-SHA384',
    key: 'rsa-3072',
    expected: { group: 'DH', dhBits: 3072 },
  },
  {
    name: 'a DSA key',
    args: '-tls1_2 -cipher ALL:@SECLEVEL=0',
    key: 'dsa-2048',
    expected: { cipher: 'TLS_DHE_DSS_WITH_AES_256_GCM_SHA384', keyExchange: 'signature' },
  },
  {
    name: 'CCM',
    args: '-tls1_2 -cipher ECDHE-ECDSA-AES128-CCM8',
    key: 'ec-p256',
    expected: { cipher: 'TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8', signatureScheme: 'ecdsa_secp256r1_sha256' },
  },
  {
    name: 'a brainpool key',
    args: '-tls1_2 -cipher ALL',
    key: 'ec-brainpoolP256r1',
    expected: { cipher: 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384' },
  },
  {
    name: 'a secp256k1 key',
    args: '-tls1_2 -cipher ALL',
    key: 'ec-secp256k1',
    expected: { cipher: 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384' },
  },
  {
    name: 'a brainpool group for the key exchange',
    args: '-tls1_2 -cipher ALL -groups brainpoolP512r1',
    key: 'rsa-2048',
    expected: { group: 'brainpoolP512r1' },
  },
];

const openssl = async (kind: KeyKind, args: string, files: Readonly<Record<string, string>> = {}) =>
  portOf(startOpenssl({ leaf: await identity(kind), args: args.split(' '), files }));

describe.skipIf(isMissing('openssl'))('servers that only a permissive hello reaches', () => {
  it.each(reached)('$name', async ({ args, key, expected }) => {
    const { record, faults } = await shake(await openssl(key, args));
    expect(faults).toEqual([]);
    expect(record).toMatchObject({ hello: 'permissive', state: 'finished', alerts: [], ...expected });
    expect(record.clientCertificate).toMatchObject({ requested: false, required: false });
    expect(record.certificates.map(({ der }) => der)).toEqual([(await identity(key)).der]);
  });

  it('shakes hands again and again without keeping a session', async () => {
    const port = await openssl('rsa-2048', '-tls1_2 -cipher AES128-SHA');
    for (let round = 0; round < 3; round += 1) {
      const { record } = await shake(port);
      expect(record).toMatchObject({ state: 'finished', certificates: [expect.anything()] });
    }
  });

  it('asks for an OCSP staple and reads it', async () => {
    const staple = Buffer.from('30030a0106', 'hex');
    const files = { 'staple.der': staple.toString('latin1') };
    const port = await openssl('rsa-2048', '-tls1_2 -cipher AES128-SHA -status_file staple.der', files);
    const { record } = await shake(port);
    expect(record).toMatchObject({ state: 'finished', certificates: [{ ocspStaple: staple }] });
  });

  it('offers ALPN and reads the choice', async () => {
    const port = await openssl('rsa-2048', '-tls1_2 -cipher AES128-SHA -alpn h2,http/1.1');
    expect((await shake(port, { alpn: ['http/1.1'] })).record.alpn).toBe('http/1.1');
    expect((await shake(port)).record.alpn).toBeNull();
    const refused = await shake(port, { alpn: ['imap'] });
    expect(refused.codes).toEqual(['alpn_no_overlap']);
  });

  it.each([
    { name: 'RSA key exchange', cipher: 'AES128-SHA', version: '-tls1_2', schemes: 1, refusedAt: 'certificate' },
    { name: 'a signed key exchange', cipher: 'ECDHE', version: '-tls1_2', schemes: 1, refusedAt: 'key_proven' },
    { name: 'TLS 1.0', cipher: 'ECDHE:@SECLEVEL=0', version: '-tls1', schemes: 0, refusedAt: 'key_proven' },
  ])('tells a client certificate asked for from one required: $name', async (row) => {
    const args = `${row.version} -cipher ${row.cipher} -CAfile ca.pem`;
    const files = { 'ca.pem': (await identity('ec-p256')).pem };
    const asked = await shake(await openssl('rsa-2048', `${args} -verify 1`, files));
    expect(asked.record.state).toBe('finished');
    expect(asked.faults).toEqual([]);
    expect(asked.record.clientCertificate).toMatchObject({ requested: true, required: false });
    expect(asked.record.clientCertificate.authorities).toHaveLength(1);
    expect(Math.min(1, asked.record.clientCertificate.signatureSchemes.length)).toBe(row.schemes);
    const required = await shake(await openssl('rsa-2048', `${args} -Verify 1`, files));
    expect(required.codes).toEqual(['tls_client_cert_required']);
    const clientCertificate = { requested: true, required: true };
    expect(required.record).toMatchObject({ state: row.refusedAt, clientCertificate });
    expect(required.record.certificates).toHaveLength(1);
  });

  it('a server of TLS 1.3 alone refuses it', async () => {
    const { codes, record } = await shake(await openssl('rsa-2048', '-tls1_3'));
    expect(codes).toEqual(['tls_version_unsupported']);
    expect(record).toMatchObject({ state: 'hello_sent', certificates: [] });
  });
});

describe.skipIf(isMissing('gnutls-serv'))('gnutls-serv', () => {
  const gnutls = async (priority: string) =>
    portOf(startGnutls({ leaf: await identity('rsa-2048'), args: ['--priority', priority] }));

  it.each(['TLS1.2', 'TLS1.1', 'TLS1.0'])('without RFC 5746 over %s', async (version) => {
    const priority = `NORMAL:-VERS-ALL:+VERS-${version}:-KX-ALL:+RSA:%DISABLE_SAFE_RENEGOTIATION`;
    const { record, faults } = await shake(await gnutls(priority));
    expect(faults).toEqual([]);
    expect(record).toMatchObject({ state: 'finished', secureRenegotiation: false });
  });

  it('names the group of RFC 7919 behind a prime', async () => {
    const { record } = await shake(await gnutls('NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+DHE-RSA'));
    expect(record).toMatchObject({ state: 'finished', group: 'ffdhe2048', dhBits: 2048 });
  });

  it.each(['ARCFOUR-128', '3DES-CBC'])(
    'with %s alone, which OpenSSL no longer has, shares no cipher',
    async (cipher) => {
      const { codes } = await shake(await gnutls(`NORMAL:-VERS-ALL:+VERS-TLS1.0:-CIPHER-ALL:+${cipher}`));
      expect(codes).toEqual(['tls_no_common_cipher']);
    },
  );
});

describe.skipIf(isMissing('nginx'))('nginx', () => {
  it('notices no failed handshake', async () => {
    const directives = ['ssl_protocols TLSv1.2;', 'ssl_ciphers AES128-SHA;'];
    await using server = await startNginx({ leaf: await identity('rsa-2048'), directives });
    const { record } = await shake(server.port);
    expect(record.state).toBe('finished');
    await vi.waitFor(() => expect(server.log()).toMatch(/client closed connection while waiting for request/));
  });
});

describe('what the server says ends it with a fault of its own', () => {
  const leaf = Buffer.alloc(300, 0x30);
  const flight = (...messages: readonly Buffer[]) => records(CONTENT.handshake, Buffer.concat(messages));
  const rsaFlight = flight(serverHello(), certificateMessage([leaf]), SERVER_HELLO_DONE);
  const rows: readonly (readonly [name: string, bytes: Buffer, code: string, state: string])[] = [
    ['alert 40 to the hello', alertRecord(40), 'tls_no_common_cipher', 'hello_sent'],
    ['alert 70', alertRecord(70), 'tls_version_unsupported', 'hello_sent'],
    ['alert 112, fatal', alertRecord(112), 'tls_name_unrecognized', 'hello_sent'],
    ['alert 80', alertRecord(80), 'tls_alert', 'hello_sent'],
    [
      'alert behind the ServerHello',
      Buffer.concat([flight(serverHello()), alertRecord(80)]),
      'tls_alert',
      'server_hello',
    ],
    ['another protocol', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), 'tls_not_spoken', 'hello_sent'],
    ['a leaf that OpenSSL cannot read', rsaFlight, 'tls_handshake_invalid', 'certificate'],
    [
      'a signature that is none',
      flight(
        serverHello({ cipherSuite: 0x0033 }),
        certificateMessage([leaf]),
        dheKeyExchange(Buffer.alloc(128, 0xff)),
        SERVER_HELLO_DONE,
      ),
      'tls_handshake_invalid',
      'certificate',
    ],
    [
      'a suite that was not offered',
      flight(serverHello({ cipherSuite: 0x0005 }), certificateMessage([leaf]), SERVER_HELLO_DONE),
      'tls_handshake_invalid',
      'hello_sent',
    ],
    [
      'a chain that OpenSSL will not take, read all the same',
      flight(serverHello(), certificateMessage(Array(200).fill(Buffer.alloc(1024, 0x30))), SERVER_HELLO_DONE),
      'tls_chain_too_large',
      'certificate',
    ],
    [
      'SSL 3.0',
      flight(serverHello({ version: 0x0300, extensions: null }), certificateMessage([leaf]), SERVER_HELLO_DONE),
      'tls_version_unsupported',
      'certificate',
    ],
    [
      'certificate request, then a broken leaf',
      flight(serverHello(), certificateMessage([leaf]), certificateRequest([]), SERVER_HELLO_DONE),
      'tls_handshake_invalid',
      'certificate',
    ],
  ];

  it.each(rows.map(([name, bytes, code, state]) => ({ name, bytes, code, state })))('$name: $code', async (row) => {
    const { codes, record } = await shake(await startAnswer(row.bytes));
    expect(codes).toEqual([row.code]);
    expect(record.state).toBe(row.state);
  });

  it('keeps what was read before the fault', async () => {
    const { record } = await shake(await startAnswer(rsaFlight));
    expect(record.certificates).toEqual([{ der: leaf, ocspStaple: null, sctList: null }]);
    expect(record).toMatchObject({ version: 'TLSv1.2', secureRenegotiation: false, keyExchange: 'key_encipherment' });
  });

  it('tells FIN from reset', async () => {
    const fin = await shake(await startTcp((socket) => socket.once('data', () => socket.end())));
    expect(fin.faults).toMatchObject([{ code: 'tls_closed', evidence: { closed_by: 'fin', state: 'hello_sent' } }]);
    const reset = await shake(await startTcp((socket) => socket.once('data', () => socket.resetAndDestroy())));
    expect(reset.faults).toMatchObject([{ code: 'tls_closed', evidence: { closed_by: 'reset', state: 'hello_sent' } }]);
  });

  it('a flood behind the flight is cut off', async () => {
    const noise = records(CONTENT.applicationData, Buffer.alloc(2 ** 18));
    const { codes } = await shake(await startAnswer(Buffer.concat([rsaFlight, noise])));
    expect(codes).toEqual(['tls_handshake_invalid']);
  });
});

describe('the signal', () => {
  const silent = () => startTcp(() => {});

  it('a deadline is the fault tls_timeout', async () => {
    const { codes, record } = await shake(await silent(), { signal: AbortSignal.timeout(50) });
    expect(codes).toEqual(['tls_timeout']);
    expect(record.state).toBe('hello_sent');
  });

  it("the caller's own abort is thrown", async () => {
    const controller = new AbortController();
    const reason = new Error('the caller has gone');
    const pending = shake(await silent(), { signal: controller.signal });
    controller.abort(reason);
    await expect(pending).rejects.toBe(reason);
  });

  it('one that was aborted before does not start', async () => {
    const { codes } = await shake(await silent(), { signal: AbortSignal.abort(new DOMException('', 'TimeoutError')) });
    expect(codes).toEqual(['tls_timeout']);
  });
});
