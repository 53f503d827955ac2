import type { Socket } from 'node:net';
import type { Fault } from '../domain/fault.ts';
import type { IpAddress } from '../domain/ip-address.ts';
import { Problem } from '../domain/problem.ts';
import type { Target } from '../domain/target.ts';
import { type AddressGuard, describeRefusal, type Refusal } from './address-guard.ts';
import { type AddressShare, rangeOf } from './address-share.ts';
import {
  type Connect,
  type ConnectAttempt,
  type ConnectOptions,
  type ConnectOutcome,
  startConnect,
} from './connect.ts';
import { connectFaults, droppedFault, type FailedAttempt, wasDropped } from './connect-fault.ts';
import type { PortGuard } from './port-guard.ts';
import type { Resolver } from './resolve.ts';

/** RFC 8305 §5: how long an address may be silent before the next one is tried beside it. */
const ATTEMPT_DELAY_MS = 250;
/** What others hold is given back as connections and look-ups end, which none of them does at a known time. */
const RETRY_SOON = { 'Retry-After': '1' };

export interface DialerOptions {
  readonly guard: AddressGuard;
  readonly ports: PortGuard;
  readonly resolver: Resolver;
  readonly connect: Connect;
  readonly share: AddressShare;
}

/** One address that was tried, in order of ending. */
export interface Attempt {
  readonly address: string;
  readonly durationMs: number;
  /** errno name, `TIMEOUT`, `REFUSED_BY_GUARD` or `ABANDONED` (another address was quicker); null = connected. */
  readonly error: string | null;
}

/** A connection to one address. The caller destroys the socket. */
export interface Connection {
  readonly socket: Socket;
  readonly address: IpAddress;
  readonly port: number;
  /** Connects once more to the same address and port, guarded as before. */
  redial(options: { signal: AbortSignal; timeoutMs: number }): Promise<Socket | Fault>;
}

/** How a target was reached, or all that stood in the way. */
export interface DialReport {
  /** Addresses that may be dialled, in the order to be tried. */
  readonly addresses: readonly string[];
  /** Addresses of the name that the guard refused; never dialled. */
  readonly refused: readonly string[];
  /** How many addresses the name has, those beyond the bound included. */
  readonly addressesTotal: number;
  readonly attempts: readonly Attempt[];
  /** Null for an address literal. */
  readonly resolveMs: number | null;
  /** From the first attempt to the connection, or to the end of the last attempt; null when nothing was dialled. */
  readonly connectMs: number | null;
  /** Why no address could be connected to; empty when one accepted. */
  readonly faults: readonly Fault[];
  readonly connection: Connection | null;
  /** Who accepted and reset at once; null when there is a connection, or when nobody accepted. */
  readonly dropped: { readonly address: IpAddress; readonly fault: Fault } | null;
}

export interface Dialer {
  /**
   * Resolves the target and connects to the first of its addresses that answers. What is wrong with the target is a
   * fault; throws the problems `port_forbidden`, `target_forbidden` (no address may be dialled) and `overloaded` (the
   * look-up never had its turn, or the range of addresses has its share), and the signal's reason. The signal also
   * destroys the socket of a connection.
   */
  open(
    target: Target,
    options: { caller: string; signal: AbortSignal; resolveTimeoutMs: number; connectTimeoutMs: number },
  ): Promise<DialReport>;
  /** Connects to one address, guarded; throws as `open` does. `name` is where the address comes from, if anywhere. */
  dial(
    address: IpAddress,
    port: number,
    options: { name: string | null; signal: AbortSignal; timeoutMs: number },
  ): Promise<Socket | Fault>;
}

/** The only door to the network for verifying. */
export function createDialer({ guard, ports, resolver, connect, share }: DialerOptions): Dialer {
  /** Within the share of the address's range, which a connection holds until its socket closes. */
  const attempt = (address: IpAddress, options: ConnectOptions): ConnectAttempt => {
    const release = share.take(address);
    if (release === null) return { outcome: Promise.reject(crowded(address, share)), abandon: () => {} };
    const { outcome, abandon } = startConnect(address, { connect, guard }, options);
    const onOutcome = (ended: ConnectOutcome): ConnectOutcome => {
      if (ended.kind === 'connected' && !ended.socket.destroyed) ended.socket.once('close', release);
      else release();
      return ended;
    };
    const onError = (error: unknown): never => {
      release();
      throw error;
    };
    return { outcome: outcome.then(onOutcome, onError), abandon };
  };

  const dial: Dialer['dial'] = async (address, port, options) => {
    ports.check(port);
    const judgement = guard.judge(address, options.name);
    if (!judgement.allowed) throw forbidden([judgement], options.name);
    const outcome = await attempt(address, { port, ...options }).outcome;
    if (outcome.kind === 'refused') throw forbidden([outcome.refusal], options.name);
    if (outcome.kind === 'connected') return outcome.socket;
    const failed = { address, port, error: outcome.error };
    return wasDropped(failed) ? droppedFault() : onlyFault(connectFaults([failed], address));
  };

  const open: Dialer['open'] = async (target, { caller, signal, resolveTimeoutMs, connectTimeoutMs }) => {
    const { host, port } = target.connectTo ?? target;
    ports.check(port);
    const family = target.addressFamily;
    const found = await resolver.resolve(host, { family, timeoutMs: resolveTimeoutMs, signal, callers: [caller] });
    if (found.crowded !== null) throw new Problem('overloaded', found.crowded, { headers: RETRY_SOON });
    const name = host.kind === 'dns' ? host.text : null;
    const { allowed, refusals } = judgeAll(found.addresses, guard, name);
    const report = {
      addresses: allowed.map(({ text }) => text),
      refused: refusals.map(({ address }) => address.text),
      addressesTotal: found.total,
      resolveMs: found.durationMs,
      faults: [],
      connection: null,
      dropped: null,
    };
    if (found.fault) return { ...report, attempts: [], connectMs: null, faults: [found.fault] };
    if (allowed.length === 0) throw forbidden(refusals, name);

    const race = await raceAddresses(allowed, attempt, { port, name, signal, timeoutMs: connectTimeoutMs });
    const { attempts, connectMs, winner } = race;
    if (winner) {
      const redial: Connection['redial'] = (options) => dial(winner.address, port, { name, ...options });
      return { ...report, attempts, connectMs, connection: { ...winner, port, redial } };
    }
    if (race.refusals.length > 0) throw forbidden(race.refusals, name);
    const dropped = race.failed.find(wasDropped);
    if (dropped) {
      return { ...report, attempts, connectMs, dropped: { address: dropped.address, fault: droppedFault() } };
    }
    return { ...report, attempts, connectMs, faults: connectFaults(race.failed, host) };
  };

  return { open, dial };
}

