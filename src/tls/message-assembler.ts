import { abort, invalid } from './abort.ts';
import { ALERT } from './alerts.ts';
import { HANDSHAKE_TYPE } from './registry.ts';

/**
 * Room for a thousand small certificates; OpenSSL stops at about 100 KB. It stays in memory until the verdict, and
 * every verification under way may have one: 128 MiB of them with the usual MAX_IN_FLIGHT.
 */
export const MAX_CERTIFICATE_MESSAGE_BYTES = 512 * 1024;

/** Two 64 KiB vectors: the most that any other message we read can hold by its own length fields. */
export const MAX_MESSAGE_BYTES = 128 * 1024;

/** A handshake message; `bytes` includes its four octets of header, as the transcript needs it (RFC 8446 §4). */
export interface HandshakeMessage {
  readonly type: number;
  readonly body: Buffer;
  readonly bytes: Buffer;
}

const HEADER_LENGTH = 4;

/**
 * Puts handshake messages together from record fragments: many messages may share a record and one may span many
 * (RFC 8446 §5.1). A message inside one fragment is a view of it. One that spans fragments is copied into a buffer
 * that doubles up to the declared length, so one-octet fragments cost linear time and a lie about the length no memory.
 */
export class MessageAssembler {
  /** A fragment not yet cut up, when no message is half read. */
  #fragment: Buffer = EMPTY;
  #partial: Buffer = EMPTY;
  #filled = 0;

  /** No octet is waiting for its message: keys may change here (RFC 8446 §5.1). */
  get isEmpty(): boolean {
    return this.#fragment.length === 0 && this.#filled === 0;
  }

  /** Call only after `next` has returned null. */
  push(fragment: Buffer): void {
    if (this.#filled === 0 && this.#fragment.length === 0) {
      this.#fragment = fragment;
      return;
    }
    if (this.#filled === 0) {
      const rest = this.#fragment;
      this.#fragment = EMPTY;
      this.#append(rest);
    }
    this.#append(fragment);
  }

  /** The next whole message; null when more fragments are needed. */
  next(): HandshakeMessage | null {
    const source = this.#filled > 0 ? this.#partial.subarray(0, this.#filled) : this.#fragment;
    if (source.length < HEADER_LENGTH) return null;
    const total = HEADER_LENGTH + checkedLength(source);
    if (source.length < total) return null;
    const bytes = source.subarray(0, total);
    this.#fragment = source.subarray(total);
    this.#partial = EMPTY;
    this.#filled = 0;
    return { type: bytes.readUInt8(0), body: bytes.subarray(HEADER_LENGTH), bytes };
  }

  #append(fragment: Buffer): void {
    const needed = this.#filled + fragment.length;
    if (needed > this.#partial.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#partial.length));
      this.#partial.copy(larger, 0, 0, this.#filled);
      this.#partial = larger;
    }
    fragment.copy(this.#partial, this.#filled);
    this.#filled = needed;
  }
}

const EMPTY = Buffer.alloc(0);

/** Length of the message that starts here; aborts when it is more than we read. */
function checkedLength(source: Buffer): number {
  const type = source.readUInt8(0);
  const length = source.readUIntBE(1, 3);
  if (type === HANDSHAKE_TYPE.certificate && length > MAX_CERTIFICATE_MESSAGE_BYTES) {
    throw abort('tls_chain_too_large', `The Certificate message has ${length} octets`, {
      evidence: { message_bytes: length, limit_bytes: MAX_CERTIFICATE_MESSAGE_BYTES },
      alert: ALERT.internalError,
    });
  }
  if (type !== HANDSHAKE_TYPE.certificate && length > MAX_MESSAGE_BYTES) {
    throw invalid(ALERT.illegalParameter, `A handshake message of type ${type} has ${length} octets`, {
      message_type: type,
      message_bytes: length,
      limit_bytes: MAX_MESSAGE_BYTES,
    });
  }
  return length;
}
