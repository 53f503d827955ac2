import type { Hono } from 'hono';
import { chooseMediaType } from '../accept.ts';
import { largeAnswer } from '../compression.ts';
import type { HttpEnv } from '../http-env.ts';
import { resource } from '../resource.ts';

/** Loaded and rendered when it is first asked for, as the document itself is. */
async function load(): Promise<{ readonly page: string; readonly policy: string }> {
  const { buildOpenApi } = await import('../openapi.ts');
  const { REFERENCE_POLICY, renderReference } = await import('../reference/page.ts');
  return { page: await renderReference(buildOpenApi()), policy: REFERENCE_POLICY };
}

/** GET /docs: the API reference for people. */
export function referenceRoutes(app: Hono<HttpEnv>): void {
  let loading: ReturnType<typeof load> | null = null;
  resource(app, '/docs', {
    async GET(c) {
      chooseMediaType(c.req.header('Accept'), ['text/html']);
      loading ??= load();
      const { page, policy } = await loading;
      return largeAnswer(c.req.raw, page, {
        headers: { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': policy },
      });
    },
  });
}
