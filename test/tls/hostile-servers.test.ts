import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { FindingCode } from '../../src/domain/finding-codes.ts';
import type { HandshakeResult, HandshakeState } from '../../src/domain/handshake.ts';
import { negotiate } from '../../src/tls/negotiate.ts';
import type { Issued } from '../support/issued.ts';
import { issue } from '../support/pki.ts';
import {
  type ClientHelloView,
  encryptedExtensions,
  inRecords,
  type Peer,
  type Script,
  startPeer,
  TLS13_CERTIFICATE_REQUEST,
  TLS13_VERSION,
  Tls13Peer,
  tls12Flight,
  tls13Certificate,
} from './hostile-peer.ts';
import {
  alertRecord,
  CONTENT,
  certificateMessage,
  certificateRequest,
  ecdheKeyExchange,
  extension,
  HELLO_REQUEST,
  message,
  record,
  records,
  SERVER_HELLO_DONE,
  serverHello,
  uint,
  vector,
} from './server-bytes.ts';

/** Long enough for everything that ends by itself, so that `tls_timeout` there is a hang. */
const PATIENCE_MS = 8000;
/** For servers that never end by themselves. */
const DEADLINE_MS = 400;

let leaf: Issued;

beforeAll(async () => {
  leaf = await issue({ dns: ['hostile.example'] });
});

/** The finding, null when the handshake is good all the same, and the state it came in; null where RST races data. */
type End = readonly [code: FindingCode | null, state: HandshakeState | null];

interface Row {
  readonly name: string;
  readonly end: End;
  readonly serve: Script;
  readonly onAccept: (socket: Socket) => void;
}

function row(name: string, end: End, serve: Script, onAccept: Row['onAccept'] = () => {}): Row {
  return { name, end, serve, onAccept };
}

/** Keeps the connection open behind these bytes. */
const say =
  (...parts: readonly Buffer[]): Script =>
  (socket) =>
    socket.write(Buffer.concat(parts));

const silence: Script = () => {};

/** Writes the chunk again and again until the other side has gone. */
function flood(chunk: Buffer, first: Buffer = Buffer.alloc(0)): Script {
  return (socket) => {
    const more = (): void => {
      while (!socket.destroyed && socket.writable && socket.write(chunk));
    };
    socket.on('drain', more);
    socket.write(first);
    more();
  };
}

/** One octet, then a pause, and so on. */
function drip(bytes: Buffer, pauseMs: number): Script {
  return (socket) => {
    let sent = 0;
    const timer = setInterval(() => {
      if (sent < bytes.length && socket.writable) socket.write(bytes.subarray(sent, ++sent));
      else clearInterval(timer);
    }, pauseMs);
    socket.once('close', () => clearInterval(timer));
  };
}

const fin =
  (script: Script): Script =>
  (socket, hello) => {
    script(socket, hello);
    socket.end();
  };

/** RST once these bytes have left. */
const reset =
  (bytes: Buffer): Script =>
  (socket) => {
    if (bytes.length === 0) socket.resetAndDestroy();
    else socket.write(bytes, () => socket.resetAndDestroy());
  };

const tls13 =
  (build: (peer: Tls13Peer, hello: ClientHelloView) => Buffer): Script =>
  (socket, hello) => {
    // The permissive hello has no TLS 1.3 in it, and such a server says so.
    if (hello.x25519.length === 0) socket.write(alertRecord(70));
    else socket.write(build(new Tls13Peer(hello, leaf), hello));
  };

const tls12 =
  (build: (flight: ReturnType<typeof tls12Flight>, hello: ClientHelloView) => Buffer): Script =>
  (socket, hello) =>
    socket.write(build(tls12Flight(hello, leaf), hello));

const text = (ascii: string) => Buffer.from(ascii, 'latin1');
const zeros = (length: number) => Buffer.alloc(length);
const hello = (options: Parameters<typeof serverHello>[0]) => inRecords(serverHello(options));
const ECDSA = 0xc02b;
const START = inRecords(serverHello({ cipherSuite: ECDSA }));
/** A Certificate message of 16 MB: its header, and as much of it as the reader wants. */
const HUGE = Buffer.concat([uint(1, 11), uint(3, 2 ** 24 - 1), uint(3, 2 ** 24 - 4), uint(3, 2 ** 24 - 7)]);
const CHANGE_CIPHER_SPEC = record(CONTENT.changeCipherSpec, Buffer.from([1]));
const TICKET = message(4, uint(4, 7200), uint(4, 0), vector(1, zeros(8)), vector(2, zeros(32)), vector(2));
const TLS12_TICKET = message(4, uint(4, 7200), vector(2, zeros(32)));
const HELLO_RETRY_RANDOM = Buffer.from('cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c', 'hex');

function helloRetry(client: ClientHelloView, group: number, cipherSuite = 0x1301): Buffer {
  const extensions = [TLS13_VERSION, extension(51, uint(2, group))];
  return inRecords(serverHello({ random: HELLO_RETRY_RANDOM, sessionId: client.sessionId, cipherSuite, extensions }));
}

/** A ServerHello of TLS 1.3 that is right but for the changes. */
function hello13(client: ClientHelloView, changes: Parameters<typeof serverHello>[0] = {}): Buffer {
  const share = extension(51, Buffer.concat([uint(2, 29), vector(2, Buffer.alloc(32, 9))]));
  const base = { sessionId: client.sessionId, cipherSuite: 0x1301, extensions: [TLS13_VERSION, share] };
  return inRecords(serverHello({ ...base, ...changes }));
}

const keyShare = (group: number, share: Buffer) => extension(51, Buffer.concat([uint(2, group), vector(2, share)]));

const insteadOfTls: readonly Row[] = [
  row('says nothing after accept', ['tls_timeout', 'hello_sent'], silence),
  row('closes at accept', ['tls_closed', 'hello_sent'], silence, (socket) => socket.end()),
  row('resets soon after accept', ['tls_closed', null], silence, (socket) => {
    setTimeout(() => socket.resetAndDestroy(), 20);
  }),
  row('answers in HTTP', ['tls_not_spoken', 'hello_sent'], fin(say(text('HTTP/1.1 400 Bad Request\r\n\r\n')))),
  row('greets in SSH before it is asked', ['tls_not_spoken', 'hello_sent'], silence, (socket) =>
    socket.write(text('SSH-2.0-x\r\n')),
  ),
  row('greets in SMTP, slowly', ['tls_not_spoken', 'hello_sent'], drip(text('220 mx.example ESMTP\r\n'), 2)),
  row('says one octet that is no record', ['tls_not_spoken', 'hello_sent'], say(text('H'))),
  row('floods with garbage', ['tls_not_spoken', 'hello_sent'], flood(Buffer.alloc(2 ** 16, 0xa5))),
  row('floods with zeros', ['tls_not_spoken', 'hello_sent'], flood(zeros(2 ** 16))),
  row('floods before the hello', ['tls_not_spoken', 'hello_sent'], silence, (socket) =>
    flood(text('A'.repeat(2 ** 16)))(socket, NO_HELLO),
  ),
  row('echoes our own hello', ['tls_handshake_invalid', 'hello_sent'], (socket, { bytes }) =>
    socket.write(record(22, bytes)),
  ),
  row('refuses in SSL 2.0', ['tls_not_spoken', 'hello_sent'], say(Buffer.from('8003000001', 'hex'))),
];

