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
  readonly #kept: Buffer[] | null;
  #digest: Buffer | null = null;

  /** @param keeps the messages too, for whoever will sign them under another hash */
  constructor(algorithm: ScheduleHash, first: Buffer, { keeps = false } = {}) {
    this.#hash = createHash(algorithm).update(first);
    this.#kept = keeps ? [first] : null;
  }

  add(message: Buffer): void {
    this.#hash.update(message);
    this.#kept?.push(message);
    this.#digest = null;
  }

  /** Hash of the messages so far. */
  digest(): Buffer {
    this.#digest ??= this.#hash.copy().digest();
    return this.#digest;
  }

  /** The messages so far, which must have been kept. */
  messages(): Buffer {
    if (this.#kept === null) throw new Error('this transcript keeps no messages');
    return Buffer.concat(this.#kept);
  }
}

/** What stands for the first ClientHello in the transcript after a HelloRetryRequest (RFC 8446 §4.4.1). */
export function messageHash(algorithm: ScheduleHash, clientHello: Buffer): Buffer {
  return handshakeMessage(HANDSHAKE_TYPE.messageHash, hash(algorithm, clientHello, 'buffer'));
}
