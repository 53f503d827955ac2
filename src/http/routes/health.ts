import type { Hono } from 'hono';
import type { Answer } from '../answer.ts';
import type { HttpEnv } from '../http-env.ts';
import type { FilesState } from '../ports.ts';
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

/** Whether what is in force is what the files hold. */
export interface FollowedFiles {
  readonly authorityState: () => FilesState;
  /** Null without IDENTITY_DIR. */
  readonly identityState: (() => FilesState) | null;
}

/**
 * /livez says that the process answers; /readyz whether it wants more requests. Authorities and identities whose files
 * have become unusable are named there and change nothing else: the last good ones serve, and a restart would not help.
 */
export function healthRoutes(
  app: Hono<HttpEnv>,
  { isDraining, isStalled, workers }: ProcessState,
  files: FollowedFiles,
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
        authorities: reported(files.authorityState()),
        ...(files.identityState !== null && { identities: reported(files.identityState()) }),
        ...(workers !== null && { workers: workers() }),
      };
      return answer(body, isDraining() ? 503 : 200);
    },
  });
}

function answer(body: Health, status: 200 | 503): Answer {
  return { status, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
}

function reported({ loadedAtMs, refusal }: FilesState): NonNullable<Health['authorities']> {
  return {
    loaded_at: iso(loadedAtMs),
    reload_error: refusal && { since: iso(refusal.sinceMs), reason: refusal.reason },
  };
}

const iso = (ms: number) => new Date(ms).toISOString();
