import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { MOST_EXCEPTIONS } from '../src/commands/uncaught-exceptions.ts';
import { issue } from './support/pki.ts';
import { MAIN, runProgram } from './support/run-program.ts';
import { silentServer } from './support/silent-server.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0)) await clean();
});

/** Runs a command with the settings given; what of it is left goes with the test. */
function run(command: string, args: readonly string[], settings: Readonly<Record<string, string>> = {}) {
  const program = runProgram(command, args, settings);
  cleanups.push(program.end);
  return program;
}

/** Options of unshare(1) that make a program the first process of a namespace, as it is in a container. */
const AS_FIRST = ['--user', '--map-root-user', '--pid', '--fork', '--kill-child'];

/** Says so aloud, so that a skipped test is seen. */
function cannotBeFirst(): boolean {
  const isMissing = spawnSync('unshare', [...AS_FIRST, 'true'], { stdio: 'ignore' }).status !== 0;
  if (isMissing) console.warn('SKIPPED: unshare makes no namespace of processes on this machine');
  return isMissing;
}

describe('npm start', () => {
  it('ends well on SIGTERM: finishes the verification under way, refuses new ones, exits 0', async () => {
    const target = await silentServer(cleanups);
    const service = run('npm', ['start'], { SHUTDOWN_GRACE_MS: '15000' });
    const { port } = await service.logged('listening');
    const base = `http://127.0.0.1:${port}`;
    expect((await fetch(`${base}/readyz`)).status).toBe(200);

    const body = JSON.stringify({ host: '127.0.0.1', port: target.port, timeout_ms: 2000 });
    const answer = fetch(`${base}/verify`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
    await target.accepted;
    service.child.kill('SIGTERM');
    await service.logged('stopping');
    await expect(fetch(`${base}/livez`)).rejects.toThrow();

    const response = await answer;
    expect(response.headers.get('Connection')).toBe('close');
    expect(await response.json()).toMatchObject({ ok: false });
    expect(await service.exited).toMatchObject({ code: 0 });
    expect(service.lines.map((line) => line.msg)).toContain('stopped');
  });
});

describe('the process', () => {
  it('ends on SIGINT as on SIGTERM', async () => {
    const service = run(process.execPath, [MAIN]);
    await service.logged('listening');
    service.child.kill('SIGINT');
    expect(await service.exited).toMatchObject({ code: 0 });
  });

  it('holds nothing against targets while it can open no more files, and goes on when it can', async () => {
    const target = await silentServer(cleanups);
    // More than it needs to start, and fewer than the requests below; the limit of a machine is far higher.
    const service = run('sh', ['-c', `ulimit -n 64; exec "${process.execPath}" "${MAIN}"`], {
      UV_THREADPOOL_SIZE: '64',
    });
    const { port } = await service.logged('listening');
    const ask = async (host: string): Promise<string> => {
      const body = JSON.stringify({ host, port: target.port, timeout_ms: 2000, revocation: 'off' });
      const request = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body };
      const response = await fetch(`http://127.0.0.1:${port}/verify`, request).catch(() => null);
      // What cannot be accepted is closed.
      if (response === null) return 'closed';
      const { code, findings = [] } = (await response.json()) as { code?: string; findings?: { code: string }[] };
      return code ?? findings.map((finding) => finding.code).join();
    };
    const hosts = Array.from({ length: 28 }, (_, index) => (index < 14 ? '127.0.0.1' : 'localhost'));
    const outcomes = new Set(await Promise.all(hosts.map(ask)));
    expect(outcomes).toContain('overloaded');
    expect(['tls_timeout', 'overloaded', 'closed']).toEqual(expect.arrayContaining([...outcomes]));
    expect(await ask('localhost')).toBe('tls_timeout');
    expect(service.lines.map((line) => line.msg)).not.toContain('unexpected error');
  });

  it('cuts what outlasts SHUTDOWN_GRACE_MS, and says so', async () => {
    const target = await silentServer(cleanups);
    const service = run(process.execPath, [MAIN], { SHUTDOWN_GRACE_MS: '0' });
    const { port } = await service.logged('listening');
    const answer = fetch(`http://127.0.0.1:${port}/verify?host=127.0.0.1&port=${target.port}`).catch(() => 'cut');
    await target.accepted;
    service.child.kill('SIGTERM');
    expect(await answer).toBe('cut');
    expect(await service.exited).toMatchObject({ code: 0 });
    expect(service.lines.map((line) => line.msg)).toContain('requests under way were cut');
  });

  it('cuts batches that nobody reads when SHUTDOWN_GRACE_MS is over, and judges nothing after that', async () => {
    const service = run(process.execPath, [MAIN], { SHUTDOWN_GRACE_MS: '200', TARGET_LIMIT: 'off' });
    const { port } = await service.logged('listening');
    const target = await silentServer(cleanups);
    const targets = Array.from({ length: 500 }, () => ({ host: '127.0.0.1', port: target.port, timeout_ms: 100 }));
    const body = JSON.stringify({ targets });
    const head = 'POST /verify/batch HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
    const sockets = Array.from({ length: 20 }, () =>
      connect(Number(port), '127.0.0.1')
        .on('error', () => {})
        .pause(),
    );
    cleanups.push(() => sockets.forEach((socket) => void socket.destroy()));
    for (const socket of sockets) socket.write(`${head}Content-Length: ${body.length}\r\n\r\n${body}`);
    await service.logged('audit', 40);
    service.child.kill('SIGTERM');
    expect(await service.exited).toMatchObject({ code: 0 });
    const messages = service.lines.map(({ msg }) => msg);
    const after = service.lines.slice(messages.indexOf('requests under way were cut') + 1);
    expect(messages).toContain('requests under way were cut');
    expect(after.filter(({ msg, outcome }) => msg === 'audit' && outcome !== 'cancelled')).toEqual([]);
    expect(after.at(-1)?.msg).toBe('stopped');
  });

  it('speaks HTTPS with TLS_CERT_FILE and TLS_KEY_FILE, and does not start when they are wrong', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tls-verdict-'));
    cleanups.push(() => rm(folder, { recursive: true }));
    const { pem, keyPem } = await issue({ ips: ['127.0.0.1'] });
    const settings = { TLS_CERT_FILE: join(folder, 'cert.pem'), TLS_KEY_FILE: join(folder, 'key.pem') };
    await writeFile(settings.TLS_CERT_FILE, pem);
    await writeFile(settings.TLS_KEY_FILE, keyPem);
    const service = run(process.execPath, [MAIN], settings);
    const { port } = await service.logged('listening');
    const socket = connectTls({ host: '127.0.0.1', port: Number(port), ca: [], rejectUnauthorized: false });
    socket.write('GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1\.1 200 /);

    await writeFile(settings.TLS_KEY_FILE, 'none');
    const wrong = run(process.execPath, [MAIN], settings);
    expect(await wrong.exited).toMatchObject({ code: 1 });
    expect(await wrong.logged('cannot start')).toMatchObject({
      err: { message: expect.stringContaining('TLS_KEY_FILE') },
    });
  });

  it('names a command that it does not have', async () => {
    const program = run(process.execPath, [MAIN, 'swep', '--help']);
    const { code, stderr } = await program.exited;
    expect(code).toBe(3);
    expect(stderr).toContain('swep --help');
  });

  it('names every wrong setting and does not start', async () => {
    const service = run(process.execPath, [MAIN], { PORT: '70000', LOG_LEVEL: 'loud' });
    const { code, stderr } = await service.exited;
    expect(code).toBe(1);
    expect(stderr).toContain('PORT');
    expect(stderr).toContain('LOG_LEVEL');
  });

  it('does not start with a default CA that does not exist', async () => {
    const service = run(process.execPath, [MAIN], { DEFAULT_CA: 'corp' });
    expect(await service.exited).toMatchObject({ code: 1 });
    expect(await service.logged('cannot start')).toMatchObject({ level: 'fatal' });
  });

  it('does not start on a port that is taken', async () => {
    const service = run(process.execPath, [MAIN], { PORT: String((await silentServer(cleanups)).port) });
    expect(await service.exited).toMatchObject({ code: 1 });
    expect(await service.logged('cannot start')).toMatchObject({ err: { code: 'EADDRINUSE' } });
  });

  it('ends on SIGTERM while it starts, since the first process of a container hears only what it asks for', async () => {
    const asSoonAsHeard = `const timer = setInterval(() => {
      if (process.listenerCount('SIGTERM') === 0) return;
      clearInterval(timer);
      process.kill(process.pid, 'SIGTERM');
    }, 1)`;
    const service = run(process.execPath, ['--import', `data:text/javascript,${asSoonAsHeard}`, MAIN]);
    expect(await service.exited).toEqual({ code: 0, stderr: '' });
    expect(service.lines.map(({ msg }) => msg)).not.toContain('listening');
  });

  it.skipIf(cannotBeFirst())('does so where it really is the first process', async () => {
    // The kernel drops what the first process of its namespace has no handler for (pid_namespaces(7)).
    const asSoonAsHeard = `const { pid } = process;
    if (pid !== 1) process.exit(2);
    process.kill(pid, 'SIGTERM');
    const timer = setInterval(() => {
      if (process.listenerCount('SIGTERM') === 0) return;
      clearInterval(timer);
      process.stderr.write('dropped one');
      process.kill(pid, 'SIGTERM');
    }, 1);`;
    const program = ['--import', `data:text/javascript,${asSoonAsHeard}`, MAIN];
    const service = run('unshare', [...AS_FIRST, process.execPath, ...program]);
    expect(await service.exited).toEqual({ code: 0, stderr: 'dropped one' });
    expect(service.lines.map(({ msg }) => msg)).not.toContain('listening');
  });

  it.each([
    { name: 'an exception that nobody caught', breaks: 'throw new Error("boom")' },
    { name: 'a rejection that nobody handled', breaks: 'void Promise.reject(new Error("boom"))' },
  ])('logs $name, finishes what is under way, and exits 1', async ({ breaks }) => {
    const onSignal = `process.on("SIGUSR2", () => { ${breaks}; })`;
    const service = run(process.execPath, ['--import', `data:text/javascript,${onSignal}`, MAIN]);
    const { port } = await service.logged('listening');
    const target = await silentServer(cleanups);
    const body = JSON.stringify({ host: '127.0.0.1', port: target.port, timeout_ms: 1000 });
    const headers = { 'Content-Type': 'application/json' };
    const answer = fetch(`http://127.0.0.1:${port}/verify`, { method: 'POST', headers, body });
    await target.accepted;
    service.child.kill('SIGUSR2');
    expect((await answer).status).toBe(200);
    expect(await service.exited).toMatchObject({ code: 1 });
    expect(await service.logged('uncaught exception')).toMatchObject({ level: 'fatal', err: { message: 'boom' } });
  });

  const bug = 'SIGUSR2';
  it.each<{ name: string; told: readonly NodeJS.Signals[]; ends: number | 'cut'; code: number }>([
    { name: 'SIGTERM after an exception', told: [bug, 'SIGTERM'], ends: 200, code: 1 },
    { name: 'an exception after SIGTERM', told: ['SIGTERM', bug], ends: 200, code: 1 },
    {
      name: 'all but the last exception that it bears',
      told: Array(MOST_EXCEPTIONS - 1).fill(bug),
      ends: 200,
      code: 1,
    },
    { name: 'the last exception that it bears', told: Array(MOST_EXCEPTIONS).fill(bug), ends: 'cut', code: 1 },
    { name: 'a second signal', told: ['SIGTERM', 'SIGINT'], ends: 'cut', code: 0 },
    { name: 'a second signal after an exception', told: [bug, 'SIGTERM', 'SIGINT'], ends: 'cut', code: 1 },
  ])('lets what is under way end, unless a second signal cuts it: $name', async ({ told, ends, code }) => {
    const onSignal = `process.on("${bug}", () => { throw new Error("boom"); })`;
    const service = run(process.execPath, ['--import', `data:text/javascript,${onSignal}`, MAIN]);
    const { port } = await service.logged('listening');
    const target = await silentServer(cleanups);
    const body = JSON.stringify({ host: '127.0.0.1', port: target.port, timeout_ms: 2000 });
    const headers = { 'Content-Type': 'application/json' };
    const answer = fetch(`http://127.0.0.1:${port}/verify`, { method: 'POST', headers, body }).then(
      ({ status }) => status,
      () => 'cut',
    );
    await target.accepted;
    for (const [index, signal] of told.entries()) {
      service.child.kill(signal);
      if (signal === bug)
        await service.logged('uncaught exception', told.slice(0, index + 1).filter((each) => each === bug).length);
      else await service.logged('stopping');
    }
    expect(await answer).toBe(ends);
    expect(await service.exited).toMatchObject({ code });
  });

  it('says which Node it needs before anything can break', async () => {
    const pretend = 'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "22.23.3" } })';
    const service = run(process.execPath, ['--import', `data:text/javascript,${pretend}`, MAIN]);
    expect(await service.exited).toEqual({ code: 1, stderr: 'tls-verdict needs Node 24 or later; this is 22.23.3.\n' });
  });
});