const NO_HELLO: ClientHelloView = { bytes: zeros(0), random: zeros(0), sessionId: zeros(0), x25519: zeros(0) };

const cutShort: readonly Row[] = [
  row('one octet of a record, then silence', ['tls_timeout', 'hello_sent'], say(Buffer.from([22]))),
  row('half a record header, then silence', ['tls_timeout', 'hello_sent'], say(Buffer.from([22, 3, 3]))),
  row('half a record, then silence', ['tls_timeout', 'hello_sent'], say(START.subarray(0, 40))),
  row('a ServerHello, then silence', ['tls_timeout', 'server_hello'], say(START)),
  row('one octet a second', ['tls_timeout', 'hello_sent'], drip(START, 1000)),
  row('half a record header, then FIN', ['tls_closed', 'hello_sent'], fin(say(Buffer.from([22, 3, 3])))),
  row('half a record, then FIN', ['tls_closed', 'hello_sent'], fin(say(START.subarray(0, 40)))),
  row('FIN after our hello', ['tls_closed', 'hello_sent'], fin(silence)),
  row('FIN after ServerHello', ['tls_closed', 'server_hello'], fin(say(START))),
  row('FIN after Certificate', ['tls_closed', 'certificate'], fin(tls12((f) => inRecords(f.hello, f.certificate)))),
  row(
    'FIN after ServerHelloDone',
    ['tls_closed', 'key_proven'],
    fin(tls12((f) => inRecords(f.hello, f.certificate, f.keyExchange, f.done))),
  ),
  row('reset after our hello', ['tls_closed', null], reset(zeros(0))),
  row('reset inside a record', ['tls_closed', null], reset(START.subarray(0, 40))),
  row('reset after ServerHello', ['tls_closed', null], reset(START)),
  row('reset after Certificate', ['tls_closed', null], (socket, client) => {
    const flight = tls12Flight(client, leaf);
    reset(inRecords(flight.hello, flight.certificate))(socket, client);
  }),
  row('reset after ServerHelloDone', ['tls_closed', null], (socket, client) => {
    const flight = tls12Flight(client, leaf);
    reset(inRecords(flight.hello, flight.certificate, flight.keyExchange, flight.done))(socket, client);
  }),
  row('TLS 1.3: FIN after ServerHello', ['tls_closed', 'server_hello'], fin(tls13((peer) => peer.hello))),
  row(
    'TLS 1.3: FIN after Certificate',
    ['tls_closed', 'certificate'],
    fin(
      tls13((peer) =>
        Buffer.concat([peer.hello, peer.say(encryptedExtensions([])), peer.say(tls13Certificate([leaf.der]))]),
      ),
    ),
  ),
  row(
    'TLS 1.3: reset after our hello',
    ['tls_closed', null],
    (socket, client) => tls13((peer) => peer.hello)(socket, client) ?? socket.resetAndDestroy(),
  ),
  row('TLS 1.3: a good handshake, and a connection that is never closed', [null, 'finished'], (socket, client) => {
    socket.removeAllListeners('end');
    tls13((peer) => peer.flight())(socket, client);
  }),
  row(
    'TLS 1.3: the whole flight and a half-closed connection',
    [null, 'finished'],
    fin(tls13((peer) => peer.flight())),
  ),
  row('TLS 1.3: the whole flight, one octet a segment', [null, 'finished'], (socket, client) => {
    socket.setNoDelay(true);
    drip(new Tls13Peer(client, leaf).flight(), 0)(socket, client);
  }),
];

const badRecords: readonly Row[] = [
  row('a record longer than 2^14', ['tls_handshake_invalid', 'hello_sent'], say(record(22, zeros(2 ** 14 + 1)))),
  row(
    'a record of the greatest length that the header can say',
    ['tls_handshake_invalid', 'hello_sent'],
    say(Buffer.from('160303ffff', 'hex')),
  ),
  row('an empty handshake record', ['tls_handshake_invalid', 'hello_sent'], say(record(22, zeros(0)))),
  row(
    'empty records for ever',
    ['tls_handshake_invalid', 'hello_sent'],
    flood(Buffer.concat(Array(1000).fill(record(22, zeros(0))))),
  ),
  row('application data', ['tls_handshake_invalid', 'hello_sent'], say(record(23, zeros(40)))),
  row('a heartbeat', ['tls_handshake_invalid', 'hello_sent'], say(record(24, zeros(40)))),
  row(
    'an unknown record type behind ServerHello',
    ['tls_handshake_invalid', 'server_hello'],
    say(START, record(99, zeros(4))),
  ),
  row(
    'ChangeCipherSpec for ever',
    ['tls_handshake_invalid', 'hello_sent'],
    flood(Buffer.concat(Array(1000).fill(CHANGE_CIPHER_SPEC))),
  ),
  row(
    'ChangeCipherSpec with content of its own',
    ['tls_handshake_invalid', 'hello_sent'],
    say(record(20, Buffer.from([2]))),
  ),
  row(
    'warning alerts for ever',
    ['tls_handshake_invalid', 'hello_sent'],
    flood(Buffer.concat(Array(1000).fill(alertRecord(112, 1)))),
  ),
  row('a warning, then silence', ['tls_timeout', 'hello_sent'], say(alertRecord(112, 1))),
  row('an alert of one octet', ['tls_handshake_invalid', 'hello_sent'], say(record(21, Buffer.from([2])))),
  row('two alerts in a record', ['tls_handshake_invalid', 'hello_sent'], say(record(21, Buffer.from([1, 112, 2, 40])))),
  row('HTTP behind a ServerHello', ['tls_handshake_invalid', 'server_hello'], say(START, text('HTTP/1.1 400\r\n'))),
  row('TLS 1.3: record versions of every kind', [null, 'finished'], (socket, client) => {
    const peer = new Tls13Peer(client, leaf);
    const flight = peer.flight();
    const hello = Buffer.from(peer.hello);
    hello.writeUInt16BE(0x0300, 1);
    socket.write(Buffer.concat([hello, flight.subarray(hello.length)]));
  }),
  row(
    'TLS 1.2: another version in a record',
    ['tls_handshake_invalid', 'server_hello'],
    tls12((f) => Buffer.concat([inRecords(f.hello), record(22, f.certificate, 0x0301)])),
  ),
  row(
    'TLS 1.2 flight in records of one octet',
    ['tls_timeout', 'key_proven'],
    tls12((f) => records(22, Buffer.concat([f.hello, f.certificate, f.keyExchange, f.done]), 1)),
  ),
  row(
    'a message in records of one octet, without end',
    ['tls_handshake_invalid', 'server_hello'],
    flood(
      records(22, zeros(1000), 1),
      Buffer.concat([START, record(22, Buffer.concat([uint(1, 11), uint(3, 2 ** 17)]))]),
    ),
  ),
];

