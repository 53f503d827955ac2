import { constants } from 'node:crypto';
import type { Socket } from 'node:net';
import { connect, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import type { Fault, FaultEvidence } from '../domain/fault.ts';
import type { HandshakeRecord, HandshakeResult, HandshakeState } from '../domain/handshake.ts';
import { type AlertContext, alertFault, demandsClientCertificate } from './alerts.ts';
import { cipherSuiteName } from './cipher-suites.ts';
import { endsHandshake, ServerFlight } from './legacy-flight.ts';
import { parseSelectedAlpn } from './legacy-messages.ts';
import { EXTENSION, VERSION, versionName } from './registry.ts';
import { WireTap } from './wire-tap.ts';

export interface LegacyOptions {
  /** The SNI to send; null sends none. */
  readonly serverName: string | null;
  /** ALPN protocol names to offer; empty offers none. */
  readonly alpn: readonly string[];
  /**
   * Ends the handshake and the socket. A reason named `TimeoutError` (`AbortSignal.timeout`) is the deadline and
   * becomes `tls_timeout`; any other is the caller's own and is thrown.
   */
  readonly signal: AbortSignal;
}

/** The most that OpenSSL takes of a Certificate message (its max_cert_list, which node:tls cannot raise). */
const OPENSSL_CERTIFICATE_MESSAGE_BYTES = 100 * 1024;

/** How long a completed connection stays open for the server to read our Finished and close by itself. */
const LINGER_MS = 200;

/** Why the exchange came to its end. */
type Ending =
  | { readonly by: 'finished' }
  | { readonly by: 'flight' }
  | { readonly by: 'alert' }
  | { readonly by: 'refused' }
  | { readonly by: 'flood' }
  | { readonly by: 'closed'; readonly closedBy: 'fin' | 'reset' }
  | { readonly by: 'timeout' }
  | { readonly by: 'cancelled'; readonly reason: unknown };

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
    ciphers: 'ALL:!aNULL:!eNULL:!PSK:!SRP:@SECLEVEL=0',
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
export async function legacyHandshake(socket: Socket, options: LegacyOptions): Promise<HandshakeResult> {
  const flight = new ServerFlight();
  const { ending, tap } = await exchange(socket, flight, options);
  return conclude(ending, flight, tap);
}

/** Runs the handshake to whichever end comes first, and lets go of the socket. */
function exchange(
  socket: Socket,
  flight: ServerFlight,
  options: LegacyOptions,
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

function startTls(tap: WireTap, { serverName, alpn }: LegacyOptions): TLSSocket {
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

function conclude(ending: Ending, flight: ServerFlight, tap: WireTap): HandshakeResult {
  const state = ending.by === 'finished' ? 'finished' : tap.state;
  const fault = faultOf(ending, flight, tap, state);
  return { record: recordOf(flight, state), faults: fault === null ? [] : [fault] };
}

function recordOf(flight: ServerFlight, state: HandshakeState): HandshakeRecord {
  const { hello, keyExchange } = flight;
  const cipher = hello === null ? null : cipherSuiteName(hello.cipherSuite);
  return {
    hello: 'permissive',
    state,
    version: hello === null ? null : versionName(hello.version),
    cipher,
    group: keyExchange?.group ?? null,
    dhBits: keyExchange?.dhBits ?? null,
    postQuantum: false,
    signatureScheme: keyExchange?.signatureScheme ?? null,
    keyExchange: cipher === null ? null : cipher.startsWith('TLS_RSA_WITH_') ? 'key_encipherment' : 'signature',
    alpn: hello === null ? null : parseSelectedAlpn(hello),
    clientCertificate: clientCertificateOf(flight, state),
    certificates: flight.certificates.map((der, index) => ({
      der,
      ocspStaple: index === 0 ? flight.ocspStaple : null,
      sctList: null,
    })),
    sctList: hello?.extensions.get(EXTENSION.signedCertificateTimestamp) ?? null,
    helloRetryRequest: false,
    secureRenegotiation: hello === null ? null : hello.extensions.has(EXTENSION.renegotiationInfo),
    alerts: flight.alerts,
  };
}

function clientCertificateOf(flight: ServerFlight, state: HandshakeState): HandshakeRecord['clientCertificate'] {
  const request = flight.certificateRequest;
  if (request === null) {
    const requested = flight.end?.by === 'complete' ? false : null;
    return { requested, required: requested, authorities: [], signatureSchemes: [] };
  }
  const context = { state, sentNoCertificate: true };
  const refused = flight.alerts.some(
    (received) => endsHandshake(received) && demandsClientCertificate(received.description, context),
  );
  // Under TLS 1.2 the server's Finished comes after our empty Certificate: it has gone on without one.
  return { requested: true, required: state === 'finished' ? false : refused ? true : null, ...request };
}

function faultOf(ending: Ending, flight: ServerFlight, tap: WireTap, state: HandshakeState): Fault | null {
  const context: AlertContext = { state, sentNoCertificate: flight.certificateRequest !== null && tap.answered };
  // SSL 3.0 first: whatever ended such an exchange, the version is why.
  if (flight.hello?.version === VERSION.ssl3) return versionTooOld(state);
  switch (ending.by) {
    case 'finished':
    case 'cancelled':
      return null;
    case 'alert': {
      const last = flight.alerts.findLast(endsHandshake);
      return last === undefined ? null : alertFault(last, context);
    }
    case 'flight':
      return flight.end?.by === 'fault' ? flight.end.fault : null;
    case 'refused':
      return refusal(flight, tap, state);
    case 'flood':
      return invalid('far more than a handshake has after its first flight', { state });
    case 'closed':
      return closed(ending.closedBy, state);
    case 'timeout':
      return { code: 'tls_timeout', detail: 'The server did not complete the handshake in time', evidence: { state } };
  }
}

function versionTooOld(state: HandshakeState): Fault {
  return {
    code: 'tls_version_unsupported',
    detail: 'The server chose SSL 3.0, which RFC 7568 forbids',
    evidence: { version: 'SSLv3', state },
  };
}

/** OpenSSL would not go on with a flight that we could read; the alert that it sent is the reason it gives. */
function refusal(flight: ServerFlight, tap: WireTap, state: HandshakeState): Fault {
  const messageBytes = flight.certificates.reduce((sum, der) => sum + 3 + der.length, 3);
  if (messageBytes > OPENSSL_CERTIFICATE_MESSAGE_BYTES && !tap.answered) {
    const evidence = { message_bytes: messageBytes, limit_bytes: OPENSSL_CERTIFICATE_MESSAGE_BYTES, state };
    return {
      code: 'tls_chain_too_large',
      detail: `The Certificate message has ${messageBytes} octets: the chain was read, the handshake not completed`,
      evidence,
    };
  }
  const sent = tap.sentAlert;
  const why = sent === null ? 'broke the protocol' : `was refused with alert ${sent.description} (${sent.name})`;
  const evidence = { state, sent_alert: sent?.description ?? null, sent_alert_name: sent?.name ?? null };
  return { code: 'tls_handshake_invalid', detail: `What the server sent ${why}`, evidence };
}

function invalid(what: string, evidence: FaultEvidence): Fault {
  return { code: 'tls_handshake_invalid', detail: `The server sent ${what}`, evidence };
}

function closed(closedBy: 'fin' | 'reset', state: HandshakeState): Fault {
  const how = closedBy === 'reset' ? 'reset the connection' : 'closed the connection';
  return {
    code: 'tls_closed',
    detail: `The server ${how} during the handshake`,
    evidence: { closed_by: closedBy, state },
  };
}
