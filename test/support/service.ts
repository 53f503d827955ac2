import type { Hono } from 'hono';
import { readConfig } from '../../src/config.ts';
import { type Verdict, verdictSchema } from '../../src/domain/verdict.ts';
import type { HttpEnv } from '../../src/http/http-env.ts';
import { systemConnect } from '../../src/net/connect.ts';
import { systemLookUp } from '../../src/net/resolve.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { createService, type Service, type World } from '../../src/service.ts';
import { postVerify } from './test-app.ts';

export interface AskedService extends AsyncDisposable {
  /** Posts a body to /verify. Throws when the answer is a problem. */
  ask(body: object, headers?: Readonly<Record<string, string>>): Promise<Verdict>;
  readonly app: Pick<Hono<HttpEnv>, 'request' | 'fetch'>;
  /** For a listener before it. */
  readonly refuseEarly: Service['refuseEarly'];
  readonly connections: Service['connections'];
}

/** The whole service as `main` wires it, at a fixed time, asked over its HTTP application. */
export async function startService(
  environment: Readonly<Record<string, string>> = {},
  { at = new Date('2026-06-15T12:00:00Z'), ...world }: Partial<World> & { readonly at?: Date } = {},
): Promise<AskedService> {
  const { app, refuseEarly, connections, close } = await createService(readConfig(environment), {
    now: () => at.getTime(),
    lookUp: systemLookUp,
    connect: systemConnect,
    // What is logged as an error is a mistake of ours: it must not hide behind an `unknown`.
    logger: createLogger('error', { write: failTest }),
    isDraining: () => false,
    isStalled: () => false,
    ...world,
  });
  return {
    app,
    refuseEarly,
    connections,
    [Symbol.asyncDispose]: close,
    async ask(body, headers) {
      const response = await app.request('http://localhost/verify', postVerify(body, headers));
      const answer = await response.json();
      if (response.headers.get('X-Verdict') === null) throw new Error(JSON.stringify(answer));
      return verdictSchema.parse(answer);
    },
  };
}

/**
 * Connects to a port of 127.0.0.1 for its port 80, where a test cannot listen: what a caller's own CA names is fetched
 * from nowhere else.
 */
export function servingPort80(port: number): Pick<World, 'connect'> {
  const isServed = (to: { readonly address: string; readonly port: number }) =>
    to.address === '127.0.0.1' && to.port === 80;
  return { connect: (to) => systemConnect(isServed(to) ? { ...to, port } : to) };
}

/** Asks a service with the default configuration, at the real time, one question. */
export async function askVerdict(body: object, world: Partial<World> = {}): Promise<Verdict> {
  const { ask } = await startService({}, { at: new Date(), ...world });
  return await ask(body);
}

function failTest(line: string): never {
  throw new Error(line);
}
