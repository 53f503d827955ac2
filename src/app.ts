import { randomUUID } from 'node:crypto';
import { Hono } from 'hono';
import { Problem } from './domain/problem.ts';
import { respond } from './http/answer.ts';
import type { HttpEnv } from './http/http-env.ts';
import { measureVerify } from './http/measure-verify.ts';
import { accessLog } from './http/middleware/access-log.ts';
import { authenticate } from './http/middleware/authenticate.ts';
import { bodyBudget } from './http/middleware/body-budget.ts';
import { guards } from './http/middleware/guards.ts';
import { hostRule } from './http/middleware/host-rule.ts';
import { identifyCaller } from './http/middleware/identify-caller.ts';
import { measureRequests } from './http/middleware/measure-requests.ts';
import { observe } from './http/middleware/observe.ts';
import { requestId } from './http/middleware/request-id.ts';
import { requireCertificate } from './http/middleware/require-certificate.ts';
import { sameSiteRule } from './http/middleware/same-site-rule.ts';
import type { AuthorityListing, FindCaller, Verify } from './http/ports.ts';
import { problemAnswer, toProblem } from './http/problem-response.ts';
import { authorityRoutes } from './http/routes/authorities.ts';
import { batchRoutes } from './http/routes/batch.ts';
import { checkRoutes } from './http/routes/check.ts';
import { codeRoutes } from './http/routes/codes.ts';
import { type FollowedFiles, healthRoutes, type ProcessState } from './http/routes/health.ts';
import { metricsRoutes } from './http/routes/metrics.ts';
import { openApiRoutes } from './http/routes/openapi.ts';
import { pageRoutes } from './http/routes/page.ts';
import { probeRoutes } from './http/routes/probe.ts';
import { referenceRoutes } from './http/routes/reference.ts';
import { verifyRoutes } from './http/routes/verify.ts';
import type { PresetListing, RequestDefaults } from './http/schemas/verify-request.ts';
import type { Logger } from './observability/logger.ts';
import type { Metrics } from './observability/metrics.ts';

export interface AppDeps extends ProcessState, FollowedFiles {
  readonly verify: Verify;
  /** The references in force at this moment. */
  readonly authorities: () => AuthorityListing;
  readonly defaults: Omit<RequestDefaults, 'presets'>;
  /** Partial requests that an operator configured, as they are at this moment. */
  readonly presets: () => Promise<PresetListing>;
  /** Targets that one batch may have (MAX_BATCH). */
  readonly maxBatch: number;
  /** References that judge when a request names none (DEFAULT_CA). */
  readonly defaultRefs: readonly string[];
  /** Public names that this service is called by (ALLOWED_HOSTS): A-labels, lower case. */
  readonly allowedHosts: readonly string[];
  /** Null where no token is asked for. */
  readonly findCaller: FindCaller | null;
  /** Whether callers need a client certificate (TLS_CLIENT_CA_FILE). */
  readonly needsCertificate: boolean;
  readonly logger: Logger;
  /** What this application counts. */
  readonly metrics: Metrics;
  /** What GET /metrics shows where that is more than these: those of several workers together. */
  readonly metricsPage: (() => Promise<string>) | null;
  readonly makeRequestId?: () => string;
}

/** The HTTP application: middleware, then routes. Everything it needs of the world is in `deps`. */
export function createApp(deps: AppDeps): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  app.use(observe([accessLog(deps.logger), measureRequests(deps.metrics)]));
  app.use(
    guards([
      (c) => c.set('isDraining', deps.isDraining),
      requestId(deps.makeRequestId ?? randomUUID),
      identifyCaller(),
      ...(deps.needsCertificate ? [requireCertificate()] : []),
      // A page on a rebound name has no token, and where tokens are asked for callers use whatever name they like.
      deps.findCaller === null ? hostRule(deps.allowedHosts) : authenticate(deps.findCaller),
      sameSiteRule(deps.allowedHosts),
    ]),
  );
  app.use(bodyBudget());

  const defaults = async () => ({ ...deps.defaults, presets: await deps.presets() });
  const verify = measureVerify(deps.verify, deps.metrics);
  verifyRoutes(app, verify, defaults);
  batchRoutes(app, verify, async () => ({ defaults: await defaults(), maxBatch: deps.maxBatch }), deps);
  checkRoutes(app, verify, defaults);
  probeRoutes(app, verify, defaults);
  authorityRoutes(app, deps.authorities, deps.defaultRefs);
  codeRoutes(app);
  openApiRoutes(app);
  healthRoutes(app, deps, deps);

  metricsRoutes(app, deps.metricsPage ?? (() => deps.metrics.text()), deps.metrics.contentType);
  pageRoutes(app);
  referenceRoutes(app);

  app.notFound(() => {
    throw new Problem('not_found', 'There is nothing at this path; /openapi.json lists what there is.');
  });
  app.onError((error, c) => {
    const problem = toProblem(error);
    c.get('notes').problem = problem.code;
    // A caller that went away makes work fail; that is no fault of ours.
    if (problem.code === 'internal_error' && !c.req.raw.signal.aborted) {
      deps.logger.error({ request_id: c.get('requestId'), err: problem.cause ?? problem }, 'unexpected error');
    }
    return respond(c, problemAnswer(problem, c.get('requestId')));
  });
  return app;
}
