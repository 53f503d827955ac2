import { constants } from 'node:crypto';
import type { Socket } from 'node:net';
import { connect, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import type { HandshakeResult } from '../domain/handshake.ts';
import type { HandshakeOptions } from './handshake.ts';
import { endsHandshake, ServerFlight } from './legacy-flight.ts';
import { concludeLegacy, type Ending } from './legacy-result.ts';
import { WireTap } from './wire-tap.ts';

/** How long a completed connection stays open for the server to read our Finished and close by itself. */
const LINGER_MS = 200;
/** What it may still say meanwhile. */
const MAX_DISCARDED_BYTES = 64 * 1024;

let permissiveContext: SecureContext | null = null;

/**
 * Everything that OpenSSL can still do below TLS 1.3, and no suite without a certificate. TLS 1.3 is left out because
 * the modern hello has asked for it already, and because all that is read here has to be plaintext.
 * `ca: []` keeps Node from ever verifying the chain, which it must not (its own verification is not safe with any
 * peer, and would answer with one error where we give all).
 */
function permissive(): SecureContext {
  permissiveContext ??= createSecureContext({
    ca: [],
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1.2',
    ciphers: 'ALL:eNULL:!aNULL:!PSK:!SRP:@SECLEVEL=0',
    ecdhCurve:
      'X25519:P-256:P-384:P-521:X448:brainpoolP256r1:brainpoolP384r1:brainpoolP512r1:secp256k1:secp224r1:prime192v1',
    secureOptions: constants.SSL_OP_LEGACY_SERVER_CONNECT | constants.SSL_OP_NO_TICKET,
  });
  return permissiveContext;
}

/**
 * One handshake with the permissive hello: TLS 1.0 to 1.2 with every key exchange, cipher, curve and key size that
 * OpenSSL still has, and servers without RFC 5746. OpenSSL completes the exchange, which proves possession of the key
 * (the signature of ServerKeyExchange, or the server's Finished under RSA key exchange); what is reported is read from
 * the wire by our own parser, and no certificate getter of node:tls is called.
 * Takes over the connected `socket` and leaves it closed. Throws nothing but the reason of a caller's abort.
 */
export async function legacyHandshake(socket: Socket, options: HandshakeOptions): Promise<HandshakeResult> {
  const flight = new ServerFlight();
  const { ending, tap } = await exchange(socket, flight, options);
  return concludeLegacy(ending, flight, tap, options.identity?.name ?? null);
}

/** Runs the handshake to whichever end comes first, and lets go of the socket. */
function exchange(
  socket: Socket,
  flight: ServerFlight,
  options: HandshakeOptions,
): Promise<{ ending: Ending; tap: WireTap }> {
  const { signal } = options;
  return new Promise((resolve, reject) => {
    let isSettled = false;
    const settle = (ending: Ending): void => {
      if (isSettled) return;
      isSettled = true;
      signal.removeEventListener('abort', onAbort);
      tap.stop();
      if (ending.by === 'finished') closeGently(socket, tls);
      else closeNow(socket, tap, tls);
      if (ending.by === 'cancelled') reject(ending.reason);
      else resolve({ ending, tap });
    };
    const onAbort = (): void => settle(endingOnAbort(signal.reason));
    const tap = new WireTap(socket, flight, () => settle(endingOnWire(tap, flight)));
    const tls = startTls(tap, options);
    tls.once('secureConnect', () => settle({ by: 'finished' }));
    tls.on('error', () => settle({ by: 'refused' }));
    tap.on('error', () => settle({ by: 'refused' }));
    socket.once('end', () => settle({ by: 'closed', closedBy: 'fin' }));
    socket.on('error', () => settle({ by: 'closed', closedBy: 'reset' }));
    socket.once('close', () => settle({ by: 'closed', closedBy: 'reset' }));
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    else if (socket.destroyed) settle({ by: 'closed', closedBy: 'reset' });
  });
}

function startTls(tap: WireTap, { serverName, alpn }: HandshakeOptions): TLSSocket {
  return connect({
    socket: tap,
    secureContext: permissive(),
    rejectUnauthorized: false,
    requestOCSP: true,
    ...(serverName === null ? {} : { servername: serverName }),
    ...(alpn.length === 0 ? {} : { ALPNProtocols: [...alpn] }),
  });
}

function endingOnAbort(reason: unknown): Ending {
  const isDeadline = reason instanceof Error && reason.name === 'TimeoutError';
  return isDeadline ? { by: 'timeout' } : { by: 'cancelled', reason };
}

function endingOnWire(tap: WireTap, flight: ServerFlight): Ending {
  if (tap.isFlooded) return { by: 'flood' };
  return flight.alerts.some(endsHandshake) ? { by: 'alert' } : { by: 'flight' };
}

/** Sends close_notify and FIN, and leaves the server a moment to close by itself so that its log shows no reset. */
function closeGently(socket: Socket, tls: TLSSocket): void {
  const destroy = (): void => {
    clearTimeout(timer);
    tls.destroy();
    socket.destroy();
  };
  const timer = setTimeout(destroy, LINGER_MS);
  let discarded = 0;
  socket.on('data', (chunk: Buffer) => {
    discarded += chunk.length;
    if (discarded > MAX_DISCARDED_BYTES) destroy();
  });
  socket.once('end', destroy);
  socket.once('close', destroy);
  tls.end();
  socket.resume();
}

function closeNow(socket: Socket, tap: WireTap, tls: TLSSocket): void {
  tls.destroy();
  tap.destroy();
  socket.destroy();
}
