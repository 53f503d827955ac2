import type { Context, Hono } from 'hono';
import { Problem } from '../../domain/problem.ts';
import type { VerifyRequest } from '../../domain/request.ts';
import { formatEndpoint } from '../../domain/target.ts';
import { renderProbe } from '../../observability/probe-metrics.ts';
import type { Answer } from '../answer.ts';
import { quoted } from '../caller-text.ts';
import { largeAnswer } from '../compression.ts';
import type { HttpEnv } from '../http-env.ts';
import { invalid, readVerifyRequest } from '../parse-verify-request.ts';
import type { Verify } from '../ports.ts';
import { parseQuery } from '../query.ts';
import { resource } from '../resource.ts';
import { probeQuerySchema } from '../schemas/probe.ts';
import type { RequestDefaults } from '../schemas/verify-request.ts';

const SCRAPE_TIMEOUT_HEADER = 'X-Prometheus-Scrape-Timeout-Seconds';
/** For the way back to Prometheus, as blackbox_exporter has it. */
const SCRAPE_RESERVE_MS = 500;
const LEAST_TIMEOUT_MS = 100;

/** GET /probe: Prometheus's multi-target exporter. 200 with metrics whatever the verdict is; problems are one line. */
export function probeRoutes(app: Hono<HttpEnv>, verify: Verify, defaults: () => Promise<RequestDefaults>): void {
  resource(app, '/probe', {
    async GET(c) {
      try {
        return await probe(c, verify, await defaults());
      } catch (error) {
        if (!(error instanceof Problem) || error.code === 'internal_error') throw error;
        c.get('notes').problem = error.code;
        return {
          status: statusOf(error),
          headers: { ...error.headers, 'Content-Type': 'text/plain; charset=utf-8' },
          body: `${error.message}\n`,
        };
      }
    },
  });
}

async function probe(c: Context<HttpEnv>, verify: Verify, defaults: RequestDefaults): Promise<Answer> {
  const startedAt = performance.now();
  const { target, module } = parseQuery(c.req.url, probeQuerySchema);
  const body = {
    host: target.host.text,
    ...(target.port !== null && { port: target.port }),
    ...(module !== undefined && { preset: module }),
  };
  const request = readVerifyRequest(body, [], defaults);
  const notes = c.get('notes');
  notes.target = formatEndpoint(target.host, request.target?.port ?? 443);
  const verdict = await verify(withinScrape(request, c.req.header(SCRAPE_TIMEOUT_HEADER)), {
    signal: c.req.raw.signal,
    requestId: c.get('requestId'),
    caller: c.get('caller'),
  });
  notes.verdict = verdict.verdict;
  notes.codes = [...new Set(verdict.findings.map(({ code }) => code))];
  notes.timing = verdict.timing;
  const { contentType, text } = await renderProbe(verdict, (performance.now() - startedAt) / 1000);
  return largeAnswer(c.req.raw, text, { headers: { 'Content-Type': contentType, 'X-Verdict': verdict.verdict } });
}

/** Prometheus hangs up when its time is over, and would then know less than what we found out until then. */
function withinScrape(request: VerifyRequest, header: string | undefined): VerifyRequest {
  if (header === undefined) return request;
  const seconds = /^\d{1,6}(?:\.\d{1,9})?$/.test(header) ? Number(header) : 0;
  if (seconds <= 0) {
    const detail = `${SCRAPE_TIMEOUT_HEADER} ${quoted(header)} is not a number of seconds above 0.`;
    throw invalid([{ pointer: '', code: 'out_of_range', detail }]);
  }
  const scrapeMs = Math.max(LEAST_TIMEOUT_MS, Math.floor(seconds * 1000) - SCRAPE_RESERVE_MS);
  return { ...request, timeoutMs: Math.min(request.timeoutMs, scrapeMs) };
}

/** A module or a CA that does not exist is a bad parameter, which exporters answer with 400. */
function statusOf(problem: Problem): number {
  return problem.status === 422 ? 400 : problem.status;
}
