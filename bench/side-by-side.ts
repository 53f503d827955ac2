import type { Contestant, Measured } from './contestants.ts';
import type { Work } from './load.ts';

export interface SideBySideOptions extends Work {
  readonly rounds: number;
  /** For each process, before anything counts. */
  readonly warmUp: number;
}

/**
 * Two programs in turn, round by round, and the ratio of their processor time in each: a busy machine changes between
 * rounds, and what it does to both drops out. Prints the rounds and the median of the ratios, and resolves with it.
 */
export async function sideBySide(
  one: Contestant,
  other: Contestant,
  { rounds, warmUp, ...work }: SideBySideOptions,
): Promise<number> {
  for (const each of [one, other]) await each.measure({ ...work, count: warmUp * (each.workers ?? 1) });
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round++) {
    // Who goes first changes, so that neither always has the better half of a round.
    const firstOther = round % 2 === 1 ? await other.measure(work) : null;
    const first = await one.measure(work);
    const second = firstOther ?? (await other.measure(work));
    ratios.push(second.cpuMs / first.cpuMs);
    console.log(`${describe(first)} | ${describe(second)} | ratio ${(second.cpuMs / first.cpuMs).toFixed(3)}`);
  }
  const sorted = ratios.toSorted((a, b) => a - b);
  const median = ((sorted[(rounds - 1) >> 1] ?? 0) + (sorted[rounds >> 1] ?? 0)) / 2;
  console.log(`${work.concurrency} at once, ${rounds} rounds of ${work.count}: median ratio ${median.toFixed(3)}`);
  return median;
}

function describe({ cpuMs, perSecond, p99, rssMb }: Measured): string {
  return `${cpuMs.toFixed(2)} ms, ${perSecond.toFixed(0)} a second, p99 ${p99.toFixed(0)} ms, ${rssMb?.toFixed(0)} MB`;
}
