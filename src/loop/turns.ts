import { nextTick } from 'node:process';

/**
 * Who may use the processor next. A process has one event loop, and libuv accepts one connection in each turn of it
 * (libuv pull request 3696): work that runs wherever its bytes arrive makes turns of many verifications' length, and new
 * connections wait where nobody sees them, one such turn each. So a turn does one step, and what has begun goes before
 * what has not.
 * Whatever arrives is read first, and a refusal of it has its price too. So that what was accepted goes on however much
 * arrives, steps have half of the time: a turn does as many as take as long as the rest has taken since the last one. Of a
 * long time they have a part in each of the next turns, since timers, signals and /livez wait as well.
 */
export interface Turns {
  /** Runs a step of something that is under way, after the steps that were asked for before. */
  run(step: () => void): void;
  /**
   * Calls `start` when no step waits, and again then for as long as it returns true. One source of starts at a time;
   * asking again while it runs changes nothing.
   */
  startFrom(start: () => boolean): void;
  /**
   * Says that a connection was accepted in this turn: where one was, more may wait, and seeing them costs little. So the
   * next turn does no step, unless the rest has had the time of some steps already.
   */
  arrived(): void;
  /** Steps that wait. */
  readonly waiting: number;
}

/** How turns come about; those of the process unless a test has its own. */
export interface TurnsOptions {
  /** Calls back in the next turn, after what has arrived was read. */
  readonly later?: (callback: () => void) => unknown;
  /** Calls back in this turn, after all that follows from a step without waiting. */
  readonly after?: (callback: () => void) => unknown;
  /** Monotonic, milliseconds. */
  readonly clock?: () => number;
}

/** What accepting connections may take between two steps: about as long as some steps. */
const ARRIVALS_MS = 10;
/** After how long no further step begins in a turn. */
const MOST_AT_ONCE_MS = 20;
/** What may be owed at most: a process that did not run for seconds has nothing to make up for. */
const MOST_OWED_MS = 1000;
/** What may begin in one turn: what begins together has its steps together. */
const MAX_STARTS = 4;

// Ticks come after the promises of this moment, and after all that these lead to.
const afterPromises = (callback: () => void): void => queueMicrotask(() => nextTick(callback));

export function createTurns(options: TurnsOptions = {}): Turns {
  const { later = setImmediate, after = afterPromises, clock = () => performance.now() } = options;
  let steps: (() => void)[] = [];
  /** Steps of `steps` that have run: cut off now and then, since taking from the front of a long array moves it all. */
  let done = 0;
  let start: (() => boolean) | null = null;
  let isDue = false;
  let isAtWork = false;
  let hasArrival = false;
  /** What the rest has taken while something waited and steps have not had yet, milliseconds. */
  let owedMs = 0;
  /** What they have had in this turn. */
  let hadMs = 0;
  /** In this turn. */
  let starts = 0;
  /** Until when time is counted. */
  let countedTo = 0;

  const schedule = (): void => {
    if (isDue) return;
    isDue = true;
    if (!isAtWork) countedTo = clock();
    later(turn);
  };
  /** The time since it was last asked. */
  const elapsedMs = (): number => {
    const since = countedTo;
    countedTo = clock();
    return countedTo - since;
  };
  const takeStep = (): (() => void) | undefined => {
    const step = steps[done++];
    if (done >= steps.length) {
      steps = [];
      done = 0;
    }
    return step;
  };
  const turn = (): void => {
    isDue = false;
    starts = 0;
    hadMs = 0;
    owedMs = Math.min(MOST_OWED_MS, owedMs + elapsedMs());
    const isForArrivals = hasArrival && owedMs < ARRIVALS_MS;
    hasArrival = false;
    if (isForArrivals) schedule();
    else next();
  };
  /** One step or start, and more in this turn when they are owed the time. */
  const next = (): void => {
    const step = takeStep();
    const source = starts < MAX_STARTS ? start : null;
    if (step === undefined && source === null) {
      owedMs = 0;
      return;
    }
    isAtWork = true;
    after(goOn);
    if (step !== undefined) {
      // Before it runs: what it throws stops nothing else.
      if (steps.length > done || start !== null) schedule();
      step();
      return;
    }
    start = null;
    starts++;
    if (source?.()) startFrom(source);
  };
  const goOn = (): void => {
    isAtWork = false;
    const tookMs = elapsedMs();
    hadMs += tookMs;
    owedMs = Math.max(0, owedMs - tookMs);
    if (owedMs > 0 && hadMs < MOST_AT_ONCE_MS) next();
  };
  const startFrom = (source: () => boolean): void => {
    start = source;
    schedule();
  };

  return {
    run(step) {
      steps.push(step);
      schedule();
    },
    startFrom,
    arrived() {
      hasArrival = true;
    },
    get waiting() {
      return steps.length - done;
    },
  };
}

/** Those of this process's event loop. */
export const turns = createTurns();
