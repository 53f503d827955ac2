import { hash } from 'node:crypto';
import type { ScheduleHash } from './hmac.ts';
import { HANDSHAKE_TYPE } from './registry.ts';
import { handshakeMessage } from './wire.ts';

/**
 * All handshake messages so far, and their hash (RFC 8446 §4.4.1, RFC 5246 §7.4.9). Hashed anew each time it is asked
 * for: a usual handshake has a few kilobytes, which costs less than the native object of a running hash.
 */
export class Transcript {
  readonly #algorithm: ScheduleHash;
  readonly #messages: Buffer[];

  constructor(algorithm: ScheduleHash, ...messages: readonly Buffer[]) {
    this.#algorithm = algorithm;
    this.#messages = [...messages];
  }

  add(message: Buffer): void {
    this.#messages.push(message);
  }

  digest(): Buffer {
    return hash(this.#algorithm, Buffer.concat(this.#messages), 'buffer');
  }
}

/** What stands for the first ClientHello in the transcript after a HelloRetryRequest (RFC 8446 §4.4.1). */
export function messageHash(algorithm: ScheduleHash, clientHello: Buffer): Buffer {
  return handshakeMessage(HANDSHAKE_TYPE.messageHash, hash(algorithm, clientHello, 'buffer'));
}
