import type { Context, Hono } from 'hono';
import type { VerifyRequest } from '../../domain/request.ts';
import { formatEndpoint } from '../../domain/target.ts';
import { chooseMediaType } from '../accept.ts';
import type { Answer } from '../answer.ts';
import { largeAnswer } from '../compression.ts';
import type { HttpEnv } from '../http-env.ts';
import { parseVerifyRequest, readVerifyRequest } from '../parse-verify-request.ts';
import type { Verify } from '../ports.ts';
import { parseQuery } from '../query.ts';
import { readJsonText } from '../request-body.ts';
import { resource } from '../resource.ts';
import { type RequestDefaults, verifyOptionsSchema, verifyQuerySchema } from '../schemas/verify-request.ts';

const REPEATABLE = new Set(['ca']);

/** POST /verify and its short form GET /verify. */
export function verifyRoutes(app: Hono<HttpEnv>, verify: Verify, defaults: () => Promise<RequestDefaults>): void {
  resource(app, '/verify', {
    async POST(c) {
      chooseMediaType(c.req.header('Accept'), ['application/json']);
      const options = parseQuery(c.req.url, verifyOptionsSchema);
      const request = parseVerifyRequest(await readJsonText(c.req.raw), await defaults());
      return answer(c, verify, request, options.fail_status);
    },
    async GET(c) {
      chooseMediaType(c.req.header('Accept'), ['application/json']);
      const { fail_status, host, ...query } = parseQuery(c.req.url, verifyQuerySchema, REPEATABLE);
      const request = readVerifyRequest({ ...query, host: host.text }, [], await defaults());
      return answer(c, verify, request, fail_status);
    },
  });
}

/** 200 whatever the verdict says, unless the caller asked for a status when it is not good. */
async function answer(
  c: Context<HttpEnv>,
  verify: Verify,
  request: VerifyRequest,
  failStatus: string | undefined,
): Promise<Answer> {
  const notes = c.get('notes');
  if (request.target !== null) notes.target = formatEndpoint(request.target.host, request.target.port);
  const verdict = await verify(request, {
    signal: c.req.raw.signal,
    requestId: c.get('requestId'),
    caller: c.get('caller'),
  });
  notes.verdict = verdict.verdict;
  notes.codes = [...new Set(verdict.findings.map((finding) => finding.code))];
  notes.timing = verdict.timing;
  return largeAnswer(c.req.raw, JSON.stringify(verdict), {
    status: verdict.ok ? 200 : Number(failStatus ?? 200),
    headers: { 'Content-Type': 'application/json', 'X-Verdict': verdict.verdict },
  });
}
