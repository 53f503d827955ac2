import { writeSync } from 'node:fs';
import process from 'node:process';
import { createLogger, type Logger, type LogLevel } from '../observability/logger.ts';

/** How long a line waits for others: a write costs more than to make a line. */
const GATHERING_MS = 20;
/** So much is written at once. */
const GATHERED_CHARACTERS = 8_192;
/** What waits for a reader that is slow, or gone without a word. */
const MAX_WAITING_CHARACTERS = 4 * 2 ** 20;
/** At the end of the process: how long the reader may take for the rest, and how often it is tried. */
const LAST_WAIT_MS = 1_000;
const LAST_TRY_MS = 20;

const NOTHING = Buffer.alloc(0);

/** A log on standard output. */
export function logToStandardOutput(level: LogLevel): Logger {
  const output = standardOutput((lines) => logger.warn({ lines }, 'log lines dropped'));
  const logger = createLogger(level, output);
  return logger;
}

interface Output {
  write(line: string): void;
  /** Writes all that waits before it returns, unless the reader takes longer than a second for it. */
  flushSync(): void;
}

/**
 * Standard output that can neither stop the process nor keep it from ending: whoever reads the log may be slow, stand
 * still or be gone. Lines are gathered for a moment; the rest is written when the process ends by itself, and only a
 * kill loses what was logged in the last moment. What a reader leaves waiting is bounded, and lines beyond it are
 * dropped; without a reader there is no log.
 * @param onDropped told how many lines, once there is room again
 */
function standardOutput(onDropped: (lines: number) => void): Output {
  // libuv opens a pipe or socket as non-blocking, and nothing else does: a write to a full one must fail, not wait.
  void process.stdout;
  /** Lines that nobody tried to write yet, and the rest of those that were not taken whole. */
  let gathered = '';
  let rest: Buffer = NOTHING;
  let dropped = 0;
  let isDue = false;
  let isFull = false;
  let isBroken = false;

  /** Writes what can be written now; whether nothing is left. */
  const writeNow = (): boolean => {
    isFull = false;
    while (!isBroken && !isFull && (rest.length > 0 || gathered.length > 0)) {
      if (rest.length === 0) {
        rest = Buffer.from(gathered);
        gathered = '';
      }
      try {
        rest = rest.subarray(writeSync(1, rest));
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        isBroken = code === 'EPIPE' || code === 'EBADF';
        // All else may pass: a pipe that is full, a disk that is.
        isFull = !isBroken;
      }
    }
    return !isFull;
  };
  const flush = (): void => {
    isDue = false;
    if (!writeNow()) plan();
    else if (dropped > 0) {
      const lines = dropped;
      dropped = 0;
      onDropped(lines);
    }
  };
  const plan = (): void => {
    if (isDue || isBroken) return;
    isDue = true;
    setTimeout(flush, GATHERING_MS).unref();
  };
  const flushSync = (): void => {
    const clock = new Int32Array(new SharedArrayBuffer(4));
    for (let waitedMs = 0; !writeNow() && waitedMs < LAST_WAIT_MS; waitedMs += LAST_TRY_MS) {
      Atomics.wait(clock, 0, 0, LAST_TRY_MS);
    }
  };
  process.once('exit', flushSync);
  return {
    write(line) {
      if (isBroken) return;
      if (rest.length + gathered.length + line.length > MAX_WAITING_CHARACTERS) {
        dropped++;
        return;
      }
      gathered += line;
      if (gathered.length >= GATHERED_CHARACTERS && !isFull) writeNow();
      plan();
    },
    flushSync,
  };
}
