import { type AppDeps, createApp } from '../../src/app.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { Metrics } from '../../src/observability/metrics.ts';
import { sampleVerdict } from './verdict.ts';

/** The application with a use case that answers at once; a test replaces what it is about. */
export function testApp(changes: Partial<AppDeps> = {}) {
  const lines: Record<string, unknown>[] = [];
  const app = createApp({
    verify: async (_request, { requestId }) => sampleVerdict({ request_id: requestId }),
    authorities: () => ({ names: [], find: () => null, missing: new Map() }),
    authorityState: () => ({ loadedAtMs: 0, refusal: null }),
    identityState: null,
    defaults: { timeoutMs: 10_000 },
    presets: async () => new Map(),
    maxBatch: 1000,
    defaultRefs: ['public'],
    findCaller: null,
    needsCertificate: false,
    allowedHosts: ['tls.example.com'],
    logger: createLogger('debug', { write: (line) => lines.push(JSON.parse(line)) }),
    metrics: new Metrics(),
    metricsPage: null,
    workers: null,
    isDraining: () => false,
    isStalled: () => false,
    ...changes,
  });
  return { app, lines };
}

/** POST /verify with a body: a string as it stands, anything else as JSON. */
export function postVerify(body: unknown, headers: Readonly<Record<string, string>> = {}): RequestInit {
  return {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  };
}
