import { describe, expect, it } from 'vitest';
import { parseRate, parseTargetLimit } from '../../src/domain/rate.ts';

const refused = { error: expect.any(String) };

describe('parseRate', () => {
  it.each([
    ['off', null],
    ['1/min', { perMinute: 1 }],
    ['9999999/min', { perMinute: 9_999_999 }],
    ['10000000/min', refused],
    ['0/min', refused],
    ['60', refused],
    ['60/s', refused],
    ['-1/min', refused],
    ['1.5/min', refused],
    ['/min', refused],
    ['OFF', refused],
  ])('%s', (text, expected) => {
    expect(parseRate(text)).toEqual(expected);
  });
});

describe('parseTargetLimit', () => {
  it.each([
    ['off', null],
    ['16,600/min', { atOnce: 16, perMinute: 600 }],
    ['1, 1/min', { atOnce: 1, perMinute: 1 }],
    ['16', refused],
    ['600/min', refused],
    ['0,600/min', refused],
    ['16,0/min', refused],
    ['16,600/min,', refused],
  ])('%s', (text, expected) => {
    expect(parseTargetLimit(text)).toEqual(expected);
  });
});
