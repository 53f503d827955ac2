import type { Context, Hono } from 'hono';
import type { Caller } from '../../domain/caller.ts';
import type { VerifyRequest } from '../../domain/request.ts';
import { formatEndpoint, type Host, parseEndpoint } from '../../domain/target.ts';
import { chooseMediaType } from '../accept.ts';
import { type Answer, answering } from '../answer.ts';
import { asHealthCheck, asText, type CheckResult, statusOf, toCheckResult } from '../check/check-result.ts';
import { SharedResults } from '../check/shared-results.ts';
import type { HttpEnv } from '../http-env.ts';
import { invalid, readVerifyRequest } from '../parse-verify-request.ts';
import type { Verify } from '../ports.ts';
import { parseQuery } from '../query.ts';
import { type CheckQuery, checkQuerySchema } from '../schemas/check.ts';
import type { RequestDefaults } from '../schemas/verify-request.ts';

const REPEATABLE = new Set(['ca']);
const PREFIX = '/check/';

/** Kept back from a caller's time for judging and answering: a tenth, and no more than this. */
const MAX_RESERVE_MS = 50;

/**
 * /check/{target}: a verdict as a status code, for programs that read nothing else. Any method, since Flagger posts
 * and Envoy keeps the method of the request it asks about; bodies are not read.
 */
export function checkRoutes(app: Hono<HttpEnv>, verify: Verify, defaults: () => Promise<RequestDefaults>): void {
  const results = new SharedResults<CheckResult>();
  const check = answering(async (c) => answer(c, verify, await defaults(), results));
  app.on(['GET', 'POST'], '/check/:target', check);
  app.all('/check/:target', check);
  app.all('/check/:target/*', check);
}

async function answer(
  c: Context<HttpEnv>,
  verify: Verify,
  defaults: RequestDefaults,
  results: SharedResults<CheckResult>,
): Promise<Answer> {
  const query = parseQuery(optionsUrl(c), checkQuerySchema, REPEATABLE);
  const request = toRequest(c.req.param('target') ?? '', query, defaults);
  const target = request.target === null ? '' : formatEndpoint(request.target.host, request.target.port);
  const notes = c.get('notes');
  notes.target = target;
  const caller = c.get('caller');
  const requestId = c.get('requestId');
  const { value, ageMs } = await results.get(
    keyOf(request, caller),
    async (signal) => toCheckResult(await verify(request, { signal, requestId, caller }), target),
    { signal: c.req.raw.signal, maxAgeMs: (query.max_age_seconds ?? 0) * 1000 },
  );
  notes.verdict = value.verdict;
  notes.codes = value.codes;
  const isHealth = wantsHealthCheck(c.req.header('Accept'));
  return {
    status: statusOf(value.verdict, query),
    headers: {
      'Content-Type': isHealth ? 'application/health+json' : 'text/plain; charset=utf-8',
      'X-Verdict': value.verdict,
      Age: String(Math.floor(ageMs / 1000)),
    },
    body: isHealth ? JSON.stringify(asHealthCheck(value)) : asText(value),
  };
}

/**
 * Options stand in the query of /check/{target} itself. Behind it path and query are those of someone else's request
 * (Envoy appends both), who must not be able to choose what their host is judged by. Behind a lone slash they may as
 * well be a slip of whoever wrote the URL, who would then be told a verdict by other rules than theirs: that is refused.
 */
function optionsUrl(c: Context<HttpEnv>): string {
  const behind = c.req.path.slice(PREFIX.length).split('/').slice(1);
  if (behind.length === 0) return c.req.url;
  if (behind.length === 1 && behind[0] === '') refuseOptions(new URL(c.req.url).searchParams);
  return new URL(PREFIX, c.req.url).href;
}

function refuseOptions(query: URLSearchParams): void {
  const options = Object.keys(checkQuerySchema.shape).filter((name) => query.has(name));
  if (options.length === 0) return;
  const detail = 'Stands behind /check/TARGET/, where the query is that of another request: leave out the last slash.';
  throw invalid(options.map((name) => ({ pointer: `?${name}`, code: 'conflict', detail })));
}

function toRequest(target: string, query: CheckQuery, defaults: RequestDefaults): VerifyRequest {
  const endpoint = parseEndpoint(target);
  if ('error' in endpoint) {
    const detail = `The target, host, host:port or [v6]:port, ${endpoint.error}.`;
    throw invalid([{ pointer: '', code: 'invalid_endpoint', detail }]);
  }
  const { ca, connect_to, client_certificate, preset, timeout_ms } = query;
  const body = {
    host: endpoint.host.text,
    ...(endpoint.port !== null && { port: endpoint.port }),
    ...(ca !== undefined && { ca }),
    ...(connect_to !== undefined && { connect_to: endpointText(connect_to) }),
    ...(client_certificate !== undefined && { client_certificate }),
    ...(preset !== undefined && { preset }),
    ...(timeout_ms !== undefined && { timeout_ms }),
  };
  const request = readVerifyRequest(body, [], defaults);
  return { ...request, timeoutMs: request.timeoutMs - Math.min(MAX_RESERVE_MS, Math.ceil(request.timeoutMs / 10)) };
}

function endpointText({ host, port }: { readonly host: Host; readonly port: number | null }): string {
  return port === null ? host.text : formatEndpoint(host, port);
}

/** Everything that the answer depends on: who may ask less shares nothing with others. Sets have no JSON of their own. */
function keyOf(request: VerifyRequest, { grant }: Caller): string {
  return JSON.stringify({ request, grant }, (_name, value) => (value instanceof Set ? [...value] : value));
}

/** Health form only for who asks for it by name; an Accept that was meant for another service must not be in the way. */
function wantsHealthCheck(accept: string | undefined): boolean {
  if (accept === undefined || !/application\/health\+json/i.test(accept)) return false;
  return chooseMediaType(`${accept}, text/plain;q=0.001`, ['text/plain', 'application/health+json']) !== 'text/plain';
}
