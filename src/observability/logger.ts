import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';

export type { Logger } from 'pino';

export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';

/** How long a line waits for others: each write goes to a thread and back, which costs more than to make a line. */
const GATHERING_MS = 20;
/** So much is written at once. */
const GATHERED_BYTES = 8_192;

/** JSON lines with the level's name and an RFC 3339 time; to standard output unless a destination is given. */
export function createLogger(level: LogLevel, destination: DestinationStream = standardOutput()): Logger {
  const options = {
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return pino(options, destination);
}

/**
 * Gathers lines for a moment. Nothing is lost when the process ends by itself, and a fatal line is written at once with
 * all before it; only a kill loses what was logged in the last moment.
 */
function standardOutput(): DestinationStream & { flushSync(): void } {
  const output = pino.destination({ dest: 1, sync: false, minLength: GATHERED_BYTES });
  let isDue = false;
  const flush = (): void => {
    isDue = false;
    output.flush();
  };
  return {
    write(line) {
      output.write(line);
      if (isDue) return;
      isDue = true;
      setTimeout(flush, GATHERING_MS).unref();
    },
    flushSync: () => output.flushSync(),
  };
}