const badHellos: readonly Row[] = [
  row('chooses SSL 2.0', ['tls_version_unsupported', 'hello_sent'], say(hello({ version: 0x0002 }))),
  row('chooses TLS 1.4', ['tls_version_unsupported', 'hello_sent'], say(hello({ version: 0x0305 }))),
  row('a wrong version for ever', ['tls_version_unsupported', 'hello_sent'], flood(hello({ version: 0x0305 }))),
  row('chooses TLS 1.3 in the old field', ['tls_handshake_invalid', 'hello_sent'], say(hello({ version: 0x0304 }))),
  row(
    'chooses TLS 1.2 by extension',
    ['tls_handshake_invalid', 'hello_sent'],
    say(hello({ extensions: [extension(43, uint(2, 0x0303))] })),
  ),
  row(
    'chooses a suite that nobody offered',
    ['tls_handshake_invalid', 'hello_sent'],
    say(hello({ cipherSuite: 0x0005 })),
  ),
  row('chooses an anonymous suite', ['tls_handshake_invalid', 'hello_sent'], say(hello({ cipherSuite: 0x0034 }))),
  row(
    'chooses a suite of TLS 1.3 for 1.2',
    ['tls_handshake_invalid', 'hello_sent'],
    say(hello({ cipherSuite: 0x1301 })),
  ),
  row('chooses the signalling suite', ['tls_handshake_invalid', 'hello_sent'], say(hello({ cipherSuite: 0x00ff }))),
  row(
    'chooses a compression',
    ['tls_handshake_invalid', 'hello_sent'],
    say(hello({ cipherSuite: ECDSA, compression: 1 })),
  ),
  row('a session id of 33 octets', ['tls_handshake_invalid', 'hello_sent'], say(hello({ sessionId: zeros(33) }))),
  row(
    'an extension twice',
    ['tls_handshake_invalid', 'hello_sent'],
    say(hello({ cipherSuite: ECDSA, extensions: [extension(23, zeros(0)), extension(23, zeros(0))] })),
  ),
  row(
    'an extension that was not asked for',
    ['tls_handshake_invalid', 'hello_sent'],
    say(hello({ cipherSuite: ECDSA, extensions: [extension(35, zeros(0))] })),
  ),
  row(
    'an ALPN protocol although none was offered',
    ['tls_handshake_invalid', 'hello_sent'],
    say(hello({ cipherSuite: ECDSA, extensions: [extension(16, vector(2, vector(1, text('h2'))))] })),
  ),
  row(
    'renegotiation_info of a renegotiation',
    ['tls_handshake_invalid', 'hello_sent'],
    say(hello({ cipherSuite: ECDSA, extensions: [extension(0xff01, vector(1, zeros(24)))] })),
  ),
  row(
    'the mark of a downgrade',
    ['tls_handshake_invalid', 'hello_sent'],
    say(hello({ cipherSuite: ECDSA, random: Buffer.concat([zeros(24), text('DOWNGRD\x01')]) })),
  ),
  row('a ServerHello cut inside', ['tls_handshake_invalid', 'hello_sent'], say(inRecords(message(2, zeros(20))))),
  row(
    'octets behind the extensions',
    ['tls_handshake_invalid', 'hello_sent'],
    say(inRecords(message(2, uint(2, 0x0303), zeros(32), vector(1), uint(2, ECDSA), uint(1, 0), vector(2), zeros(1)))),
  ),
  row(
    'a ServerHello of 16 MB',
    ['tls_handshake_invalid', 'hello_sent'],
    flood(record(22, zeros(2 ** 14)), record(22, Buffer.concat([uint(1, 2), uint(3, 2 ** 24 - 1)]))),
  ),
  row(
    'HelloRequest for ever',
    ['tls_handshake_invalid', 'hello_sent'],
    flood(inRecords(...Array(1000).fill(HELLO_REQUEST))),
  ),
  row('a ClientHello', ['tls_handshake_invalid', 'hello_sent'], say(inRecords(message(1, zeros(50))))),
  row('Finished first', ['tls_handshake_invalid', 'hello_sent'], say(inRecords(message(20, zeros(12))))),
  row(
    'TLS 1.3: no key_share',
    ['tls_handshake_invalid', 'hello_sent'],
    tls13((_, c) => hello13(c, { extensions: [TLS13_VERSION] })),
  ),
  row(
    'TLS 1.3: a share of a group without a share of ours',
    ['tls_handshake_invalid', 'hello_sent'],
    tls13((_, c) => hello13(c, { extensions: [TLS13_VERSION, keyShare(23, Buffer.alloc(65, 4))] })),
  ),
  row(
    'TLS 1.3: a share that is too short',
    ['tls_handshake_invalid', 'hello_sent'],
    tls13((_, c) => hello13(c, { extensions: [TLS13_VERSION, keyShare(29, zeros(31))] })),
  ),
  row(
    'TLS 1.3: a share of low order',
    ['tls_handshake_invalid', 'hello_sent'],
    tls13((_, c) => hello13(c, { extensions: [TLS13_VERSION, keyShare(29, zeros(32))] })),
  ),
  row(
    'TLS 1.3: a broken hybrid share',
    ['tls_handshake_invalid', 'hello_sent'],
    tls13((_, c) => hello13(c, { extensions: [TLS13_VERSION, keyShare(0x11ec, zeros(1120))] })),
  ),
  row(
    'TLS 1.3: another session id',
    ['tls_handshake_invalid', 'hello_sent'],
    tls13((_, c) => hello13(c, { sessionId: zeros(32) })),
  ),
  row(
    'TLS 1.3: a suite of TLS 1.2',
    ['tls_handshake_invalid', 'hello_sent'],
    tls13((_, c) => hello13(c, { cipherSuite: ECDSA })),
  ),
  row(
    'TLS 1.3: extensions that belong elsewhere',
    ['tls_handshake_invalid', 'hello_sent'],
    tls13((_, c) => hello13(c, { extensions: [TLS13_VERSION, extension(0, zeros(0))] })),
  ),
  row('HelloRetryRequest for ever', ['tls_handshake_invalid', 'hello_sent'], (socket, client) => {
    socket.write(helloRetry(client, 23));
    socket.on('data', () => socket.write(helloRetry(client, 24)));
  }),
  row('HelloRetryRequest for a share that was sent', ['tls_handshake_invalid', 'hello_sent'], (socket, client) =>
    socket.write(helloRetry(client, 29)),
  ),
  row('HelloRetryRequest for a group that was not offered', ['tls_handshake_invalid', 'hello_sent'], (socket, client) =>
    socket.write(helloRetry(client, 0x0100)),
  ),
  row(
    'HelloRetryRequest that changes nothing',
    ['tls_handshake_invalid', 'hello_sent'],
    tls13((_, c) => hello13(c, { random: HELLO_RETRY_RANDOM, extensions: [TLS13_VERSION] })),
  ),
  row('HelloRetryRequest, then another suite', ['tls_handshake_invalid', 'hello_sent'], (socket, client) => {
    socket.write(helloRetry(client, 23, 0x1302));
    socket.once('data', () => socket.write(hello13(client)));
  }),
];

