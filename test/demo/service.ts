import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../../src/config.ts';
import type { Verdict } from '../../src/domain/verdict.ts';
import { systemConnect } from '../../src/net/connect.ts';
import { systemLookUp } from '../../src/net/resolve.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { startServer } from '../../src/server.ts';
import { createService } from '../../src/service.ts';
import { type Demo, type DemoHost, startDemo } from './hosts.ts';

/** The demonstration's hosts, and a service that knows their CA by the name `corp`. */
export interface RunningDemo extends AsyncDisposable {
  readonly demo: Demo;
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
}

/** The real service on loopback, listening where the environment says (port 0 takes any free one). */
export async function startDemoService(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<RunningDemo> {
  await using stack = new AsyncDisposableStack();
  const demo = await startDemo(Date.now());
  stack.defer(demo.close);
  const caDir = await mkdtemp(join(tmpdir(), 'tls-verdict-demo-'));
  stack.defer(() => rm(caDir, { recursive: true }));
  await writeAuthority(join(caDir, 'corp'), demo);
  const config = readConfig({ ...environment, HOST: '127.0.0.1', CA_DIR: caDir, DEFAULT_CA: 'corp' });
  const service = await createService(config, {
    now: Date.now,
    lookUp: systemLookUp,
    connect: systemConnect,
    logger: createLogger(config.logLevel, process.stdout),
    isDraining: () => false,
    isStalled: () => false,
  });
  stack.defer(service.close);
  const server = await startServer({
    fetch: (request) => service.app.fetch(request),
    host: config.host.text,
    port: config.port,
  });
  stack.defer(async () => void (await server.stop(0)));
  const running = stack.move();
  const origin = `http://127.0.0.1:${server.address.port}`;
  return { demo, origin, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

/** `CA_DIR/NAME/` with everything that an authority may have. */
async function writeAuthority(folder: string, { caPem, intermediatesPem, crls }: Demo): Promise<void> {
  await mkdir(join(folder, 'crls'), { recursive: true });
  await writeFile(join(folder, 'anchors.pem'), caPem);
  await writeFile(join(folder, 'intermediates.pem'), intermediatesPem);
  for (const [name, der] of crls) await writeFile(join(folder, 'crls', name), der);
}

/** The body of POST /verify for one of the hosts: its name, where it stands, and the CA. */
export function requestFor({ host, port, asking }: DemoHost, ca: object | string = 'corp') {
  return { host, connect_to: `127.0.0.1:${port}`, ca, ...asking };
}

/** Asks the service over HTTP. Throws when it answers with a problem. */
export async function ask(origin: string, body: object): Promise<Verdict> {
  const response = await fetch(`${origin}/verify`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (response.headers.get('X-Verdict') === null) throw new Error(JSON.stringify(answer));
  return answer as Verdict;
}

/** Its errors and warnings, in the order of the answer; notes left out. */
export function faultsOf({ findings }: Verdict) {
  return findings.filter(({ severity }) => severity !== 'info');
}
