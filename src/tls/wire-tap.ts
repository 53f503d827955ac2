import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { HandshakeState } from '../domain/handshake.ts';
import { type Alert, alert } from './alerts.ts';
import { endsHandshake, type ServerFlight } from './legacy-flight.ts';
import { readOfferedSuites } from './legacy-messages.ts';
import { RecordReader } from './legacy-records.ts';
import { CONTENT_TYPE } from './registry.ts';

/** After its first flight a server owes a ticket, ChangeCipherSpec and Finished; a ticket has at most 64 KiB. */
export const MAX_AFTER_FLIGHT_BYTES = 128 * 1024;

const HANDSHAKE_HEADER_LENGTH = 4;

/**
 * The stream that node:tls takes for the connection. It reads along in both directions, and keeps the server's first
 * flight back until `flight` has read it whole: what OpenSSL refuses is then known all the same, and what `flight`
 * refuses never reaches OpenSSL.
 */
export class WireTap extends Duplex {
  /** An alert that OpenSSL sent in the clear: its reason for refusing the server. */
  sentAlert: Alert | null = null;
  /** OpenSSL has answered the server's flight, so it has accepted what the server signed. */
  answered = false;
  readonly #socket: Socket;
  readonly #flight: ServerFlight;
  readonly #onEvent: () => void;
  readonly #sent = new RecordReader();
  readonly #received = new RecordReader();
  #held: Buffer[] = [];
  #released = false;
  #afterFlight = 0;
  #sentHello = false;
  #receivedEncrypted = false;

  /** `onEvent` is called when the exchange cannot go on: the flight is bad, an alert came, or too much after it. */
  constructor(socket: Socket, flight: ServerFlight, onEvent: () => void) {
    super({ autoDestroy: false });
    this.#socket = socket;
    this.#flight = flight;
    this.#onEvent = onEvent;
    socket.on('data', this.#onData);
  }

  /** How far the handshake came, from what both sides sent. `finished` is not known here. */
  get state(): HandshakeState {
    if (!this.#sentHello) return 'connected';
    const isSigned = this.#flight.keyExchange !== null;
    return this.answered && isSigned ? 'key_proven' : this.#flight.state;
  }

  /** Octets that came after the flight are more than a handshake can need. */
  get isFlooded(): boolean {
    return this.#afterFlight > MAX_AFTER_FLIGHT_BYTES;
  }

  stop(): void {
    this.#socket.off('data', this.#onData);
    this.#held = [];
  }

  override _read(): void {
    // Bytes are pushed as they come: they are bounded, so there is no back pressure to keep.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#readSent(chunk);
    // A failed write shows as the socket's error, which is listened to; the stream above need not learn it twice.
    if (this.#socket.writable) this.#socket.write(chunk, () => done());
    else done();
  }

  override _final(done: () => void): void {
    this.#socket.end(() => done());
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#released) this.#readAfterFlight(chunk);
    else this.#readFlight(chunk);
  };

  #readFlight(chunk: Buffer): void {
    this.#held.push(chunk);
    this.#flight.push(chunk);
    if (this.#flight.end === null) return;
    if (this.#flight.end.by === 'complete') this.#release();
    else this.#onEvent();
  }

  #release(): void {
    this.#released = true;
    this.#received.append(this.#flight.rest);
    this.push(Buffer.concat(this.#held));
    this.#held = [];
    this.#readAlerts();
  }

  #readAfterFlight(chunk: Buffer): void {
    this.#afterFlight += chunk.length;
    if (this.isFlooded) {
      this.#onEvent();
      return;
    }
    this.#received.append(chunk);
    this.#readAlerts();
    this.push(chunk);
  }

  /** Alerts stay readable until the server's ChangeCipherSpec (RFC 5246 §7.1). */
  #readAlerts(): void {
    for (let record = this.#received.next(); record !== null; record = this.#received.next()) {
      if (record.type === CONTENT_TYPE.changeCipherSpec) {
        this.#receivedEncrypted = true;
        this.#received.allowCiphertext();
      }
      if (this.#receivedEncrypted || record.type !== CONTENT_TYPE.alert || record.fragment.length !== 2) continue;
      const received = alert(record.fragment.readUInt8(0), record.fragment.readUInt8(1));
      this.#flight.alerts.push(received);
      if (endsHandshake(received)) this.#onEvent();
    }
  }

  #readSent(chunk: Buffer): void {
    this.#sent.append(chunk);
    for (let record = this.#sent.next(); record !== null; record = this.#sent.next()) {
      if (record.type === CONTENT_TYPE.changeCipherSpec) this.#sent.allowCiphertext();
      if (record.type === CONTENT_TYPE.handshake) {
        if (this.#sentHello) this.answered = true;
        else this.#flight.offeredSuites = readOfferedSuites(record.fragment.subarray(HANDSHAKE_HEADER_LENGTH));
        this.#sentHello = true;
      } else if (record.type === CONTENT_TYPE.alert && record.fragment.length === 2) {
        this.sentAlert ??= alert(record.fragment.readUInt8(0), record.fragment.readUInt8(1));
      }
    }
  }
}
