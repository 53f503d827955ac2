import type { Socket } from 'node:net';
import type { Fault } from '../domain/fault.ts';
import type { HandshakeResult, HandshakeState } from '../domain/handshake.ts';
import { type HandshakeOptions, handshake } from './handshake.ts';
import { legacyHandshake } from './legacy.ts';

/** A new connection to the same address, guarded like the first. */
export type Dial = () => Promise<Socket>;

/**
 * The handshake that describes a server best: the modern hello, and only where that fails in a way that a permissive
 * one could mend, a second connection with the permissive hello. A protocol list that the server shares nothing with
 * (RFC 7301 §3.2) is a fault of its own, and everything is tried once more without it.
 *
 * Resolves for whatever the server does. Rejects with what `dial` rejects with on the first connection, and with the
 * reason of `options.signal` where that is no deadline.
 */
export async function negotiate(dial: Dial, options: HandshakeOptions): Promise<HandshakeResult> {
  const result = await negotiateHello(await dial(), dial, options);
  const overlap = overlapFault(result);
  const socket = overlap === undefined ? null : await redial(dial, options.signal);
  if (overlap === undefined || socket === null) return result;
  const without = await negotiateHello(socket, dial, { ...options, alpn: [] });
  return { record: without.record, faults: [overlap, ...without.faults] };
}

async function negotiateHello(socket: Socket, dial: Dial, options: HandshakeOptions): Promise<HandshakeResult> {
  const modern = await handshake(socket, options);
  const second = isMendable(modern) ? await redial(dial, options.signal) : null;
  if (second === null) return modern;
  const permissive = await legacyHandshake(second, options);
  return gotFurther(permissive, modern) || overlapFault(permissive) !== undefined ? permissive : modern;
}

function overlapFault({ faults }: HandshakeResult): Fault | undefined {
  return faults.find((fault) => fault.code === 'alpn_no_overlap');
}

/**
 * A connection for a second attempt; null when there is none, since what the first one showed stands by itself.
 * The caller's own abort goes back to the caller all the same.
 */
async function redial(dial: Dial, signal: AbortSignal): Promise<Socket | null> {
  if (signal.aborted && isDeadline(signal.reason)) return null;
  signal.throwIfAborted();
  try {
    return await dial();
  } catch {
    if (signal.aborted && !isDeadline(signal.reason)) throw signal.reason;
    return null;
  }
}

function isDeadline(reason: unknown): boolean {
  return reason instanceof Error && reason.name === 'TimeoutError';
}

/**
 * Whether old versions, suites, groups or signatures in the hello could bring a better answer. Never after a proof
 * that failed or a mark of a downgrade: a second conversation must not cover up what the first one showed.
 */
function isMendable({ record, faults }: HandshakeResult): boolean {
  const [fault] = faults;
  if (fault === undefined || record.state === 'finished') return false;
  switch (fault.code) {
    case 'tls_version_unsupported':
    case 'tls_no_common_cipher':
      return true;
    // Servers that do not understand a hello close or complain about its form.
    case 'tls_closed':
    case 'tls_alert':
      return record.state === 'hello_sent';
    default:
      return hasChosenUnoffered(fault);
  }
}

/** The server took something that only a permissive hello offers. */
function hasChosenUnoffered(fault: Fault): boolean {
  return fault.code === 'tls_handshake_invalid' && fault.evidence !== undefined && 'not_offered' in fault.evidence;
}

const STATES: readonly HandshakeState[] = [
  'connected',
  'hello_sent',
  'server_hello',
  'certificate',
  'key_proven',
  'finished',
];

function gotFurther(second: HandshakeResult, first: HandshakeResult): boolean {
  return STATES.indexOf(second.record.state) > STATES.indexOf(first.record.state);
}
