/** How often the loop is looked at. */
const TICK_MS = 500;
/** The time that is judged. */
const WINDOW_MS = 10_000;

export interface Watchdog {
  /** Whether the event loop stood still for more than half of the last ten seconds (or of `windowMs`). */
  isStalled(): boolean;
  close(): void;
}

/**
 * Watches whether the event loop turns. While it stands nothing answers at all; what this adds is the loop that turns
 * now and then, answers a probe, and would be taken for a healthy one.
 */
export function watchEventLoop({ tickMs = TICK_MS, windowMs = WINDOW_MS } = {}): Watchdog {
  const stalls: { readonly endedAt: number; readonly ms: number }[] = [];
  let last = performance.now();
  /** Notes how late this moment is, measured from the last one that was noted. */
  const look = (): void => {
    const now = performance.now();
    const late = now - last - tickMs;
    if (late > 0) stalls.push({ endedAt: now, ms: late });
    while (stalls[0] !== undefined && stalls[0].endedAt < now - windowMs) stalls.shift();
    last = now;
  };
  const timer = setInterval(look, tickMs).unref();
  return {
    isStalled() {
      // A probe may be answered before the timer that is due as well.
      if (performance.now() - last > tickMs) look();
      return stalls.reduce((sum, { ms }) => sum + ms, 0) > windowMs / 2;
    },
    close: () => clearInterval(timer),
  };
}
