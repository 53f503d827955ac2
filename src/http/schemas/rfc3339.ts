const RFC_3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.\d{1,32})?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

/** 9999-12-31T23:59:59Z: what RFC 3339's four-digit year can say in UTC. */
const LAST_MS = 253_402_300_799_000;

/**
 * Reads an RFC 3339 §5.6 date-time with any offset and fraction, from 1970 on.
 * @returns milliseconds since the epoch, floored to the second; or why it cannot be read
 */
export function parseTimestamp(text: string): number | { readonly error: string } {
  const match = RFC_3339.exec(text);
  if (match === null) return { error: 'is not an RFC 3339 time such as 2026-11-24T14:20:00Z' };
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const offset = Number(`${match[7] ?? '+'}1`) * (Number(match[8] ?? 0) * 60 + Number(match[9] ?? 0));
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) {
    return { error: 'names a day that is not in the calendar' };
  }
  if (hour > 23 || minute > 59 || second > 60 || Number(match[8] ?? 0) > 23 || Number(match[9] ?? 0) > 59) {
    return { error: 'names an hour, minute, second or offset that no clock shows' };
  }
  const ms = Date.UTC(year, month - 1, day, hour, minute - offset, second);
  if (second === 60 && !isLeapSecond(ms)) return { error: 'has a second 60 where no leap second can be' };
  if (year < 1 || ms < 0) return { error: 'is before 1970-01-01T00:00:00Z' };
  return ms > LAST_MS ? { error: 'is after 9999-12-31T23:59:59Z' } : ms;
}

function daysInMonth(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/** RFC 3339 §5.7: leap seconds end June or December in UTC. `ms` is the second after. */
function isLeapSecond(ms: number): boolean {
  const after = new Date(ms);
  const isMonth = after.getUTCMonth() === 0 || after.getUTCMonth() === 6;
  return isMonth && after.getUTCDate() === 1 && ms % 86_400_000 === 0;
}
