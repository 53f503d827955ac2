import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const ROOT = join(import.meta.dirname, '../..');

/** The program as it is in the sources. */
export const MAIN = join(ROOT, 'src/main.ts');

export type LogLine = Record<string, unknown> & { readonly msg?: string };

/** Runs a command with the settings given, and reads its log. Ended with its whole process group when disposed of. */
export function runProgram(command: string, args: readonly string[], settings: Readonly<Record<string, string>> = {}) {
  const child = spawn(command, args, {
    cwd: ROOT,
    env: { ...process.env, HOST: '127.0.0.1', PORT: '0', ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Its own process group: whatever a failed test leaves is ended with it.
    detached: true,
  });
  const lines: LogLine[] = [];
  let stderr = '';
  let onLine = (): void => {};
  createInterface(child.stdout).on('line', (text) => {
    // npm announces the script on the same stream, and what ends in the middle of a line tears it.
    if (!text.startsWith('{') || !text.endsWith('}')) return;
    lines.push(JSON.parse(text) as LogLine);
    onLine();
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const exited = once(child, 'close').then(([code]) => ({ code: code as number | null, stderr }));
  const end = () => {
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined)
      process.kill(-child.pid, 'SIGKILL');
  };
  /** The line with this message, or the one that comes as `count`-th. */
  const logged = (message: string, count = 1): Promise<LogLine> =>
    new Promise((resolve, reject) => {
      const seen = onLine;
      onLine = () => {
        seen();
        const found = lines.filter((line) => line.msg === message)[count - 1];
        if (found) resolve(found);
      };
      onLine();
      const fail = () => reject(new Error(`ended without "${message}": ${stderr}${JSON.stringify(lines)}`));
      exited.then(fail, reject);
    });
  return { child, lines, exited, logged, end, [Symbol.dispose]: end };
}
