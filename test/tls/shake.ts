import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { HandshakeResult } from '../../src/domain/handshake.ts';
import { type HandshakeOptions, handshake } from '../../src/tls/handshake.ts';
import { negotiate } from '../../src/tls/negotiate.ts';

type Options = Partial<HandshakeOptions>;

function withDefaults(options: Options): HandshakeOptions {
  return { serverName: 'www.example', alpn: [], signal: AbortSignal.timeout(5_000), ...options };
}

/** A connected socket to a server on loopback. */
export async function dial(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

/** One modern hello. */
export async function shake(port: number, options: Options = {}): Promise<HandshakeResult> {
  return handshake(await dial(port), withDefaults(options));
}

/** As the service does it; also says how many connections it took. */
export async function negotiated(port: number, options: Options = {}): Promise<HandshakeResult & { dials: number }> {
  let dials = 0;
  const result = await negotiate(() => {
    dials += 1;
    return dial(port);
  }, withDefaults(options));
  return { ...result, dials };
}
