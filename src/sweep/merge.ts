import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { isDeepStrictEqual } from 'node:util';
import { readResults, type SweepHeader, type SweepLine } from './result-file.ts';
import { roundOf } from './rounds.ts';
import { type SweepSummary, SweepTally } from './tally.ts';
import { TargetSet } from './target-set.ts';

const RESULTS = /^shard-\d+-of-\d+\.ndjson$/;
const BUFFER_BYTES = 1 << 20;

/** Which parts are in a report. */
export interface ShardReport {
  readonly wanted: number;
  readonly complete: number;
  /** Those without their end, each with how far it came. */
  readonly incomplete: readonly { readonly shard: number; readonly done: number; readonly targets: number }[];
  /** Those of which there is nothing. */
  readonly missing: readonly number[];
}

/** The summary of all parts together. */
export interface MergedSummary extends SweepSummary {
  readonly shards: ShardReport;
  /** Results left out, since the same target stood there before. */
  readonly duplicates: number;
}

/** Thrown for folders whose results do not belong together, or that have none. */
export class MergeError extends Error {}

interface Part {
  done: number;
  targets: number;
  isComplete: boolean;
  durationMs: number;
}

/**
 * Writes the results of all parts into one file, each target once, and a summary as its last line. The file appears when
 * it is whole. Throws `MergeError`.
 */
export async function mergeShards(folders: readonly string[], out: string): Promise<MergedSummary> {
  const paths = await findResults(folders);
  if (paths.length === 0) throw new MergeError(`no shard-I-of-N.ndjson in ${folders.join(', ')}`);
  const partial = `${out}.partial`;
  const output = createWriteStream(partial, { highWaterMark: BUFFER_BYTES });
  const written = finished(output);
  try {
    const write = async (line: object) => {
      if (!output.write(`${JSON.stringify(line)}\n`)) await Promise.race([once(output, 'drain'), written]);
    };
    const summary = await mergeInto(paths, write);
    await write({ summary });
    output.end();
    await written;
    await rename(partial, out);
    return summary;
  } catch (error) {
    output.destroy();
    await written.catch(() => {});
    await rm(partial, { force: true });
    throw error;
  }
}

async function mergeInto(paths: readonly string[], write: (line: object) => Promise<void>): Promise<MergedSummary> {
  const files = await readHeaders(paths);
  const [first] = files;
  if (first === undefined) throw new MergeError(`nothing is in ${paths.join(', ')} yet`);
  for (const file of files) requireSame(first, file);
  const tally = new SweepTally();
  const seen = new TargetSet();
  const parts = new Map<number, Part>();
  let duplicates = 0;
  for (const [index, ofPart] of Map.groupBy(files, ({ header }) => indexOf(header))) {
    const part = { done: 0, targets: ofPart[0]?.header.targets ?? 0, isComplete: false, durationMs: 0 };
    parts.set(index, part);
    for await (const line of inRounds(ofPart, () => seen.clear())) {
      if ('summary' in line) {
        part.isComplete = true;
        part.durationMs = Math.max(part.durationMs, line.summary.duration_ms);
      } else if (seen.add(line.target)) {
        part.done++;
        tally.add(line);
        await write(line);
      } else {
        duplicates++;
      }
    }
  }
  const longestMs = Math.max(...[...parts.values()].map(({ durationMs }) => durationMs));
  return { ...tally.summary(longestMs), shards: reportOf(parts, countOf(first.header)), duplicates };
}

interface File {
  readonly path: string;
  readonly header: SweepHeader;
}

/** Leaves out files that have nothing yet. */
async function readHeaders(paths: readonly string[]): Promise<File[]> {
  const files: File[] = [];
  for (const path of paths) {
    for await (const { line } of readResults(path)) {
      if (!('sweep' in line)) throw new MergeError(`${path} does not begin with the line about its sweep`);
      files.push({ path, header: line.sweep });
      break;
    }
  }
  return files;
}

/**
 * What stands in several files of one part, round by round: the same target is in the same round of each, so that no more
 * than one round has to be remembered.
 */
async function* inRounds(files: readonly File[], onRound: () => void) {
  const readers = files.map((file) => new RoundReader(file));
  for (let round = 0; round < (files[0]?.header.rounds ?? 0); round++) {
    onRound();
    for (const reader of readers) yield* reader.read(round);
  }
}

/** Reads a file as far as a round goes, and goes on from there. */
class RoundReader {
  readonly #file: File;
  readonly #lines: ReturnType<typeof readResults>;
  /** The first line of the rounds to come. */
  #ahead: Exclude<SweepLine, { sweep: unknown }> | null = null;

  constructor(file: File) {
    this.#file = file;
    this.#lines = readResults(file.path);
  }

  async *read(round: number) {
    for (let line = this.#ahead ?? (await this.#next()); line !== null; line = await this.#next()) {
      const own = 'summary' in line ? round : roundOf(line.target, this.#file.header.rounds);
      if (own < round) throw new MergeError(`${this.#file.path} was not written by a sweep`);
      this.#ahead = own > round ? line : null;
      if (own > round) return;
      yield line;
    }
  }

  async #next() {
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done) return null;
      if (!('sweep' in value.line)) return value.line;
    }
  }
}

/** In the order of their numbers, whatever the folders are called. */
async function findResults(folders: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    folders.map(async (folder) => {
      const names = await readdir(folder).catch((error: unknown) => {
        throw new MergeError(`${folder} cannot be read: ${error instanceof Error ? error.message : error}`);
      });
      return names.filter((name) => RESULTS.test(name)).map((name) => ({ name, path: join(folder, name) }));
    }),
  );
  return found
    .flat()
    .toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))
    .map(({ path }) => path);
}

function requireSame(first: File, { path, header }: File) {
  const same = (key: 'targets_sha256' | 'request' | 'rounds') => isDeepStrictEqual(first.header[key], header[key]);
  if (countOf(first.header) === countOf(header) && same('targets_sha256') && same('request') && same('rounds')) return;
  throw new MergeError(
    `${first.path} and ${path} are of different sweeps: another list, other options or another count`,
  );
}

function indexOf({ shard }: SweepHeader): number {
  return Number(shard.split('/')[0]);
}

function countOf({ shard }: SweepHeader): number {
  return Number(shard.split('/')[1]);
}

function reportOf(parts: ReadonlyMap<number, Part>, wanted: number): ShardReport {
  const numbers = Array.from({ length: wanted }, (_, index) => index);
  return {
    wanted,
    complete: [...parts.values()].filter(({ isComplete }) => isComplete).length,
    incomplete: numbers.flatMap((shard) => {
      const part = parts.get(shard);
      return part === undefined || part.isComplete ? [] : [{ shard, done: part.done, targets: part.targets }];
    }),
    missing: numbers.filter((shard) => !parts.has(shard)),
  };
}
