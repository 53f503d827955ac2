import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Requests of one connection that may be without an answer: those behind the first only wait for it. */
export const MAX_PIPELINED = 16;
/** Of all answers together: what is written and not taken by the other end. Hundreds of the largest. */
const MAX_UNTAKEN_BYTES = 64 * 1024 * 1024;
/** How long the other end may leave what is written before it takes a whole piece of it. */
const UNTAKEN_TIMEOUT_MS = 60_000;
const LOOK_MS = 1_000;
/** Answers that may begin between two looks at the sum. */
const LOOK_AFTER = 64;

/** One connection, from its first request on. */
interface Connection {
  /** Not whole yet, in order. */
  readonly answers: ServerResponse[];
  /** Octets that the other end had taken at the last look, and for how many looks it has taken nothing. */
  taken: number;
  idleLooks: number;
}

/**
 * The answers that callers have not taken yet. Whoever asks and does not read would otherwise keep a connection for
 * ever, and the memory of as many answers as requests fit into a few packets.
 */
export class AnswersUnderWay {
  readonly #connections = new Map<Socket, Connection>();
  readonly #maxBytes: number;
  readonly #mostIdleLooks: number;
  readonly #timer: NodeJS.Timeout;
  #untilLook = LOOK_AFTER;

  constructor({ maxBytes = MAX_UNTAKEN_BYTES, patienceMs = UNTAKEN_TIMEOUT_MS, lookMs = LOOK_MS } = {}) {
    this.#maxBytes = maxBytes;
    this.#mostIdleLooks = patienceMs / lookMs;
    this.#timer = setInterval(() => {
      this.#cutIdle();
      this.#cutLargest();
    }, lookMs).unref();
  }

  /** Counts an answer in; false when its connection has as many as it may. */
  add(socket: Socket, answer: ServerResponse): boolean {
    const { answers } = this.#connections.get(socket) ?? this.#meet(socket);
    if (answers.length >= MAX_PIPELINED) return false;
    answers.push(answer);
    answer.once('close', () => answers.splice(answers.indexOf(answer), 1));
    if (--this.#untilLook === 0) this.#cutLargest();
    return true;
  }

  /** The answer that the connection is getting or waits for first. */
  firstOf(socket: Socket): ServerResponse | undefined {
    return this.#connections.get(socket)?.answers[0];
  }

  /** The answer after which the connection has none to wait for. */
  lastOf(socket: Socket): ServerResponse | undefined {
    return this.#connections.get(socket)?.answers.at(-1);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #meet(socket: Socket): Connection {
    const connection: Connection = { answers: [], taken: 0, idleLooks: 0 };
    this.#connections.set(socket, connection);
    socket.once('close', () => this.#connections.delete(socket));
    return connection;
  }

  #cutIdle(): void {
    for (const [socket, connection] of this.#connections) {
      const taken = socket.bytesWritten - socket.writableLength;
      const isIdle = socket.writableLength > 0 && taken === connection.taken;
      connection.taken = taken;
      connection.idleLooks = isIdle ? connection.idleLooks + 1 : 0;
      if (connection.idleLooks >= this.#mostIdleLooks) socket.destroy();
    }
  }

  /** Those who have left most go first, so that whoever reads is not one of them. */
  #cutLargest(): void {
    this.#untilLook = LOOK_AFTER;
    // Nearly always all there is to it, and asked often: no list is made for it.
    let sum = 0;
    for (const { answers } of this.#connections.values()) sum += lengthOf(answers);
    if (sum <= this.#maxBytes) return;
    const untaken = [...this.#connections].map(([socket, { answers }]) => ({ socket, bytes: lengthOf(answers) }));
    for (const { socket, bytes } of untaken.toSorted((a, b) => b.bytes - a.bytes)) {
      if (sum <= this.#maxBytes) return;
      sum -= bytes;
      socket.destroy();
    }
  }
}

/** Of the first one that is what waits in its socket too. */
function lengthOf(answers: readonly ServerResponse[]): number {
  return answers.reduce((sum, { writableLength }) => sum + writableLength, 0);
}
