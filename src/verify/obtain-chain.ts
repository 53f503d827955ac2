import type { Evidence } from '../domain/evidence.ts';
import type { HandshakeRecord } from '../domain/handshake.ts';
import { Problem } from '../domain/problem.ts';
import type { VerifyRequest } from '../domain/request.ts';
import type { Target } from '../domain/target.ts';
import type { Verdict } from '../domain/verdict.ts';
import type { Connection, Dialer, DialReport } from '../net/dial.ts';
import { type Dial, negotiate } from '../tls/negotiate.ts';
import type { OfferedIdentity } from '../tls/session.ts';
import { type PemError, readPem } from '../x509/pem.ts';
import type { Deadline } from './deadline.ts';

/** Shares of the whole time that these phases may use; together less than all, so that the handshake gets its own. */
const RESOLVE_SHARE = 0.35;
const CONNECT_SHARE = 0.35;

/** The chain as it was served (or given), with all that was seen on the way to it. */
export interface ObtainedChain extends Pick<Evidence, 'mode' | 'connection' | 'handshake' | 'handshakeFaults'> {
  /** DER as sent, leaf first. */
  readonly certificates: readonly Buffer[];
  readonly timing: Pick<Verdict['timing'], 'dns_ms' | 'connect_ms' | 'tls_ms'>;
}

/** The way to the target. */
interface Door {
  readonly dialer: Dialer;
  /** Who asks. */
  readonly caller: string;
  /** To be shown where the server asks for a certificate; null = none. */
  readonly identity: OfferedIdentity | null;
}

/** From the network, or from the request when it brought a chain; then nothing is dialled. */
export async function obtainChain(request: VerifyRequest, deadline: Deadline, door: Door): Promise<ObtainedChain> {
  if (request.chainPem !== null) return readChain(request.chainPem);
  if (request.target === null) throw new Error('a request has a target or a chain');
  return connect(request.target, request.alpn, deadline, door);
}

async function connect(
  target: Target,
  alpn: readonly string[],
  deadline: Deadline,
  { dialer, caller, identity }: Door,
): Promise<ObtainedChain> {
  const { signal, shareMs } = deadline;
  const report = await dialer.open(target, {
    caller,
    signal,
    resolveTimeoutMs: shareMs(RESOLVE_SHARE),
    connectTimeoutMs: shareMs(CONNECT_SHARE),
  });
  const { connection, dropped } = report;
  const reached = {
    mode: 'connect',
    connection: {
      address: (connection ?? dropped)?.address.text ?? null,
      addresses: report.addresses,
      faults: report.faults,
    },
  } as const;
  if (connection === null) {
    const handshakeFaults = dropped === null ? [] : [dropped.fault];
    return { ...reached, handshake: null, handshakeFaults, certificates: [], timing: timingOf(report) };
  }
  const startedAt = performance.now();
  const sockets = firstThenRedial(connection.socket, async () => {
    const again = await connection.redial({ signal, timeoutMs: shareMs(CONNECT_SHARE) });
    if ('code' in again) throw new Error(again.detail);
    return again;
  });
  const serverName = target.serverName?.text ?? null;
  const { record, faults } = await negotiate(sockets, { serverName, alpn, identity, signal });
  return {
    ...reached,
    handshake: record,
    handshakeFaults: faults,
    certificates: derOf(record),
    timing: { ...timingOf(report), tls_ms: Math.round(performance.now() - startedAt) },
  };
}

/** The connection that is there already, then new ones to the same address. */
function firstThenRedial(first: Connection['socket'], redial: Dial): Dial {
  let next: Connection['socket'] | null = first;
  return async () => {
    const socket = next;
    next = null;
    return socket ?? redial();
  };
}

function derOf(record: HandshakeRecord): Buffer[] {
  return record.certificates.map((entry) => entry.der);
}

function timingOf({ resolveMs, connectMs }: DialReport): ObtainedChain['timing'] {
  return {
    ...(resolveMs === null ? {} : { dns_ms: Math.round(resolveMs) }),
    ...(connectMs === null ? {} : { connect_ms: Math.round(connectMs) }),
  };
}

/** Every certificate of `chain_pem`; what is no PEM at all is a mistake of the request. */
function readChain(pem: string): ObtainedChain {
  const { blocks, errors } = readPem(pem);
  const [error] = errors;
  if (error) throw invalidChain(error);
  const other = blocks.find((block) => block.label !== 'CERTIFICATE');
  if (other)
    throw refuse(
      'not_a_certificate',
      `block ${other.position} (line ${other.line}) is ${other.label}; only CERTIFICATE belongs here`,
    );
  if (blocks.length === 0) throw refuse('no_certificate', 'no PEM block was found; give the certificates leaf first');
  return {
    mode: 'chain',
    connection: null,
    handshake: null,
    handshakeFaults: [],
    certificates: blocks.map((block) => block.der),
    timing: {},
  };
}

function invalidChain(error: PemError): Problem {
  const advice = error.fault === 'private_key' ? ', which never belongs into a request: treat it as compromised' : '';
  return refuse(error.fault, `block ${error.position} (line ${error.line}): ${error.detail}${advice}`);
}

function refuse(code: string, detail: string): Problem {
  return new Problem('invalid_request', `chain_pem cannot be read: ${detail}.`, {
    errors: [{ pointer: '/chain_pem', code, detail }],
  });
}
