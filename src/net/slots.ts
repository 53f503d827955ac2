/** A fixed number of places, given out in the order asked for. */
export interface Slots {
  /** Resolves, when it is this caller's turn, with the function that gives the place back (once). */
  take(): Promise<() => void>;
}

export function createSlots(count: number): Slots {
  let free = count;
  const waiting: (() => void)[] = [];

  const release = (): void => {
    const next = waiting.shift();
    if (next) next();
    else free++;
  };
  /** Giving a place back twice must not make two of it. */
  const place = (): (() => void) => {
    let held = true;
    return () => {
      if (held) release();
      held = false;
    };
  };

  return {
    take() {
      if (free > 0) {
        free--;
        return Promise.resolve(place());
      }
      return new Promise((resolve) => {
        waiting.push(() => resolve(place()));
      });
    },
  };
}
