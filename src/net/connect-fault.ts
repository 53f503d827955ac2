import type { Fault } from '../domain/fault.ts';
import type { FindingCode } from '../domain/finding-codes.ts';
import { formatEndpoint, type Host } from '../domain/target.ts';

/** What this process or this machine lacks: never the target's fault, so never a finding. */
const OUR_OWN = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EAGAIN']);

const CODES: Readonly<Record<string, FindingCode>> = {
  ECONNREFUSED: 'connection_refused',
  // Accepted by the peer's kernel and reset before we could speak.
  ECONNRESET: 'connection_refused',
  ECONNABORTED: 'connection_refused',
  EPIPE: 'connection_refused',
  ETIMEDOUT: 'connection_timeout',
};

const PHRASES: Partial<Record<FindingCode, string>> = {
  connection_refused: 'refused the connection',
  connection_timeout: 'did not answer',
  host_unreachable: 'cannot be reached from here',
};

/** One failed attempt to connect, before the attempts of a target are summed up. */
export interface FailedAttempt {
  readonly address: Host;
  readonly port: number;
  /** errno name, or `TIMEOUT` when our own deadline ended the attempt. */
  readonly error: string;
}

/**
 * The finding code for an errno of connect(2). What is neither a refusal nor a time-out is a route that does not
 * exist: EHOSTUNREACH, ENETUNREACH, EACCES from a firewall, EAFNOSUPPORT, and EADDRNOTAVAIL where IPv6 is off.
 * Throws when the cause is a lack of our own resources.
 */
function connectCode({ address, port, error }: FailedAttempt): FindingCode {
  const noLocalPort = error === 'EADDRNOTAVAIL' && address.kind === 'ip' && address.family === 4;
  if (OUR_OWN.has(error) || noLocalPort) {
    throw new Error(`connecting to ${formatEndpoint(address, port)} failed for want of our own resources: ${error}`);
  }
  return error === 'TIMEOUT' ? 'connection_timeout' : (CODES[error] ?? 'host_unreachable');
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