/** A HelloRetryRequest for nothing but a cookie. */
function cookieRequest({ sessionId }: ClientHelloView, length: number): Buffer {
  const cookie = extension(44, vector(2, zeros(length)));
  const options = { random: HELLO_RETRY_RANDOM, sessionId, cipherSuite: 0x1301, extensions: [TLS13_VERSION, cookie] };
  return inRecords(serverHello(options));
}

/** Each octet in a record of its own, with padding as long as a record may be (RFC 8446 §5.4). */
function padded(peer: Tls13Peer, bytes: Buffer): Buffer {
  return Buffer.concat(
    [...bytes].map((octet) => peer.seal(0, Buffer.concat([Buffer.from([octet, 22]), zeros(16_000)]))),
  );
}

/** A flight of TLS 1.2 whose ServerHello announces a staple. */
const announcing = { random: Buffer.alloc(32, 7), cipherSuite: ECDSA, extensions: [extension(5, zeros(0))] };

const seldomThoughtOf: readonly Row[] = [
  row('a cookie of 16 KiB, then silence', ['tls_timeout', 'hello_sent'], (socket, client) =>
    socket.write(cookieRequest(client, 2 ** 14)),
  ),
  row('a cookie of 16 KiB and one', ['tls_handshake_invalid', 'hello_sent'], (socket, client) =>
    socket.write(cookieRequest(client, 2 ** 14 + 1)),
  ),
  row('a cookie that leaves no room in our second hello', ['tls_handshake_invalid', 'hello_sent'], (socket, client) =>
    socket.write(cookieRequest(client, 65_000)),
  ),
  row('a cookie of no octets', ['tls_handshake_invalid', 'hello_sent'], (socket, client) =>
    socket.write(cookieRequest(client, 0)),
  ),
  row('a cookie for ever', ['tls_handshake_invalid', 'hello_sent'], (socket, client) => {
    socket.write(cookieRequest(client, 100));
    socket.on('data', () => socket.write(cookieRequest(client, 100)));
  }),
  row('HelloRetryRequest, then a share of another group', ['tls_handshake_invalid', 'hello_sent'], (socket, client) => {
    socket.write(helloRetry(client, 23));
    socket.once('data', () => socket.write(hello13(client)));
  }),
  row(
    'a ServerHello with 16,000 extensions',
    ['tls_handshake_invalid', 'hello_sent'],
    tls13((_, c) => hello13(c, { extensions: [TLS13_VERSION, ...Array(16_000).fill(extension(77, zeros(0)))] })),
  ),
  row(
    'a session that was never offered',
    ['tls_handshake_invalid', 'hello_sent'],
    tls13((_, c) => hello13(c, { extensions: [TLS13_VERSION, extension(41, uint(2, 0))] })),
  ),
  row(
    'ChangeCipherSpec inside a message',
    ['tls_handshake_invalid', 'hello_sent'],
    say(record(22, START.subarray(5, 30)), CHANGE_CIPHER_SPEC, record(22, START.subarray(30))),
  ),
  row(
    'an alert in two records',
    ['tls_handshake_invalid', 'hello_sent'],
    say(record(21, Buffer.from([2])), record(21, Buffer.from([40]))),
  ),
  row(
    'a protected record of 2^14+257',
    ['tls_handshake_invalid', 'server_hello'],
    tls13((p) => Buffer.concat([p.hello, record(23, zeros(2 ** 14 + 257))])),
  ),
  row(
    'a protected record of 2^14+1 inside',
    ['tls_handshake_invalid', 'server_hello'],
    tls13((p) => Buffer.concat([p.hello, p.seal(22, zeros(2 ** 14 + 1))])),
  ),
  row(
    'a flight of padding',
    ['tls_handshake_invalid', 'server_hello'],
    tls13((p) => Buffer.concat([p.hello, padded(p, encryptedExtensions([extension(10, vector(2, zeros(200)))]))])),
  ),
  row(
    'messages of no octets, by the 100,000',
    ['tls_handshake_invalid', 'server_hello'],
    tls13((p) => Buffer.concat([p.hello, p.say(Buffer.concat(Array(100_000).fill(message(77))))])),
  ),
  row(
    'close_notify where EncryptedExtensions is due',
    ['tls_closed', 'server_hello'],
    tls13((p) => Buffer.concat([p.hello, p.seal(21, Buffer.from([1, 0]))])),
  ),
  row(
    'CertificateRequest twice',
    ['tls_handshake_invalid', 'server_hello'],
    tls13((p) => p.flight({ certificateRequest: Buffer.concat(Array(2).fill(TLS13_CERTIFICATE_REQUEST)) })),
  ),
  row(
    'CertificateRequest for 12,000 authorities',
    [null, 'finished'],
    tls13((p) => {
      const names = extension(47, vector(2, ...Array(12_000).fill(vector(2, zeros(3)))));
      return p.flight({
        certificateRequest: message(13, vector(1), vector(2, extension(13, vector(2, uint(2, 0x0403))), names)),
      });
    }),
  ),
  row(
    'a staple twice',
    ['tls_handshake_invalid', 'server_hello'],
    tls13((p) => {
      const staple = extension(5, Buffer.concat([uint(1, 1), vector(3, zeros(9))]));
      return p.flight({ certificate: tls13Certificate([leaf.der], [staple, staple]) });
    }),
  ),
  row(
    'a signature of 64 KB',
    ['tls_handshake_invalid', 'certificate'],
    tls13((p) => p.flight({ certificateVerify: message(15, uint(2, 0x0403), vector(2, Buffer.alloc(65_535, 0x30))) })),
  ),
  row('a ticket in the record of Finished', ['tls_handshake_invalid', 'key_proven'], (socket, client) => {
    const peer = new Tls13Peer(client, leaf);
    const parts = [peer.hello, peer.say(encryptedExtensions([])), peer.say(tls13Certificate([leaf.der]))];
    parts.push(peer.say(peer.certificateVerify()));
    parts.push(peer.say(Buffer.concat([peer.finished(), TICKET])));
    socket.write(Buffer.concat(parts));
  }),
  row('KeyUpdate for ever behind a good handshake', [null, 'finished'], (socket, client) => {
    const peer = new Tls13Peer(client, leaf);
    socket.write(peer.flight());
    peer.useApplicationKeys();
    flood(peer.say(Buffer.concat(Array(10_000).fill(message(24, uint(1, 1))))))(socket, client);
  }),
  row('TLS 1.2: a share of low order', ['tls_handshake_invalid', 'key_proven'], (socket, client) => {
    const flight = tls12Flight(client, leaf, { group: 29, point: zeros(32) });
    socket.write(inRecords(flight.hello, flight.certificate, flight.keyExchange, flight.done));
  }),
  row('TLS 1.2: the point at infinity', ['tls_handshake_invalid', 'key_proven'], (socket, client) => {
    const flight = tls12Flight(client, leaf, { point: zeros(1) });
    socket.write(inRecords(flight.hello, flight.certificate, flight.keyExchange, flight.done));
  }),
  row(
    'TLS 1.2: a certificate list longer than its message',
    ['tls_handshake_invalid', 'server_hello'],
    tls12((f) => inRecords(f.hello, message(11, uint(3, 2 ** 24 - 1), vector(3, leaf.der)))),
  ),
  row(
    'TLS 1.2: a staple of 16 MB',
    ['tls_handshake_invalid', 'certificate'],
    tls12((f) => inRecords(serverHello(announcing), f.certificate, Buffer.concat([uint(1, 22), uint(3, 2 ** 24 - 1)]))),
  ),
  row(
    'TLS 1.2: a staple of another kind',
    ['tls_handshake_invalid', 'certificate'],
    tls12((f) => inRecords(serverHello(announcing), f.certificate, message(22, uint(1, 2), vector(3, zeros(9))))),
  ),
  row(
    'TLS 1.2: application data where Finished is due',
    ['tls_handshake_invalid', 'key_proven'],
    tls12((f) =>
      Buffer.concat([
        inRecords(f.hello, f.certificate, f.keyExchange, f.done),
        CHANGE_CIPHER_SPEC,
        record(23, zeros(64)),
      ]),
    ),
  ),
];

