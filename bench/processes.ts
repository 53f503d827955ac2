import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** proc(5) counts processor time in ticks of this length on Linux. */
const TICK_MS = 10;
const PAGE_BYTES = 4096;

export function startProgram(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): ChildProcess {
  return spawn(program, args, { env: { ...process.env, ...environment }, stdio: ['pipe', 'pipe', 'inherit'] });
}

/**
 * The first line that a program writes, or the one that matches a pattern so many times; what follows is read and thrown
 * away. Rejects when it ends without it.
 */
export async function firstLine(child: ChildProcess, pattern = /^/, times = 1): Promise<string> {
  if (child.stdout === null) throw new Error('no output to read');
  const lines = createInterface({ input: child.stdout });
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let left = times;
  lines.on('line', (line) => {
    if (pattern.test(line) && --left === 0) resolve(line);
  });
  child.once('exit', () => reject(new Error(`${child.spawnargs.join(' ')} ended without a line`)));
  try {
    return await promise;
  } finally {
    lines.close();
    child.stdout.resume();
  }
}

export async function stopProgram(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  if (child.exitCode === null && child.kill()) await exited;
}

/** Whether a program is absent; says so aloud, so that a row that is missing is seen. */
export function isAbsent(program: string, versionArgument: string): boolean {
  const isMissing = spawnSync(program, [versionArgument], { stdio: 'ignore' }).error !== undefined;
  if (isMissing) console.error(`SKIPPED: ${program} is not installed`);
  return isMissing;
}

/** What a program says of its version: the first line. */
export function versionOf(program: string, versionArgument: string): string {
  const { stdout, stderr } = spawnSync(program, [versionArgument], { encoding: 'utf8' });
  return (stdout || stderr).split('\n', 1)[0] ?? '';
}

/** User and system time of a process and of all below it that live, milliseconds. */
export function processorMs(pid: number): number {
  const [, , , , , , , , , , , user, system] = statOf(pid);
  return (Number(user) + Number(system)) * TICK_MS + sum(childrenOf(pid), processorMs);
}

/** User and system time of the children of this process that have ended, and of theirs. */
export function endedChildrenMs(): number {
  const [, , , , , , , , , , , , , user, system] = statOf(process.pid);
  return (Number(user) + Number(system)) * TICK_MS;
}

/** Resident memory of a process and of all below it, megabytes. */
export function residentMb(pid: number): number {
  const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
  return (pages * PAGE_BYTES) / 1e6 + sum(childrenOf(pid), residentMb);
}

/** The fields of /proc/PID/stat from the state on, which is the third: the name before it may hold spaces. */
function statOf(pid: number): string[] {
  return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}

function sum(values: readonly number[], of: (value: number) => number): number {
  return values.reduce((total, value) => total + of(value), 0);
}
