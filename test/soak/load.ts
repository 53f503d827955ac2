import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Kind, Target } from './targets.ts';

/** How one request ended, seen from outside. */
export interface Sample {
  readonly kind: Kind;
  /** 0 = no answer at all. */
  readonly status: number;
  /** X-Verdict, or the code of the problem. */
  readonly outcome: string;
  readonly ms: number;
}

/** Callers, each with an address of its own. */
const CALLERS = 8;
/** Requests that may be open at once; more than the service takes, so that it has to refuse. */
const MAX_OPEN = 4000;
const TICK_MS = 10;

/** Asks one service about targets, over connections that are kept. */
export class Load {
  readonly samples: Sample[] = [];
  #open = 0;
  #next = 0;
  readonly #port: number;
  readonly #agents = Array.from(
    { length: CALLERS },
    (_, index) => new Agent({ keepAlive: true, maxSockets: MAX_OPEN, localAddress: `127.0.0.${10 + index}` }),
  );

  constructor(port: number) {
    this.#port = port;
  }

  /** `workers` ask one after the other for so long. */
  async closed(workers: number, durationMs: number, choose: () => Target): Promise<void> {
    const endsAt = performance.now() + durationMs;
    const work = async () => {
      while (performance.now() < endsAt) await this.#ask(choose());
    };
    await Promise.all(Array.from({ length: workers }, work));
  }

  /** So many requests a second, whether answers come or not; how many were really sent a second. */
  async open(perSecond: number, durationMs: number, choose: () => Target): Promise<number> {
    const startedAt = performance.now();
    let sent = 0;
    let asked = 0;
    const pending = new Set<Promise<void>>();
    for (let now = 0; now < durationMs; now = performance.now() - startedAt) {
      for (; asked < (now / 1000) * perSecond; asked++) {
        if (this.#open >= MAX_OPEN) continue;
        sent++;
        const one = this.#ask(choose()).finally(() => pending.delete(one));
        pending.add(one);
      }
      await delay(TICK_MS);
    }
    await Promise.all(pending);
    return (sent * 1000) / durationMs;
  }

  close(): void {
    for (const agent of this.#agents) agent.destroy();
  }

  #ask({ kind, host, port }: Target): Promise<void> {
    const startedAt = performance.now();
    const agent = this.#agents[this.#next++ % CALLERS];
    const body = JSON.stringify({ host, port, ca: 'soak', revocation: 'off', aia: false, timeout_ms: 1000 });
    const headers = { 'Content-Type': 'application/json', 'Content-Length': body.length };
    this.#open++;
    return new Promise((resolve) => {
      const end = (status: number, outcome: string) => {
        this.#open--;
        this.samples.push({ kind, status, outcome, ms: performance.now() - startedAt });
        resolve();
      };
      const asked = request({ host: '127.0.0.1', port: this.#port, path: '/verify', method: 'POST', agent, headers });
      asked.once('error', (error: NodeJS.ErrnoException) => end(0, error.code ?? error.message));
      asked.once('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.once('error', () => {});
        response.once('close', () => {
          const verdict = response.headers['x-verdict'];
          const code = () => /"code":"(\w+)"/.exec(Buffer.concat(chunks).toString())?.[1] ?? 'none';
          end(response.complete ? (response.statusCode ?? 0) : 0, verdict === undefined ? code() : String(verdict));
        });
      });
      asked.end(body);
    });
  }
}

/** The value that so many of a hundred are not above; 0 of none. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil((sorted.length * percent) / 100) - 1)] ?? 0;
}
