import type { Hono } from 'hono';
import { Problem } from '../domain/problem.ts';
import { answering, type Route } from './answer.ts';
import type { HttpEnv } from './http-env.ts';

/**
 * Serves one path. HEAD follows GET, OPTIONS names the methods, and any other method is `method_not_allowed` with
 * Allow (RFC 9110 §15.5.6).
 */
export function resource(
  app: Hono<HttpEnv>,
  path: string,
  methods: { readonly GET?: Route; readonly POST?: Route },
): void {
  if (methods.GET !== undefined) app.get(path, answering(methods.GET));
  if (methods.POST !== undefined) app.post(path, answering(methods.POST));
  const allow = [...(methods.GET ? ['GET', 'HEAD'] : []), ...(methods.POST ? ['POST'] : []), 'OPTIONS'].join(', ');
  app.options(
    path,
    answering(() => ({ status: 204, headers: { Allow: allow }, body: null })),
  );
  app.all(path, (c) => {
    throw new Problem('method_not_allowed', `${path} takes ${allow}, not ${c.req.method}.`, {
      headers: { Allow: allow },
    });
  });
}
