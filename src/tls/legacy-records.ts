import { canBeTlsRecord } from './first-bytes.ts';

const HEADER_LENGTH = 5;
/** RFC 5246 §6.2.1: a TLSPlaintext fragment has at most 2^14 octets. */
const MAX_FRAGMENT = 2 ** 14;
/** RFC 5246 §6.2.3: an encrypted one may be 2048 octets longer. */
const MAX_CIPHERTEXT = MAX_FRAGMENT + 2048;

export interface PlaintextRecord {
  readonly type: number;
  /** The record's own version field, which older servers and clients fill with many values. */
  readonly version: number;
  readonly fragment: Buffer;
}

/** Why bytes cannot be read on as records. */
export type RecordFault = 'not_tls' | 'oversized';

/**
 * Bytes with a beginning that is consumed: appending and taking copy each octet a bounded number of times, so one
 * octet a call costs no more than one call with everything.
 */
class ByteQueue {
  #buffer = Buffer.alloc(0);
  #start = 0;
  #end = 0;

  get length(): number {
    return this.#end - this.#start;
  }

  append(chunk: Buffer): void {
    if (this.#end + chunk.length > this.#buffer.length) this.#makeRoom(chunk.length);
    chunk.copy(this.#buffer, this.#end);
    this.#end += chunk.length;
  }

  /** A view of the first octets (fewer when there are fewer), good until the next `append`. */
  peek(length: number): Buffer {
    return this.#buffer.subarray(this.#start, Math.min(this.#start + length, this.#end));
  }

  /** A copy of the first octets, which leave the queue; the caller knows that there are so many. */
  take(length: number): Buffer {
    const taken = Buffer.from(this.peek(length));
    this.#start += length;
    return taken;
  }

  #makeRoom(more: number): void {
    const held = this.peek(this.length);
    const needed = held.length + more;
    const grown = needed * 2 > this.#buffer.length ? Buffer.allocUnsafeSlow(Math.max(1024, needed * 2)) : this.#buffer;
    held.copy(grown, 0);
    this.#buffer = grown;
    this.#start = 0;
    this.#end = held.length;
  }
}

/** Cuts a byte stream into records without decrypting any (RFC 5246 §6.2.1). */
export class RecordReader {
  readonly #bytes = new ByteQueue();
  #fault: RecordFault | null = null;
  #encrypted = false;

  get fault(): RecordFault | null {
    return this.#fault;
  }

  /** Octets that are held back because their record is not complete. */
  get pending(): Buffer {
    return this.#bytes.peek(this.#bytes.length);
  }

  /** What follows is encrypted, so fragments may be longer. */
  allowCiphertext(): void {
    this.#encrypted = true;
  }

  append(chunk: Buffer): void {
    if (this.#fault === null) this.#bytes.append(chunk);
  }

  /** The next complete record; null when there is none (yet, or for ever once `fault` is set). */
  next(): PlaintextRecord | null {
    if (this.#fault !== null) return null;
    const header = this.#bytes.peek(HEADER_LENGTH);
    if (!canBeTlsRecord(header)) {
      this.#fault = 'not_tls';
      return null;
    }
    if (header.length < HEADER_LENGTH) return null;
    const length = header.readUInt16BE(3);
    if (length > (this.#encrypted ? MAX_CIPHERTEXT : MAX_FRAGMENT)) {
      this.#fault = 'oversized';
      return null;
    }
    if (this.#bytes.length < HEADER_LENGTH + length) return null;
    const record = this.#bytes.take(HEADER_LENGTH + length);
    return { type: record.readUInt8(0), version: record.readUInt16BE(1), fragment: record.subarray(HEADER_LENGTH) };
  }
}
