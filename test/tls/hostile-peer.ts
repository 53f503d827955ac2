import { createECDH, createPublicKey, diffieHellman, generateKeyPairSync, sign } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import {
  deriveSecret,
  finishedVerifyData,
  handshakeSecret,
  masterSecret,
  trafficKeys,
} from '../../src/tls/key-schedule.ts';
import { tls13Protection } from '../../src/tls/record-protection.ts';
import { Transcript } from '../../src/tls/transcript.ts';
import type { Issued } from '../support/issued.ts';
import {
  CONTENT,
  certificateMessage,
  extension,
  message,
  record,
  records,
  SERVER_HELLO_DONE,
  serverHello,
  uint,
  vector,
} from './server-bytes.ts';

/** A server that can do TLS, and so can do it wrong at any step. */

export interface ClientHelloView {
  /** The handshake message. */
  readonly bytes: Buffer;
  readonly random: Buffer;
  readonly sessionId: Buffer;
  /** The X25519 share; empty when none was sent. */
  readonly x25519: Buffer;
}

export type Script = (socket: Socket, hello: ClientHelloView) => void;

export interface Peer {
  readonly port: number;
  /** Connections that it accepted so far. */
  readonly accepted: () => number;
  readonly close: () => Promise<void>;
}

/** Listens on a free loopback port. `onHello` runs for each connection once its ClientHello is whole. */
export async function startPeer(onHello: Script, onAccept: (socket: Socket) => void = () => {}): Promise<Peer> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
    socket.once('end', () => socket.end());
    let received = Buffer.alloc(0);
    const collect = (chunk: Buffer): void => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 5 || received.length < 5 + received.readUInt16BE(3)) return;
      socket.off('data', collect);
      socket.resume();
      onHello(socket, readClientHello(received));
    };
    socket.on('data', collect);
    onAccept(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the peer listens on no port');
  return {
    port: address.port,
    accepted: () => accepted,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** Walks a ClientHello whose form is known to be right: it is ours. */
function readClientHello(bytes: Buffer): ClientHelloView {
  const hello = bytes.subarray(5, 5 + bytes.readUInt16BE(3));
  const sessionIdEnd = 39 + hello.readUInt8(38);
  const suitesEnd = sessionIdEnd + 2 + hello.readUInt16BE(sessionIdEnd);
  let offset = suitesEnd + 1 + hello.readUInt8(suitesEnd) + 2;
  let x25519: Buffer = Buffer.alloc(0);
  while (offset < hello.length) {
    const data = hello.subarray(offset + 4, offset + 4 + hello.readUInt16BE(offset + 2));
    if (hello.readUInt16BE(offset) === 51) x25519 = shareOf(data, 29);
    offset += 4 + data.length;
  }
  return { bytes: hello, random: hello.subarray(6, 38), sessionId: hello.subarray(39, sessionIdEnd), x25519 };
}

function shareOf(keyShare: Buffer, group: number): Buffer {
  let offset = 2;
  while (offset < keyShare.length) {
    const share = keyShare.subarray(offset + 4, offset + 4 + keyShare.readUInt16BE(offset + 2));
    if (keyShare.readUInt16BE(offset) === group) return share;
    offset += 4 + share.length;
  }
  return Buffer.alloc(0);
}

export const TLS13_VERSION = extension(43, uint(2, 0x0304));
const SPKI_PREFIX = Buffer.from('302a300506032b656e032100', 'hex');

/** The server's side of TLS 1.3 with TLS_AES_128_GCM_SHA256 and X25519 (RFC 8446 §7.1). */
export class Tls13Peer {
  /** ServerHello, as a record. */
  readonly hello: Buffer;
  readonly #leaf: Issued;
  readonly #transcript: Transcript;
  readonly #handshakeSecret: Buffer;
  readonly #serverSecret: Buffer;
  #protection: ReturnType<typeof tls13Protection>;

  constructor(client: ClientHelloView, leaf: Issued) {
    const { publicKey, privateKey } = generateKeyPairSync('x25519');
    const share = publicKey.export({ format: 'der', type: 'spki' }).subarray(SPKI_PREFIX.length);
    const ours = serverHello({
      sessionId: client.sessionId,
      cipherSuite: 0x1301,
      extensions: [TLS13_VERSION, extension(51, Buffer.concat([uint(2, 29), vector(2, share)]))],
    });
    const peer = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, client.x25519]), format: 'der', type: 'spki' });
    this.hello = record(CONTENT.handshake, ours);
    this.#leaf = leaf;
    this.#transcript = new Transcript('sha256', client.bytes);
    this.#transcript.add(ours);
    this.#handshakeSecret = handshakeSecret('sha256', diffieHellman({ privateKey, publicKey: peer }));
    this.#serverSecret = deriveSecret('sha256', this.#handshakeSecret, 's hs traffic', this.#transcript.digest());
    this.#protection = tls13Protection(trafficKeys('sha256', this.#serverSecret, 'aes-128-gcm'));
  }

  seal(type: number, content: Buffer): Buffer {
    return this.#protection.seal(type, content);
  }

  /** A handshake message, in protected records. */
  say(bytes: Buffer): Buffer {
    this.#transcript.add(bytes);
    const sealed: Buffer[] = [];
    for (let start = 0; start < bytes.length; start += 2 ** 14) {
      sealed.push(this.seal(CONTENT.handshake, bytes.subarray(start, start + 2 ** 14)));
    }
    return Buffer.concat(sealed);
  }

  certificateVerify(scheme = 0x0403): Buffer {
    const context = Buffer.from(`${' '.repeat(64)}TLS 1.3, server CertificateVerify\0`, 'latin1');
    const signature = sign('sha256', Buffer.concat([context, this.#transcript.digest()]), this.#leaf.key);
    return message(15, uint(2, scheme), vector(2, signature));
  }

  finished(): Buffer {
    return message(20, finishedVerifyData('sha256', this.#serverSecret, this.#transcript.digest()));
  }

  /** From the server's Finished on its records are protected with the application keys. */
  useApplicationKeys(): void {
    const master = masterSecret('sha256', this.#handshakeSecret);
    const secret = deriveSecret('sha256', master, 's ap traffic', this.#transcript.digest());
    this.#protection = tls13Protection(trafficKeys('sha256', secret, 'aes-128-gcm'));
  }

  /** A whole flight, in which each message can be another one, or several, or none. */
  flight(
    changes: {
      readonly encryptedExtensions?: Buffer;
      readonly certificateRequest?: Buffer;
      readonly certificate?: Buffer;
      readonly certificateVerify?: Buffer;
      readonly finished?: Buffer;
    } = {},
  ): Buffer {
    const sent = [
      this.hello,
      this.say(changes.encryptedExtensions ?? encryptedExtensions([])),
      this.say(changes.certificateRequest ?? Buffer.alloc(0)),
      this.say(changes.certificate ?? tls13Certificate([this.#leaf.der])),
    ];
    sent.push(this.say(changes.certificateVerify ?? this.certificateVerify()));
    sent.push(this.say(changes.finished ?? this.finished()));
    return Buffer.concat(sent);
  }
}

export function encryptedExtensions(extensions: readonly Buffer[]): Buffer {
  return message(8, vector(2, ...extensions));
}

export function tls13Certificate(certificates: readonly Buffer[], extensions: readonly Buffer[] = []): Buffer {
  const entries = certificates.map((der) => Buffer.concat([vector(3, der), vector(2, ...extensions)]));
  return message(11, vector(1), vector(3, ...entries));
}

/** CertificateRequest of TLS 1.3 for ecdsa_secp256r1_sha256. */
export const TLS13_CERTIFICATE_REQUEST = message(13, vector(1), vector(2, extension(13, vector(2, uint(2, 0x0403)))));

export interface Tls12Flight {
  readonly hello: Buffer;
  readonly certificate: Buffer;
  readonly keyExchange: Buffer;
  readonly done: Buffer;
}

/** Messages of TLS 1.2 with ECDHE-ECDSA and AES-128-GCM on P-256, the signature good unless the changes break it. */
export function tls12Flight(
  client: ClientHelloView,
  leaf: Issued,
  changes: {
    readonly hello?: Parameters<typeof serverHello>[0];
    readonly group?: number;
    readonly scheme?: number;
    readonly point?: Buffer;
  } = {},
): Tls12Flight {
  const random = Buffer.alloc(32, 7);
  const curve = createECDH('prime256v1');
  const point = changes.point ?? curve.generateKeys();
  const parameters = Buffer.concat([uint(1, 3), uint(2, changes.group ?? 23), vector(1, point)]);
  const signature = sign('sha256', Buffer.concat([client.random, random, parameters]), leaf.key);
  return {
    hello: serverHello({ random, cipherSuite: 0xc02b, extensions: [extension(0xff01, vector(1))], ...changes.hello }),
    certificate: certificateMessage([leaf.der]),
    keyExchange: message(12, parameters, uint(2, changes.scheme ?? 0x0403), vector(2, signature)),
    done: SERVER_HELLO_DONE,
  };
}

/** The messages, joined, in full records. */
export function inRecords(...messages: readonly Buffer[]): Buffer {
  return records(CONTENT.handshake, Buffer.concat(messages));
}
