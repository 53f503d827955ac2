import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { MAIN, runProgram } from '../support/run-program.ts';
import { silentServer } from '../support/silent-server.ts';

const LOGGER = join(import.meta.dirname, '../../src/commands/standard-output.ts');
/** Processes start slowly on a busy machine. */
const PATIENCE_MS = 120_000;
/** More than any pipe holds, and than may wait. */
const MANY = 20_000;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0)) await clean();
});

/** Runs a program that has a logger; `before` and `after` are commands of the shell around it. */
function runLogging(program: string, around?: (command: string) => string): ChildProcess {
  const code = `const { logToStandardOutput } = await import(${JSON.stringify(LOGGER)}); const logger = logToStandardOutput('info'); ${program}`;
  const args = ['--input-type=module', '--eval', code];
  const child = around
    ? spawn('sh', ['-c', around('"$0" "$@"'), process.execPath, ...args], { detached: true })
    : spawn(process.execPath, args);
  cleanups.push(() => {
    if (child.exitCode === null && child.pid !== undefined) process.kill(around ? -child.pid : child.pid, 'SIGKILL');
  });
  return child;
}

const flood = `const line = 'x'.repeat(1000); for (let i = 0; i < ${MANY}; i++) logger.info({ i, line }, 'line');`;

describe('a reader that stands still', { timeout: PATIENCE_MS }, () => {
  it('of a socket keeps no process from ending', async () => {
    const child = runLogging(`${flood} process.exit(3);`);
    const [code] = await once(child, 'exit');
    expect(code).toBe(3);
  });

  it('of a pipe keeps no process from ending', async () => {
    const child = runLogging(
      `${flood} process.exit(3);`,
      (command) => `(${command}; echo "ended $?" >&2) | sleep 1000`,
    );
    const [said] = await once(createInterface(child.stderr as NodeJS.ReadableStream), 'line');
    expect(said).toBe('ended 3');
  });

  it('stops nothing meanwhile, and is told how many lines are missing when it goes on', async () => {
    const ends = `process.stdin.once('data', () => { logger.info('later'); setTimeout(() => process.exit(0), 2000); });`;
    const child = runLogging(`${flood} process.stderr.write('turns\\n'); ${ends}`);
    await once(child.stderr as NodeJS.ReadableStream, 'data');
    const log = text(child.stdout as NodeJS.ReadableStream);
    child.stdin?.write('go\n');
    const lines = (await log).trim().split('\n');
    const parsed = lines.map((line) => JSON.parse(line) as { msg: string; i?: number; lines?: number });
    const kept = parsed.filter(({ msg }) => msg === 'line');
    expect(kept.map(({ i }) => i)).toEqual(kept.map((_, index) => index));
    const dropped = parsed.find(({ msg }) => msg.startsWith('log lines dropped'))?.lines;
    expect(kept.length + Number(dropped)).toBeGreaterThanOrEqual(MANY);
    expect(kept.length).toBeLessThan(MANY);
  });

  it('does not keep a service from draining on SIGTERM', async () => {
    const service = runProgram(process.execPath, [MAIN], { SHUTDOWN_GRACE_MS: '15000' });
    cleanups.push(service.end);
    const base = `http://127.0.0.1:${(await service.logged('listening')).port}`;
    service.child.stdout.pause();
    // A line each of three kilobytes, a megabyte in all.
    const path = `/${'x'.repeat(1000)}`;
    for (let round = 0; round < 40; round++) {
      const answers = await Promise.all(Array.from({ length: 10 }, () => fetch(base + path)));
      for (const { status } of answers) expect(status).toBe(404);
    }
    service.child.kill('SIGTERM');
    const [code] = await once(service.child, 'exit');
    expect(code).toBe(0);
  });
});

describe('a reader that is gone', { timeout: PATIENCE_MS }, () => {
  it.each([
    { name: 'an exit', last: 'process.exit(3);' },
    { name: 'a fatal line', last: "logger.fatal('end'); process.exit(3);" },
  ])('does not keep $name from ending the process', async ({ last }) => {
    const child = runLogging(`process.stdin.once('data', () => { logger.info('one'); ${last} });`);
    child.stdout?.destroy();
    await once(child.stdout as NodeJS.ReadableStream, 'close');
    child.stdin?.write('go\n');
    const [code] = await once(child, 'exit');
    expect(code).toBe(3);
  });

  it.each([0, 50])('does not keep a service from draining on SIGTERM, after %i requests', async (requests) => {
    const target = await silentServer(cleanups);
    const service = runProgram(process.execPath, [MAIN], { SHUTDOWN_GRACE_MS: '15000' });
    cleanups.push(service.end);
    const base = `http://127.0.0.1:${(await service.logged('listening')).port}`;
    service.child.stdout.destroy();
    for (let index = 0; index < requests; index++) expect((await fetch(`${base}/readyz`)).status).toBe(200);
    const body = JSON.stringify({ host: '127.0.0.1', port: target.port, timeout_ms: 1000 });
    const answer = fetch(`${base}/verify`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
    await target.accepted;
    const exited = once(service.child, 'exit');
    service.child.kill('SIGTERM');
    expect((await answer).status).toBe(200);
    const [code] = await exited;
    expect(code).toBe(0);
  });
});
