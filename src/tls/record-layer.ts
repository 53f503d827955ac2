import { invalid } from './abort.ts';
import { ALERT, ALERT_LEVEL, type Alert, alert } from './alerts.ts';
import { canBeTlsRecord } from './first-bytes.ts';
import { type HandshakeMessage, MessageAssembler } from './message-assembler.ts';
import { type RecordContent, type RecordProtection, recordHeader } from './record-protection.ts';
import { CONTENT_TYPE, VERSION } from './registry.ts';
import type { Transport } from './transport.ts';
import { uint } from './wire.ts';

const HEADER_LENGTH = 5;
const MAX_FRAGMENT_BYTES = 2 ** 14;

/** The largest Certificate message we read, cut into records of 128 octets, and as much again for the rest. */
export const MAX_RECORDS = 8192;
/** A handshake with the largest chain, four times over: padding of TLS 1.3 has no other bound. */
export const MAX_TOTAL_BYTES = 2 * 1024 * 1024;
/** A whole handshake has about ten; the rest is room for ignored ones (HelloRequest, tickets). */
export const MAX_MESSAGES = 64;
/** Two are usual (after HelloRetryRequest and ServerHello). */
export const MAX_CHANGE_CIPHER_SPECS = 8;
export const MAX_ALERTS = 8;

export interface RecordEvents {
  /** Throws when the alert ends the handshake. */
  readonly onAlert: (alert: Alert) => void;
  /** The first octets are no TLS record. Always throws. */
  readonly onForeignBytes: () => Promise<never>;
}

/** Records in both directions (RFC 8446 §5, RFC 5246 §6): framing, protection, limits, and the messages inside. */
export class RecordLayer {
  readonly #transport: Transport;
  readonly #events: RecordEvents;
  readonly #assembler = new MessageAssembler();
  /** The first octets were looked at, and are a record's. */
  #isTls = false;
  /** Of the record whose fragment is not all here. */
  #header: Buffer | null = null;
  #reading: RecordProtection | null = null;
  #writing: RecordProtection | null = null;
  #outgoing: Buffer[] = [];
  #ignoresChangeCipherSpec = true;
  /** Version that unprotected records must carry from now on; null while RFC 8446 §5.1 has it ignored. */
  #requiredVersion: number | null = null;
  #records = 0;
  #octets = 0;
  #messages = 0;
  #alerts = 0;
  #changeCipherSpecs = 0;

  constructor(transport: Transport, events: RecordEvents) {
    this.#transport = transport;
    this.#events = events;
  }

  /**
   * The next handshake message, without a promise where all its octets are here. Throws or rejects with a HandshakeAbort
   * for anything else that cannot be ignored.
   */
  readMessage(): HandshakeMessage | Promise<HandshakeMessage> {
    return this.#nextMessage() ?? this.#awaitMessage();
  }

  /** TLS 1.2: the ChangeCipherSpec before Finished, exactly once (RFC 5246 §7.1). */
  async readChangeCipherSpec(): Promise<void> {
    this.expectBoundary();
    let record = this.#nextRecord();
    while (record === null) {
      await this.#arrival();
      record = this.#nextRecord();
    }
    const { type, content } = record;
    if (type !== CONTENT_TYPE.changeCipherSpec) {
      throw unexpected(`A record of type ${type} where ChangeCipherSpec was due`, { record_type: type });
    }
    this.#checkChangeCipherSpec(content);
  }

