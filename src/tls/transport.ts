import type { Socket } from 'node:net';
import { turns } from '../loop/turns.ts';
import { abort, type HandshakeAbort } from './abort.ts';

/** Above this much unread input the socket is paused: a peer cannot fill our memory faster than we read. */
const PAUSE_ABOVE_BYTES = 64 * 1024;

/** How long a finished connection stays open for the peer to read our last flight and close by itself. */
const LINGER_MS = 200;

/** Why nothing can be read after we closed: a mistake of ours, never reported. */
const CLOSED = new Error('The transport is closed');

const EMPTY = Buffer.alloc(0);

/** The bytes of one connection, pulled: exact reads, one waiter, one AbortSignal. */
export class Transport {
  readonly #socket: Socket;
  readonly #signal: AbortSignal;
  /** What is read from, and how many of its octets were. */
  #head: Buffer = EMPTY;
  #taken = 0;
  /** What came after it. */
  #more: Buffer[] = [];
  /** Octets of both that are still to be read. */
  #buffered = 0;
  #waiting: { length: number; resolve: () => void; reject: (reason: unknown) => void } | null = null;
  /** Why no more bytes will come; those already here can still be read. */
  #ended: unknown = null;
  /** We have closed: what still comes is counted and thrown away. */
  #isClosed = false;
  #lingering: NodeJS.Timeout | undefined;

  constructor(socket: Socket, signal: AbortSignal) {
    this.#socket = socket;
    this.#signal = signal;
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('error', this.#onError);
    socket.on('close', this.#onEnd);
    signal.addEventListener('abort', this.#onAbort, { once: true });
    if (signal.aborted) this.#onAbort();
    else if (socket.destroyed) this.#onError();
  }

  /** Exactly `length` octets; null, and nothing taken, where they are not all here: `ready` waits for them. */
  take(length: number): Buffer | null {
    if (this.#buffered < length) return null;
    const bytes = this.peek(length);
    this.#taken += length;
    this.#buffered -= length;
    return bytes;
  }

  /**
   * Resolves once `length` octets can be taken. Rejects with the reason for which the stream ended before them. One
   * caller at a time.
   */
  ready(length: number): Promise<void> {
    if (this.#buffered >= length) return Promise.resolve();
    if (this.#ended !== null) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      this.#waiting = { length, resolve, reject };
      this.#socket.resume();
    });
  }

  /** What is here, at most `limit` octets, which stay to be read. */
  peek(limit: number): Buffer {
    const end = this.#taken + Math.min(limit, this.#buffered);
    if (end > this.#head.length) return this.#join().subarray(0, limit);
    return this.#head.subarray(this.#taken, end);
  }

  write(bytes: Buffer): void {
    if (this.#socket.writable) this.#socket.write(bytes);
  }

  /** Makes the pending read, and every later one that would wait, reject with `reason`. */
  interrupt(reason: unknown): void {
    this.#finish(reason);
  }

  /**
   * Sends FIN and gives the peer a moment to close by itself. Closing at once would answer what it still sends with
   * RST, which may throw away our last flight and shows in servers' logs as a failed handshake.
   */
  close(): void {
    const socket = this.#socket;
    this.#letGo();
    if (socket.destroyed) return;
    this.#lingering = setTimeout(this.#drop, LINGER_MS).unref();
    socket.resume();
    socket.end();
  }

  /** Ends the connection now. */
  destroy(): void {
    this.#letGo();
    this.#socket.destroy();
  }

  /** Nothing is read any more. The listeners stay: a late error that nobody listens to would end the process. */
  #letGo(): void {
    this.#isClosed = true;
    this.#finish(CLOSED);
    this.#forget();
    this.#signal.removeEventListener('abort', this.#onAbort);
  }

  readonly #drop = (): void => {
    clearTimeout(this.#lingering);
    this.#socket.destroy();
  };

  readonly #onData = (chunk: Buffer): void => {
    this.#buffered += chunk.length;
    if (this.#isClosed) {
      if (this.#buffered > PAUSE_ABOVE_BYTES) this.#drop();
      return;
    }
    this.#append(chunk);
    const waiting = this.#waiting;
    if (waiting !== null && this.#buffered >= waiting.length) {
      this.#waiting = null;
      turns.run(() => {
        // An abort in between has thrown the bytes away.
        if (this.#buffered >= waiting.length) waiting.resolve();
        else waiting.reject(this.#ended);
      });
    }
    if (this.#buffered > PAUSE_ABOVE_BYTES) this.#socket.pause();
  };

  readonly #onEnd = (): void => {
    this.#finish(this.#ended ?? closed('fin'));
    if (this.#isClosed) this.#drop();
  };

  readonly #onError = (): void => {
    this.#finish(this.#ended ?? closed('reset'));
    if (this.#isClosed) this.#drop();
  };

  readonly #onAbort = (): void => {
    const reason: unknown = this.#signal.reason;
    // The deadline is a fact about the target; any other reason is the caller's own and goes back to it.
    const isDeadline = reason instanceof Error && reason.name === 'TimeoutError';
    this.#finish(isDeadline ? abort('tls_timeout', 'The server did not complete the handshake in time') : reason);
    this.#forget();
    this.#socket.destroy();
  };

  #finish(reason: unknown): void {
    this.#ended ??= reason;
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.reject(this.#ended);
  }

  #append(chunk: Buffer): void {
    if (this.#taken < this.#head.length) {
      this.#more.push(chunk);
    } else {
      this.#head = chunk;
      this.#taken = 0;
    }
  }

  /** Makes one piece of what is still to be read: once for all that has come, not once a chunk. */
  #join(): Buffer {
    this.#head = Buffer.concat([this.#head.subarray(this.#taken), ...this.#more]);
    this.#taken = 0;
    this.#more = [];
    return this.#head;
  }

  #forget(): void {
    this.#head = EMPTY;
    this.#taken = 0;
    this.#more = [];
    this.#buffered = 0;
  }
}

/** How the peer ended the stream: with FIN, or with a reset. */
function closed(how: 'fin' | 'reset'): HandshakeAbort {
  const text = how === 'reset' ? 'reset the connection' : 'closed the connection';
  return abort('tls_closed', `The server ${text} during the handshake`, { evidence: { closed_by: how } });
}
