import { LRUCache } from 'lru-cache';
import type { RateLimit } from '../limits/rate-limit.ts';

/** Keys whose refusal is remembered. */
const MAX_REFUSED = 10_000;

/**
 * A rate that is counted in one place for several workers. Looking without counting asks nobody: what this worker was
 * refused holds for as long as it was told, and what others were refused it learns when it counts.
 * @param take counts one more of a key: seconds to wait when that is one too many, else null
 */
export function createSharedRateLimit(take: (key: string) => Promise<number | null>): RateLimit {
  const refused = new LRUCache<string, true>({ max: MAX_REFUSED, ttl: 1 });
  return {
    async take(key) {
      const seconds = await take(key);
      if (seconds !== null) refused.set(key, true, { ttl: seconds * 1000 });
      return seconds;
    },
    async peek(key) {
      const remainingMs = refused.get(key) === true ? refused.getRemainingTTL(key) : 0;
      return remainingMs > 0 ? Math.ceil(remainingMs / 1000) : null;
    },
  };
}
