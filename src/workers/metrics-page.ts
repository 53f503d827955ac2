import { addCounts, type MetricsSnapshot, mergeMetrics } from '../observability/merge-metrics.ts';

/** How long a worker has to tell its metrics; then those it told before stand for it, so that no total falls. */
const PATIENCE_MS = 2_000;

/** A worker that can be asked. */
export interface Reporter {
  askSnapshot(id: number): void;
}

/** One page for all workers: each is asked at the moment of a scrape, and those that are gone stay in the totals. */
export class MetricsPage {
  readonly #last = new Map<Reporter, MetricsSnapshot>();
  readonly #asked = new Map<number, (metrics: MetricsSnapshot) => void>();
  #gone: MetricsSnapshot = [];
  #nextId = 0;

  /** @param own of the process that asks: first, since the first says how a metric is added up */
  async render(own: MetricsSnapshot, reporters: readonly Reporter[]): Promise<string> {
    await Promise.all(reporters.map((reporter) => this.#ask(reporter)));
    return await mergeMetrics([own, ...this.#last.values(), this.#gone]);
  }

  /** An answer of `askSnapshot`. */
  accept(id: number, metrics: MetricsSnapshot): void {
    this.#asked.get(id)?.(metrics);
  }

  /** Keeps what a worker had counted when it was last asked. */
  async forget(reporter: Reporter): Promise<void> {
    const last = this.#last.get(reporter);
    if (last === undefined) return;
    this.#last.delete(reporter);
    this.#gone = await addCounts([this.#gone, last]);
  }

  #ask(reporter: Reporter): Promise<void> {
    const id = this.#nextId++;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, PATIENCE_MS);
    this.#asked.set(id, (metrics) => {
      this.#last.set(reporter, metrics);
      resolve();
    });
    reporter.askSnapshot(id);
    return promise.finally(() => {
      clearTimeout(timer);
      this.#asked.delete(id);
    });
  }
}
