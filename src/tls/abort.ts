import type { Fault, FaultEvidence } from '../domain/fault.ts';
import type { FindingCode } from '../domain/finding-codes.ts';
import { ALERT } from './alerts.ts';

/**
 * "Abort the handshake with an X alert", as the RFCs put it. It unwinds the state machine from wherever the peer went
 * wrong and never leaves this room: the entry points catch it and turn it into a fault of their result.
 */
export class HandshakeAbort extends Error {
  readonly fault: Fault;
  /** AlertDescription that we owe the peer; null when there is nobody to tell. */
  readonly alert: number | null;

  constructor(fault: Fault, alert: number | null) {
    super(fault.detail);
    this.name = 'HandshakeAbort';
    this.fault = fault;
    this.alert = alert;
  }
}

/** The peer broke the protocol: fault `tls_handshake_invalid`, and the alert that RFC 8446 §6.2 asks us to send. */
export function invalid(alert: number, detail: string, evidence: FaultEvidence = {}): HandshakeAbort {
  return abort('tls_handshake_invalid', detail, { evidence, alert });
}

export function malformed(detail: string, evidence: FaultEvidence = {}): HandshakeAbort {
  return invalid(ALERT.decodeError, detail, evidence);
}

export function abort(
  code: FindingCode,
  detail: string,
  { evidence = {}, alert = null }: { evidence?: FaultEvidence; alert?: number | null } = {},
): HandshakeAbort {
  return new HandshakeAbort({ code, detail, evidence }, alert);
}