const badTls13: readonly Row[] = [
  row(
    'no EncryptedExtensions',
    ['tls_handshake_invalid', 'server_hello'],
    tls13((p) => Buffer.concat([p.hello, p.say(tls13Certificate([leaf.der]))])),
  ),
  row(
    'EncryptedExtensions twice',
    ['tls_handshake_invalid', 'server_hello'],
    tls13((p) => Buffer.concat([p.hello, p.say(encryptedExtensions([])), p.say(encryptedExtensions([]))])),
  ),
  row(
    'an extension twice',
    ['tls_handshake_invalid', 'server_hello'],
    tls13((p) =>
      p.flight({ encryptedExtensions: encryptedExtensions([extension(0, zeros(0)), extension(0, zeros(0))]) }),
    ),
  ),
  row(
    'an extension that was not asked for',
    ['tls_handshake_invalid', 'server_hello'],
    tls13((p) => p.flight({ encryptedExtensions: encryptedExtensions([extension(42, zeros(0))]) })),
  ),
  row(
    'key_share in EncryptedExtensions',
    ['tls_handshake_invalid', 'server_hello'],
    tls13((p) => p.flight({ encryptedExtensions: encryptedExtensions([keyShare(29, zeros(32))]) })),
  ),
  row(
    'an ALPN protocol although none was offered',
    ['tls_handshake_invalid', 'server_hello'],
    tls13((p) =>
      p.flight({ encryptedExtensions: encryptedExtensions([extension(16, vector(2, vector(1, text('h2'))))]) }),
    ),
  ),
  row(
    'CertificateRequest without signature_algorithms',
    ['tls_handshake_invalid', 'server_hello'],
    tls13((p) => p.flight({ certificateRequest: message(13, vector(1), vector(2)) })),
  ),
  row(
    'no certificate',
    ['tls_certificate_missing', 'server_hello'],
    tls13((p) => p.flight({ certificate: tls13Certificate([]) })),
  ),
  row(
    'a certificate of no octets',
    ['tls_handshake_invalid', 'server_hello'],
    tls13((p) => p.flight({ certificate: tls13Certificate([zeros(0)]) })),
  ),
  row(
    'a certificate that is no DER',
    ['tls_handshake_invalid', 'certificate'],
    tls13((p) => p.flight({ certificate: tls13Certificate([text('no certificate')]) })),
  ),
  row(
    'a certificate with an extension that may not stand there',
    ['tls_handshake_invalid', 'server_hello'],
    tls13((p) => p.flight({ certificate: tls13Certificate([leaf.der], [extension(16, zeros(0))]) })),
  ),
  row(
    'a compressed certificate, which was not offered',
    ['tls_handshake_invalid', 'server_hello'],
    tls13((p) => p.flight({ certificate: message(25, uint(2, 1), uint(3, 900), vector(3, zeros(90))) })),
  ),
  row(
    'a request context',
    ['tls_handshake_invalid', 'server_hello'],
    tls13((p) =>
      p.flight({ certificate: message(11, vector(1, zeros(4)), vector(3, vector(3, leaf.der), vector(2))) }),
    ),
  ),
  row(
    '1000 certificates',
    [null, 'finished'],
    tls13((p) => p.flight({ certificate: tls13Certificate(Array(1000).fill(leaf.der)) })),
  ),
  row(
    '1001 certificates',
    ['tls_chain_too_large', 'server_hello'],
    tls13((p) => p.flight({ certificate: tls13Certificate(Array(1001).fill(leaf.der)) })),
  ),
  row(
    '10,000 certificates of one octet',
    ['tls_chain_too_large', 'server_hello'],
    tls13((p) => p.flight({ certificate: tls13Certificate(Array(10_000).fill(zeros(1))) })),
  ),
  row(
    'a second certificate of 500 KB',
    [null, 'finished'],
    tls13((p) => p.flight({ certificate: tls13Certificate([leaf.der, zeros(500_000)]) })),
  ),
  row(
    'a second certificate of 1 MB',
    ['tls_chain_too_large', 'server_hello'],
    tls13((p) => p.flight({ certificate: tls13Certificate([leaf.der, zeros(2 ** 20)]) })),
  ),
  row(
    'a certificate of 16 MB',
    ['tls_chain_too_large', 'server_hello'],
    tls13((p) => Buffer.concat([p.hello, p.say(encryptedExtensions([])), p.say(HUGE)])),
  ),
  row(
    'no CertificateVerify',
    ['tls_handshake_invalid', 'certificate'],
    tls13((p) => p.flight({ certificateVerify: zeros(0) })),
  ),
  row(
    'a signature by another key',
    ['tls_handshake_invalid', 'certificate'],
    tls13((p) => p.flight({ certificateVerify: message(15, uint(2, 0x0403), vector(2, zeros(70))) })),
  ),
  row(
    'an empty signature',
    ['tls_handshake_invalid', 'certificate'],
    tls13((p) => p.flight({ certificateVerify: message(15, uint(2, 0x0403), vector(2)) })),
  ),
  row(
    'a scheme that was not offered',
    ['tls_handshake_invalid', 'certificate'],
    tls13((p) => p.flight({ certificateVerify: message(15, uint(2, 0x0203), vector(2, zeros(70))) })),
  ),
  row(
    'a scheme of TLS 1.2 alone',
    ['tls_handshake_invalid', 'certificate'],
    tls13((p) => p.flight({ certificateVerify: message(15, uint(2, 0x0401), vector(2, zeros(70))) })),
  ),
  row(
    'a scheme of another key type',
    ['tls_handshake_invalid', 'certificate'],
    tls13((p) => p.flight({ certificateVerify: message(15, uint(2, 0x0804), vector(2, zeros(256))) })),
  ),
  row(
    'a Finished that is wrong',
    ['tls_handshake_invalid', 'key_proven'],
    tls13((p) => p.flight({ finished: message(20, zeros(32)) })),
  ),
  row(
    'a Finished that is too short',
    ['tls_handshake_invalid', 'key_proven'],
    tls13((p) => p.flight({ finished: message(20, zeros(31)) })),
  ),
  row(
    'a ticket before Finished',
    ['tls_handshake_invalid', 'key_proven'],
    tls13((p) => p.flight({ finished: TICKET })),
  ),
  row(
    'KeyUpdate before Finished',
    ['tls_handshake_invalid', 'key_proven'],
    tls13((p) => p.flight({ finished: message(24, uint(1, 1)) })),
  ),
  row(
    'a plaintext message behind ServerHello',
    ['tls_handshake_invalid', 'server_hello'],
    tls13((p) => Buffer.concat([p.hello, inRecords(encryptedExtensions([]))])),
  ),
  row(
    'a message that spans the change of keys',
    ['tls_handshake_invalid', 'server_hello'],
    tls13((p) =>
      Buffer.concat([
        record(22, Buffer.concat([p.hello.subarray(5), Buffer.from([8])])),
        p.say(encryptedExtensions([])),
      ]),
    ),
  ),
  row(
    'a record that cannot be decrypted',
    ['tls_handshake_invalid', 'server_hello'],
    tls13((p) => Buffer.concat([p.hello, record(23, zeros(60))])),
  ),
  row(
    'a protected record shorter than its tag',
    ['tls_handshake_invalid', 'server_hello'],
    tls13((p) => Buffer.concat([p.hello, record(23, zeros(16))])),
  ),
  row(
    'a record of padding alone',
    ['tls_handshake_invalid', 'server_hello'],
    tls13((p) => Buffer.concat([p.hello, p.seal(0, zeros(100))])),
  ),
  row(
    'a protected ChangeCipherSpec',
    ['tls_handshake_invalid', 'server_hello'],
    tls13((p) => Buffer.concat([p.hello, p.seal(20, Buffer.from([1]))])),
  ),
  row(
    'application data before Finished',
    ['tls_handshake_invalid', 'server_hello'],
    tls13((p) => Buffer.concat([p.hello, p.seal(23, zeros(8))])),
  ),
  row(
    'protected empty records',
    ['tls_handshake_invalid', 'server_hello'],
    tls13((p) => Buffer.concat([p.hello, p.seal(22, zeros(0))])),
  ),
  row(
    'a protected alert',
    ['tls_alert', 'server_hello'],
    tls13((p) => Buffer.concat([p.hello, p.seal(21, Buffer.from([2, 80]))])),
  ),
  row(
    'protected user_canceled for ever',
    ['tls_handshake_invalid', 'server_hello'],
    tls13((p) => Buffer.concat([p.hello, ...Array.from({ length: 100 }, () => p.seal(21, Buffer.from([1, 90])))])),
  ),
  row('tickets by the 100,000, behind a good handshake', [null, 'finished'], (socket, client) => {
    const peer = new Tls13Peer(client, leaf);
    socket.write(peer.flight({ certificateRequest: TLS13_CERTIFICATE_REQUEST }));
    peer.useApplicationKeys();
    const tickets = Buffer.concat(Array.from({ length: 100 }, () => peer.say(Buffer.concat(Array(100).fill(TICKET)))));
    socket.on('data', () => flood(tickets)(socket, client));
  }),
  row('a flood of garbage behind a good handshake', [null, 'finished'], (socket, client) => {
    socket.write(new Tls13Peer(client, leaf).flight());
    flood(Buffer.alloc(2 ** 16, 0xa5))(socket, client);
  }),
];

