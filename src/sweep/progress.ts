import type { SweepTally } from './tally.ts';

/** Where progress is shown: on a terminal as a bar that is written over, in a log as a line now and then. */
export interface ProgressSink {
  /** Null where there is no terminal. */
  readonly terminal: { write(text: string): void; readonly columns: number } | null;
  log(state: ProgressState): void;
}

export interface ProgressState {
  readonly done: number;
  readonly targets: number;
  readonly per_second: number;
  /** Null while there is nothing to go by. */
  readonly seconds_left: number | null;
  readonly verdicts: SweepTally['verdicts'];
  readonly problems: number;
}

const BAR_EVERY_MS = 200;
const LINE_EVERY_MS = 10_000;
const BAR_WIDTH = 24;

/** Shows how far a sweep is until it is stopped. @param resumed targets that were done before */
export function showProgress(
  tally: SweepTally,
  { targets, resumed }: { readonly targets: number; readonly resumed: number },
  { terminal, log }: ProgressSink,
): { stop(): void } {
  const startedAt = performance.now();
  const state = (): ProgressState => {
    const done = tally.targets;
    const perSecond = (done - resumed) / ((performance.now() - startedAt) / 1000);
    return {
      done,
      targets,
      per_second: Math.round(perSecond * 10) / 10,
      seconds_left: perSecond > 0 ? Math.ceil((targets - done) / perSecond) : null,
      verdicts: { ...tally.verdicts },
      problems: tally.problems,
    };
  };
  const draw = () => terminal?.write(`\r\x1b[2K${renderBar(state()).slice(0, Math.max(0, terminal.columns - 1))}`);
  const timer = terminal === null ? setInterval(() => log(state()), LINE_EVERY_MS) : setInterval(draw, BAR_EVERY_MS);
  return {
    stop() {
      clearInterval(timer);
      if (terminal === null) log(state());
      else draw();
      terminal?.write('\n');
    },
  };
}

/** `[######..................] 25,000 of 100,000  512/s  2:27 left  pass 24,900 warn 0 fail 98 unreachable 2 problems 0` */
export function renderBar({ done, targets, per_second, seconds_left, verdicts, problems }: ProgressState): string {
  const filled = targets === 0 ? BAR_WIDTH : Math.floor((done / targets) * BAR_WIDTH);
  const counts = Object.entries({ ...verdicts, problems }).map(([name, count]) => `${name} ${number(count)}`);
  return [
    `[${'#'.repeat(filled)}${'.'.repeat(BAR_WIDTH - filled)}] ${number(done)} of ${number(targets)}`,
    `${number(per_second)}/s`,
    ...(seconds_left === null ? [] : [`${clock(seconds_left)} left`]),
    counts.join(' '),
  ].join('  ');
}

const number = (value: number) => value.toLocaleString('en');

function clock(seconds: number): string {
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (value: number) => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}
