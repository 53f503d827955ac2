import type { CertificateEntry, ClientCertificateRequest, HandshakeState } from '../domain/handshake.ts';
import { abort, HandshakeAbort, invalid, malformed } from './abort.ts';
import { ALERT, ALERT_LEVEL, type Alert, alert } from './alerts.ts';
import { readTls12Certificates } from './certificate-message.ts';
import { readTls10CertificateRequest, readTls12CertificateRequest } from './certificate-request.ts';
import { cipherSuiteName } from './cipher-suites.ts';
import { readCertificateStatus } from './extensions.ts';
import { notSpokenFault } from './first-bytes.ts';
import { type LegacyKeyExchange, readLegacyKeyExchange, readSelectedAlpn } from './legacy-messages.ts';
import { type PlaintextRecord, type RecordFault, RecordReader } from './legacy-records.ts';
import { type HandshakeMessage, MessageAssembler } from './message-assembler.ts';
import { MAX_ALERTS, MAX_RECORDS } from './record-layer.ts';
import { CONTENT_TYPE, HANDSHAKE_TYPE, hexCode, VERSION, versionName } from './registry.ts';
import { readServerHello, type ServerHello } from './server-hello.ts';

/** A client ignores them while it negotiates (RFC 5246 §7.4.1.1). */
export const MAX_HELLO_REQUESTS = 16;

/** TLS_EMPTY_RENEGOTIATION_INFO_SCSV stands in the list of suites and is none (RFC 5746 §3.3). */
const SIGNALLING_SUITE = 0x00ff;

/** `complete`: ServerHelloDone was read. `alert`: the last of `alerts` ends the handshake. */
export type FlightEnd =
  | { readonly by: 'complete' | 'alert' }
  | { readonly by: 'abort'; readonly reason: HandshakeAbort };

