/**
 * Who may use the processor next. A process has one event loop, and libuv accepts one connection in each turn of it
 * (libuv pull request 3696): work that runs wherever its bytes arrive makes turns of many verifications' length, and new
 * connections wait where nobody sees them, one such turn each. So every turn does one step, and what has begun goes
 * before what has not.
 */
export interface Turns {
  /** Runs a step of something that is under way in a turn of its own, after the steps that were asked for before. */
  run(step: () => void): void;
  /**
   * Calls `start` in a turn in which no step waits, and again in such a turn for as long as it returns true. One source
   * of starts at a time; asking again while it runs changes nothing.
   */
  startFrom(start: () => boolean): void;
  /**
   * Says that a connection was accepted in this turn: where one was, more may wait, and seeing them costs little. So the
   * next turn does no step, though after some such turns one does.
   */
  arrived(): void;
  /** Steps that wait. */
  readonly waiting: number;
}

/** Connections that are accepted between two steps at most: together they cost about as much as a step. */
const MAX_ARRIVALS = 16;

/** @param later calls back in the next turn, after what has arrived was read */
export function createTurns(later: (callback: () => void) => unknown = setImmediate): Turns {
  let steps: (() => void)[] = [];
  /** Steps of `steps` that have run: cut off now and then, since taking from the front of a long array moves it all. */
  let done = 0;
  let start: (() => boolean) | null = null;
  let isDue = false;
  let hasArrival = false;
  let arrivals = 0;

  const schedule = (): void => {
    if (isDue) return;
    isDue = true;
    later(turn);
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
    if (hasArrival && arrivals++ < MAX_ARRIVALS) {
      hasArrival = false;
      schedule();
      return;
    }
    arrivals = 0;
    const step = takeStep();
    if (steps.length > done) schedule();
    if (step !== undefined) {
      if (start !== null) schedule();
      step();
      return;
    }
    const source = start;
    start = null;
    if (source?.()) startFrom(source);
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
