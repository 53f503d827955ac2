import { LRUCache } from 'lru-cache';

/** Results kept for callers that take one of some age: a few kilobytes each. */
const MAX_KEPT = 1000;

export interface SharedResult<T> {
  readonly value: T;
  /** Since the work ended; 0 for one that was waited for. */
  readonly ageMs: number;
}

interface Work<T> {
  readonly result: Promise<T>;
  readonly controller: AbortController;
  waiting: number;
}

/**
 * Lets equal questions share one answer: those asked while it is being worked out wait for it together, and whoever
 * allows it takes one that is there already. Work goes on as long as anyone waits for it, and is aborted then.
 * A failure is only its own asker's, whose limits it may be about: the others then ask for themselves.
 * @param now a monotonic clock, milliseconds
 */
export class SharedResults<T extends object> {
  readonly #now: () => number;
  readonly #kept = new LRUCache<string, { readonly value: T; readonly endedAt: number }>({ max: MAX_KEPT });
  readonly #underWay = new Map<string, Work<T>>();

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** @param key equal for questions with the same answer */
  async get(
    key: string,
    work: (signal: AbortSignal) => Promise<T>,
    { signal, maxAgeMs }: { readonly signal: AbortSignal; readonly maxAgeMs: number },
  ): Promise<SharedResult<T>> {
    const kept = this.#kept.get(key);
    if (kept !== undefined) {
      const ageMs = this.#now() - kept.endedAt;
      if (ageMs < maxAgeMs) return { value: kept.value, ageMs };
    }
    const joined = this.#underWay.get(key);
    if (joined === undefined) return { value: await this.#wait(key, this.#begin(key, work), signal), ageMs: 0 };
    const value = await this.#wait(key, joined, signal).catch((error: unknown) => {
      if (signal.aborted) throw error;
      return work(signal);
    });
    return { value, ageMs: 0 };
  }

  /** The result of the work, unless the caller goes away before. */
  async #wait(key: string, shared: Work<T>, signal: AbortSignal): Promise<T> {
    shared.waiting++;
    const gone = Promise.withResolvers<never>();
    const leave = () => gone.reject(signal.reason);
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
    try {
      return await Promise.race([shared.result, gone.promise]);
    } finally {
      signal.removeEventListener('abort', leave);
      shared.waiting--;
      if (shared.waiting === 0) this.#end(key, shared);
    }
  }

  #begin(key: string, work: (signal: AbortSignal) => Promise<T>): Work<T> {
    const controller = new AbortController();
    const result = work(controller.signal).then((value) => {
      this.#kept.set(key, { value, endedAt: this.#now() });
      return value;
    });
    const shared = { result, controller, waiting: 0 };
    this.#underWay.set(key, shared);
    const forget = () => {
      if (this.#underWay.get(key) === shared) this.#underWay.delete(key);
    };
    // Nobody may be waiting any more when it fails; whoever is, learns of it through `result`.
    result.then(forget, forget);
    return shared;
  }

  /** Nobody waits any more: a newcomer begins anew instead of joining work that is being aborted. */
  #end(key: string, shared: Work<T>): void {
    if (this.#underWay.get(key) !== shared) return;
    this.#underWay.delete(key);
    shared.controller.abort();
  }
}
