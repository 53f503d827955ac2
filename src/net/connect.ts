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
}

/** An attempt under way. */
export interface ConnectAttempt {
  /** Rejects with the signal's reason when that aborts. */
  readonly outcome: Promise<ConnectOutcome>;
  /** Ends the attempt alone: no effect on a socket that is connected. */
  readonly abandon: () => void;
}

/**
 * One attempt. The peer's address is judged again once the socket is connected and before it is handed out, so no
 * byte reaches an address that the guard refuses, whatever `connect` did with the one that it was given.
 */
export function startConnect(
  address: IpAddress,
  dial: { readonly connect: Connect; readonly guard: AddressGuard },
  { port, name, timeoutMs, signal }: ConnectOptions,
): ConnectAttempt {
  let abandon = (): void => {};
  const outcome = new Promise<ConnectOutcome>((resolve, reject) => {
    signal.throwIfAborted();
    const socket = dial.connect({ address: address.text, port });
    let isUnderWay = true;
    const settle = (ended: ConnectOutcome): void => {
      if (!isUnderWay) return;
      isUnderWay = false;
      stopTimer();
      if (ended.kind !== 'connected') socket.destroy();
      resolve(ended);
    };
    const fail = (error: string): void => settle({ kind: 'failed', error });
    const stopTimer = startTimer(timeoutMs, () => fail('TIMEOUT'));
    const destroy = (): unknown => socket.destroy();
    signal.addEventListener('abort', destroy, { once: true });
    socket.on('connect', () => settle(judgePeer(socket, address, dial.guard, name)));
    // Stays: whoever takes the socket over listens a few turns later, and a reset in between must not end the process.
    socket.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? 'UNKNOWN'));
    socket.on('close', () => {
      signal.removeEventListener('abort', destroy);
      if (isUnderWay && signal.aborted) reject(signal.reason);
      fail('ECONNRESET');
    });
    abandon = () => fail('ABANDONED');
  });
  return { outcome, abandon };
}

function judgePeer(socket: Socket, dialled: IpAddress, guard: AddressGuard, name: string | null): ConnectOutcome {
  // Undefined when the peer has gone already; nothing can be sent to it then.
  const { remoteAddress = '' } = socket;
  const peer = remoteAddress === dialled.text ? dialled : parseIpAddress(remoteAddress.replace(/%.*$/s, ''));
  if ('error' in peer) return { kind: 'failed', error: 'ECONNRESET' };
  const judgement = guard.judge(peer, name);
  return judgement.allowed ? { kind: 'connected', socket } : { kind: 'refused', refusal: judgement };
}
