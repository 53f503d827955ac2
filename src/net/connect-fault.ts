import type { Fault } from '../domain/fault.ts';
import type { FindingCode } from '../domain/finding-codes.ts';
import type { IpAddress } from '../domain/ip-address.ts';
import { formatEndpoint, type Host } from '../domain/target.ts';
import { isOwnLack, ownLack } from './own-lack.ts';

/** A peer accepted the connection and reset it before we could speak. */
const DROPPED = new Set(['ECONNRESET', 'ECONNABORTED', 'EPIPE']);

const CODES: Readonly<Record<string, FindingCode>> = {
  ECONNREFUSED: 'connection_refused',
  ETIMEDOUT: 'connection_timeout',
};

const PHRASES: Partial<Record<FindingCode, string>> = {
  connection_refused: 'refused the connection',
  connection_timeout: 'did not answer',
  host_unreachable: 'cannot be reached from here',
};

/** One failed attempt to connect, before the attempts of a target are summed up. */
export interface FailedAttempt {
  readonly address: IpAddress;
  readonly port: number;
  /** errno name, or `TIMEOUT` when our own deadline ended the attempt. */
  readonly error: string;
}

/**
 * The finding code for an errno of connect(2). What is neither a refusal nor a time-out is a route that does not
 * exist: EHOSTUNREACH, ENETUNREACH, EACCES from a firewall, EAFNOSUPPORT, and EADDRNOTAVAIL where IPv6 is off.
 * Throws the problem `overloaded` when the cause is a lack of our own resources.
 */
function connectCode({ address, port, error }: FailedAttempt): FindingCode {
  if (isOwnLack(error, address.family)) throw ownLack(`Connecting to ${formatEndpoint(address, port)}`, error);
  return error === 'TIMEOUT' ? 'connection_timeout' : (CODES[error] ?? 'host_unreachable');
}

/** Whether there was a connection, if only for a moment; see `droppedFault`. */
export function wasDropped({ error }: FailedAttempt): boolean {
  return DROPPED.has(error);
}

/**
 * What a connection is reported as that was reset at once. Whether the kernel tells of the reset as a failed connect or
 * as a failed read is a matter of microseconds, so both are the same fault, with the address that accepted.
 */
export function droppedFault(): Fault {
  return {
    code: 'tls_closed',
    detail: 'The server accepted the connection and reset it at once',
    evidence: { closed_by: 'reset', state: 'connected' },
  };
}

/** One fault for each code among the attempts, in order, with all addresses that failed in that way. */
export function connectFaults(attempts: readonly FailedAttempt[], host: Host): Fault[] {
  const byCode = Map.groupBy(attempts, connectCode);
  return [...byCode].map(([code, alike]) => {
    const endpoints = alike.map(({ address, port }) => formatEndpoint(address, port));
    const errors = [...new Set(alike.map(({ error }) => error))];
    return {
      code,
      detail: `${endpoints.join(', ')} ${PHRASES[code]} (${errors.join(', ')})`,
      evidence: {
        host: host.text,
        port: alike[0]?.port ?? null,
        addresses: alike.map(({ address }) => address.text),
        errors,
      },
    };
  });
}