const badTls12: readonly Row[] = [
  row(
    'ServerHello twice',
    ['tls_handshake_invalid', 'server_hello'],
    tls12((f) => inRecords(f.hello, f.hello)),
  ),
  row(
    'ServerKeyExchange before Certificate',
    ['tls_handshake_invalid', 'server_hello'],
    tls12((f) => inRecords(f.hello, f.keyExchange, f.certificate, f.done)),
  ),
  row(
    'Certificate twice',
    ['tls_handshake_invalid', 'certificate'],
    tls12((f) => inRecords(f.hello, f.certificate, f.certificate)),
  ),
  row(
    'no Certificate',
    ['tls_handshake_invalid', 'server_hello'],
    tls12((f) => inRecords(f.hello, f.keyExchange, f.done)),
  ),
  row(
    'an empty certificate list',
    ['tls_certificate_missing', 'server_hello'],
    tls12((f) => inRecords(f.hello, certificateMessage([]))),
  ),
  row(
    'no ServerKeyExchange',
    ['tls_handshake_invalid', 'certificate'],
    tls12((f) => inRecords(f.hello, f.certificate, f.done)),
  ),
  row(
    'a status that was not announced',
    ['tls_handshake_invalid', 'certificate'],
    tls12((f) => inRecords(f.hello, f.certificate, message(22, uint(1, 1), vector(3, zeros(9))))),
  ),
  row(
    'a certificate of 16 MB',
    ['tls_chain_too_large', 'server_hello'],
    tls12((f) => inRecords(f.hello, HUGE)),
  ),
  row(
    '10,000 certificates',
    ['tls_chain_too_large', 'server_hello'],
    tls12((f) => inRecords(f.hello, certificateMessage(Array(10_000).fill(zeros(1))))),
  ),
  row(
    'a signature over other parameters',
    ['tls_handshake_invalid', 'certificate'],
    tls12((f) => inRecords(f.hello, f.certificate, ecdheKeyExchange(29), f.done)),
  ),
  row(
    'explicit curve parameters',
    ['tls_handshake_invalid', 'certificate'],
    tls12((f) => inRecords(f.hello, f.certificate, ecdheKeyExchange(23, 0x0403, 1), f.done)),
  ),
  row('a group that was not offered', ['tls_handshake_invalid', 'certificate'], (socket, client) => {
    const flight = tls12Flight(client, leaf, { group: 0x0013 });
    socket.write(inRecords(flight.hello, flight.certificate, flight.keyExchange, flight.done));
  }),
  row('the group of TLS 1.3 alone', ['tls_handshake_invalid', 'certificate'], (socket, client) => {
    const flight = tls12Flight(client, leaf, { group: 0x11ec });
    socket.write(inRecords(flight.hello, flight.certificate, flight.keyExchange, flight.done));
  }),
  row('a point off the curve', ['tls_handshake_invalid', 'key_proven'], (socket, client) => {
    const flight = tls12Flight(client, leaf, { point: Buffer.concat([Buffer.from([4]), Buffer.alloc(64, 1)]) });
    socket.write(inRecords(flight.hello, flight.certificate, flight.keyExchange, flight.done));
  }),
  row('a scheme that does not fit the key', ['tls_handshake_invalid', 'certificate'], (socket, client) => {
    const flight = tls12Flight(client, leaf, { scheme: 0x0807 });
    socket.write(inRecords(flight.hello, flight.certificate, flight.keyExchange, flight.done));
  }),
  row(
    'a CertificateRequest that cannot be decoded',
    ['tls_handshake_invalid', 'key_proven'],
    tls12((f) => inRecords(f.hello, f.certificate, f.keyExchange, message(13, zeros(3)), f.done)),
  ),
  row(
    'CertificateRequest twice',
    ['tls_handshake_invalid', 'key_proven'],
    tls12((f) =>
      inRecords(f.hello, f.certificate, f.keyExchange, certificateRequest([]), certificateRequest([]), f.done),
    ),
  ),
  row(
    'ServerHelloDone with content',
    ['tls_handshake_invalid', 'key_proven'],
    tls12((f) => inRecords(f.hello, f.certificate, f.keyExchange, message(14, zeros(1)))),
  ),
  row(
    'silence where Finished is due',
    ['tls_timeout', 'key_proven'],
    tls12((f) => inRecords(f.hello, f.certificate, f.keyExchange, f.done)),
  ),
  row(
    'ChangeCipherSpec before its time',
    ['tls_handshake_invalid', 'server_hello'],
    tls12((f) => Buffer.concat([inRecords(f.hello), CHANGE_CIPHER_SPEC])),
  ),
  row(
    'Finished without ChangeCipherSpec',
    ['tls_handshake_invalid', 'key_proven'],
    tls12((f) => inRecords(f.hello, f.certificate, f.keyExchange, f.done, message(20, zeros(12)))),
  ),
  row(
    'Finished that cannot be decrypted',
    ['tls_handshake_invalid', 'key_proven'],
    tls12((f) =>
      Buffer.concat([
        inRecords(f.hello, f.certificate, f.keyExchange, f.done),
        CHANGE_CIPHER_SPEC,
        record(22, zeros(40)),
      ]),
    ),
  ),
  row(
    'tickets by the 100,000 where ChangeCipherSpec is due',
    ['tls_handshake_invalid', 'key_proven'],
    tls12((f) => inRecords(f.hello, f.certificate, f.keyExchange, f.done, ...Array(100_000).fill(TLS12_TICKET))),
  ),
  row(
    'renegotiation where ChangeCipherSpec is due',
    ['tls_handshake_invalid', 'key_proven'],
    tls12((f) => inRecords(f.hello, f.certificate, f.keyExchange, f.done, HELLO_REQUEST)),
  ),
  row(
    'renegotiation inside the flight is ignored, but not for ever',
    ['tls_handshake_invalid', 'server_hello'],
    tls12((f) => inRecords(f.hello, ...Array(1000).fill(HELLO_REQUEST))),
  ),
  row(
    'an alert where Finished is due',
    ['tls_alert', 'key_proven'],
    tls12((f) => Buffer.concat([inRecords(f.hello, f.certificate, f.keyExchange, f.done), alertRecord(51)])),
  ),
  row(
    'an alert after a client certificate was asked for',
    ['tls_client_cert_required', 'key_proven'],
    tls12((f) =>
      Buffer.concat([
        inRecords(f.hello, f.certificate, f.keyExchange, certificateRequest([]), f.done),
        alertRecord(40),
      ]),
    ),
  ),
];

