import type { Fault } from '../domain/fault.ts';
import type { HandshakeState } from '../domain/handshake.ts';
import { ALERT, ALERT_LEVEL, type Alert, alert } from './alerts.ts';
import { cipherSuiteName } from './cipher-suites.ts';
import { notSpokenFault } from './first-bytes.ts';
import {
  type LegacyCertificateRequest,
  type LegacyKeyExchange,
  type LegacyServerHello,
  parseCertificateList,
  parseCertificateRequest,
  parseCertificateStatus,
  parseServerHello,
  parseServerKeyExchange,
} from './legacy-messages.ts';
import { ByteQueue, type PlaintextRecord, type RecordFault, RecordReader } from './legacy-records.ts';
import { CONTENT_TYPE, HANDSHAKE_TYPE, hexCode, VERSION, versionName } from './registry.ts';

/** What is read of a Certificate message; 200 certificates or one of 1 MB stay readable. */
export const MAX_CERTIFICATE_MESSAGE = 2 * 2 ** 20;
/** Any other handshake message: a CertificateRequest with two full vectors of 64 KiB is the longest that makes sense. */
export const MAX_HANDSHAKE_MESSAGE = 160 * 2 ** 10;
/** Records of one flight. A chain of the greatest size in records of 512 octets needs a quarter of it. */
export const MAX_RECORDS = 16_384;
/** Records in a row without content, and alerts of level warning: both are allowed and neither has a use. */
export const MAX_EMPTY_RECORDS = 16;
export const MAX_WARNINGS = 16;
/** HelloRequests, which a client ignores while it negotiates (RFC 5246 §7.4.1.1). */
export const MAX_HELLO_REQUESTS = 16;

const HEADER_LENGTH = 4;

/** `complete`: ServerHelloDone was read. `alert`: the last of `alerts` ends the handshake. */
export type FlightEnd = { readonly by: 'complete' | 'alert' } | { readonly by: 'fault'; readonly fault: Fault };

/** The order of the server's messages (RFC 5246 §7.3); each may be left out but must not come late or twice. */
const ORDER: Readonly<Record<number, number>> = {
  [HANDSHAKE_TYPE.serverHello]: 1,
  [HANDSHAKE_TYPE.certificate]: 2,
  [HANDSHAKE_TYPE.certificateStatus]: 3,
  [HANDSHAKE_TYPE.serverKeyExchange]: 4,
  [HANDSHAKE_TYPE.certificateRequest]: 5,
  [HANDSHAKE_TYPE.serverHelloDone]: 6,
};

/** Whether an alert leaves nothing to wait for: fatal, of no known level, or close_notify (RFC 5246 §7.2). */
export function endsHandshake(received: Pick<Alert, 'level' | 'description'>): boolean {
  return received.level !== ALERT_LEVEL.warning || received.description === ALERT.closeNotify;
}

/**
 * The server's first flight of TLS 1.2 or older, ServerHello to ServerHelloDone, all of it plaintext on the wire.
 * Reads whatever comes, in any cut, and keeps what was good when the rest is not.
 */
export class ServerFlight {
  readonly alerts: Alert[] = [];
  hello: LegacyServerHello | null = null;
  certificates: readonly Buffer[] = [];
  ocspStaple: Buffer | null = null;
  keyExchange: LegacyKeyExchange | null = null;
  certificateRequest: LegacyCertificateRequest | null = null;
  end: FlightEnd | null = null;
  readonly #records = new RecordReader();
  readonly #messages = new ByteQueue();
  #recordCount = 0;
  #emptyRecords = 0;
  #helloRequests = 0;
  #position = 0;

  get state(): HandshakeState {
    if (this.hello === null) return 'hello_sent';
    return this.certificates.length === 0 ? 'server_hello' : 'certificate';
  }

  /** Octets that were pushed and lie behind the last record read. */
  get rest(): Buffer {
    return this.#records.pending;
  }

  push(chunk: Buffer): void {
    this.#records.append(chunk);
    while (this.end === null) {
      const record = this.#records.next();
      if (record === null) break;
      this.end = this.#readRecord(record);
    }
    if (this.end === null && this.#records.fault !== null) this.end = this.#recordFault(this.#records.fault);
  }

  #readRecord(record: PlaintextRecord): FlightEnd | null {
    this.#recordCount += 1;
    if (this.#recordCount > MAX_RECORDS) return this.#invalid(`more than ${MAX_RECORDS} records in one flight`);
    if (record.type === CONTENT_TYPE.alert) return this.#readAlert(record.fragment);
    if (record.type !== CONTENT_TYPE.handshake) {
      return this.#invalid(`a record of type ${record.type} where the handshake should go on`);
    }
    this.#emptyRecords = record.fragment.length === 0 ? this.#emptyRecords + 1 : 0;
    if (this.#emptyRecords > MAX_EMPTY_RECORDS) return this.#invalid(`more than ${MAX_EMPTY_RECORDS} empty records`);
    this.#messages.append(record.fragment);
    return this.#readMessages();
  }

  /** One alert a record; RFC 5246 §6.2.1 lets them be joined, which nobody does and nobody may need. */
  #readAlert(fragment: Buffer): FlightEnd | null {
    const [level, description] = fragment;
    if (fragment.length !== 2 || level === undefined || description === undefined) {
      return this.#invalid(`an alert of ${fragment.length} octets`);
    }
    this.alerts.push(alert(level, description));
    if (endsHandshake({ level, description })) return { by: 'alert' };
    return this.alerts.length > MAX_WARNINGS ? this.#invalid(`more than ${MAX_WARNINGS} warning alerts`) : null;
  }

  #readMessages(): FlightEnd | null {
    for (;;) {
      const header = this.#messages.peek(HEADER_LENGTH);
      if (header.length < HEADER_LENGTH) return null;
      const type = header.readUInt8(0);
      const length = header.readUIntBE(1, 3);
      // Judged by its header, before its body is waited for.
      const refused = this.#refuses(type, length);
      if (refused !== null || this.#messages.length < HEADER_LENGTH + length) return refused;
      const end = this.#readBody(type, this.#messages.take(HEADER_LENGTH + length).subarray(HEADER_LENGTH));
      if (end !== null) return end;
    }
  }

  #refuses(type: number, length: number): FlightEnd | null {
    if (type !== HANDSHAKE_TYPE.helloRequest && (ORDER[type] ?? 0) <= this.#position) {
      return this.#invalid(`handshake message ${type} where it may not stand`);
    }
    if (this.#position === 0 && type > HANDSHAKE_TYPE.serverHello) {
      return this.#invalid(`handshake message ${type} before ServerHello`);
    }
    if (type !== HANDSHAKE_TYPE.certificate) {
      return length > MAX_HANDSHAKE_MESSAGE ? this.#invalid(`handshake message ${type} of ${length} octets`) : null;
    }
    return length > MAX_CERTIFICATE_MESSAGE ? this.#tooLarge(length) : null;
  }

