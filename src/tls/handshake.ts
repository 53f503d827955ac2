import type { Socket } from 'node:net';
import type { Fault } from '../domain/fault.ts';
import type { HandshakeResult } from '../domain/handshake.ts';
import { abort, HandshakeAbort } from './abort.ts';
import {
  ALERT,
  ALERT_LEVEL,
  type Alert,
  alertFault,
  demandsClientCertificate,
  rejectsClientCertificate,
} from './alerts.ts';
import { clientHello, type HelloOptions } from './client-hello.ts';
import { runTls12 } from './client-tls12.ts';
import { type ReceivedHello, runTls13 } from './client-tls13.ts';
import { FIRST_BYTES_LENGTH, notSpokenFault } from './first-bytes.ts';
import { handshakeDraft } from './handshake-draft.ts';
import { type Entropy, FRESH_ENTROPY } from './key-exchange.ts';
import { RecordLayer } from './record-layer.ts';
import { HANDSHAKE_TYPE, VERSION, versionName } from './registry.ts';
import { checkVersion, readServerHello } from './server-hello.ts';
import { expectMessage, type OfferedIdentity, type Session } from './session.ts';
import { Transport } from './transport.ts';

export interface HandshakeOptions extends HelloOptions {
  /**
   * Ends the handshake and the socket. A reason named `TimeoutError` (`AbortSignal.timeout`) is the deadline and
   * becomes fault `tls_timeout`; any other reason is the caller's, and the call rejects with it.
   */
  readonly signal: AbortSignal;
  /** To be shown where the server asks for a certificate; without one it gets an empty list. */
  readonly identity?: OfferedIdentity | null;
}

/**
 * One handshake with the modern hello: TLS 1.3, or TLS 1.2 with ECDHE and an AEAD, whichever the server chooses
 * (RFC 8446, RFC 5246). Takes over the connected socket and closes it. Whatever the peer does is in the result: its
 * `record.state` is `finished` exactly when the key was proven and both Finished messages are right.
 */
export async function handshake(
  socket: Socket,
  options: HandshakeOptions,
  entropy: Entropy = FRESH_ENTROPY,
): Promise<HandshakeResult> {
  const transport = new Transport(socket, options.signal);
  const record = handshakeDraft('modern');
  const records = new RecordLayer(transport, {
    onAlert: (alert) => onAlert(session, alert),
    onForeignBytes: () => describeForeignBytes(transport),
  });
  const session: Session = {
    transport,
    records,
    record,
    entropy,
    hello: clientHello(options, entropy),
    identity: options.identity ?? null,
    clientAnswer: 'none',
    faults: [],
    roundTripMs: 0,
  };
  try {
    await run(session);
    transport.close();
    return { record, faults: session.faults };
  } catch (reason) {
    if (!(reason instanceof HandshakeAbort)) {
      transport.destroy();
      throw reason;
    }
    giveUp(session, reason);
    return { record, faults: [withState(reason.fault, session), ...session.faults] };
  }
}

async function run(session: Session): Promise<void> {
  const { records, record } = session;
  // RFC 8446 §5.1: the first hello may stand in a record of version 1.0, which old servers expect.
  records.sendMessage(session.hello.bytes, VERSION.tls10);
  records.flush();
  record.state = 'hello_sent';
  const sentAt = performance.now();
  const readHello = async (): Promise<ReceivedHello> => {
    const message = await records.readMessage();
    expectMessage(message, HANDSHAKE_TYPE.serverHello, 'ServerHello');
    return { hello: readServerHello(message.body), bytes: message.bytes };
  };
  const received = await readHello();
  session.roundTripMs = performance.now() - sentAt;
  record.version = versionName(received.hello.version);
  checkVersion(received.hello);
  if (received.hello.version === VERSION.tls13) await runTls13(session, received, readHello);
  else await runTls12(session, received);
}

/** How long the rest of a greeting may take to come once its first octets are no TLS. */
const GREETING_MS = 50;
const GREETING_OVER = Symbol('no more of the greeting came');

/** Fault `tls_not_spoken`, from as much of the answer as comes at once. */
async function describeForeignBytes(transport: Transport): Promise<never> {
  const timer = setTimeout(() => transport.interrupt(GREETING_OVER), GREETING_MS);
  try {
    await transport.ready(FIRST_BYTES_LENGTH);
  } catch (reason) {
    // A short greeting and then silence, FIN or RST is as good as a long one.
    const isEnd = reason instanceof HandshakeAbort && reason.fault.code === 'tls_closed';
    if (reason !== GREETING_OVER && !isEnd) throw reason;
  } finally {
    clearTimeout(timer);
  }
  throw new HandshakeAbort(notSpokenFault(transport.peek(FIRST_BYTES_LENGTH)), null);
}

/** Keeps the alert, and ends the handshake where it is an end (RFC 8446 §6, RFC 5246 §7.2). */
function onAlert(session: Session, alert: Alert): void {
  const { record } = session;
  record.alerts.push(alert);
  if (alert.description === ALERT.closeNotify) {
    throw abort('tls_closed', 'The server closed the TLS session during the handshake', {
      evidence: { closed_by: 'close_notify' },
    });
  }
  if (alert.description === ALERT.userCanceled) return;
  // TLS 1.3 has no warnings besides these two; before it, the level decides.
  if (alert.level === ALERT_LEVEL.warning && record.version !== 'TLSv1.3') return;
  const context = { state: record.state, clientAnswer: session.clientAnswer };
  if (demandsClientCertificate(alert.description, context)) {
    record.clientCertificate = { ...record.clientCertificate, required: true };
  } else if (rejectsClientCertificate(alert.description, context)) {
    record.clientCertificate = { ...record.clientCertificate, accepted: false };
  }
  throw new HandshakeAbort(alertFault(alert, context), null);
}

/** Tells the peer why, where it is owed an alert, and closes. */
function giveUp({ records, transport }: Session, { alert }: HandshakeAbort): void {
  if (alert === null) {
    transport.destroy();
    return;
  }
  records.sendAlert(ALERT_LEVEL.fatal, alert);
  records.flush();
  transport.close();
}

function withState(fault: Fault, { record }: Session): Fault {
  return { ...fault, evidence: { ...fault.evidence, state: record.state } };
}
