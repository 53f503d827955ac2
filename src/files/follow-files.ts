import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

/** How often files are looked at. Reading beats events: it sees a swapped link, a mount, a network file system alike. */
const POLL_MS = 5_000;

interface Following<T> {
  readonly onChange: (value: T) => void;
  /** The files have changed and cannot be used; the value in force stays. Told once for the same reason. */
  readonly onRefusal: (reason: string) => void;
  readonly pollMs?: number;
}

export interface FollowOptions<S, T> extends Following<T> {
  /** What the files hold, as plain data. Rejects with a sentence when they cannot be read. */
  readonly look: () => Promise<S>;
  /** Makes the value; throws an Error with a sentence when the files cannot be used. */
  readonly read: (seen: S) => T;
}

export interface FollowFilesOptions<T> extends Following<T> {
  /** Read together, and again together when one has changed. */
  readonly paths: readonly string[];
  readonly read: (texts: readonly string[]) => T;
}

export interface Followed<T> {
  current(): T;
  /** Why the files as they are now are not in force; null when they are. */
  refusal(): string | null;
  /** Stops looking. */
  close(): void;
}

/** What a few small files say, now and from now on; otherwise as `follow`. */
export function followFiles<T>({ paths, ...options }: FollowFilesOptions<T>): Promise<Followed<T>> {
  return follow({ ...options, look: () => Promise.all(paths.map((path) => readFile(path, 'utf8'))) });
}

/**
 * What small files say, now and from now on. Rejects when they cannot be used at first; later the last good value
 * stays. A change counts once two looks in a row have seen the same, so that a file half written is not read.
 */
export async function follow<S, T>({ look, read, onChange, onRefusal, pollMs }: FollowOptions<S, T>) {
  const first = await look();
  let inForce = fingerprintOf(first);
  let value = read(first);
  let pending: string | null = null;
  let told: string | null = null;

  const refuse = (error: unknown): void => {
    const reason = error instanceof Error ? error.message : String(error);
    if (reason !== told) onRefusal(reason);
    told = reason;
  };
  const lookAgain = async (): Promise<void> => {
    const seen = await look();
    const print = fingerprintOf(seen);
    if (print === inForce) {
      pending = null;
      told = null;
    } else if (print !== pending) {
      pending = print;
    } else {
      const next = read(seen);
      inForce = print;
      value = next;
      pending = null;
      told = null;
      onChange(next);
    }
  };

  let looking = false;
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    lookAgain()
      .catch(refuse)
      .finally(() => {
        looking = false;
      });
  }, pollMs ?? POLL_MS).unref();
  return {
    current: () => value,
    refusal: () => told,
    close: () => clearInterval(timer),
  } satisfies Followed<T>;
}

/** What is compared; the text itself, which may be a key, is not kept. */
function fingerprintOf(seen: unknown): string {
  return hash('sha256', JSON.stringify(seen));
}
