import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

const ROOT = join(import.meta.dirname, '../..');

/** A process that is watched from outside, by what Linux tells in /proc. */
export class Child {
  readonly process: ChildProcess;
  /** Read and not asked for, or asked for and not read. */
  #lines: string[] = [];
  #onLine: ((line: string) => void) | null = null;

  private constructor(child: ChildProcess) {
    if (child.stdout === null) throw new Error('its output is not ours');
    this.process = child;
    // An iterator would stop reading while nobody asks, and a service whose log is not read stands still.
    createInterface(child.stdout).on('line', (line) => this.#take(line));
  }

  /** Runs a program of this folder with the Node that runs this one. */
  static run(file: string, args: readonly string[] = []): Child {
    const path = join(import.meta.dirname, file);
    return new Child(spawn(process.execPath, [path, ...args], { stdio: ['pipe', 'pipe', 'inherit'] }));
  }

  /** Runs the service by the command of `npm start`, without npm, so that it is the process itself. */
  static async start(settings: Readonly<Record<string, string>>, more: readonly string[] = []): Promise<Child> {
    const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
    const command = String(scripts.start).replace(/\bnode\b/, `node ${more.join(' ')}`);
    const PATH = `${dirname(process.execPath)}:${process.env.PATH}`;
    const env = { ...process.env, HOST: '127.0.0.1', PORT: '0', ...settings, PATH };
    return new Child(spawn('sh', ['-c', command], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'inherit'] }));
  }

  /** The next line of its output in JSON. */
  async line<T>(): Promise<T> {
    const line = this.#lines.shift() ?? (await this.#nextLine());
    return JSON.parse(line) as T;
  }

  /** The port that the service says it listens at; what it says later is read and forgotten. */
  async listening(): Promise<number> {
    for (;;) {
      const { msg, port } = await this.line<{ msg: string; port: number }>();
      if (msg !== 'listening') continue;
      this.#lines = [];
      this.#onLine = () => {};
      return port;
    }
  }

  /** One line of input, one line of output. */
  ask<T>(order: unknown): Promise<T> {
    this.process.stdin?.write(`${JSON.stringify(order)}\n`);
    return this.line<T>();
  }

  #take(line: string): void {
    const onLine = this.#onLine;
    if (onLine === null) this.#lines.push(line);
    else onLine(line);
  }

  #nextLine(): Promise<string> {
    return new Promise((resolve) => {
      this.#onLine = (line) => {
        this.#onLine = null;
        resolve(line);
      };
    });
  }

  /** Resident memory, megabytes. */
  async residentMb(): Promise<number> {
    const status = await readFile(`/proc/${this.process.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
  }

  /** Processor time since the start, milliseconds. */
  async processorMs(): Promise<number> {
    const stat = await readFile(`/proc/${this.process.pid}/stat`, 'utf8');
    const [user = 0, system = 0] = stat.slice(stat.lastIndexOf(')')).split(' ').slice(12, 14).map(Number);
    // In ticks, of which Linux counts a hundred a second on every machine that matters.
    return (user + system) * 10;
  }

  async sockets(): Promise<number> {
    const folder = `/proc/${this.process.pid}/fd`;
    const links = (await readdir(folder)).map((fd) => readlink(join(folder, fd)).catch(() => ''));
    return (await Promise.all(links)).filter((link) => link.startsWith('socket:')).length;
  }

  /** Tells it to end; its exit code, null when a signal ended it. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return this.process.exitCode;
    const exited = once(this.process, 'exit');
    this.process.kill(signal);
    const [code] = await exited;
    return code;
  }
}
