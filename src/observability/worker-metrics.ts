import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { MetricsSnapshot } from './merge-metrics.ts';

/** Why a worker ended that nobody had told to. */
export type WorkerEnd = 'exit' | 'signal' | 'hang';

/** What of the process's own metrics makes sense added to those of others; the rest is about event loops and heaps. */
const OF_THE_PROCESS = /^process_(?:cpu_|resident_memory_|start_time_)/;

/** The metrics of the process above several workers. */
export class WorkerMetrics {
  readonly #registry = new Registry();
  readonly #ends: Counter<'reason'>;

  constructor(running: () => number) {
    const registers = [this.#registry];
    // Of its event loop nothing is shown, and a look every 10 ms would be most of what this process does.
    collectDefaultMetrics({ register: this.#registry, eventLoopMonitoringPrecision: 1_000 });
    new Gauge({
      name: 'tls_verdict_workers_running',
      help: 'Workers that serve',
      registers,
      collect() {
        this.set(running());
      },
    });
    this.#ends = new Counter({
      name: 'tls_verdict_worker_ends_total',
      help: 'Workers that ended untold and were replaced, by reason',
      labelNames: ['reason'],
      registers,
    });
    for (const reason of ['exit', 'signal', 'hang']) this.#ends.inc({ reason }, 0);
  }

  observeEnd(reason: WorkerEnd): void {
    this.#ends.inc({ reason });
  }

  async snapshot(): Promise<MetricsSnapshot> {
    const metrics: MetricsSnapshot = await this.#registry.getMetricsAsJSON();
    return (
      metrics
        .filter(({ name }) => name.startsWith('tls_verdict_') || OF_THE_PROCESS.test(name))
        // The whole is as old as this process, whenever its workers were replaced.
        .map((metric) => (metric.name === 'process_start_time_seconds' ? { ...metric, aggregator: 'first' } : metric))
    );
  }
}