function judgeAll(addresses: readonly IpAddress[], guard: AddressGuard, name: string | null) {
  const allowed: IpAddress[] = [];
  const refusals: Refusal[] = [];
  for (const address of addresses) {
    const judgement = guard.judge(address, name);
    if (judgement.allowed) allowed.push(address);
    else refusals.push(judgement);
  }
  return { allowed, refusals };
}

interface Race {
  readonly winner: { readonly socket: Socket; readonly address: IpAddress } | null;
  readonly attempts: readonly Attempt[];
  readonly failed: readonly FailedAttempt[];
  /** By the guard, of the peer that a socket turned out to be connected to. */
  readonly refusals: readonly Refusal[];
  readonly connectMs: number;
}

/**
 * Tries the addresses in order, the next one as soon as one fails or is silent for `ATTEMPT_DELAY_MS`; all share one
 * deadline. The first connection wins, and every other attempt is destroyed before this resolves.
 */
function raceAddresses(
  addresses: readonly IpAddress[],
  attempt: (address: IpAddress, options: ConnectOptions) => ConnectAttempt,
  options: ConnectOptions,
): Promise<Race> {
  const { port, timeoutMs } = options;
  const began = performance.now();
  const attempts: Attempt[] = [];
  const failed: FailedAttempt[] = [];
  const refusals: Refusal[] = [];
  const running = new Map<IpAddress, { readonly started: number; readonly abandon: () => void }>();
  let next = 0;
  let overtaking: NodeJS.Timeout | undefined;
  const record = (address: IpAddress, error: string | null): void => {
    const { started = 0 } = running.get(address) ?? {};
    attempts.push({ address: address.text, durationMs: performance.now() - started, error });
    running.delete(address);
  };
  const abandonAll = (): void => {
    clearTimeout(overtaking);
    for (const [address, { abandon }] of running) {
      record(address, 'ABANDONED');
      abandon();
    }
  };

  return new Promise((resolve, reject) => {
    const end = (winner: Race['winner']): void => {
      abandonAll();
      resolve({ winner, attempts, failed, refusals, connectMs: performance.now() - began });
    };
    const onOutcome = (address: IpAddress, outcome: ConnectOutcome): void => {
      if (!running.has(address)) {
        if (outcome.kind === 'connected') outcome.socket.destroy();
        return;
      }
      record(address, errorOf(outcome));
      if (outcome.kind === 'connected') {
        end({ socket: outcome.socket, address });
        return;
      }
      if (outcome.kind === 'refused') refusals.push(outcome.refusal);
      else failed.push({ address, port, error: outcome.error });
      if (next < addresses.length) start();
      else if (running.size === 0) end(null);
    };
    const start = (): void => {
      clearTimeout(overtaking);
      const address = addresses[next++];
      if (address === undefined) return;
      const started = performance.now();
      if (next < addresses.length) overtaking = setTimeout(start, ATTEMPT_DELAY_MS);
      const remainingMs = Math.max(1, timeoutMs - (started - began));
      const { outcome, abandon } = attempt(address, { ...options, timeoutMs: remainingMs });
      running.set(address, { started, abandon });
      outcome
        .then((ended) => onOutcome(address, ended))
        .catch((error: unknown) => {
          abandonAll();
          reject(error);
        });
    };
    start();
  });
}

function errorOf(outcome: ConnectOutcome): string | null {
  if (outcome.kind === 'connected') return null;
  return outcome.kind === 'refused' ? 'REFUSED_BY_GUARD' : outcome.error;
}

function onlyFault(faults: readonly Fault[]): Fault {
  const [fault] = faults;
  if (fault === undefined) throw new Error('a failed attempt has a fault');
  return fault;
}

/** 403 that names the address, the block and the setting; only the first refusal is told in full. */
function forbidden(refusals: readonly Refusal[], name: string | null): Problem {
  const [refusal] = refusals;
  if (refusal === undefined) throw new Error('nothing was refused');
  const more =
    refusals.length > 1 ? ` No other address of the name may be dialled either (${refusals.length} in all).` : '';
  return new Problem('target_forbidden', `${describeRefusal(refusal, name)}${more}`);
}

function crowded(address: IpAddress, { most }: AddressShare): Problem {
  return new Problem(
    'overloaded',
    `${rangeOf(address)} has ${most} connections under way, all that one range of addresses may have (half of MAX_IN_FLIGHT).`,
    { headers: RETRY_SOON },
  );
}
