import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { HandshakeRecord } from '../../src/domain/handshake.ts';
import type { HandshakeOptions } from '../../src/tls/handshake.ts';
import { legacyHandshake } from '../../src/tls/legacy.ts';
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

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
if (!hasOpenssl) console.warn('openssl is missing: the permissive hello is not tried against real servers');

let directory = '';
const stops: (() => Promise<void> | void)[] = [];

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'legacy-'));
  if (!hasOpenssl) return;
  const openssl = (command: string) => execFileSync('openssl', command.split(' '), { cwd: directory, stdio: 'pipe' });
  const selfSigned = (name: string, key: string) =>
    openssl(`req -x509 -newkey ${key} -nodes -keyout ${name}.key -out ${name}.pem -subj /CN=${name} -days 30`);
  selfSigned('rsa', 'rsa:2048');
  selfSigned('rsa-512', 'rsa:512');
  selfSigned('rsa-1024', 'rsa:1024');
  selfSigned('ec', 'ec -pkeyopt ec_paramgen_curve:P-256');
  selfSigned('brainpool', 'ec -pkeyopt ec_paramgen_curve:brainpoolP256r1');
  selfSigned('secp256k1', 'ec -pkeyopt ec_paramgen_curve:secp256k1');
  openssl('dsaparam -genkey -out dsa.key 1024');
  openssl('req -x509 -new -key dsa.key -out dsa.pem -subj /CN=dsa -days 30');
  openssl('genpkey -genparam -algorithm DH -pkeyopt group:ffdhe3072 -out ffdhe3072.pem');
});

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Port of an `openssl s_server` with these arguments. */
async function startOpenssl(args: string): Promise<number> {
  const server = spawn('openssl', ['s_server', '-accept', '127.0.0.1:0', ...args.split(' ')], {
    cwd: directory,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  stops.push(() => new Promise((resolve) => server.once('close', () => resolve()).kill()));
  let said = '';
  return new Promise((resolve, reject) => {
    server.once('close', () => reject(new Error(`s_server ended: ${said}`)));
    const listen = (chunk: Buffer) => {
      said += chunk;
      const port = /ACCEPT \S+:(\d+)/.exec(said)?.[1];
      if (port !== undefined) resolve(Number(port));
    };
    server.stdout.on('data', listen);
    server.stderr.on('data', listen);
  });
}

async function startTcp(onSocket: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stops.push(
    () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  );
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** A server that answers the first bytes it gets with these, and then keeps the connection open. */
const startAnswer = (bytes: Buffer) => startTcp((socket) => socket.once('data', () => socket.write(bytes)));

async function shake(port: number, options: Partial<HandshakeOptions> = {}) {
  const socket = connect(port, '127.0.0.1');
  await new Promise((resolve) => socket.once('connect', resolve));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  const signal = AbortSignal.timeout(5000);
  const result = await legacyHandshake(socket, { serverName: 'legacy.example', alpn: [], signal, ...options });
  await closed;
  return { ...result, codes: result.faults.map((fault) => fault.code) };
}

interface Reached {
  readonly name: string;
  readonly args: string;
  readonly certificate: string;
  readonly expected: Partial<HandshakeRecord>;
}

const reached: readonly Reached[] = [
  {
    name: 'TLS 1.0 with RSA key exchange',
    args: '-tls1 -cipher AES128-SHA:@SECLEVEL=0',
    certificate: 'rsa',
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
    certificate: 'rsa',
    expected: { version: 'TLSv1.1', keyExchange: 'signature', group: 'X25519', signatureScheme: null },
  },
  {
    name: 'TLS 1.2 with RSA key exchange',
    args: '-tls1_2 -cipher AES256-GCM-SHA384',
    certificate: 'rsa',
    expected: { version: 'TLSv1.2', cipher: 'TLS_RSA_WITH_AES_256_GCM_SHA384', keyExchange: 'key_encipherment' },
  },
  {
    name: 'finite-field DHE with 1024 bits, which OpenSSL chooses to go with a key of 1024 bits',
    args: '-tls1_2 -cipher DHE-RSA-AES128-SHA:@SECLEVEL=0',
    certificate: 'rsa-1024',
    expected: { cipher: 'TLS_DHE_RSA_WITH_AES_128_CBC_SHA', group: 'DH', dhBits: 1024, keyExchange: 'signature' },
  },
  {
    name: 'finite-field DHE with a group of RFC 7919',
    args: '-tls1_2 -cipher DHE-RSA-AES128-GCM-SHA256 -dhparam ffdhe3072.pem',
    certificate: 'rsa',
    expected: { group: 'ffdhe3072', dhBits: 3072 },
  },
  {
    name: 'a DSA key',
    args: '-tls1_2 -cipher ALL:@SECLEVEL=0',
    certificate: 'dsa',
    expected: { cipher: 'TLS_DHE_DSS_WITH_AES_256_GCM_SHA384', keyExchange: 'signature' },
  },
  {
    name: 'an RSA key of 512 bits',
    args: '-tls1_2 -cipher AES128-SHA:@SECLEVEL=0',
    certificate: 'rsa-512',
    expected: { keyExchange: 'key_encipherment' },
  },
  {
    name: 'CCM',
    args: '-tls1_2 -cipher ECDHE-ECDSA-AES128-CCM8',
    certificate: 'ec',
    expected: { cipher: 'TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8', signatureScheme: 'ecdsa_secp256r1_sha256' },
  },
  {
    name: 'a brainpool key',
    args: '-tls1_2 -cipher ALL',
    certificate: 'brainpool',
    expected: { cipher: 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384' },
  },
  {
    name: 'a secp256k1 key',
    args: '-tls1_2 -cipher ALL',
    certificate: 'secp256k1',
    expected: { cipher: 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384' },
  },
  {
    name: 'a brainpool group for the key exchange',
    args: '-tls1_2 -cipher ALL -groups brainpoolP512r1',
    certificate: 'rsa',
    expected: { group: 'brainpoolP512r1' },
  },
];

describe.skipIf(!hasOpenssl)('servers that only a permissive hello reaches', () => {
  it.each(reached)('$name', async ({ args, certificate, expected }) => {
    const port = await startOpenssl(`-cert ${certificate}.pem -key ${certificate}.key ${args}`);
    const { record, faults } = await shake(port);
    expect(faults).toEqual([]);
    expect(record).toMatchObject({ hello: 'permissive', state: 'finished', alerts: [], ...expected });
    expect(record.clientCertificate).toMatchObject({ requested: false, required: false });
    const pem = readFileSync(join(directory, `${certificate}.pem`), 'utf8');
    expect(record.certificates.map(({ der }) => der.toString('base64'))).toEqual([
      pem.replace(/-----[^-]+-----|\s/g, ''),
    ]);
  });

  it('shakes hands again and again without keeping a session', async () => {
    const port = await startOpenssl('-cert rsa.pem -key rsa.key -tls1_2 -cipher AES128-SHA');
    for (let round = 0; round < 3; round += 1) {
      const { record } = await shake(port);
      expect(record).toMatchObject({ state: 'finished', certificates: [expect.anything()] });
    }
  });

  it('offers ALPN and reads the choice', async () => {
    const port = await startOpenssl('-cert rsa.pem -key rsa.key -tls1_2 -cipher AES128-SHA -alpn h2,http/1.1');
    expect((await shake(port, { alpn: ['http/1.1'] })).record.alpn).toBe('http/1.1');
    expect((await shake(port)).record.alpn).toBeNull();
    const refused = await shake(port, { alpn: ['imap'] });
    expect(refused.codes).toEqual(['alpn_no_overlap']);
  });

  it.each([
    { name: 'RSA key exchange', cipher: 'AES128-SHA', refusedAt: 'certificate' },
    { name: 'a signed key exchange', cipher: 'ECDHE-RSA-AES128-SHA', refusedAt: 'key_proven' },
  ])('tells a client certificate asked for from one required: $name', async ({ cipher, refusedAt }) => {
    const args = `-cert rsa.pem -key rsa.key -tls1_2 -cipher ${cipher} -CAfile ec.pem`;
    const asked = await shake(await startOpenssl(`${args} -verify 1`));
    expect(asked.record.state).toBe('finished');
    expect(asked.faults).toEqual([]);
    expect(asked.record.clientCertificate).toMatchObject({ requested: true, required: false });
    expect(asked.record.clientCertificate.authorities).toHaveLength(1);
    expect(asked.record.clientCertificate.signatureSchemes).toContain('ecdsa_secp256r1_sha256');
    const required = await shake(await startOpenssl(`${args} -Verify 1`));
    expect(required.codes).toEqual(['tls_client_cert_required']);
    expect(required.record).toMatchObject({ state: refusedAt, clientCertificate: { requested: true, required: true } });
    expect(required.record.certificates).toHaveLength(1);
  });

  it('a server of TLS 1.3 alone refuses it', async () => {
    const { codes, record } = await shake(await startOpenssl('-cert rsa.pem -key rsa.key -tls1_3'));
    expect(codes).toEqual(['tls_version_unsupported']);
    expect(record).toMatchObject({ state: 'hello_sent', certificates: [] });
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
