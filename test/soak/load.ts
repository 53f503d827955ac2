import { setTimeout as delay } from 'node:timers/promises';
import { HttpConnection } from './http-connection.ts';
import type { Target } from './targets.ts';

/** Callers, each with an address of its own. */
const CALLERS = 8;
/** Requests that may be open at once: more than the service takes, so that it is the service that refuses. */
const MAX_OPEN = 3000;
/** A silent target holds its place so long. */
const TIMEOUT_MS = 2000;
/** After a refusal, as Retry-After has it. */
const BACK_OFF_MS = 1000;

/** What came of one load. */
export interface LoadResult {
  /** Requests by `kind status outcome`. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Of good targets that were accepted: milliseconds from the moment at which each request was due. */
  readonly acceptedGoodMs: readonly number[];
  /** Requests that were due and not sent, since MAX_OPEN were open. */
  readonly unsent: number;
  readonly durationMs: number;
}

/** Asks one service about targets, over connections that are kept. */
export class Load {
  #open = 0;
  #next = 0;
  #outcomes: Record<string, number> = {};
  #acceptedGoodMs: number[] = [];
  readonly #port: number;
  /** Connections that nobody uses at the moment, by caller. */
  readonly #idle: HttpConnection[][] = Array.from({ length: CALLERS }, () => []);

  constructor(port: number) {
    this.#port = port;
  }

  /** `workers` ask one after the other for so long, and wait when they are refused. */
  async closed(workers: number, durationMs: number, choose: () => Target): Promise<LoadResult> {
    const startedAt = performance.now();
    const work = async () => {
      while (performance.now() < startedAt + durationMs) {
        const status = await this.#ask(choose(), performance.now());
        if (status !== 200) await delay(BACK_OFF_MS);
      }
    };
    await Promise.all(Array.from({ length: workers }, work));
    return this.#take(performance.now() - startedAt, 0);
  }

  /** So many requests a second at random moments (a Poisson process), whether answers come or not. */
  async open(perSecond: number, durationMs: number, choose: () => Target): Promise<LoadResult> {
    const startedAt = performance.now();
    const endsAt = startedAt + durationMs;
    const pending = new Set<Promise<unknown>>();
    let unsent = 0;
    const intervalMs = (): number => (-Math.log(1 - Math.random()) * 1000) / perSecond;
    for (let dueAt = startedAt + intervalMs(); dueAt < endsAt; dueAt += intervalMs()) {
      // A millisecond of sleep at least: whatever is due then is sent at once, late by what it waited.
      const earlyMs = dueAt - performance.now();
      if (earlyMs > 0) await delay(earlyMs);
      if (this.#open >= MAX_OPEN) {
        unsent++;
        continue;
      }
      const one = this.#ask(choose(), dueAt).finally(() => pending.delete(one));
      pending.add(one);
    }
    await Promise.all(pending);
    return this.#take(durationMs, unsent);
  }

  close(): void {
    for (const connections of this.#idle) for (const connection of connections.splice(0)) connection.close();
  }

  async #ask({ kind, host, port }: Target, dueAt: number): Promise<number> {
    const caller = this.#next++ % CALLERS;
    const idle = this.#idle[caller] ?? [];
    let connection = idle.pop();
    while (connection !== undefined && !connection.isOpen) connection = idle.pop();
    connection ??= new HttpConnection(this.#port, `127.0.0.${10 + caller}`);
    const body = JSON.stringify({
      host,
      port,
      ca: 'soak',
      revocation: 'off',
      aia: false,
      timeout_ms: TIMEOUT_MS,
    });
    this.#open++;
    const { status, outcome } = await connection.ask(
      `POST /verify HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    this.#open--;
    if (connection.isOpen) idle.push(connection);
    const key = `${kind} ${status} ${outcome}`;
    this.#outcomes[key] = (this.#outcomes[key] ?? 0) + 1;
    if (kind === 'good' && status === 200) this.#acceptedGoodMs.push(performance.now() - dueAt);
    return status;
  }

  #take(durationMs: number, unsent: number): LoadResult {
    const result = { outcomes: this.#outcomes, acceptedGoodMs: this.#acceptedGoodMs, unsent, durationMs };
    this.#outcomes = {};
    this.#acceptedGoodMs = [];
    return result;
  }
}
