import type { Hono } from 'hono';
import { chooseMediaType } from '../accept.ts';
import { largeAnswer } from '../compression.ts';
import type { HttpEnv } from '../http-env.ts';
import { resource } from '../resource.ts';

/** Loaded and made when first asked for: most processes never are, and it takes as long as the verifier to load. */
const renderOpenApi = async () => (await import('../openapi.ts')).renderOpenApi();

/** The API document, as committed under openapi/. */
export function openApiRoutes(app: Hono<HttpEnv>): void {
  serve(app, '/openapi.json', 'application/json', async () => (await renderOpenApi()).json);
  serve(app, '/openapi.yaml', 'application/yaml', async () => (await renderOpenApi()).yaml);
}

function serve(
  app: Hono<HttpEnv>,
  path: string,
  type: 'application/json' | 'application/yaml',
  text: () => Promise<string>,
): void {
  resource(app, path, {
    async GET(c) {
      chooseMediaType(c.req.header('Accept'), [type]);
      return largeAnswer(c.req.raw, await text(), { headers: { 'Content-Type': type } });
    },
  });
}
