import type { Hono } from 'hono';
import { chooseMediaType } from '../accept.ts';
import { largeAnswer } from '../compression.ts';
import type { HttpEnv } from '../http-env.ts';
import { START_PAGE, START_PAGE_POLICY } from '../page/page.ts';
import { resource } from '../resource.ts';

/** GET /: the page for people. Reading it dials nothing. */
export function pageRoutes(app: Hono<HttpEnv>): void {
  resource(app, '/', {
    GET(c) {
      chooseMediaType(c.req.header('Accept'), ['text/html']);
      return largeAnswer(c.req.raw, START_PAGE, {
        headers: { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': START_PAGE_POLICY },
      });
    },
  });
}
