/** A TLS server on 127.0.0.1 that shows a certificate for `name`. */
export interface Target {
  readonly name: string;
  readonly port: number;
}

/** What a program under measurement has to do. */
export interface Work {
  readonly caPem: string;
  readonly hosts: readonly Target[];
  readonly count: number;
  readonly concurrency: number;
}

/** How long `count` jobs took. Times in milliseconds. */
export interface Timed {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
}

/** Runs `count` jobs, `concurrency` at a time, and times each. Rejects with the first that fails. */
export async function inParallel(
  count: number,
  concurrency: number,
  job: (index: number) => Promise<unknown>,
): Promise<Timed> {
  const times: number[] = [];
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const index = next++;
      const began = performance.now();
      await job(index);
      times.push(performance.now() - began);
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: concurrency }, worker));
  const seconds = (performance.now() - began) / 1000;
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return { perSecond: count / seconds, p50: at(0.5), p99: at(0.99) };
}
