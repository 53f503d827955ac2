import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { SweepResult, SweepSummary } from './tally.ts';

/** What a file of results is about; files with different ones do not belong together. */
export interface SweepHeader {
  /** `I/N`. */
  readonly shard: string;
  /** Of the list of targets. */
  readonly targets_sha256: string;
  readonly request: Readonly<Record<string, unknown>>;
  /** Targets of this part, each counted once. */
  readonly targets: number;
  /** In how many rounds they are judged; results stand in the order of these. */
  readonly rounds: number;
}

/** One line: the first is the header, the last the summary; without that the rest is still to come. */
export type SweepLine = { readonly sweep: SweepHeader } | SweepResult | { readonly summary: SweepSummary };

/** Longer than any result or summary: what has no end before is none. */
const MAX_LINE_BYTES = 16 * 2 ** 20;

/** The longest between a result and the moment from which it outlives a crash of the machine. */
const SYNC_MS = 5_000;

/** A file to which lines are added. */
export class ResultFile {
  readonly #file: FileHandle;
  readonly #timer: NodeJS.Timeout;
  #waiting: { readonly line: string; readonly done: PromiseWithResolvers<void> }[] = [];
  #isWriting = false;
  #isDirty = false;

  /** @param length of what is kept: the rest, which a crash left, is cut off */
  static async open(path: string, length: number): Promise<ResultFile> {
    const file = await open(path, 'a');
    await file.truncate(length);
    return new ResultFile(file);
  }

  private constructor(file: FileHandle) {
    this.#file = file;
    this.#timer = setInterval(() => void this.sync().catch(() => {}), SYNC_MS);
  }

  /** Resolves when the line is with the system: a kill of this process does not lose it any more. */
  append(line: SweepLine): Promise<void> {
    const done = Promise.withResolvers<void>();
    this.#waiting.push({ line: `${JSON.stringify(line)}\n`, done });
    void this.#write();
    return done.promise;
  }

  /** Resolves when all that was added is on the disk. */
  async sync(): Promise<void> {
    if (!this.#isDirty) return;
    this.#isDirty = false;
    await this.#file.datasync();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.sync();
    await this.#file.close();
  }

  /** One write at a time; what comes meanwhile goes with the next, so that many small lines cost few calls. */
  async #write(): Promise<void> {
    if (this.#isWriting) return;
    this.#isWriting = true;
    while (this.#waiting.length > 0) {
      const lines = this.#waiting;
      this.#waiting = [];
      try {
        await this.#file.appendFile(lines.map(({ line }) => line).join(''));
        this.#isDirty = true;
        for (const { done } of lines) done.resolve();
      } catch (error) {
        for (const { done } of lines) done.reject(error);
      }
    }
    this.#isWriting = false;
  }
}

/**
 * The lines of a file up to the first that is not whole, with where each ends: a kill may leave a part of the last one,
 * a crash of the machine anything in the place of what was not on the disk. Nothing for a file that is not there.
 */
export async function* readResults(path: string): AsyncGenerator<{ readonly line: SweepLine; readonly end: number }> {
  let rest = Buffer.alloc(0);
  let end = 0;
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let from = 0;
      for (let at = rest.indexOf(10); at >= 0; at = rest.indexOf(10, from)) {
        const line = parseLine(rest.toString('utf8', from, at));
        if (line === null) return;
        end += at + 1 - from;
        from = at + 1;
        yield { line, end };
      }
      rest = rest.subarray(from);
      if (rest.length > MAX_LINE_BYTES) return;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** Null for what is no line of such a file. */
function parseLine(text: string): SweepLine | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && MEMBERS.some((name) => name in value)
      ? (value as SweepLine)
      : null;
  } catch {
    return null;
  }
}

const MEMBERS = ['sweep', 'verdict', 'problem', 'summary'];
