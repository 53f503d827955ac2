import { type DerCursor, DerError, TAG } from './der.ts';

const UTC_TIME = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;
const GENERALIZED_TIME = /^(\d\d\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;

const FROM_2050 = Date.UTC(2050, 0);

/**
 * Reads a Time (RFC 5280 §4.1.2.5): UTCTime, or GeneralizedTime from 2050 on, in the one form that is allowed.
 * Milliseconds since the epoch; NaN when the form is another or the date does not exist, which is reported:
 * readers disagree about such times, so none is guessed. Throws DerError when there is no time at all.
 */
export function readTime(cursor: DerCursor, what: string): number {
  const { source, offset, tag } = cursor;
  const time = readAnyTime(cursor, what);
  if (tag === TAG.generalizedTime && time < FROM_2050) {
    const detail = `${what} is a GeneralizedTime in the year ${new Date(time).getUTCFullYear()}`;
    source.report({ rule: 'time.generalized_before_2050', offset, detail });
  }
  return time;
}

/** Reads a GeneralizedTime of any year (OCSP has no other times, RFC 6960 §4.2.1), in the form that `readTime` wants. */
export function readGeneralizedTime(cursor: DerCursor, what: string): number {
  if (!cursor.done && cursor.tag !== TAG.generalizedTime) {
    throw new DerError('der.unexpected_tag', cursor.offset, `${what} is no GeneralizedTime`);
  }
  return readAnyTime(cursor, what);
}

function readAnyTime(cursor: DerCursor, what: string): number {
  const { source } = cursor;
  const generalized = cursor.tag === TAG.generalizedTime;
  if (!generalized && cursor.tag !== TAG.utcTime && !cursor.done) {
    throw new DerError('der.unexpected_tag', cursor.offset, `${what} is neither UTCTime nor GeneralizedTime`);
  }
  const element = cursor.next(what);
  const text = source.bytes.toString('latin1', element.content, Math.min(element.end, element.content + 32));
  const match = (generalized ? GENERALIZED_TIME : UTC_TIME).exec(text);
  if (match === null) {
    source.report({ rule: 'time.form', offset: element.start, detail: `${what} is not of the one form allowed` });
    return Number.NaN;
  }
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  // RFC 5280 §4.1.2.5.1: two digits from 50 on are of the twentieth century.
  const fullYear = generalized ? year : year + (year >= 50 ? 1900 : 2000);
  const time = millisecondsOf(fullYear, month, day, hour, minute, second);
  if (Number.isNaN(time)) {
    source.report({ rule: 'time.impossible', offset: element.start, detail: `${what} does not exist: ${text}` });
  }
  return time;
}

function millisecondsOf(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): number {
  if (month < 1 || month > 12 || day < 1 || day > daysOf(year, month)) return Number.NaN;
  if (hour > 23 || minute > 59 || second > 59) return Number.NaN;
  // Date.UTC takes the years 0 to 99 for 1900 to 1999. The calendar repeats every 400 years of 146,097 days.
  if (year >= 100) return Date.UTC(year, month - 1, day, hour, minute, second);
  return Date.UTC(year + 400, month - 1, day, hour, minute, second) - 146_097 * 86_400_000;
}

function daysOf(year: number, month: number): number {
  if (month !== 2) return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
}
