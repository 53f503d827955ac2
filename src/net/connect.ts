import { connect as netConnect, type Socket } from 'node:net';
import { type IpAddress, parseIpAddress } from '../domain/ip-address.ts';
import { startTimer } from '../loop/timer.ts';
import type { AddressGuard, Refusal } from './address-guard.ts';

/** Begins a TCP connection to an address literal and returns the socket at once, as net.connect does. */
export type Connect = (to: { readonly address: string; readonly port: number }) => Socket;

export const systemConnect: Connect = ({ address, port }) =>
  // The address is a literal, so nothing is looked up and no other address can be tried behind our back.
  netConnect({ host: address, port, noDelay: true, autoSelectFamily: false });

/** How one attempt ended: a socket that is ours to destroy, an errno name (or `TIMEOUT`), or a refusal by the guard. */
export type ConnectOutcome =
  | { readonly kind: 'connected'; readonly socket: Socket }
  | { readonly kind: 'failed'; readonly error: string }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

export interface ConnectOptions {
  readonly port: number;
  /** The name that the address was resolved from; null for a literal. */
  readonly name: string | null;
  readonly timeoutMs: number;
  /** Destroys the socket, during the attempt and for as long as the socket lives. */
  readonly signal: AbortSignal;
  /** Ends the attempt alone: no effect on a socket that is connected. */
  readonly abandoned?: AbortSignal;
}

/**
 * One attempt. The peer's address is judged again once the socket is connected and before it is handed out, so no
 * byte reaches an address that the guard refuses, whatever `connect` did with the one that it was given. Rejects with
 * the signal's reason when that aborts.
 */
export async function connectOnce(
  address: IpAddress,
  dial: { readonly connect: Connect; readonly guard: AddressGuard },
  options: ConnectOptions,
): Promise<ConnectOutcome> {
  const { port, name, timeoutMs, signal, abandoned } = options;
  signal.throwIfAborted();
  const socket = dial.connect({ address: address.text, port });
  // Whoever takes the socket over listens a few turns later: a reset in between must not end the process.
  socket.on('error', () => {});
  const destroy = (): void => {
    socket.destroy();
  };
  signal.addEventListener('abort', destroy, { once: true });
  socket.once('close', () => signal.removeEventListener('abort', destroy));

  return new Promise((resolve, reject) => {
    const settle = (outcome: ConnectOutcome): void => {
      stopTimer();
      abandoned?.removeEventListener('abort', onAbandoned);
      socket.off('connect', onConnect).off('error', onError).off('close', onClose);
      if (outcome.kind !== 'connected') socket.destroy();
      resolve(outcome);
    };
    const onConnect = (): void => settle(judgePeer(socket, dial.guard, name));
    const onError = (error: NodeJS.ErrnoException): void => settle({ kind: 'failed', error: error.code ?? 'UNKNOWN' });
    const onClose = (): void => {
      if (signal.aborted) {
        stopTimer();
        reject(signal.reason);
      } else settle({ kind: 'failed', error: 'ECONNRESET' });
    };
    const onAbandoned = (): void => settle({ kind: 'failed', error: 'ABANDONED' });
    const stopTimer = startTimer(timeoutMs, () => settle({ kind: 'failed', error: 'TIMEOUT' }));
    abandoned?.addEventListener('abort', onAbandoned, { once: true });
    socket.once('connect', onConnect).once('error', onError).once('close', onClose);
  });
}

function judgePeer(socket: Socket, guard: AddressGuard, name: string | null): ConnectOutcome {
  // Undefined when the peer has gone already; nothing can be sent to it then.
  const peer = parseIpAddress((socket.remoteAddress ?? '').replace(/%.*$/s, ''));
  if ('error' in peer) return { kind: 'failed', error: 'ECONNRESET' };
  const judgement = guard.judge(peer, name);
  return judgement.allowed ? { kind: 'connected', socket } : { kind: 'refused', refusal: judgement };
}
