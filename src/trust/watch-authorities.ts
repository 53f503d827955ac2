import { type FSWatcher, watch } from 'node:fs';
import type { Authorities, AuthoritySnapshot, AuthoritySources } from './authorities.ts';
import { readSettledAuthorities, type SettledReading } from './settled-authorities.ts';
import { type SourceSignature, signSources } from './source-signature.ts';

/** How often the files are looked at. Events only make it sooner: no file system reports every change. */
const POLL_MS = 10_000;

export interface WatchOptions {
  readonly sources: AuthoritySources;
  /** Gets each new snapshot. */
  readonly authorities: Authorities;
  /** Of the files that the first snapshot was read from. */
  readonly signature: SourceSignature;
  /** Throws, with a sentence, for a snapshot that must not come into force. */
  readonly accept: (next: AuthoritySnapshot) => unknown;
  /** A snapshot has come into force. */
  readonly onReload: (next: AuthoritySnapshot, previous: AuthoritySnapshot) => void;
  /** The files have changed, and the snapshot in force stays. Called again when the reason changes. */
  readonly onRefusal: (reason: string) => void;
  /** The wall clock, milliseconds since the epoch. */
  readonly now: () => number;
  /** How often the files are looked at, milliseconds. */
  readonly pollMs?: number;
  /** As in `readSettledAuthorities`. */
  readonly settleMs?: number;
}

export interface ReloadStatus {
  /** When the snapshot in force was read, milliseconds since the epoch. */
  readonly loadedAtMs: number;
  /** Why the files as they are now are not in force, and since when; null when they are. */
  readonly refusal: { readonly sinceMs: number; readonly reason: string } | null;
}

export interface AuthorityWatch {
  status(): ReloadStatus;
  /** Stops, and resolves when nothing of it is under way. */
  close(): Promise<void>;
}

/**
 * Keeps the authorities as the files are: reads all of them when any has changed and come to rest, and replaces the
 * snapshot whole. When they cannot be read, or `objectionTo` or `accept` has something against them, the last good
 * snapshot stays.
 */
export function watchAuthorities(options: WatchOptions): AuthorityWatch {
  const stopping = new AbortController();
  let status: ReloadStatus = { loadedAtMs: options.now(), refusal: null };
  let seen = options.signature;

  async function followOnce(signal: AbortSignal): Promise<void> {
    const { text } = await signSources(options.sources);
    if (text === seen.text) return;
    const { settleMs } = options;
    const reading = await readSettledAuthorities(options.sources, {
      signal,
      ...(settleMs !== undefined && { settleMs }),
    });
    const reason = refusalOf(reading, options);
    if (reason !== null) {
      // Tried again at the next look, since the cause may lie outside of the files; told once.
      if (reason === status.refusal?.reason) return;
      status = { ...status, refusal: { sinceMs: options.now(), reason } };
      options.onRefusal(reason);
    } else if ('snapshot' in reading) {
      const previous = options.authorities.current();
      seen = reading.signature;
      options.authorities.replace(reading.snapshot);
      status = { loadedAtMs: options.now(), refusal: null };
      options.onReload(reading.snapshot, previous);
    }
  }

  async function follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      // Watching begins before looking, so that no change falls between the two.
      using bell = createBell(seen.folders, options.pollMs ?? POLL_MS, signal);
      await followOnce(signal).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
      await bell.rung;
    }
  }

  const following = follow(stopping.signal);
  return {
    status: () => status,
    async close() {
      stopping.abort();
      await following;
    },
  };
}

/** Why a reading must not come into force; null when it may. */
function refusalOf(reading: SettledReading, { authorities, accept }: WatchOptions): string | null {
  if ('error' in reading) return messageOf(reading.error);
  const objection = objectionTo(reading.snapshot, authorities.current());
  if (objection !== null) return objection;
  try {
    accept(reading.snapshot);
    return null;
  } catch (error) {
    return messageOf(error);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * What speaks against replacing a snapshot that works: a file that stops in the middle, an authority that has lost all
 * its certificates, a system bundle that is gone. Null when nothing does; an authority whose files were removed is gone.
 */
export function objectionTo(next: AuthoritySnapshot, current: AuthoritySnapshot): string | null {
  const [cutOff] = next.cutOff;
  if (cutOff !== undefined) return `${cutOff} ends in the middle of a PEM block`;
  const emptied = next.names.find(
    (name) => next.find(name)?.anchors.length === 0 && (current.find(name)?.anchors.length ?? 0) > 0,
  );
  if (emptied !== undefined) {
    const [first] = next.find(emptied)?.skipped ?? [];
    const because = first === undefined ? 'it is empty' : `block ${first.position}: ${first.reason}`;
    return `the authority ${emptied} has no certificate left that can be used (${because})`;
  }
  const lost = [...next.missing].find(([name]) => current.names.includes(name));
  return lost === undefined ? null : `${lost[0]} is gone: ${lost[1]}`;
}

/** Rings once: at an event in one of the folders, after `pollMs`, or when the signal aborts. */
function createBell(folders: readonly string[], pollMs: number, signal: AbortSignal) {
  const { promise: rung, resolve: ring } = Promise.withResolvers<void>();
  const onAbort = () => ring();
  const timer = setTimeout(ring, pollMs).unref();
  signal.addEventListener('abort', onAbort);
  if (signal.aborted) ring();
  const watchers = folders.map((folder) => watchFolder(folder, ring)).filter((watcher) => watcher !== null);
  return {
    rung,
    [Symbol.dispose]() {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      for (const watcher of watchers) watcher.close();
    },
  };
}

/** Null where the system has no watch to give (a limit, a file system without events): the poll remains. */
function watchFolder(folder: string, onEvent: () => void): FSWatcher | null {
  try {
    return watch(folder, { persistent: false }, onEvent).on('error', () => {});
  } catch {
    return null;
  }
}
