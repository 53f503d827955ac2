import type { Hono } from 'hono';
import type { Answer } from '../answer.ts';
import type { HttpEnv } from '../http-env.ts';
import type { AuthorityState } from '../ports.ts';
import { resource } from '../resource.ts';
import type { Health } from '../schemas/health.ts';

/** What the process knows of itself. */
export interface ProcessState {
  /** True once the process was told to stop. */
  readonly isDraining: () => boolean;
  /** Whether the event loop hardly turns any more, so that only a restart helps. */
  readonly isStalled: () => boolean;
  /** Workers that serve, of those there are to be; null where the process is the whole service. */
  readonly workers: (() => { readonly running: number; readonly wanted: number }) | null;
}

/**
 * /livez says that the process answers; /readyz whether it wants more requests. Authorities whose files have become
 * unusable are named there and change nothing else: the last good ones serve, and a restart would not help.
 */
export function healthRoutes(
  app: Hono<HttpEnv>,
  { isDraining, isStalled, workers }: ProcessState,
  authorityState: () => AuthorityState,
): void {
  resource(app, '/livez', {
    GET() {
      const body: Health = { status: isStalled() ? 'stalled' : 'live' };
      return answer(body, isStalled() ? 503 : 200);
    },
  });
  resource(app, '/readyz', {
    GET() {
      const body: Health = {
        status: isDraining() ? 'draining' : 'ready',
        authorities: reported(authorityState()),
        ...(workers !== null && { workers: workers() }),
      };
      return answer(body, isDraining() ? 503 : 200);
    },
  });
}

function answer(body: Health, status: 200 | 503): Answer {
  return { status, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
}

function reported({ loadedAtMs, refusal }: AuthorityState): Health['authorities'] {
  return {
    loaded_at: iso(loadedAtMs),
    reload_error: refusal && { since: iso(refusal.sinceMs), reason: refusal.reason },
  };
}

const iso = (ms: number) => new Date(ms).toISOString();
