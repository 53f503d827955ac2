import { describe, expect, it } from 'vitest';
import { renderBar } from '../../src/sweep/progress.ts';

const state = {
  done: 25_000,
  targets: 100_000,
  per_second: 512.4,
  seconds_left: 147,
  verdicts: { pass: 24_900, warn: 0, fail: 98, unreachable: 2 },
  problems: 0,
};

describe('renderBar', () => {
  it.each([
    { name: 'in the middle', changes: {}, start: '[######..................] 25,000 of 100,000  512.4/s  2:27 left' },
    {
      name: 'for hours',
      changes: { seconds_left: 3_725 },
      start: '[######..................] 25,000 of 100,000  512.4/s  1:02:05',
    },
    {
      name: 'at the beginning',
      changes: { done: 0, seconds_left: null },
      start: '[........................] 0 of 100,000  512.4/s  pass',
    },
    { name: 'at the end', changes: { done: 100_000, seconds_left: 0 }, start: '[########################] 100,000 of' },
    { name: 'of nothing', changes: { done: 0, targets: 0 }, start: '[########################] 0 of 0' },
  ])('shows how far it is $name', ({ changes, start }) => {
    expect(renderBar({ ...state, ...changes }).startsWith(start)).toBe(true);
  });
});