  /**
   * TLS 1.2 was chosen: ChangeCipherSpec gets its meaning back, and record versions theirs (RFC 5246 §6.2.1).
   * One that came before this is the early ChangeCipherSpec that no server of TLS 1.2 sends.
   */
  enterTls12(): void {
    if (this.#changeCipherSpecs > 0) throw unexpected('ChangeCipherSpec before ServerHello');
    this.#ignoresChangeCipherSpec = false;
    this.#requiredVersion = VERSION.tls12;
  }

  /** Aborts when octets of a message are left over where the keys change or the handshake ends (RFC 8446 §5.1). */
  expectBoundary(): void {
    if (!this.#assembler.isEmpty) throw unexpected('A handshake message spans a change of keys');
  }

  /** Keys of the peer's next record on. A message that spans the change aborts (RFC 8446 §5.1). */
  protectReading(protection: RecordProtection): void {
    this.expectBoundary();
    this.#reading = protection;
  }

  protectWriting(protection: RecordProtection): void {
    this.#writing = protection;
  }

  /** Queues a handshake message, cut into records where it is long; `version` is that of unprotected records. */
  sendMessage(bytes: Buffer, version: number = VERSION.tls12): void {
    for (let start = 0; start < bytes.length; start += MAX_FRAGMENT_BYTES) {
      this.#send(CONTENT_TYPE.handshake, bytes.subarray(start, start + MAX_FRAGMENT_BYTES), version);
    }
  }

  /** Queues ChangeCipherSpec, which is never protected in the places where we send it. */
  sendChangeCipherSpec(): void {
    this.#outgoing.push(recordHeader(CONTENT_TYPE.changeCipherSpec, 1), uint(1, 1));
  }

  sendAlert(level: number, description: number): void {
    this.#send(CONTENT_TYPE.alert, Buffer.from([level, description]));
  }

  sendCloseNotify(): void {
    this.sendAlert(ALERT_LEVEL.warning, ALERT.closeNotify);
  }

  /** Writes what was queued in one piece. */
  flush(): void {
    if (this.#outgoing.length === 0) return;
    this.#transport.write(Buffer.concat(this.#outgoing));
    this.#outgoing = [];
  }

  #send(type: number, content: Buffer, version: number = VERSION.tls12): void {
    if (this.#writing === null) this.#outgoing.push(recordHeader(type, content.length, version), content);
    else this.#outgoing.push(this.#writing.seal(type, content));
  }

  #checkChangeCipherSpec(content: Buffer): void {
    if (content.length !== 1 || content[0] !== 1) throw unexpected('ChangeCipherSpec with other content than 1');
    if (++this.#changeCipherSpecs > MAX_CHANGE_CIPHER_SPECS) throw flood('ChangeCipherSpec', MAX_CHANGE_CIPHER_SPECS);
    if (!this.#assembler.isEmpty) throw unexpected('ChangeCipherSpec inside a handshake message');
  }

  async #awaitMessage(): Promise<HandshakeMessage> {
    for (;;) {
      await this.#arrival();
      const message = this.#nextMessage();
      if (message !== null) return message;
    }
  }

  /** Waits until there is more of the next record than there was. */
  async #arrival(): Promise<void> {
    if (!this.#isTls) await this.#checkProtocol();
    else await this.#transport.ready(this.#header === null ? HEADER_LENGTH : fragmentLength(this.#header));
  }

  /** The next handshake message; null while its octets are not all here. */
  #nextMessage(): HandshakeMessage | null {
    for (;;) {
      const message = this.#assembler.next();
      if (message !== null) {
        if (++this.#messages > MAX_MESSAGES) throw flood('messages', MAX_MESSAGES);
        return message;
      }
      const record = this.#nextRecord();
      if (record === null) return null;
      const { type, content } = record;
      if (type === CONTENT_TYPE.handshake) {
        if (content.length === 0) throw unexpected('An empty handshake record');
        this.#assembler.push(content);
      } else if (type === CONTENT_TYPE.changeCipherSpec && this.#ignoresChangeCipherSpec) {
        this.#checkChangeCipherSpec(content);
      } else {
        throw unexpected(`A record of type ${type} where a handshake message was due`, { record_type: type });
      }
    }
  }

  /** The next record that is no alert; null while its octets are not all here. */
  #nextRecord(): RecordContent | null {
    if (!this.#isTls) return null;
    for (;;) {
      const record = this.#nextUnprotected();
      if (record?.type !== CONTENT_TYPE.alert) return record;
      const { content } = record;
      if (content.length !== 2) throw invalid(ALERT.decodeError, `An alert of ${content.length} octets`);
      if (++this.#alerts > MAX_ALERTS) throw flood('alerts', MAX_ALERTS);
      this.#events.onAlert(alert(content.readUInt8(0), content.readUInt8(1)));
    }
  }

  /** The next record of any type, its protection removed; null while its octets are not all here. */
  #nextUnprotected(): RecordContent | null {
    const header = this.#header ?? this.#nextHeader();
    if (header === null) return null;
    const fragment = this.#transport.take(fragmentLength(header));
    this.#header = fragment === null ? header : null;
    if (fragment === null) return null;
    const type = header.readUInt8(0);
    if (this.#reading === null || this.#isPlaintext(type)) return { type, content: fragment };
    const record = this.#reading.open(header, fragment);
    if (record === null) throw invalid(ALERT.badRecordMac, 'A record that cannot be decrypted');
    if (record.content.length > MAX_FRAGMENT_BYTES) {
      throw invalid(ALERT.recordOverflow, `A record of ${record.content.length} decrypted octets`);
    }
    if (record.type === CONTENT_TYPE.changeCipherSpec) throw unexpected('A protected ChangeCipherSpec');
    return record;
  }

  /** The header of the next record, within every limit before its fragment is waited for. */
  #nextHeader(): Buffer | null {
    const header = this.#transport.take(HEADER_LENGTH);
    if (header === null) return null;
    if (++this.#records > MAX_RECORDS) throw flood('records', MAX_RECORDS);
    const type = header.readUInt8(0);
    if (!isContentType(type)) throw unexpected(`A record of unknown type ${type}`, { record_type: type });
    if (this.#requiredVersion !== null && header.readUInt16BE(1) !== this.#requiredVersion) {
      throw invalid(ALERT.protocolVersion, 'A record with another version than the one chosen');
    }
    const length = fragmentLength(header);
    const limit = MAX_FRAGMENT_BYTES + (this.#reading?.maxExpansion ?? 0);
    if (length > limit) throw invalid(ALERT.recordOverflow, `A record of ${length} octets`, { record_bytes: length });
    this.#octets += HEADER_LENGTH + length;
    if (this.#octets > MAX_TOTAL_BYTES) throw flood('octets', MAX_TOTAL_BYTES);
    return header;
  }

  /** Whether the first octets are a TLS record at all: its type, then the 3 that every version begins with. */
  async #checkProtocol(): Promise<void> {
    await this.#transport.ready(1);
    // The first octet may be all there is: some other protocols greet with fewer than a record header has.
    if (canBeTlsRecord(this.#transport.peek(1))) await this.#transport.ready(2);
    if (!canBeTlsRecord(this.#transport.peek(2))) await this.#events.onForeignBytes();
    this.#isTls = true;
  }

  /**
   * In TLS 1.3 ChangeCipherSpec for compatibility is never protected, and a server that could not make keys may send
   * its alert in the clear. The one is ignored, the other ends the handshake: neither can make it succeed.
   */
  #isPlaintext(type: number): boolean {
    return this.#ignoresChangeCipherSpec && (type === CONTENT_TYPE.changeCipherSpec || type === CONTENT_TYPE.alert);
  }
}

function fragmentLength(header: Buffer): number {
  return header.readUInt16BE(3);
}

function isContentType(type: number): boolean {
  return type >= CONTENT_TYPE.changeCipherSpec && type <= CONTENT_TYPE.applicationData;
}

function unexpected(detail: string, evidence = {}): ReturnType<typeof invalid> {
  return invalid(ALERT.unexpectedMessage, detail, evidence);
}

function flood(what: string, limit: number): ReturnType<typeof invalid> {
  return invalid(ALERT.unexpectedMessage, `More than ${limit} ${what} in one handshake`, { flood: what, limit });
}
