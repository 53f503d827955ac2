import { expect, it } from 'vitest';
import { createPace } from '../../src/limits/pace.ts';

/** A pace at which so many begin, each so long after the one before, with others waiting. */
function begunAt(...intervalsMs: readonly number[]) {
  let now = 0;
  const pace = createPace(() => now);
  pace.begun(1);
  for (const ms of intervalsMs) {
    now += ms;
    pace.begun(1);
  }
  return {
    pace,
    later(ms: number): void {
      now += ms;
    },
    last(): void {
      now += 1;
      pace.begun(0);
    },
  };
}

const times = (count: number, ms: number): number[] => Array.from({ length: count }, () => ms);

it('foretells nothing before it has seen sixteen', () => {
  expect(begunAt(...times(15, 10)).pace.expect(100)).toBe(0);
  expect(begunAt(...times(16, 10)).pace.expect(100)).toBe(1000);
});

it('is the mean of many, not the last one', () => {
  expect(begunAt(...times(127, 2), 130).pace.expect(1)).toBeCloseTo(3, 5);
});

it('follows a change', () => {
  expect(begunAt(...times(500, 2), ...times(1000, 20)).pace.expect(1)).toBeCloseTo(20, 1);
});

it.each([
  { name: 'remembers for a second: a queue that was emptied in a burst is full again at once', ms: 1000, waitMs: 800 },
  { name: 'forgets after a second in which nobody waited: what comes then may be quick again', ms: 1001, waitMs: 0 },
])('$name', ({ ms, waitMs }) => {
  const { pace, last, later } = begunAt(...times(15, 8), 15);
  last();
  later(ms);
  expect(pace.expect(100)).toBe(waitMs);
  // The time in which nobody waited is no wait.
  pace.begun(1);
  expect(pace.expect(100)).toBe(waitMs);
});
