import { readFileSync } from 'node:fs';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { root } from '../support/pki.ts';
import { type LogLine, MAIN, runProgram } from '../support/run-program.ts';
import { silentServer } from '../support/silent-server.ts';

/** Real processes: starts take their time on a busy machine. */
const TIMEOUT_MS = 120_000;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** So many connections that the kernel gives each of two workers some of them, but for one time in millions. */
const MANY = 24;

/** Two workers that serve, and questions on connections of their own. */
async function startWorkers(settings: Readonly<Record<string, string>> = {}) {
  const program = runProgram(process.execPath, [MAIN], { WORKERS: '2', UV_THREADPOOL_SIZE: '8', ...settings });
  cleanups.push(program.end);
  const { port } = await program.logged('listening', 2);
  const get = (path: string, agent = new Agent()) =>
    new Promise<Answer>((resolve, reject) => {
      const call = request({ host: '127.0.0.1', port: Number(port), path, agent }, (response) => {
        const chunks: Buffer[] = [];
        response.on('error', reject);
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
      });
      call.on('error', reject);
      call.end();
    });
  const requests = (path: string) => program.lines.filter((line) => line.msg === 'request' && line.path === path);
  /** The lines about requests to a path, once there are so many: a line may come after its answer. */
  const logOf = (path: string, count: number) =>
    until(
      async () => requests(path),
      (lines) => lines.length >= count,
    );
  return { ...program, get, requests, logOf };
}

/** Which workers wrote these lines. */
function workersIn(lines: readonly LogLine[]): unknown[] {
  return [...new Set(lines.map(({ worker }) => worker))].sort();
}

function childrenOf(pid: number | undefined): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
}

async function until<T>(read: () => Promise<T>, isThere: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await read();
    if (isThere(value)) return value;
    await delay(50);
  }
}

/** Takes three seconds of a server that says nothing; each is another one, since equal ones under way are joined. */
const checkPath = (port: number, index: number) => `/check/127.0.0.1:${port}?timeout_ms=${3000 + index}`;
const refused = 'verify?host=127.0.0.1&port=1';

