import type { Context, MiddlewareHandler } from 'hono';
import type { HttpEnv } from '../http-env.ts';

/** Looks at the head of a request before anything of its body is read. Throws the `Problem` that refuses it. */
export type Guard = (c: Context<HttpEnv>) => void;

/** Guards, one after another, as one middleware: each that stood alone would cost every request three promises. */
export function guards(inOrder: readonly Guard[]): MiddlewareHandler<HttpEnv> {
  return (c, next) => {
    for (const guard of inOrder) guard(c);
    return next();
  };
}
