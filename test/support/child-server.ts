import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** A server of a test: on 127.0.0.1, gone when the test is (`await using`, or `close()`). */
export interface TestServer extends AsyncDisposable {
  readonly port: number;
  close(): Promise<void>;
  /** Everything that it wrote about itself so far. */
  log(): string;
}

/** A server that is a process of its own. */
export interface ChildServer extends TestServer {
  readonly pid: number;
}

/** How to run a server program. */
export interface ServerCommand {
  readonly program: string;
  /** Files written to a folder of its own before it starts; the folder goes when the server does. */
  readonly files: (folder: string, port: number) => Readonly<Record<string, string>>;
  readonly args: (folder: string, port: number) => readonly string[];
  readonly env?: (port: number) => Readonly<Record<string, string>>;
  /** Finds the port in the log, for programs that choose one themselves; else one is chosen for them. */
  readonly announces?: RegExp;
}

/** Long enough for a busy machine; a healthy start takes a few milliseconds. */
const START_TIMEOUT_MS = 15_000;
const KILL_AFTER_MS = 2_000;
/** A port that was free may be taken before the program binds it. */
const PORT_ATTEMPTS = 3;

/**
 * Whether a program is absent; says so aloud, so that a skipped test is seen: `describe.skipIf(isMissing('nginx'))`.
 */
export function isMissing(program: string): boolean {
  const { error } = spawnSync(program, ['-v'], { stdio: 'ignore', timeout: 5_000 });
  const missing = error !== undefined && 'code' in error && error.code === 'ENOENT';
  if (missing) console.warn(`SKIPPED: ${program} is not installed on this machine`);
  return missing;
}

/** The service in a process of its own, as `npm start` runs it. */
export async function startNpmStart(env: Readonly<Record<string, string>> = {}): Promise<ChildServer> {
  return await startCommand({
    program: 'npm',
    files: () => ({}),
    args: () => ['--prefix', join(import.meta.dirname, '../..'), 'start'],
    env: (port) => ({ HOST: '127.0.0.1', PORT: String(port), ...env }),
  });
}

/** Starts the program and resolves once it accepts connections; rejects with its log when it does not. */
export async function startCommand(command: ServerCommand): Promise<ChildServer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(command, command.announces ? 0 : await freePort());
    } catch (error) {
      if (attempt >= PORT_ATTEMPTS || !/address already in use|cannot bind/i.test(String(error))) throw error;
    }
  }
}

async function startOnce(command: ServerCommand, wantedPort: number): Promise<ChildServer> {
  const folder = await mkdtemp(join(tmpdir(), 'tls-verdict-'));
  for (const [name, text] of Object.entries(command.files(folder, wantedPort))) {
    await writeFile(join(folder, name), text, { mode: 0o600 });
  }
  const child = spawn(command.program, command.args(folder, wantedPort), {
    cwd: folder,
    // The machine's openssl.cnf must not decide which versions and key sizes a test server has.
    env: { ...process.env, OPENSSL_CONF: '/dev/null', ...command.env?.(wantedPort) },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let log = '';
  const collect = (chunk: Buffer) => {
    log += chunk.toString('latin1');
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  child.stdin.on('error', () => {});
  child.on('error', (error) => {
    log += String(error);
  });
  const stopOnExit = () => child.kill('SIGKILL');
  process.once('exit', stopOnExit);
  const close = async () => {
    process.off('exit', stopOnExit);
    await stop(child);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const port = await ready(child, wantedPort, command.announces, () => log);
    return { port, pid: child.pid ?? 0, close, log: () => log, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function ready(
  child: ChildProcess,
  port: number,
  announces: RegExp | undefined,
  log: () => string,
): Promise<number> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (performance.now() < deadline) {
    if (child.pid === undefined || child.exitCode !== null) break;
    if (announces) {
      const announced = announces.exec(log())?.[1];
      if (announced !== undefined) return Number(announced);
    } else if (await accepts(port)) {
      return port;
    }
    await delay(5);
  }
  throw new Error(`${child.spawnfile} did not start: ${log()}`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const killer = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
  await exited;
  clearTimeout(killer);
}

/** A port of 127.0.0.1 that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/**
 * Whether somebody listens. Where the kernel's table can be read no connection is made, since programs log one that
 * ends before its handshake.
 */
async function accepts(port: number): Promise<boolean> {
  const table = await readFile('/proc/net/tcp', 'latin1').catch(() => null);
  if (table !== null) return new RegExp(`: [0-9A-F]{8}:${hexPort(port)} 00000000:0000 0A`).test(table);
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

function hexPort(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, '0');
}
