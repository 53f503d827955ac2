import { spawn } from 'node:child_process';
import { Readable } from 'node:stream';

export interface SandboxOptions {
  /** Folder that is /app. */
  readonly app: string;
  /** Folder that is /etc/tls-verdict. */
  readonly etc: string;
  /** The program that is /usr/local/bin/node: at a path that the user may open. */
  readonly node: string;
  readonly user: number;
  readonly env: Readonly<Record<string, string>>;
  readonly command: readonly string[];
}

export interface Sandbox {
  readonly stdout: Readable;
  /** Exit status of the command. */
  readonly exited: Promise<number | null>;
  /** Sends a signal to the command itself, as a container runtime does. */
  signal(name: NodeJS.Signals): Promise<void>;
}

/**
 * Runs a command as a container would: as another user and process 1, on a root that cannot be written to and holds
 * nothing but the system's libraries, Node and /app; with the network of this machine.
 */
export function runInSandbox({ app, etc, node, user, env, command }: SandboxOptions): Sandbox {
  const id = String(user);
  const [program = '', ...args] = command;
  const child = spawn(
    'bwrap',
    [
      ...['--unshare-user', '--unshare-ipc', '--unshare-pid', '--as-pid-1', '--uid', id, '--gid', id],
      ...['--die-with-parent', '--info-fd', '3', '--proc', '/proc', '--dev', '/dev'],
      ...['/usr/lib', '/lib', '/lib64'].flatMap((folder) => ['--ro-bind-try', folder, folder]),
      ...['--ro-bind', node, '/usr/local/bin/node', '--ro-bind', app, '/app'],
      ...['--ro-bind', etc, '/etc/tls-verdict'],
      ...['--remount-ro', '/', '--chdir', '/app'],
      ...[program === 'node' ? '/usr/local/bin/node' : program, ...args],
    ],
    {
      env,
      stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
      // Root becomes that user outside too; others stay who they are, and are that user inside.
      ...(process.getuid?.() === 0 && { uid: user, gid: user }),
    },
  );
  const { stdout } = child;
  const info = child.stdio[3];
  if (stdout === null || !(info instanceof Readable)) throw new Error('a pipe is missing');
  const pid = new Promise<number>((resolve, reject) => {
    let text = '';
    info.on('data', (chunk) => {
      text += chunk;
    });
    info.on('end', () => {
      const found = /"child-pid": *(\d+)/.exec(text)?.[1];
      if (found === undefined) reject(new Error('bwrap did not start'));
      else resolve(Number(found));
    });
  });
  const exited = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  return {
    stdout,
    exited,
    async signal(name) {
      process.kill(await pid, name);
    },
  };
}
