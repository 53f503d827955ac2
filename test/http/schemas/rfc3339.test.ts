import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTimestamp } from '../../../src/http/schemas/rfc3339.ts';

describe('times that are read', () => {
  it.each([
    ['the epoch', '1970-01-01T00:00:00Z', 0],
    ['the epoch seen from elsewhere', '1969-12-31T23:00:00-01:00', 0],
    ['the last second', '9999-12-31T23:59:59Z', 253_402_300_799_000],
    ['a fraction, floored', '1970-01-01T00:00:01.999999999Z', 1000],
    ['an offset ahead', '2026-11-24T15:50:00+01:30', Date.UTC(2026, 10, 24, 14, 20)],
    ['an unknown local offset', '2026-11-24T14:20:00-00:00', Date.UTC(2026, 10, 24, 14, 20)],
    ['lower-case letters', '2026-11-24t14:20:00z', Date.UTC(2026, 10, 24, 14, 20)],
    ['February 29 of a leap year', '2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
    ['February 29 of 2000', '2000-02-29T00:00:00Z', Date.UTC(2000, 1, 29)],
    ['a leap second', '1990-12-31T23:59:60Z', Date.UTC(1991, 0, 1)],
    ['a leap second seen from elsewhere', '1990-12-31T15:59:60-08:00', Date.UTC(1991, 0, 1)],
    ['the largest offset', '2026-11-25T00:00:00+23:59', Date.UTC(2026, 10, 24, 0, 1)],
  ])('%s', (_name, text, ms) => {
    expect(parseTimestamp(text)).toBe(ms);
  });

  it('reads what Date writes', () => {
    const years = { min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true };
    fc.assert(
      fc.property(fc.date(years), (date) => {
        expect(parseTimestamp(date.toISOString())).toBe(Math.floor(date.getTime() / 1000) * 1000);
      }),
    );
  });
});

describe('times that are refused', () => {
  it.each([
    ['one second before 1970', '1969-12-31T23:59:59Z'],
    ['before 1970 by its offset', '1970-01-01T00:00:00+00:01'],
    ['after 9999 by its offset', '9999-12-31T23:59:59-00:01'],
    ['year 0', '0000-01-01T00:00:00Z'],
    ['year 50', '0050-01-01T00:00:00Z'],
    ['month 0', '2026-00-01T00:00:00Z'],
    ['month 13', '2026-13-01T00:00:00Z'],
    ['day 0', '2026-01-00T00:00:00Z'],
    ['April 31', '2026-04-31T00:00:00Z'],
    ['February 29 of a common year', '2026-02-29T00:00:00Z'],
    ['February 29 of 2100', '2100-02-29T00:00:00Z'],
    ['hour 24', '2026-01-01T24:00:00Z'],
    ['minute 60', '2026-01-01T00:60:00Z'],
    ['second 61', '2026-06-30T23:59:61Z'],
    ['a leap second in March', '2026-03-31T23:59:60Z'],
    ['a leap second at noon', '2026-06-30T11:59:60Z'],
    ['offset hour 24', '2026-01-01T00:00:00+24:00'],
    ['offset minute 60', '2026-01-01T00:00:00+01:60'],
    ['no offset', '2026-01-01T00:00:00'],
    ['no seconds', '2026-01-01T00:00Z'],
    ['a date alone', '2026-01-01'],
    ['a space between', '2026-01-01 00:00:00Z'],
    ['a comma before the fraction', '2026-01-01T00:00:00,5Z'],
    ['an empty fraction', '2026-01-01T00:00:00.Z'],
    ['basic format', '20260101T000000Z'],
    ['a number', '1700000000'],
    ['a trailing space', '2026-01-01T00:00:00Z '],
    ['nothing', ''],
  ])('%s', (_name, text) => {
    expect(parseTimestamp(text)).toEqual({ error: expect.any(String) });
  });
});
