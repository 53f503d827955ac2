import type { Hono } from 'hono';
import { chooseMediaType } from '../accept.ts';
import type { HttpEnv } from '../http-env.ts';
import { renderOpenApi } from '../openapi.ts';
import { resource } from '../resource.ts';

/** The API document, as committed under openapi/. */
export function openApiRoutes(app: Hono<HttpEnv>): void {
  serve(app, '/openapi.json', 'application/json', () => renderOpenApi().json);
  serve(app, '/openapi.yaml', 'application/yaml', () => renderOpenApi().yaml);
}

function serve(app: Hono<HttpEnv>, path: string, type: 'application/json' | 'application/yaml', text: () => string) {
  resource(app, path, {
    GET(c) {
      chooseMediaType(c.req.header('Accept'), [type]);
      return new Response(text(), { headers: { 'Content-Type': type } });
    },
  });
}