describe.skipIf(process.platform !== 'linux')('WORKERS=2', { timeout: TIMEOUT_MS }, () => {
  it('spreads requests over both, and one page of metrics counts them all', async () => {
    const service = await startWorkers();
    for (let index = 0; index < MANY; index++) expect((await service.get(`/${refused}`)).status).toBe(200);
    expect(workersIn(await service.logOf('/verify', MANY))).toEqual([1, 2]);
    // Both workers are asked: each answers with the same page.
    for (let index = 0; index < MANY; index++) {
      const { text } = await service.get('/metrics');
      expect(text).toContain(`tls_verdict_verifications_total{verdict="unreachable"} ${MANY}\n`);
      expect(text).toContain(`tls_verdict_http_requests_total{route="/verify",method="GET",status="200"} ${MANY}\n`);
      expect(text).toContain('tls_verdict_workers_running 2\n');
      expect(text).toContain('tls_verdict_verifications_in_flight 0\n');
      expect(text).toMatch(/tls_verdict_build_info\{version="[^"]+"\} 1\n/);
      expect(text).toMatch(/^process_start_time_seconds /m);
      const bytes = Number(/^process_resident_memory_bytes (\d+)$/m.exec(text)?.[1]);
      expect(bytes).toBeGreaterThan(3 * 30e6);
    }
    expect(workersIn(await service.logOf('/metrics', MANY))).toEqual([1, 2]);
    expect(JSON.parse((await service.get('/readyz')).text)).toMatchObject({
      status: 'ready',
      workers: { running: 2, wanted: 2 },
    });
  });

  it('goes on while one is killed under load, replaces it, and loses nothing that was counted', async () => {
    const service = await startWorkers({ TARGET_LIMIT: 'off' });
    const [victim = 0] = childrenOf(service.child.pid);
    let isDone = false;
    let answered = 0;
    /** How often each caller got no answer. */
    const cut = Array.from({ length: 8 }, () => 0);
    const load = cut.map(async (_, caller) => {
      while (!isDone) {
        const answer = await service.get(`/${refused}`).catch(() => null);
        if (answer === null) cut[caller] = (cut[caller] ?? 0) + 1;
        else expect(answer.status).toBe(200);
        answered++;
      }
    });
    const answersMore = async (count: number): Promise<unknown> => {
      const goal = answered + count;
      return until(
        async () => answered,
        (now) => now >= goal,
      );
    };
    await answersMore(50);
    const before = await service.get('/metrics');
    process.kill(victim, 'SIGKILL');
    expect(await service.logged('worker replaced')).toMatchObject({ ended: 1, signal: 'SIGKILL', delay_ms: 0 });
    await answersMore(8);
    const whileKilled = [...cut];
    await service.logged('listening', 3);
    await answersMore(50);
    isDone = true;
    await Promise.all(load);
    // What it had under way; and, where the kernel closed that before the listener, what was asked there in between.
    expect(Math.max(...cut)).toBeLessThanOrEqual(2);
    expect(cut).toEqual(whileKilled);
    const after = await service.get('/metrics');
    const count = ({ text }: Answer) => Number(/verdict="unreachable"\} (\d+)/.exec(text)?.[1]);
    expect(count(after)).toBeGreaterThanOrEqual(count(before));
    expect(after.text).toContain('tls_verdict_worker_ends_total{reason="signal"} 1\n');
    expect(after.text).toContain('tls_verdict_workers_running 2\n');
    for (let index = 0; index < MANY; index++) await service.get('/codes/cert_expired');
    expect(workersIn(await service.logOf('/codes/cert_expired', MANY))).toEqual([1, 2]);
  });

  it('replaces one whose event loop stands', async () => {
    const service = await startWorkers();
    const [victim = 0] = childrenOf(service.child.pid);
    process.kill(victim, 'SIGSTOP');
    expect(await service.logged('worker replaced')).toMatchObject({ ended: 1, reason: 'hang' });
    await service.logged('listening', 3);
    expect((await service.get('/metrics')).text).toContain('tls_verdict_worker_ends_total{reason="hang"} 1\n');
  });

  it('drains all on one SIGTERM: finishes what is under way in both, refuses new ones, exits 0', async () => {
    const service = await startWorkers({ SHUTDOWN_GRACE_MS: '15000', TARGET_LIMIT: 'off' });
    const target = await silentServer(cleanups);
    const answers = Array.from({ length: MANY }, (_, index) => service.get(checkPath(target.port, index)));
    await until(
      async () => (await service.get('/metrics')).text,
      (text) => text.includes(`verifications_in_flight ${MANY}\n`),
    );
    // As a terminal does: to the whole group of processes.
    process.kill(-(service.child.pid ?? 0), 'SIGTERM');
    await service.logged('stopping', 3);
    await expect(service.get('/livez')).rejects.toThrow();
    for (const answer of answers) expect((await answer).status).toBe(502);
    expect(await service.exited).toMatchObject({ code: 0 });
    const checks = service.lines.filter(({ path, msg }) => msg === 'request' && String(path).startsWith('/check/'));
    expect(workersIn(checks)).toEqual([1, 2]);
    expect(service.lines.map(({ msg }) => msg)).not.toContain('requests under way were cut');
  });

  it('cuts what outlasts SHUTDOWN_GRACE_MS', async () => {
    const service = await startWorkers({ SHUTDOWN_GRACE_MS: '0' });
    const target = await silentServer(cleanups);
    const answer = service.get(`/verify?host=127.0.0.1&port=${target.port}`).catch(() => 'cut');
    await target.accepted;
    service.child.kill('SIGTERM');
    expect(await answer).toBe('cut');
    expect(await service.exited).toMatchObject({ code: 0 });
    await service.logged('requests under way were cut');
  });

  const bug = 'SIGUSR2';
  it.each<{ name: string; told: readonly NodeJS.Signals[]; ends: number | 'cut'; code: number }>([
    { name: 'an exception', told: [bug], ends: 502, code: 1 },
    { name: 'SIGTERM after an exception', told: [bug, 'SIGTERM'], ends: 502, code: 1 },
    { name: 'an exception after SIGTERM', told: ['SIGTERM', bug], ends: 502, code: 1 },
    { name: 'a second signal', told: ['SIGTERM', 'SIGINT'], ends: 'cut', code: 0 },
    { name: 'a second signal after an exception', told: [bug, 'SIGTERM', 'SIGINT'], ends: 'cut', code: 1 },
  ])('finishes what is under way, unless a second signal cuts it: $name above them', async ({ told, ends, code }) => {
    const breaks = `import cluster from 'node:cluster';
      if (cluster.isPrimary) process.on('${bug}', () => { throw new Error('boom'); });`;
    const service = await startWorkers({
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(breaks)}`,
    });
    const target = await silentServer(cleanups);
    const answer = service.get(checkPath(target.port, 0)).then(
      ({ status }) => status,
      () => 'cut',
    );
    await target.accepted;
    for (const signal of told) {
      service.child.kill(signal);
      await service.logged(signal === bug ? 'uncaught exception' : 'stopping');
    }
    expect(await answer).toBe(ends);
    expect(await service.exited).toMatchObject({ code });
    if (!told.includes(bug)) return;
    expect(await service.logged('uncaught exception')).toMatchObject({ level: 'fatal', err: { message: 'boom' } });
  });

  it('keeps RATE_LIMIT and TARGET_LIMIT as a whole', async () => {
    const service = await startWorkers({ RATE_LIMIT: '8/min', TARGET_LIMIT: '16,5/min' });
    const statuses: number[] = [];
    for (let index = 0; index < 7; index++) statuses.push((await service.get(`/${refused}`)).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429]);
    // On one connection: with a part of the rate its worker would refuse sooner, with all of it later.
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const others: number[] = [];
    for (let index = 0; index < 3; index++) {
      others.push((await service.get(`/verify?host=127.0.0.1&port=${index + 2}`, agent)).status);
    }
    agent.destroy();
    expect(others).toEqual([200, 429, 429]);
    // 127.0.0.1:1 again, by connections to both: of another worker it would still have some.
    for (let index = 0; index < MANY; index++) expect((await service.get(`/${refused}`)).status).toBe(429);
    expect(workersIn(await service.logOf('/verify', 10 + MANY))).toEqual([1, 2]);
  });

  it('has MAX_IN_FLIGHT as a whole', async () => {
    const service = await startWorkers({ MAX_IN_FLIGHT: '2', MAX_QUEUE: '0', TARGET_LIMIT: 'off' });
    const target = await silentServer(cleanups);
    const checks = Array.from({ length: MANY }, (_, index) => service.get(checkPath(target.port, index)));
    const answers = await Promise.all(checks);
    const statuses = Map.groupBy(answers, ({ status }) => status);
    expect(statuses.get(503)).toHaveLength(MANY - 2);
    expect(statuses.get(502) ?? statuses.get(504)).toHaveLength(2);
  });

  it('reloads authorities in all', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tls-verdict-'));
    cleanups.push(() => rm(folder, { recursive: true }));
    const file = join(folder, 'corp.pem');
    const ca = await root('New Root');
    await writeFile(file, (await root('Old Root')).pem);
    const service = await startWorkers({ CA_DIR: folder });
    await writeFile(`${file}.new`, ca.pem);
    await rename(`${file}.new`, file);
    await service.logged('authorities reloaded', 2);
    for (let index = 0; index < MANY; index++) {
      expect((await service.get('/authorities/corp')).text).toContain('New Root');
    }
    expect(workersIn(await service.logOf('/authorities/corp', MANY))).toEqual([1, 2]);
  });

  it('does not start on a port that another such service has', async () => {
    const service = await startWorkers();
    const { port } = await service.logged('listening');
    const second = runProgram(process.execPath, [MAIN], { WORKERS: '2', PORT: String(port) });
    cleanups.push(second.end);
    expect(await second.exited).toMatchObject({ code: 1 });
    expect(await second.logged('cannot start')).toMatchObject({ err: { code: 'EADDRINUSE' } });
  });

  it('ends with its message when no worker can start', async () => {
    const program = runProgram(process.execPath, [MAIN], { WORKERS: '2', DEFAULT_CA: 'corp' });
    cleanups.push(program.end);
    expect(await program.exited).toMatchObject({ code: 1 });
    expect(program.lines.filter(({ msg }) => msg === 'cannot start')).toEqual([
      expect.objectContaining({ worker: 1, level: 'fatal' }),
    ]);
  });
});
