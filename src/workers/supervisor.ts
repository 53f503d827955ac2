import type { Logger } from '../observability/logger.ts';
import { type WorkerEnd, WorkerMetrics } from '../observability/worker-metrics.ts';
import type { FromWorker, RateName, ToWorker } from './messages.ts';
import { MetricsPage, type Reporter } from './metrics-page.ts';

/** A process that serves, as `node:cluster` has it. */
export interface WorkerProcess {
  send(message: ToWorker): void;
  kill(): void;
}

/** What a process tells of itself. */
export interface WorkerEvents {
  message(message: FromWorker): void;
  exit(code: number | null, signal: string | null): void;
}

export interface SupervisorOptions {
  readonly wanted: number;
  readonly start: (number: number, events: WorkerEvents) => WorkerProcess;
  /** Counts one more for all workers; seconds to wait when that is one too many. */
  readonly take: (rate: RateName, key: string) => Promise<number | null>;
  /** What requests under way have after a stop. */
  readonly graceMs: number;
  readonly logger: Logger;
}

/** A worker that lived shorter than this counts as one more failure in a row. */
const STABLE_MS = 60_000;
const FIRST_DELAY_MS = 1_000;
const MAX_DELAY_MS = 30_000;
/** How often signs of life are looked for, and how many looks may miss one. */
const LOOK_MS = 5_000;
const MISSED_LOOKS = 3;
/** What a worker has beyond the grace to close its files and end. */
const END_MS = 2_000;

/** Milliseconds before a worker is started again: none after the first end, then twice as many each time. */
export function restartDelayMs(failures: number): number {
  return failures === 0 ? 0 : Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (failures - 1));
}

/** One of the places for workers, whoever fills it. */
interface Place extends Reporter {
  readonly number: number;
  process: WorkerProcess | null;
  state: 'starting' | 'ready' | 'waiting';
  startedAt: number;
  /** Ends in a row that came soon after the start. */
  failures: number;
  /** Looks without a sign of life since the last one. */
  missed: number;
  isHanging: boolean;
}

/**
 * Keeps several workers running and answers what they ask for together. The first starts alone, so that a mistake in
 * the settings is told once; then the others. One that ends is replaced; when none is left and a new one does not come
 * up, everything ends.
 */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #places: readonly Place[];
  readonly #metrics: WorkerMetrics;
  readonly #page = new MetricsPage();
  readonly #ended = Promise.withResolvers<number>();
  #isStopping = false;
  #isSignalled = false;
  #status = 0;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#places = Array.from({ length: options.wanted }, (_, index) => emptyPlace(index + 1));
    this.#metrics = new WorkerMetrics(() => this.#ready().length);
  }

  /** Resolves with the exit status when no worker runs any more. */
  run(): Promise<number> {
    const [first] = this.#places;
    if (first !== undefined) this.#start(first);
    const look = setInterval(() => this.#look(), LOOK_MS);
    return this.#ended.promise.finally(() => clearInterval(look));
  }

  /** What a signal does: has all workers accept nothing more and end; a second one cuts what they have under way. */
  stop(reason: string): void {
    if (this.#isSignalled) for (const { process } of this.#ready()) process?.send({ kind: 'cut' });
    this.#isSignalled = true;
    this.#drain(reason);
  }

  /** After a bug of ours: lets the workers finish what they have under way, and ends with 1. */
  fail(reason: string): void {
    this.#status = 1;
    this.#drain(reason);
  }

  #drain(reason: string): void {
    if (this.#isStopping) return;
    this.#isStopping = true;
    const { graceMs, logger } = this.#options;
    logger.info({ reason, grace_ms: graceMs }, 'stopping');
    for (const place of this.#places) {
      // One that does not listen yet has nothing under way.
      if (place.state === 'starting') place.process?.kill();
      else place.process?.send({ kind: 'drain', reason });
    }
    setTimeout(() => this.#killAll(), graceMs + END_MS).unref();
    this.#endIfAlone();
  }

  #start(place: Place): void {
    Object.assign(place, { state: 'starting', startedAt: performance.now(), missed: 0, isHanging: false });
    place.process = this.#options.start(place.number, {
      message: (message) => void this.#hear(place, message),
      exit: (code, signal) => void this.#bury(place, code, signal),
    });
  }

  async #hear(place: Place, message: FromWorker): Promise<void> {
    const { process } = place;
    place.missed = 0;
    switch (message.kind) {
      case 'ready':
        return this.#welcome(place);
      case 'alive':
        return;
      case 'take': {
        const waits = await Promise.all(message.keys.map(([rate, key]) => this.#options.take(rate, key)));
        return process?.send({ kind: 'taken', id: message.id, waits });
      }
      case 'metrics': {
        const text = await this.#page.render(await this.#metrics.snapshot(), this.#ready());
        return process?.send({ kind: 'page', id: message.id, text });
      }
      case 'snapshot':
        return this.#page.accept(message.id, message.metrics);
    }
  }

  #welcome(place: Place): void {
    place.state = 'ready';
    // The first one is up: the settings are good.
    for (const other of this.#places) if (other.process === null && other.failures === 0) this.#start(other);
    this.#tellCount();
  }

  async #bury(place: Place, code: number | null, signal: string | null): Promise<void> {
    const wasReady = place.state === 'ready';
    const reason: WorkerEnd = place.isHanging ? 'hang' : signal === null ? 'exit' : 'signal';
    place.process = null;
    place.state = 'waiting';
    await this.#page.forget(place);
    if (this.#isStopping) {
      if (code !== 0 && wasReady) this.#status = 1;
      return this.#endIfAlone();
    }
    this.#metrics.observeEnd(reason);
    this.#tellCount();
    if (!wasReady && this.#places.every(({ process }) => process === null)) return this.#ended.resolve(1);
    if (performance.now() - place.startedAt >= STABLE_MS) place.failures = 0;
    const delayMs = restartDelayMs(place.failures++);
    this.#options.logger.error({ ended: place.number, code, signal, reason, delay_ms: delayMs }, 'worker replaced');
    setTimeout(() => {
      if (!this.#isStopping) this.#start(place);
    }, delayMs);
  }

  /** Kills those whose event loop stands: nothing else would take their connections from them. */
  #look(): void {
    for (const place of this.#ready()) {
      if (++place.missed <= MISSED_LOOKS) continue;
      place.isHanging = true;
      place.process?.kill();
    }
  }

  #tellCount(): void {
    const ready = this.#ready();
    for (const { process } of ready) {
      process?.send({ kind: 'workers', running: ready.length, wanted: this.#places.length });
    }
  }

  #killAll(): void {
    this.#status = 1;
    for (const { process } of this.#places) process?.kill();
  }

  #endIfAlone(): void {
    if (this.#places.some(({ process }) => process !== null)) return;
    this.#options.logger.info('stopped');
    this.#ended.resolve(this.#status);
  }

  #ready(): readonly Place[] {
    return this.#places.filter(({ state }) => state === 'ready');
  }
}

function emptyPlace(number: number): Place {
  return {
    number,
    process: null,
    state: 'waiting',
    startedAt: 0,
    failures: 0,
    missed: 0,
    isHanging: false,
    askSnapshot(id) {
      this.process?.send({ kind: 'snapshot', id });
    },
  };
}
