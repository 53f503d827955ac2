import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Rate } from '../domain/rate.ts';

/** Counts by key in windows of a minute, each beginning with the first of its key. */
export interface RateLimit {
  /** Counts one more. Seconds to wait when that is one too many, else null. */
  take(key: string): Promise<number | null>;
  /** The same without counting. */
  peek(key: string): Promise<number | null>;
}

const WINDOW_SECONDS = 60;

/** Null allows everything. Memory is held for the keys of the last minute alone. */
export function createRateLimit(rate: Rate | null): RateLimit {
  if (rate === null) return { take: async () => null, peek: async () => null };
  const limiter = new RateLimiterMemory({ points: rate.perMinute, duration: WINDOW_SECONDS });
  return {
    async take(key) {
      try {
        await limiter.consume(key);
        return null;
      } catch (error) {
        if (error instanceof RateLimiterRes) return secondsOf(error);
        throw error;
      }
    },
    async peek(key) {
      const state = await limiter.get(key);
      return state === null || state.consumedPoints < rate.perMinute ? null : secondsOf(state);
    },
  };
}

/** Whole seconds, as Retry-After has them (RFC 9110 §10.2.3), and never so few that the caller comes too early. */
function secondsOf({ msBeforeNext }: RateLimiterRes): number {
  return Math.max(1, Math.ceil(msBeforeNext / 1000));
}
