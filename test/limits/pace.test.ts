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

it('forgets when nobody waits any more: what comes then may be quick again', () => {
  const { pace, last } = begunAt(...times(50, 100));
  last();
  expect(pace.expect(100)).toBe(0);
});
