/** Over how many starts the mean goes: half a second of a busy service, so that it follows a change and not a hiccup. */
const REMEMBERED = 128;
/** Before so many nothing is foretold. */
const LEAST = 16;
/** How long the mean is remembered while nothing waits: a queue that was emptied in a burst is full again at once. */
const REMEMBERED_MS = 1000;

/** How fast what waits gets its turn. */
export interface Pace {
  /** One has begun, and so many wait still: while none does, the time between two says nothing. */
  begun(waiting: number): void;
  /** Milliseconds that so many before one are expected to take; 0 while nothing is known. */
  expect(ahead: number): number;
}

/** @param clock monotonic, milliseconds */
export function createPace(clock: () => number): Pace {
  let meanMs = 0;
  let known = 0;
  let lastAt = 0;
  let isEmpty = true;

  const forgetIfOld = (now: number): void => {
    if (isEmpty && now - lastAt > REMEMBERED_MS) known = 0;
  };
  return {
    begun(waiting) {
      const now = clock();
      forgetIfOld(now);
      if (!isEmpty) {
        known = Math.min(known + 1, REMEMBERED);
        meanMs += (now - lastAt - meanMs) / known;
      }
      lastAt = now;
      isEmpty = waiting === 0;
    },
    expect(ahead) {
      forgetIfOld(clock());
      return known < LEAST ? 0 : ahead * meanMs;
    },
  };
}
