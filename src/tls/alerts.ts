import type { Fault } from '../domain/fault.ts';
import type { HandshakeState } from '../domain/handshake.ts';

export const ALERT_LEVEL = { warning: 1, fatal: 2 } as const;

/** AlertDescription numbers that our own code sends or acts upon (RFC 8446 §6). */
export const ALERT = {
  closeNotify: 0,
  unexpectedMessage: 10,
  badRecordMac: 20,
  recordOverflow: 22,
  handshakeFailure: 40,
  unsupportedCertificate: 43,
  illegalParameter: 47,
  decodeError: 50,
  decryptError: 51,
  protocolVersion: 70,
  insufficientSecurity: 71,
  internalError: 80,
  userCanceled: 90,
  missingExtension: 109,
  unsupportedExtension: 110,
  unrecognizedName: 112,
  certificateRequired: 116,
  noApplicationProtocol: 120,
} as const;

/** IANA registry "TLS Alerts", with the descriptions of SSL 3.0 and older TLS that are reserved today. */
const ALERT_NAMES: Readonly<Record<number, string>> = {
  0: 'close_notify',
  10: 'unexpected_message',
  20: 'bad_record_mac',
  21: 'decryption_failed',
  22: 'record_overflow',
  30: 'decompression_failure',
  40: 'handshake_failure',
  41: 'no_certificate',
  42: 'bad_certificate',
  43: 'unsupported_certificate',
  44: 'certificate_revoked',
  45: 'certificate_expired',
  46: 'certificate_unknown',
  47: 'illegal_parameter',
  48: 'unknown_ca',
  49: 'access_denied',
  50: 'decode_error',
  51: 'decrypt_error',
  60: 'export_restriction',
  70: 'protocol_version',
  71: 'insufficient_security',
  80: 'internal_error',
  86: 'inappropriate_fallback',
  90: 'user_canceled',
  100: 'no_renegotiation',
  109: 'missing_extension',
  110: 'unsupported_extension',
  111: 'certificate_unobtainable',
  112: 'unrecognized_name',
  113: 'bad_certificate_status_response',
  114: 'bad_certificate_hash_value',
  115: 'unknown_psk_identity',
  116: 'certificate_required',
  117: 'general_error',
  120: 'no_application_protocol',
  121: 'ech_required',
};

/** An alert as a record carries it: level (1 warning, 2 fatal) and description, with the registered name. */
export interface Alert {
  readonly level: number;
  readonly description: number;
  /** `unknown_alert` when the number is not registered. */
  readonly name: string;
}

export function alert(level: number, description: number): Alert {
  return { level, description, name: ALERT_NAMES[description] ?? 'unknown_alert' };
}

/** Alerts by which a server that asked for a client certificate says that it will not go on without one. */
const CERTIFICATE_WANTED: ReadonlySet<number> = new Set([40, 41, 42, 43, 46, 48, 49, 116]);

/** Alerts about a certificate that was shown (RFC 8446 §6.2); some servers say 116 of one that they cannot use. */
const CERTIFICATE_REFUSED: ReadonlySet<number> = new Set([42, 43, 44, 45, 46, 48, 49, 116]);

/** How we answered a CertificateRequest: not yet or never asked, with an empty list, with an identity. */
export type ClientAnswer = 'none' | 'empty' | 'identity';

/** What an alert was an answer to; decides what `handshake_failure` means. */
export interface AlertContext {
  readonly state: HandshakeState;
  readonly clientAnswer: ClientAnswer;
}

/** Whether the alert says that the server insists on a client certificate (RFC 8446 §6.2, RFC 5246 §7.4.6). */
export function demandsClientCertificate(description: number, { clientAnswer }: AlertContext): boolean {
  if (clientAnswer === 'identity') return false;
  return description === ALERT.certificateRequired || (clientAnswer === 'empty' && CERTIFICATE_WANTED.has(description));
}

/** Whether the alert says that the server does not take the client certificate that it was shown. */
export function rejectsClientCertificate(description: number, { clientAnswer }: AlertContext): boolean {
  return clientAnswer === 'identity' && CERTIFICATE_REFUSED.has(description);
}

/** The fault behind an alert that ended the handshake. */
export function alertFault(received: Alert, context: AlertContext): Fault {
  const evidence = {
    alert: received.description,
    alert_name: received.name,
    alert_level: received.level,
    state: context.state,
  };
  const said = `The server answered with alert ${received.description} (${received.name})`;
  if (demandsClientCertificate(received.description, context)) {
    return { code: 'tls_client_cert_required', detail: `${said} because no client certificate was sent`, evidence };
  }
  if (rejectsClientCertificate(received.description, context)) {
    return { code: 'tls_client_cert_rejected', detail: `${said} to the client certificate`, evidence };
  }
  switch (received.description) {
    case ALERT.protocolVersion:
      return { code: 'tls_version_unsupported', detail: `${said} to the versions we offer`, evidence };
    case ALERT.unrecognizedName:
      return { code: 'tls_name_unrecognized', detail: `${said} to the name we asked for`, evidence };
    case ALERT.noApplicationProtocol:
      return { code: 'alpn_no_overlap', detail: `${said} to the protocols we offer`, evidence };
    case ALERT.handshakeFailure:
    case ALERT.insufficientSecurity:
      // Later it cannot be about the offer: the server has chosen from it already.
      if (context.state === 'hello_sent' || context.state === 'connected') {
        return { code: 'tls_no_common_cipher', detail: `${said} to our hello`, evidence };
      }
  }
  return { code: 'tls_alert', detail: `${said} in state ${context.state}`, evidence };
}
