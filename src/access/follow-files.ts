import { readFile } from 'node:fs/promises';

/** How often files are looked at. Reading beats events: it sees a swapped link, a mount, a network file system alike. */
const POLL_MS = 5_000;

export interface FollowOptions<T> {
  /** Read together, and again together when one has changed. */
  readonly paths: readonly string[];
  /** Makes the value; throws an Error with a sentence when the files cannot be used. */
  readonly read: (texts: readonly string[]) => T;
  readonly onChange: (value: T) => void;
  /** The files have changed and cannot be used; the value in force stays. Told once for the same reason. */
  readonly onRefusal: (reason: string) => void;
  readonly pollMs?: number;
}

export interface Followed<T> {
  current(): T;
  /** Stops looking. */
  close(): void;
}

/**
 * What small files say, now and from now on. Rejects when they cannot be used at first; later the last good value
 * stays. A change counts once two looks in a row have seen the same, so that a file half written is not read.
 */
export async function followFiles<T>({
  paths,
  read,
  onChange,
  onRefusal,
  pollMs,
}: FollowOptions<T>): Promise<Followed<T>> {
  const readAll = () => Promise.all(paths.map((path) => readFile(path, 'utf8')));
  let texts = await readAll();
  let value = read(texts);
  let pending: readonly string[] | null = null;
  let told: string | null = null;

  const refuse = (error: unknown): void => {
    const reason = error instanceof Error ? error.message : String(error);
    if (reason !== told) onRefusal(reason);
    told = reason;
  };
  const look = async (): Promise<void> => {
    const seen = await readAll();
    if (isSame(seen, texts)) {
      pending = null;
      told = null;
    } else if (pending === null || !isSame(seen, pending)) {
      pending = seen;
    } else {
      const next = read(seen);
      texts = seen;
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
    look()
      .catch(refuse)
      .finally(() => {
        looking = false;
      });
  }, pollMs ?? POLL_MS).unref();
  return { current: () => value, close: () => clearInterval(timer) };
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.every((text, index) => text === b[index]);
}
