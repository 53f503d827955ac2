import type { Socket } from 'node:net';
import { turns } from '../loop/turns.ts';
import { abort, type HandshakeAbort } from './abort.ts';

/** Above this much unread input the socket is paused: a peer cannot fill our memory faster than we read. */
const PAUSE_ABOVE_BYTES = 64 * 1024;

/** How long a finished connection stays open for the peer to read our last flight and close by itself. */
const LINGER_MS = 200;

/** Why nothing can be read after we let go of the socket: a mistake of ours, never reported. */
const DETACHED = new Error('The transport has let go of its socket');

/** The bytes of one connection, pulled: exact reads, one waiter, one AbortSignal. */
export class Transport {
  readonly #socket: Socket;
  readonly #signal: AbortSignal;
  #chunks: Buffer[] = [];
  #buffered = 0;
  #waiting: { length: number; resolve: () => void; reject: (reason: unknown) => void } | null = null;
  /** Why no more bytes will come; those already here can still be read. */
  #ended: unknown = null;

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

  /** Exactly `length` octets. Rejects with the reason for which the stream ended before them. */
  async read(length: number): Promise<Buffer> {
    if (this.#buffered < length) await this.ready(length);
    return this.#take(length);
  }

  /** Resolves once `length` octets can be read without waiting. One caller at a time. */
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
    const [first] = this.#chunks;
    // The usual case, and twice a handshake: everything asked for stands in the first chunk.
    const bytes = first !== undefined && first.length >= limit ? first : Buffer.concat(this.#chunks);
    return bytes.subarray(0, limit);
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
    this.#detach();
    if (socket.destroyed) return;
    const destroy = (): void => {
      clearTimeout(timer);
      socket.destroy();
    };
    const timer = setTimeout(destroy, LINGER_MS);
    timer.unref();
    let discarded = 0;
    socket.on('error', destroy);
    socket.on('end', destroy);
    socket.on('close', destroy);
    socket.on('data', (chunk: Buffer) => {
      discarded += chunk.length;
      if (discarded > PAUSE_ABOVE_BYTES) destroy();
    });
    socket.resume();
    socket.end();
  }

  /** Ends the connection now. */
  destroy(): void {
    this.#detach();
    // A late error of a socket that nobody listens to would end the process.
    this.#socket.on('error', () => {});
    this.#socket.destroy();
  }

  #detach(): void {
    this.#finish(DETACHED);
    this.#socket.off('data', this.#onData);
    this.#socket.off('end', this.#onEnd);
    this.#socket.off('error', this.#onError);
    this.#socket.off('close', this.#onEnd);
    this.#signal.removeEventListener('abort', this.#onAbort);
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
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

  readonly #onEnd = (): void => this.#finish(this.#ended ?? closed('fin'));

  readonly #onError = (): void => this.#finish(this.#ended ?? closed('reset'));

  readonly #onAbort = (): void => {
    const reason: unknown = this.#signal.reason;
    // The deadline is a fact about the target; any other reason is the caller's own and goes back to it.
    const isDeadline = reason instanceof Error && reason.name === 'TimeoutError';
    this.#finish(isDeadline ? abort('tls_timeout', 'The server did not complete the handshake in time') : reason);
    this.#chunks = [];
    this.#buffered = 0;
    this.#socket.destroy();
  };

  #finish(reason: unknown): void {
    this.#ended ??= reason;
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.reject(this.#ended);
  }

  #take(length: number): Buffer {
    const first = this.#chunks[0];
    this.#buffered -= length;
    if (first !== undefined && first.length >= length) {
      if (first.length === length) this.#chunks.shift();
      else this.#chunks[0] = first.subarray(length);
      return first.subarray(0, length);
    }
    // Joined once, not once a chunk: what is left over stays one chunk.
    const joined = Buffer.concat(this.#chunks);
    this.#chunks = joined.length > length ? [joined.subarray(length)] : [];
    return joined.subarray(0, length);
  }
}

/** How the peer ended the stream: with FIN, or with a reset. */
function closed(how: 'fin' | 'reset'): HandshakeAbort {
  const text = how === 'reset' ? 'reset the connection' : 'closed the connection';
  return abort('tls_closed', `The server ${text} during the handshake`, { evidence: { closed_by: how } });
}
