import type { Context, Hono } from 'hono';
import { Problem } from '../../domain/problem.ts';
import { chooseMediaType } from '../accept.ts';
import type { Answer } from '../answer.ts';
import { quoted } from '../caller-text.ts';
import { CODE_LIST, codeDocument } from '../code-documents.ts';
import { codeListPage, codePage, PAGE_CONTENT_SECURITY_POLICY } from '../code-pages.ts';
import { largeAnswer } from '../compression.ts';
import type { HttpEnv } from '../http-env.ts';
import { nearestName } from '../nearest-name.ts';
import { resource } from '../resource.ts';

const CODES = [...CODE_LIST.findings, ...CODE_LIST.problems].map(({ code }) => code);

/** The vocabulary: JSON for programs, a page for people. */
export function codeRoutes(app: Hono<HttpEnv>): void {
  resource(app, '/codes', {
    GET: (c) => (wantsPage(c.req.header('Accept')) ? pageAnswer(c, codeListPage()) : jsonAnswer(c, CODE_LIST)),
  });
  resource(app, '/codes/:code', {
    GET(c) {
      const code = c.req.param('code') ?? '';
      const document = codeDocument(code);
      if (document === undefined) throw noSuchCode(code);
      return wantsPage(c.req.header('Accept')) ? pageAnswer(c, codePage(document)) : jsonAnswer(c, document);
    },
  });
}

function noSuchCode(code: string): Problem {
  const near = nearestName(code, CODES);
  const hint = near === null ? '/codes lists them all' : `did you mean ${near}? /codes lists them all`;
  return new Problem('not_found', `${quoted(code)} is no code; ${hint}.`);
}

function wantsPage(accept: string | undefined): boolean {
  return chooseMediaType(accept, ['application/json', 'text/html']) === 'text/html';
}

function jsonAnswer(c: Context<HttpEnv>, document: object): Answer | Promise<Answer> {
  return largeAnswer(c.req.raw, JSON.stringify(document), { headers: { 'Content-Type': 'application/json' } });
}

async function pageAnswer(c: Context<HttpEnv>, page: ReturnType<typeof codePage>): Promise<Answer> {
  return largeAnswer(c.req.raw, String(await page), {
    headers: { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': PAGE_CONTENT_SECURITY_POLICY },
  });
}