/** What RSA key exchange leads the permissive hello into. */
const badLegacy: readonly Row[] = [
  row(
    'chooses SSL 3.0',
    ['tls_version_unsupported', 'certificate'],
    say(hello({ version: 0x0300, extensions: null }), inRecords(certificateMessage([zeros(9)]), SERVER_HELLO_DONE)),
  ),
  row(
    'a leaf that nobody can read',
    ['tls_handshake_invalid', 'certificate'],
    say(inRecords(serverHello(), certificateMessage([zeros(99)]), SERVER_HELLO_DONE)),
  ),
  row('a certificate of 16 MB', ['tls_chain_too_large', 'server_hello'], say(inRecords(serverHello(), HUGE))),
  row(
    'a chain of 110 KB',
    ['tls_chain_too_large', 'certificate'],
    say(inRecords(serverHello(), certificateMessage([zeros(110_000)]), SERVER_HELLO_DONE)),
  ),
  row('TLS 1.0, then silence behind Certificate', ['tls_timeout', 'certificate'], (socket) =>
    socket.write(inRecords(serverHello({ version: 0x0301 }), certificateMessage([zeros(99)]))),
  ),
  row(
    'TLS 1.0, then a flood',
    ['tls_handshake_invalid', 'certificate'],
    flood(
      record(23, zeros(2 ** 14)),
      inRecords(serverHello({ version: 0x0301 }), certificateMessage([zeros(99)]), SERVER_HELLO_DONE),
    ),
  ),
  row('TLS 1.1, then RST', ['tls_closed', null], reset(hello({ version: 0x0302 }))),
];

