import type { Fault } from '../domain/fault.ts';
import type { HandshakeRecord, HandshakeResult, HandshakeState } from '../domain/handshake.ts';
import { ALERT, type AlertContext, alertFault, demandsClientCertificate } from './alerts.ts';
import { withheld } from './client-authentication.ts';
import { handshakeDraft } from './handshake-draft.ts';
import { endsHandshake, type ServerFlight } from './legacy-flight.ts';
import { EXTENSION, VERSION, versionName } from './registry.ts';
import { MAX_AFTER_FLIGHT_BYTES, type WireTap } from './wire-tap.ts';

/** Why the exchange came to its end; `refused` means by OpenSSL, `flight` that our own reader gave up. */
export type Ending =
  | { readonly by: 'finished' }
  | { readonly by: 'flight' }
  | { readonly by: 'alert' }
  | { readonly by: 'refused' }
  | { readonly by: 'flood' }
  | { readonly by: 'closed'; readonly closedBy: 'fin' | 'reset' }
  | { readonly by: 'timeout' }
  | { readonly by: 'cancelled'; readonly reason: unknown };

/** The most that OpenSSL takes of a Certificate message (its max_cert_list, which node:tls cannot raise). */
const OPENSSL_CERTIFICATE_MESSAGE_BYTES = 100 * 1024;

/**
 * What a handshake with the permissive hello has shown, and the fault that ended it if one did.
 * @param identity name of the one that was to be shown, which this hello never does; null = none
 */
export function concludeLegacy(
  ending: Ending,
  flight: ServerFlight,
  tap: WireTap,
  identity: string | null,
): HandshakeResult {
  const state = ending.by === 'finished' ? 'finished' : tap.state;
  const fault = faultOf(ending, flight, tap, state);
  const withState = fault === null ? [] : [{ ...fault, evidence: { ...fault.evidence, state } }];
  const isWithheld = identity !== null && flight.certificateRequest !== null;
  return {
    record: recordOf(flight, state),
    faults: isWithheld ? [...withState, withheld(identity, ['protocol'])] : withState,
  };
}

function recordOf(flight: ServerFlight, state: HandshakeState): HandshakeRecord {
  const { hello, keyExchange, cipherSuite } = flight;
  return {
    ...handshakeDraft('permissive'),
    state,
    version: hello === null ? null : versionName(hello.version),
    cipher: cipherSuite,
    ...(keyExchange ?? {}),
    keyExchange:
      cipherSuite === null ? null : cipherSuite.startsWith('TLS_RSA_WITH_') ? 'key_encipherment' : 'signature',
    alpn: flight.alpn,
    clientCertificate: clientCertificateOf(flight, state),
    certificates: flight.certificates,
    secureRenegotiation: hello === null ? null : hello.extensions.has(EXTENSION.renegotiationInfo),
    alerts: flight.alerts,
  };
}

function clientCertificateOf(flight: ServerFlight, state: HandshakeState): HandshakeRecord['clientCertificate'] {
  const request = flight.certificateRequest;
  const shown = { sent: false, accepted: null };
  if (request === null) {
    const requested = flight.end?.by === 'complete' ? false : null;
    return { ...shown, requested, required: requested, authorities: [], signatureSchemes: [] };
  }
  const context = { state, clientAnswer: 'empty' } as const;
  const refused = flight.alerts.some(
    (received) => endsHandshake(received) && demandsClientCertificate(received.description, context),
  );
  // Under TLS 1.2 the server's Finished comes after our empty Certificate: it has gone on without one.
  return { ...shown, requested: true, required: state === 'finished' ? false : refused ? true : null, ...request };
}

function faultOf(ending: Ending, flight: ServerFlight, tap: WireTap, state: HandshakeState): Fault | null {
  // SSL 3.0 first: whatever ended such an exchange, the version is why.
  if (flight.hello?.version === VERSION.ssl3) return SSL3_CHOSEN;
  switch (ending.by) {
    case 'finished':
    case 'cancelled':
      return null;
    case 'alert':
      return alertEnding(flight, {
        state,
        clientAnswer: flight.certificateRequest !== null && tap.answered ? 'empty' : 'none',
      });
    case 'flight':
      return flight.end?.by === 'abort' ? flight.end.reason.fault : null;
    case 'refused':
      return refusal(flight, tap);
    case 'flood':
      return {
        code: 'tls_handshake_invalid',
        detail: 'Far more came after the first flight than a handshake has',
        evidence: { flood: 'octets', limit: MAX_AFTER_FLIGHT_BYTES },
      };
    case 'closed':
      return closed(ending.closedBy);
    case 'timeout':
      return { code: 'tls_timeout', detail: 'The server did not complete the handshake in time' };
  }
}

const SSL3_CHOSEN: Fault = {
  code: 'tls_version_unsupported',
  detail: 'The server chose SSL 3.0, which RFC 7568 forbids',
  evidence: { chosen: 'SSLv3', offered: ['TLSv1.2', 'TLSv1.1', 'TLSv1'] },
};

function alertEnding(flight: ServerFlight, context: AlertContext): Fault | null {
  const last = flight.alerts.findLast(endsHandshake);
  if (last === undefined) return null;
  return last.description === ALERT.closeNotify ? closed('close_notify') : alertFault(last, context);
}

/** OpenSSL would not go on with a flight that we could read; the alert that it sent is the reason it gives. */
function refusal(flight: ServerFlight, tap: WireTap): Fault {
  const messageBytes = flight.certificates.reduce((sum, { der }) => sum + 3 + der.length, 3);
  if (messageBytes > OPENSSL_CERTIFICATE_MESSAGE_BYTES && !tap.answered) {
    return {
      code: 'tls_chain_too_large',
      detail: `The Certificate message has ${messageBytes} octets: it was read, but nothing proves the key`,
      evidence: { message_bytes: messageBytes, limit_bytes: OPENSSL_CERTIFICATE_MESSAGE_BYTES },
    };
  }
  const sent = tap.sentAlert;
  const why = sent === null ? 'breaks the protocol' : `was refused with alert ${sent.description} (${sent.name})`;
  return {
    code: 'tls_handshake_invalid',
    detail: `What the server sent ${why}`,
    evidence: { sent_alert: sent?.description ?? null, sent_alert_name: sent?.name ?? null },
  };
}

function closed(closedBy: 'fin' | 'reset' | 'close_notify'): Fault {
  const how = closedBy === 'reset' ? 'reset the connection' : 'closed the connection';
  return { code: 'tls_closed', detail: `The server ${how} during the handshake`, evidence: { closed_by: closedBy } };
}
