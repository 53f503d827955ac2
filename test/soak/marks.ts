/** All that was measured in one run. */
export interface Measured {
  readonly soakMs: number;
  readonly queueTimeoutMs: number;
  /** One request after the other, good targets alone: milliseconds each. */
  readonly unloadedMs: readonly number[];
  /** Good verifications a second of the same mix, at the number of callers that got the most of them done. */
  readonly maximumPerSecond: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly acceptedGoodMs: readonly number[];
  readonly unsent: number;
  /** Resident memory of the service under load, megabytes, each second. */
  readonly memoryMb: readonly number[];
  readonly socketsLeft: number;
  readonly timersLeft: number;
  readonly exitCode: number | null;
}

export interface Mark {
  readonly name: string;
  readonly value: string;
  readonly bound: string;
  readonly isKept: boolean;
}

/** What the service promises under four times too much load, and whether it was kept. */
export function judge(measured: Measured): Mark[] {
  const { outcomes, acceptedGoodMs, memoryMb } = measured;
  const passed = outcomes['good 200 pass'] ?? 0;
  const share = passed / Math.max(1, acceptedGoodMs.length);
  const p99 = percentile(acceptedGoodMs, 99);
  const p99Bound = 2 * percentile(measured.unloadedMs, 99) + measured.queueTimeoutMs;
  const perSecond = (acceptedGoodMs.length * 1000) / measured.soakMs;
  const leastPerSecond = 0.8 * measured.maximumPerSecond;
  const quarter = Math.floor(memoryMb.length / 4);
  const [second, last] = [mean(memoryMb.slice(quarter, 2 * quarter)), mean(memoryMb.slice(3 * quarter))];
  const cut = sum(outcomes, (key) => / 0 /.test(key));
  const faults = sum(outcomes, (key) => / 5\d\d /.test(key) && !key.endsWith(' 503 overloaded'));
  const none = (name: string, count: number): Mark => ({
    name,
    value: String(count),
    bound: '0',
    isKept: count <= 0,
  });
  return [
    {
      name: 'accepted good targets that passed',
      value: `${(100 * share).toFixed(3)} %`,
      bound: '≥ 99.9 %',
      isKept: share >= 0.999,
    },
    {
      name: '99th percentile of accepted good ones',
      value: `${p99.toFixed(0)} ms`,
      bound: `< ${p99Bound.toFixed(0)} ms`,
      isKept: p99 < p99Bound,
    },
    {
      name: 'accepted good ones a second',
      value: perSecond.toFixed(0),
      bound: `≥ ${leastPerSecond.toFixed(0)}`,
      isKept: perSecond >= leastPerSecond,
    },
    {
      name: 'resident memory, second and last quarter',
      value: `${second.toFixed(0)} and ${last.toFixed(0)} MB`,
      bound: 'within 5 %',
      isKept: last <= 1.05 * second,
    },
    none('requests without a whole answer', cut),
    none('answers that are faults of the service', faults),
    none('requests that could not be sent', measured.unsent),
    none('sockets left after the load', measured.socketsLeft),
    none('timers left after the load', measured.timersLeft),
    { name: 'exit code', value: String(measured.exitCode), bound: '0', isKept: measured.exitCode === 0 },
  ];
}

/** The value that so many of a hundred are not above; 0 of none. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil((sorted.length * percent) / 100) - 1)] ?? 0;
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0) / Math.max(1, numbers.length);
}

function sum(outcomes: Measured['outcomes'], isCounted: (key: string) => boolean): number {
  return Object.entries(outcomes).reduce((total, [key, count]) => total + (isCounted(key) ? count : 0), 0);
}
