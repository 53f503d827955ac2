import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { type Watchdog, watchEventLoop } from '../../src/observability/event-loop-watchdog.ts';

let watchdog: Watchdog;
afterEach(() => watchdog.close());

/** Holds the event loop for so long. */
function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

it('is content with a loop that turns, or stood still for a moment', async () => {
  watchdog = watchEventLoop({ tickMs: 20, windowMs: 60_000 });
  standStill(100);
  await delay(1);
  expect(watchdog.isStalled()).toBe(false);
});

it('notices a loop that stood still for most of the time, before the next tick too', () => {
  watchdog = watchEventLoop({ tickMs: 10, windowMs: 100 });
  standStill(90);
  expect(watchdog.isStalled()).toBe(true);
});

it('forgets it again', async () => {
  watchdog = watchEventLoop({ tickMs: 10, windowMs: 400 });
  standStill(300);
  expect(watchdog.isStalled()).toBe(true);
  while (watchdog.isStalled()) await delay(20);
});
