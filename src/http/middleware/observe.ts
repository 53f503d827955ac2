import type { Context, MiddlewareHandler } from 'hono';
import type { HttpEnv } from '../http-env.ts';

/** Tells what became of a request once the head of its answer is there. */
export type Observer = (c: Context<HttpEnv>, durationMs: number) => void;

/** Outermost: whatever the answer is, problems included, the observers are told of it. */
export function observe(observers: readonly Observer[]): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    c.set('notes', {});
    const startedAt = performance.now();
    await next();
    const durationMs = performance.now() - startedAt;
    for (const tell of observers) tell(c, durationMs);
  };
}
