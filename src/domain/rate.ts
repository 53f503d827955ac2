import type { ParseError } from './parse-error.ts';

/** How often something may happen. */
export interface Rate {
  readonly perMinute: number;
}

/** What one target may be asked to bear. */
export interface TargetLimit extends Rate {
  /** Verifications under way at once. */
  readonly atOnce: number;
}

const COUNT = /^[1-9][0-9]{0,6}$/;

/** Reads `off` (null) or `N/min`, N from 1 to 9999999. */
export function parseRate(text: string): Rate | null | ParseError {
  if (text === 'off') return null;
  const perMinute = perMinuteOf(text);
  return perMinute === null ? { error: 'is neither off nor N/min, such as 60/min' } : { perMinute };
}

/** Reads `off` (null) or `C,N/min`: C at once and N in a minute. */
export function parseTargetLimit(text: string): TargetLimit | null | ParseError {
  if (text === 'off') return null;
  const [atOnce = '', rate = '', ...more] = text.split(',').map((part) => part.trim());
  const perMinute = perMinuteOf(rate);
  if (!COUNT.test(atOnce) || perMinute === null || more.length > 0) {
    return { error: 'is neither off nor C,N/min, such as 16,600/min' };
  }
  return { atOnce: Number(atOnce), perMinute };
}

function perMinuteOf(text: string): number | null {
  const count = text.endsWith('/min') ? text.slice(0, -'/min'.length) : '';
  return COUNT.test(count) ? Number(count) : null;
}
