import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Child } from '../soak/child.ts';
import { HttpConnection } from '../soak/http-connection.ts';
import { startTargets, type Targets } from '../soak/targets.ts';
import { isMissing, startCommand, type TestServer } from '../support/child-server.ts';

const REPLICAS = 3;
/** Requests under way at any moment. */
const WORKERS = 12;
/** What goes through before and after something happens to a replica. */
const ENOUGH = 60;
/** A busy machine starts a replica in seconds. */
const PATIENCE_MS = 120_000;

let targets: Targets;
let folder: string;

beforeAll(async () => {
  targets = await startTargets(Date.now());
  folder = await mkdtemp(join(tmpdir(), 'tls-verdict-'));
  await writeFile(join(folder, 'soak.pem'), targets.ca.pem);
});
afterAll(async () => {
  targets.close();
  await rm(folder, { recursive: true });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A balancer that looks at /readyz and repeats on another replica what the first one did not answer. */
async function startBalancer(ports: readonly number[], retryOn: string): Promise<TestServer> {
  return await startCommand({
    program: 'haproxy',
    files: (_folder, port) => ({
      'haproxy.cfg': [
        'defaults',
        '  mode http',
        // A replica that is gone refuses its check at once; one that is late on a busy machine is not gone.
        '  timeout connect 10s\n  timeout check 10s\n  timeout client 60s\n  timeout server 60s',
        `  retries 3\n  option redispatch 1\n  retry-on ${retryOn}`,
        'listen verdicts',
        `  bind 127.0.0.1:${port}`,
        '  balance roundrobin',
        '  option httpchk GET /readyz',
        '  default-server check inter 100ms fall 1 rise 1',
        ...ports.map((each) => `  server r${each} 127.0.0.1:${each}`),
        '',
      ].join('\n'),
    }),
    args: () => ['-db', '-f', 'haproxy.cfg'],
  });
}

/** Three replicas behind HAProxy, and callers who ask all the time. */
async function startAll({ retryOn }: { readonly retryOn: string }) {
  const ports = await Promise.all(Array.from({ length: REPLICAS }, freePort));
  const startReplica = async (port: number): Promise<Child> => {
    const patient = { TARGET_LIMIT: 'off', TIMEOUT_MS: '60000', QUEUE_TIMEOUT_MS: '30000' };
    const replica = await Child.start({ PORT: String(port), CA_DIR: folder, ...patient });
    await replica.listening();
    return replica;
  };
  const replicas = await Promise.all(ports.map(startReplica));
  const balancer = await startBalancer(ports, retryOn);
  const good = targets.all.filter(({ kind }) => kind === 'good');
  const answers = new Map<string, number>();
  let count = 0;
  let isOver = false;
  const work = async (index: number): Promise<void> => {
    let connection = new HttpConnection(balancer.port, '127.0.0.1');
    while (!isOver) {
      const { host, port } = good[index % good.length] as (typeof good)[number];
      const body = JSON.stringify({ host, port, ca: 'soak', revocation: 'off', aia: false });
      if (!connection.isOpen) connection = new HttpConnection(balancer.port, '127.0.0.1');
      const head = `POST /verify HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`;
      const { status, outcome } = await connection.ask(`${head}\r\n\r\n${body}`);
      answers.set(`${status} ${outcome}`, (answers.get(`${status} ${outcome}`) ?? 0) + 1);
      count++;
    }
    connection.close();
  };
  const working = Promise.all(Array.from({ length: WORKERS }, (_, index) => work(index)));
  /** Resolves when so many more have been answered. */
  const answered = async (more: number): Promise<void> => {
    const goal = count + more;
    while (count < goal) await delay(20);
  };
  return {
    replicas,
    answered,
    restart: async (index: number): Promise<number | null> => {
      const code = await (replicas[index] as Child).end();
      replicas[index] = await startReplica(ports[index] as number);
      return code;
    },
    /** Ends everything; how often each answer came. */
    async end(): Promise<Record<string, number>> {
      isOver = true;
      await working;
      await balancer.close();
      await Promise.all(replicas.map((replica) => replica.end('SIGKILL')));
      return Object.fromEntries(answers);
    },
  };
}

describe.skipIf(isMissing('haproxy'))('three replicas behind HAProxy', { timeout: PATIENCE_MS }, () => {
  it('lose nothing when one is told to end, nor when all are restarted one after the other', async () => {
    const { answered, restart, end } = await startAll({ retryOn: 'conn-failure empty-response' });
    const codes: (number | null)[] = [];
    for (let index = 0; index < REPLICAS; index++) {
      await answered(ENOUGH);
      codes.push(await restart(index));
    }
    await answered(ENOUGH);
    expect(Object.keys(await end())).toEqual(['200 pass']);
    expect(codes).toEqual([0, 0, 0]);
  });

  it('lose nothing that the balancer may repeat when one is killed', async () => {
    const { replicas, answered, end } = await startAll({ retryOn: 'conn-failure empty-response' });
    await answered(ENOUGH);
    await replicas[0]?.end('SIGKILL');
    await answered(ENOUGH);
    expect(Object.keys(await end())).toEqual(['200 pass']);
  });

  it('lose what was under way in the killed one, and no more, when the balancer repeats nothing', async () => {
    const { replicas, answered, end } = await startAll({ retryOn: 'conn-failure' });
    await answered(ENOUGH);
    await replicas[0]?.end('SIGKILL');
    await answered(ENOUGH);
    const { '200 pass': passed = 0, ...lost } = await end();
    expect(passed).toBeGreaterThanOrEqual(2 * ENOUGH - WORKERS);
    expect(Object.values(lost).reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(WORKERS);
  });
});
