import { createHash, type Hash, hash } from 'node:crypto';
import type { ScheduleHash } from './hmac.ts';
import { HANDSHAKE_TYPE } from './registry.ts';
import { handshakeMessage } from './wire.ts';

/**
 * The running hash of all handshake messages (RFC 8446 §4.4.1, RFC 5246 §7.4.9). Keeping the messages and hashing them
 * when asked takes longer, also for a short chain, and leaves several copies of a long one for the garbage collector.
 */
export class Transcript {
  readonly #hash: Hash;
  #digest: Buffer | null = null;

  constructor(algorithm: ScheduleHash, first: Buffer) {
    this.#hash = createHash(algorithm).update(first);
  }

  add(message: Buffer): void {
    this.#hash.update(message);
    this.#digest = null;
  }

  /** Hash of the messages so far. */
  digest(): Buffer {
    this.#digest ??= this.#hash.copy().digest();
    return this.#digest;
  }
}

/** What stands for the first ClientHello in the transcript after a HelloRetryRequest (RFC 8446 §4.4.1). */
export function messageHash(algorithm: ScheduleHash, clientHello: Buffer): Buffer {
  return handshakeMessage(HANDSHAKE_TYPE.messageHash, hash(algorithm, clientHello, 'buffer'));
}
