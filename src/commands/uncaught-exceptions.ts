import process from 'node:process';
import type { Logger } from '../observability/logger.ts';

/** Whoever throws so often does not get to the end of anything. */
export const MOST_EXCEPTIONS = 10;

/**
 * After a bug of ours the state is unknown: what is under way may end, the process exits with 1, and a supervisor
 * starts a fresh one. Further exceptions cut nothing short, up to `MOST_EXCEPTIONS`, with which the process ends at once.
 * @param drain lets what is under way end and exits with `process.exitCode`; may be called again
 */
export function drainAfterException(logger: Logger, drain: (reason: string) => void): void {
  let count = 0;
  process.on('uncaughtException', (err) => {
    logger.fatal({ err }, 'uncaught exception');
    process.exitCode = 1;
    if (++count >= MOST_EXCEPTIONS) process.exit();
    drain('uncaughtException');
  });
}