const ROWS = { insteadOfTls, cutShort, badRecords, badHellos, seldomThoughtOf, badTls13, badTls12, badLegacy };

/** No flood is read further than this; a handshake has 2 MiB at most, and what was on its way comes to it. */
const MAX_BYTES_READ = 8 * 2 ** 20;

async function visit(peer: Peer, deadlineMs: number): Promise<HandshakeResult> {
  const sockets: Socket[] = [];
  const dial = async (): Promise<Socket> => {
    const socket = connect(peer.port, '127.0.0.1');
    sockets.push(socket);
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return socket;
  };
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(new DOMException('deadline', 'TimeoutError')), deadlineMs);
  try {
    const result = await negotiate(dial, { serverName: 'hostile.example', alpn: [], signal: deadline.signal });
    // Each socket is let go of by itself, also the one of the attempt that was given up.
    await Promise.all(sockets.map(async (socket) => socket.closed || (await once(socket, 'close'))));
    for (const socket of sockets) expect(socket.bytesRead).toBeLessThan(MAX_BYTES_READ);
    expect(sockets.length).toBeLessThanOrEqual(2);
    return result;
  } finally {
    clearTimeout(timer);
    await peer.close();
  }
}

describe.each(Object.entries(ROWS))('%s', (group, rows) => {
  it.each(rows)('$name: $end', async ({ serve, onAccept, end: [code, state] }) => {
    const peer = await startPeer(serve, onAccept);
    const { record, faults } = await visit(peer, code === 'tls_timeout' ? DEADLINE_MS : PATIENCE_MS);
    expect(faults.map((fault) => fault.code)).toEqual(code === null ? [] : [code]);
    if (state !== null) expect(record.state).toBe(state);
    // Nothing but a proven key and a right Finished counts as finished.
    expect(record.state === 'finished').toBe(code === null);
    expect(record.hello).toBe(group === 'badLegacy' ? 'permissive' : 'modern');
  });
});

describe('a good flight cut anywhere', () => {
  it.each([
    // A step that meets every field sooner or later, and keeps the test short.
    { name: 'FIN', step: 7, end: (socket: Socket) => socket.end() },
    { name: 'RST', step: 1, end: (socket: Socket) => socket.resetAndDestroy() },
  ])('by $name, in TLS 1.3 and 1.2', { timeout: 120_000 }, async ({ step, end }) => {
    const flights = {
      tls13: (client: ClientHelloView) => new Tls13Peer(client, leaf).flight(),
      tls12: (client: ClientHelloView) => {
        const { hello, certificate, keyExchange, done } = tls12Flight(client, leaf);
        return inRecords(hello, certificate, keyExchange, done);
      },
    };
    for (const flight of Object.values(flights)) {
      // The shortest flight: lengths of signatures differ by a few octets.
      for (let length = 0; length < 600; length += step) {
        const peer = await startPeer((socket, client) => {
          if (client.x25519.length === 0) end(socket);
          else socket.write(flight(client).subarray(0, length), () => end(socket));
        });
        const { record, faults } = await visit(peer, PATIENCE_MS);
        expect([length, faults.map((fault) => fault.code)]).toEqual([length, ['tls_closed']]);
        expect(record.state).not.toBe('finished');
      }
    }
  });
});

describe('alerts of every number', () => {
  const SPECIAL: Readonly<Record<number, FindingCode>> = {
    0: 'tls_closed',
    40: 'tls_no_common_cipher',
    70: 'tls_version_unsupported',
    71: 'tls_no_common_cipher',
    112: 'tls_name_unrecognized',
    116: 'tls_client_cert_required',
    120: 'alpn_no_overlap',
  };
  /** user_canceled says nothing by itself: close_notify is to follow it (RFC 8446 §6.1). */
  const numbers = Array.from({ length: 256 }, (_, number) => number).filter((number) => number !== 90);

  it.each([
    { level: 2, name: 'fatal' },
    { level: 0, name: 'of a level that does not exist' },
  ])('$name', { timeout: 120_000 }, async ({ level }) => {
    for (const number of numbers) {
      const { record, faults } = await visit(await startPeer(say(alertRecord(number, level))), PATIENCE_MS);
      const codes = faults.map((fault) => fault.code);
      expect([number, codes[0]]).toEqual([number, SPECIAL[number] ?? 'tls_alert']);
      expect(record.alerts.map((alert) => alert.description)).toEqual([number]);
    }
  });
});

it('leaves no socket and no timer behind', async () => {
  const active = (type: string) => process.getActiveResourcesInfo().filter((name) => name === type).length;
  const samples = Object.values(ROWS).flatMap((rows) => rows.slice(-6));
  const visitAll = async () => {
    for (const { serve, onAccept } of samples) await visit(await startPeer(serve, onAccept), DEADLINE_MS);
  };
  await visitAll();
  const timers = active('Timeout');
  await visitAll();
  // Handles go one turn of the event loop after their `close`.
  await vi.waitFor(() => expect(active('TCPSocketWrap')).toBe(0));
  await vi.waitFor(() => expect(active('Timeout')).toBeLessThanOrEqual(timers));
});
