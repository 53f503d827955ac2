import { readConfig } from '../../src/config.ts';
import { type Verdict, verdictSchema } from '../../src/domain/verdict.ts';
import { type Connect, systemConnect } from '../../src/net/connect.ts';
import { type LookUp, systemLookUp } from '../../src/net/resolve.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { createService } from '../../src/service.ts';

/** What may be replaced: answers of DNS and of connect, nothing else. All the rest is as in production. */
export interface RealAppOptions {
  readonly lookUp?: LookUp;
  readonly connect?: Connect;
}

/** The whole application with its default configuration, reachable without a listener; loopback may be dialled. */
export async function createRealApp({ lookUp = systemLookUp, connect = systemConnect }: RealAppOptions = {}) {
  const { app } = await createService(readConfig({}), {
    now: Date.now,
    lookUp,
    connect,
    // What is logged as an error is a mistake of ours: it must not hide behind an `unknown`.
    logger: createLogger('error', { write: (line) => failTest(line) }),
    isDraining: () => false,
  });
  return app;
}

/** Asks POST /verify and returns its verdict; throws for a problem document. */
export async function askVerdict(body: object, options: RealAppOptions = {}): Promise<Verdict> {
  const app = await createRealApp(options);
  const response = await app.request('/verify', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${response.status}: ${text}`);
  return verdictSchema.parse(JSON.parse(text));
}

function failTest(line: string): never {
  throw new Error(line);
}
