import { createECDH, hash } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { HandshakeResult } from '../../src/domain/handshake.ts';
import { type HandshakeOptions, handshake } from '../../src/tls/handshake.ts';
import { type Entropy, FRESH_ENTROPY } from '../../src/tls/key-exchange.ts';

/**
 * A conversation that can be had again: the client draws fixed randoms and keys, so a server that repeats its bytes
 * is believed, and one that changes a byte of them must not be.
 */

export interface Flight {
  /** Octets that the client has sent in all when the server answers. */
  readonly after: number;
  readonly bytes: Buffer;
}

/** The same randoms and key pairs for every handshake that uses it. */
export function fixedEntropy(): Entropy {
  const x25519 = FRESH_ENTROPY.x25519();
  const x448 = FRESH_ENTROPY.x448();
  const mlKem768 = FRESH_ENTROPY.mlKem768();
  const curves = new Map<string, ReturnType<typeof createECDH>>();
  return {
    randomBytes: (length) => hash('sha512', 'fixed', 'buffer').subarray(0, length),
    x25519: () => x25519,
    x448: () => x448,
    mlKem768: () => mlKem768,
    ecdh: (curve) => {
      const known = curves.get(curve) ?? createECDH(curve);
      if (!curves.has(curve)) known.generateKeys();
      curves.set(curve, known);
      return known;
    },
  };
}

/** Shakes hands with a real server on loopback; returns what it sent, cut where the client spoke in between. */
export async function recordFlights(
  port: number,
  options: HandshakeOptions,
  entropy: Entropy,
): Promise<{ result: HandshakeResult; flights: Flight[] }> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const flights: { after: number; bytes: Buffer }[] = [];
  let sent = 0;
  const write = socket.write.bind(socket);
  socket.write = (bytes: Buffer) => {
    sent += bytes.length;
    return write(bytes);
  };
  socket.on('data', (chunk: Buffer) => {
    const last = flights.at(-1);
    if (last?.after === sent) last.bytes = Buffer.concat([last.bytes, chunk]);
    else flights.push({ after: sent, bytes: chunk });
  });
  const result = await handshake(socket, options, entropy);
  // What came after the client's last flight (tickets) says nothing about the handshake.
  return { result, flights: flights.filter(({ after }) => after < sent) };
}

const IDLE_MS = 150;

/** A server that says what it is told to, one script for each connection. */
export class ReplayServer {
  readonly #server: Server;
  #script: readonly Flight[] = [];
  /** How a flight is written; by default in one piece. */
  deliver: (socket: Socket, bytes: Buffer) => void = (socket, bytes) => socket.write(bytes);

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => this.#serve(socket));
  }

  static async start(): Promise<ReplayServer> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new ReplayServer(server);
  }

  close(): void {
    this.#server.close();
  }

  async replay(script: readonly Flight[], options: HandshakeOptions, entropy: Entropy): Promise<HandshakeResult> {
    this.#script = script;
    const socket = connect((this.#server.address() as AddressInfo).port, '127.0.0.1');
    await once(socket, 'connect');
    return handshake(socket, options, entropy);
  }

  #serve(socket: Socket): void {
    const script = this.#script;
    let received = 0;
    let next = 0;
    // A changed byte may leave both sides waiting for each other.
    socket.setTimeout(IDLE_MS, () => socket.end());
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      received += chunk.length;
      for (let flight = script[next]; flight && received >= flight.after; flight = script[++next]) {
        this.deliver(socket, flight.bytes);
        if (next === script.length - 1) socket.end();
      }
    });
  }
}

/** Where each record of a flight begins, and its content type. */
export function recordsOf(bytes: Buffer): { offset: number; type: number; length: number }[] {
  const records: { offset: number; type: number; length: number }[] = [];
  for (let offset = 0; offset + 5 <= bytes.length; ) {
    const length = bytes.readUInt16BE(offset + 3);
    records.push({ offset, type: bytes.readUInt8(offset), length });
    offset += 5 + length;
  }
  return records;
}
