/** Over how many starts the mean goes: half a second of a busy service, so that it follows a change and not a hiccup. */
const REMEMBERED = 128;
/** Before so many nothing is foretold. */
const LEAST = 16;

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
  let lastAt: number | null = null;
  return {
    begun(waiting) {
      const now = clock();
      if (lastAt !== null) {
        known = Math.min(known + 1, REMEMBERED);
        meanMs += (now - lastAt - meanMs) / known;
      }
      lastAt = now;
      if (waiting > 0) return;
      lastAt = null;
      known = 0;
      meanMs = 0;
    },
    expect: (ahead) => (known < LEAST ? 0 : ahead * meanMs),
  };
}
