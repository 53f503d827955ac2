import type { Divergences } from './divergences.ts';
import type { Outcome } from './outcome.ts';

/** Numbers of one row of the table. */
export interface Tally {
  readonly name: string;
  readonly cases: number;
  readonly right: number;
  readonly wrong: number;
  readonly falseAccepts: number;
  readonly refused: number;
  readonly notClaimed: number;
}

export function tally(name: string, outcomes: readonly Outcome[]): Tally {
  const count = (result: Outcome['result']) => outcomes.filter((outcome) => outcome.result === result).length;
  return {
    name,
    cases: outcomes.length,
    right: count('right'),
    wrong: count('wrong'),
    falseAccepts: outcomes.filter((outcome) => outcome.falseAccept).length,
    refused: count('refused'),
    notClaimed: count('not-claimed'),
  };
}

/** One row for each namespace, then the groups that the suite's own score is made of. */
export function tallies(outcomes: readonly Outcome[]): Tally[] {
  const namespaces = [...new Set(outcomes.map((outcome) => outcome.namespace))];
  const isNative = ({ namespace }: Outcome) => !namespace.startsWith('bettertls');
  return [
    ...namespaces.map((name) =>
      tally(
        name,
        outcomes.filter((outcome) => outcome.namespace === name),
      ),
    ),
    tally(
      'mandatory native',
      outcomes.filter((outcome) => isNative(outcome) && outcome.mandatory),
    ),
    tally(
      'optional native',
      outcomes.filter((outcome) => isNative(outcome) && !outcome.mandatory),
    ),
    tally(
      'bettertls',
      outcomes.filter((outcome) => !isNative(outcome)),
    ),
    tally('all', outcomes),
  ];
}

/** The disagreements that decide whether a run fails. */
export interface Disagreements {
  /** Not what the case expects, and not listed with a reason. */
  readonly unexplained: readonly Outcome[];
  readonly explained: readonly { readonly outcome: Outcome; readonly reason: string }[];
  /** Listed as different, but right now: the list is out of date. */
  readonly outdated: readonly string[];
}

export function compare(outcomes: readonly Outcome[], divergences: Divergences): Disagreements {
  const differing = outcomes.filter(({ result }) => result === 'wrong' || result === 'refused');
  return {
    unexplained: differing.filter(({ id }) => !divergences.has(id)),
    explained: differing.flatMap((outcome) => {
      const reason = divergences.get(outcome.id);
      return reason === undefined ? [] : [{ outcome, reason }];
    }),
    outdated: outcomes.filter(({ id, result }) => result === 'right' && divergences.has(id)).map(({ id }) => id),
  };
}

export function formatTable(rows: readonly Tally[]): string {
  const columns = ['cases', 'right', 'wrong', 'falseAccepts', 'refused', 'notClaimed'] as const;
  const titles = ['cases', 'right', 'wrong', 'false accepts', 'refused', 'not claimed'];
  const line = (name: string, cells: readonly (string | number)[]) =>
    [name.padEnd(28), ...cells.map((cell, index) => String(cell).padStart((titles[index] ?? '').length + 2))].join('');
  return [
    line('', titles),
    ...rows.map((row) =>
      line(
        row.name,
        columns.map((column) => row[column]),
      ),
    ),
  ].join('\n');
}

export function formatDisagreement({ id, expected, result, falseAccept, codes }: Outcome): string {
  const kind = falseAccept ? 'FALSE ACCEPT' : result;
  return `  ${id}: expected ${expected}, ${kind}; ${codes.length > 0 ? codes.join(', ') : 'no findings'}`;
}

/** Median and greatest processor time of the cases that ran. */
export function formatProcessorTime(outcomes: readonly Outcome[]): string {
  const ran = outcomes.filter(({ result }) => result !== 'not-claimed').toSorted((a, b) => a.cpuMs - b.cpuMs);
  const slowest = ran.at(-1);
  const median = ran[Math.floor(ran.length / 2)];
  if (slowest === undefined || median === undefined) return 'processor time: no case ran';
  return `processor time per case: p50 ${median.cpuMs.toFixed(1)} ms, max ${slowest.cpuMs.toFixed(1)} ms (${slowest.id})`;
}
