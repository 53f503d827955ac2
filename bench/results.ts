/** What `npm run bench -- compare --json FILE` writes. */
export interface BenchResults {
  readonly machine: Readonly<Record<string, string | number>>;
  readonly versions: Readonly<Record<string, string | undefined>>;
  /** Every connection was shown a chain that was never shown before. */
  readonly cold: boolean;
  readonly count: number;
  readonly rounds: number;
  readonly rows: readonly ResultRow[];
}

/** One program at one load: medians of all rounds, null where it was not measured. */
export interface ResultRow {
  readonly key: string;
  readonly concurrency: number;
  readonly name: string;
  readonly cpu_ms: number | null;
  /** To the bare loop in the same round, as `p99_ratio`. */
  readonly cpu_ratio: number | null;
  readonly per_second: number | null;
  readonly p50_ms: number | null;
  readonly p99_ms: number | null;
  readonly p99_ratio: number | null;
  readonly rss_mb: number | null;
}