/** The order of the server's messages (RFC 5246 §7.3); some may be left out, none may come late or twice. */
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
  hello: ServerHello | null = null;
  alpn: string | null = null;
  certificates: readonly CertificateEntry[] = [];
  keyExchange: LegacyKeyExchange | null = null;
  certificateRequest: Pick<ClientCertificateRequest, 'authorities' | 'signatureSchemes'> | null = null;
  end: FlightEnd | null = null;
  /** Suites of the hello that this flight answers; null while it is not known. */
  offeredSuites: ReadonlySet<number> | null = null;
  readonly #records = new RecordReader();
  readonly #messages = new MessageAssembler();
  #recordCount = 0;
  #helloRequests = 0;
  #position = 0;

  get state(): HandshakeState {
    if (this.hello === null) return 'hello_sent';
    return this.certificates.length === 0 ? 'server_hello' : 'certificate';
  }

  /** IANA name of the suite that the server chose; null before its ServerHello. */
  get cipherSuite(): string | null {
    return this.hello === null ? null : cipherSuiteName(this.hello.cipherSuite);
  }

  /** Octets that were pushed and lie behind the last record read. */
  get rest(): Buffer {
    return this.#records.pending;
  }

  push(chunk: Buffer): void {
    this.#records.append(chunk);
    try {
      while (this.end === null) {
        const record = this.#records.next();
        if (record === null) break;
        this.end = this.#readRecord(record);
      }
      if (this.end === null && this.#records.fault !== null) throw this.#foreign(this.#records.fault);
    } catch (reason) {
      if (!(reason instanceof HandshakeAbort)) throw reason;
      this.end = { by: 'abort', reason };
    }
  }

  #readRecord({ type, fragment }: PlaintextRecord): FlightEnd | null {
    this.#recordCount += 1;
    if (this.#recordCount > MAX_RECORDS) throw flood('records', MAX_RECORDS);
    if (type === CONTENT_TYPE.alert) return this.#readAlert(fragment);
    if (type !== CONTENT_TYPE.handshake) {
      throw unexpected(`A record of type ${type} where the handshake should go on`, { record_type: type });
    }
    // RFC 5246 §6.2.1: handshake fragments are never empty.
    if (fragment.length === 0) throw unexpected('An empty handshake record');
    this.#messages.push(fragment);
    for (let message = this.#messages.next(); message !== null; message = this.#messages.next()) {
      if (this.#readMessage(message)) return { by: 'complete' };
    }
    return null;
  }

  #readAlert(fragment: Buffer): FlightEnd | null {
    if (fragment.length !== 2) throw malformed(`An alert of ${fragment.length} octets`);
    const received = alert(fragment.readUInt8(0), fragment.readUInt8(1));
    this.alerts.push(received);
    if (endsHandshake(received)) return { by: 'alert' };
    if (this.alerts.length > MAX_ALERTS) throw flood('alerts', MAX_ALERTS);
    return null;
  }

  /** True at ServerHelloDone. */
  #readMessage({ type, body }: HandshakeMessage): boolean {
    if (type === HANDSHAKE_TYPE.helloRequest) {
      if (body.length > 0) throw malformed('HelloRequest is not empty');
      this.#helloRequests += 1;
      if (this.#helloRequests > MAX_HELLO_REQUESTS) throw flood('HelloRequests', MAX_HELLO_REQUESTS);
      return false;
    }
    const position = ORDER[type] ?? 0;
    if (position <= this.#position || (this.#position === 0 && position > 1)) {
      throw unexpected(`A handshake message of type ${type} where it may not stand`, { message_type: type });
    }
    this.#position = position;
    switch (type) {
      case HANDSHAKE_TYPE.serverHello:
        this.#readServerHello(body);
        break;
      case HANDSHAKE_TYPE.certificate:
        this.certificates = readTls12Certificates(body);
        break;
      case HANDSHAKE_TYPE.certificateStatus:
        this.#readLeafStatus(body);
        break;
      case HANDSHAKE_TYPE.serverKeyExchange:
        this.keyExchange = readLegacyKeyExchange(body, this.cipherSuite ?? '', this.#version);
        break;
      case HANDSHAKE_TYPE.certificateRequest:
        this.certificateRequest =
          this.#version < VERSION.tls12 ? readTls10CertificateRequest(body) : readTls12CertificateRequest(body);
        break;
      default:
        this.#checkDone(body);
        return true;
    }
    return false;
  }

  get #version(): number {
    return this.hello?.version ?? VERSION.tls12;
  }

  #readServerHello(body: Buffer): void {
    const hello = readServerHello(body);
    if (hello.version < VERSION.ssl3 || hello.version > VERSION.tls12) {
      const name = versionName(hello.version) ?? hexCode(hello.version);
      throw invalid(ALERT.protocolVersion, `The server chose ${name}, which was not offered`, { not_offered: name });
    }
    if (hello.compressionMethod !== 0)
      throw invalid(ALERT.illegalParameter, 'ServerHello chooses a compression method');
    if (this.offeredSuites?.has(hello.cipherSuite) === false || hello.cipherSuite === SIGNALLING_SUITE) {
      const name = cipherSuiteName(hello.cipherSuite);
      throw invalid(ALERT.illegalParameter, `The server chose ${name}, which was not offered`, { not_offered: name });
    }
    this.alpn = readSelectedAlpn(hello);
    this.hello = hello;
  }

  #readLeafStatus(body: Buffer): void {
    const ocspStaple = readCertificateStatus(body);
    this.certificates = this.certificates.map((entry, index) => (index === 0 ? { ...entry, ocspStaple } : entry));
  }

  #checkDone(body: Buffer): void {
    if (body.length > 0) throw malformed('ServerHelloDone is not empty');
    if (this.certificates.length > 0) return;
    throw abort('tls_certificate_missing', `The server chose ${this.cipherSuite} and sent no certificate`, {
      evidence: { cipher: this.cipherSuite },
      alert: ALERT.unexpectedMessage,
    });
  }

  #foreign(fault: RecordFault): HandshakeAbort {
    if (fault === 'oversized') return invalid(ALERT.recordOverflow, 'A record longer than TLS allows');
    if (this.#recordCount > 0) return unexpected('Octets that are no record');
    return new HandshakeAbort(notSpokenFault(this.#records.pending), null);
  }
}

function unexpected(detail: string, evidence = {}): HandshakeAbort {
  return invalid(ALERT.unexpectedMessage, detail, evidence);
}

function flood(what: string, limit: number): HandshakeAbort {
  return unexpected(`More than ${limit} ${what} in one flight`, { flood: what, limit });
}