  #readBody(type: number, body: Buffer): FlightEnd | null {
    if (type === HANDSHAKE_TYPE.helloRequest) {
      this.#helloRequests += 1;
      return this.#helloRequests > MAX_HELLO_REQUESTS
        ? this.#invalid(`more than ${MAX_HELLO_REQUESTS} HelloRequests`)
        : null;
    }
    this.#position = ORDER[type] ?? this.#position;
    switch (type) {
      case HANDSHAKE_TYPE.serverHello:
        return this.#readServerHello(body);
      case HANDSHAKE_TYPE.certificate:
        return this.#readCertificates(body);
      case HANDSHAKE_TYPE.certificateStatus:
        this.ocspStaple = parseCertificateStatus(body);
        return this.ocspStaple === null ? this.#invalid('a CertificateStatus that cannot be decoded') : null;
      case HANDSHAKE_TYPE.serverKeyExchange:
        return this.#readKeyExchange(body);
      case HANDSHAKE_TYPE.certificateRequest:
        this.certificateRequest = parseCertificateRequest(body, this.#version);
        return this.certificateRequest === null ? this.#invalid('a CertificateRequest that cannot be decoded') : null;
      default:
        return this.#readDone(body);
    }
  }

  #readServerHello(body: Buffer): FlightEnd | null {
    const hello = parseServerHello(body);
    if (hello === null) return this.#invalid('a ServerHello that cannot be decoded');
    if (hello.version < VERSION.ssl3 || hello.version > VERSION.tls12) {
      return this.#invalid(`a ServerHello of version ${hexCode(hello.version)}, which was not offered`);
    }
    this.hello = hello;
    return null;
  }

  #readCertificates(body: Buffer): FlightEnd | null {
    const certificates = parseCertificateList(body);
    if (certificates === null) return this.#invalid('a Certificate message that cannot be decoded');
    this.certificates = certificates;
    return certificates.length === 0 ? this.#certificateMissing('sent an empty certificate list') : null;
  }

  #readKeyExchange(body: Buffer): FlightEnd | null {
    const suite = cipherSuiteName(this.hello?.cipherSuite ?? 0);
    const kind = suite.startsWith('TLS_ECDHE_') ? 'ecdhe' : suite.startsWith('TLS_DHE_') ? 'dhe' : null;
    if (kind === null) return this.#invalid(`a ServerKeyExchange although ${suite} has none`);
    this.keyExchange = parseServerKeyExchange(body, kind, this.#version);
    return this.keyExchange === null ? this.#invalid('a ServerKeyExchange that cannot be decoded') : null;
  }

  #readDone(body: Buffer): FlightEnd {
    if (body.length > 0) return this.#invalid('a ServerHelloDone with content');
    return this.certificates.length === 0 ? this.#certificateMissing('sent no certificate') : { by: 'complete' };
  }

  get #version(): number {
    return this.hello?.version ?? VERSION.tls12;
  }

  #certificateMissing(what: string): FlightEnd {
    const evidence = { cipher: cipherSuiteName(this.hello?.cipherSuite ?? 0), version: versionName(this.#version) };
    return { by: 'fault', fault: { code: 'tls_certificate_missing', detail: `The server ${what}`, evidence } };
  }

  #tooLarge(octets: number): FlightEnd {
    const detail = `The Certificate message has ${octets} octets; at most ${MAX_CERTIFICATE_MESSAGE} are read`;
    const evidence = { message_bytes: octets, limit_bytes: MAX_CERTIFICATE_MESSAGE };
    return { by: 'fault', fault: { code: 'tls_chain_too_large', detail, evidence } };
  }

  #recordFault(fault: RecordFault): FlightEnd {
    if (fault === 'oversized') return this.#invalid('a record longer than TLS allows');
    if (this.#recordCount > 0) return this.#invalid('bytes that are no record');
    return { by: 'fault', fault: notSpokenFault(this.#records.pending) };
  }

  #invalid(what: string): FlightEnd {
    const version = this.hello === null ? null : versionName(this.hello.version);
    const evidence = { state: this.state, version };
    return { by: 'fault', fault: { code: 'tls_handshake_invalid', detail: `The server sent ${what}`, evidence } };
  }
}
