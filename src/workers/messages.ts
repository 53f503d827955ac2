import type { MetricsSnapshot } from '../observability/merge-metrics.ts';

/** The rates that are counted for all workers together. */
export type RateName = 'caller' | 'target';

/** Workers that serve, of those there are to be. */
export interface WorkerCount {
  readonly running: number;
  readonly wanted: number;
}

/** What a worker tells the primary. */
export type FromWorker =
  /** It listens. */
  | { readonly kind: 'ready' }
  /** Its event loop turns. */
  | { readonly kind: 'alive' }
  /** Count one more of each key; answered by `taken`. */
  | { readonly kind: 'take'; readonly id: number; readonly keys: readonly (readonly [RateName, string])[] }
  /** Somebody asked it for the metrics of all; answered by `page`. */
  | { readonly kind: 'metrics'; readonly id: number }
  /** Its own metrics, as it was asked for them. */
  | { readonly kind: 'snapshot'; readonly id: number; readonly metrics: MetricsSnapshot };

/** What the primary tells a worker. */
export type ToWorker =
  /** Accept nothing more, and end when what is under way has ended. */
  | { readonly kind: 'drain'; readonly reason: string }
  /** End what is under way too. */
  | { readonly kind: 'cut' }
  | ({ readonly kind: 'workers' } & WorkerCount)
  /** For each key in turn: seconds to wait, or null when it was not one too many. */
  | { readonly kind: 'taken'; readonly id: number; readonly waits: readonly (number | null)[] }
  | { readonly kind: 'page'; readonly id: number; readonly text: string }
  | { readonly kind: 'snapshot'; readonly id: number };
