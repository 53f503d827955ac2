import { randomUUID } from 'node:crypto';
import { readFile, readlink, stat, unlink, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

/** How often the holder shows that it lives, how often one who waits looks, and after which silence it takes over. */
const BEAT_MS = 5_000;
const LOOK_MS = 1_000;
const SILENCE_MS = 30_000;

interface Holder {
  readonly id: string;
  /** Machine and PID namespace; within the same, a process can be looked for. */
  readonly place: string;
  readonly pid: number;
}

export interface ShardLock {
  /** Gives it back. */
  release(): Promise<void>;
}

export interface LockOptions {
  readonly pid: number;
  readonly isAlive: (pid: number) => boolean;
  readonly signal: AbortSignal;
  /** Somebody else has it; called once. */
  readonly onWait: (holder: { readonly place: string; readonly pid: number }) => void;
  /** It was taken from us: what we write is no longer ours alone. */
  readonly onLoss: () => void;
}

/**
 * Makes one process the only one that writes the results of a part: Kubernetes may start the next pod of an index while
 * the last one still ends. A holder that is seen to be dead gives it up at once, one that cannot be seen after half a
 * minute without a sign of life. Rejects with the signal's reason.
 */
export async function lockShard(path: string, options: LockOptions): Promise<ShardLock> {
  const place = `${hostname()} ${await readlink('/proc/self/ns/pid').catch(() => 'here')}`;
  const own: Holder = { id: randomUUID(), place, pid: options.pid };
  await takeOver(path, own, options);
  const beat = setInterval(async () => {
    if ((await readHolder(path))?.id !== own.id) return options.onLoss();
    await touch(path);
  }, BEAT_MS);
  return {
    async release() {
      clearInterval(beat);
      if ((await readHolder(path))?.id === own.id) await unlink(path);
    },
  };
}

async function takeOver(path: string, own: Holder, { isAlive, signal, onWait }: LockOptions): Promise<void> {
  let seen = { beat: '', at: performance.now() };
  let hasTold = false;
  while (!(await create(path, own))) {
    const holder = await readHolder(path);
    const isDead = holder?.place === own.place && !isAlive(holder.pid);
    const beat = `${holder?.id} ${(await stat(path).catch(() => null))?.mtimeMs}`;
    if (beat !== seen.beat) seen = { beat, at: performance.now() };
    if (isDead || performance.now() - seen.at > SILENCE_MS) {
      await unlink(path).catch(() => {});
      continue;
    }
    if (!hasTold && holder !== null) onWait(holder);
    hasTold ||= holder !== null;
    await delay(LOOK_MS, undefined, { signal });
  }
}

/** False when there is one already. */
async function create(path: string, own: Holder): Promise<boolean> {
  try {
    await writeFile(path, JSON.stringify(own), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Null for a lock that is gone, or was not written to its end. */
async function readHolder(path: string): Promise<Holder | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Holder;
  } catch {
    return null;
  }
}

/** The time in the file only has to differ from the last one. */
async function touch(path: string): Promise<void> {
  const seconds = (performance.timeOrigin + performance.now()) / 1000;
  await utimes(path, seconds, seconds).catch(() => {});
}
