import { randomUUID } from 'node:crypto';
import process from 'node:process';
import type { Config } from '../config.ts';
import { Problem } from '../domain/problem.ts';
import { createRateLimit } from '../limits/rate-limit.ts';
import { systemConnect } from '../net/connect.ts';
import { systemLookUp } from '../net/resolve.ts';
import { createLogger, type Logger } from '../observability/logger.ts';
import { createJudge } from '../service.ts';
import { type MergedSummary, MergeError, mergeShards } from '../sweep/merge.ts';
import { type MergeOptions, parseSweepArguments, type SweepOptions, USAGE, UsageError } from '../sweep/options.ts';
import { paceVerify } from '../sweep/pace-verify.ts';
import { OtherSweepError, runSweep } from '../sweep/run-sweep.ts';
import { configFromEnvironment } from './settings.ts';

/** Exit statuses beside those of verdicts (0 pass, 1 warn, 2 fail or unreachable). */
const EXIT = {
  /** Nothing could be done; something on the command line, a setting or a file is in the way. */
  refused: 3,
  /** Stopped, or ended by a bug of ours, or parts are missing: the same command goes on. */
  incomplete: 4,
};

/** Connections to one host and port at once, as in a batch. */
const PER_ENDPOINT = 4;

/** Fleets beyond one call: a list of targets judged in parts, and the parts folded into one report. */
export async function sweep(args: readonly string[]): Promise<void> {
  const config = configFromEnvironment(EXIT.refused);
  // Standard output is for what a program reads.
  const logger = createLogger(config.logLevel, { write: (line) => void process.stderr.write(line) });
  // Node's own status for this is 1, which would be a verdict.
  const endAtOnce = (err: unknown) => {
    logger.fatal({ err }, 'uncaught exception');
    process.exit(EXIT.incomplete);
  };
  process.on('uncaughtException', endAtOnce);
  try {
    const options = parseSweepArguments(args, Math.max(1, Math.floor(config.maxInFlight / 2)));
    process.exitCode = options.command === 'merge' ? await merge(options) : await judge(options, config, logger);
  } catch (error) {
    const reason = reasonOf(error);
    if (reason === null) endAtOnce(error);
    process.stderr.write(`${reason}\n`);
    process.exitCode = EXIT.refused;
  }
}

async function judge(options: SweepOptions, config: Config, logger: Logger): Promise<number> {
  const stopping = new AbortController();
  const onSignal = (signal: string) => {
    logger.info({ reason: signal }, 'stopping');
    stopping.abort();
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  const { verify, accept, presets, close } = await createJudge(config, {
    now: Date.now,
    lookUp: systemLookUp,
    connect: systemConnect,
    logger,
  }).catch((err: unknown) => {
    logger.fatal({ err }, 'cannot start');
    process.exit(EXIT.refused);
  });
  try {
    const summary = await runSweep(options, {
      verify: paceVerify(verify, createRateLimit(config.targetLimit)),
      accept,
      defaults: { timeoutMs: config.timeoutMs, presets: await presets() },
      perEndpoint: Math.min(PER_ENDPOINT, config.targetLimit?.atOnce ?? PER_ENDPOINT),
      signal: stopping.signal,
      lock: {
        pid: process.pid,
        isAlive,
        onWait: (holder) => logger.warn(holder, 'another process has this part: waiting for its end'),
        onLoss() {
          logger.error('another process has taken this part over');
          stopping.abort();
        },
      },
      progress: {
        terminal: process.stderr.isTTY ? process.stderr : null,
        log: (state) => logger.info(state, 'progress'),
      },
      onDamage: (bytes) => logger.warn({ kept_bytes: bytes }, 'end of the results was not whole: done again'),
      onProblem(problem) {
        if (problem.code === 'internal_error') logger.error({ err: problem.cause ?? problem }, 'unexpected error');
      },
      requestId: randomUUID(),
    });
    if (summary === null) return EXIT.incomplete;
    process.stdout.write(`${JSON.stringify({ summary })}\n`);
    return options.exitZero ? 0 : summary.exit_code;
  } catch (error) {
    if (stopping.signal.aborted && error === stopping.signal.reason) return EXIT.incomplete;
    throw error;
  } finally {
    await close();
  }
}

async function merge({ folders, out, exitZero }: MergeOptions): Promise<number> {
  const summary: MergedSummary = await mergeShards(folders, out);
  process.stdout.write(`${JSON.stringify({ summary })}\n`);
  const { incomplete, missing } = summary.shards;
  if (incomplete.length + missing.length > 0) {
    for (const { shard, done, targets } of incomplete) {
      process.stderr.write(`shard ${shard} is not finished: ${done} of ${targets} targets\n`);
    }
    for (const shard of missing) process.stderr.write(`shard ${shard} is missing\n`);
    return EXIT.incomplete;
  }
  return exitZero ? 0 : summary.exit_code;
}

/** A sentence for what the operator can put right; null for anything else. */
function reasonOf(error: unknown): string | null {
  if (error instanceof UsageError) return `${error.message}\n${USAGE.trimEnd()}`;
  if (error instanceof Problem || error instanceof OtherSweepError || error instanceof MergeError) return error.message;
  // A file or a folder that cannot be had: the system's own words name it.
  return error instanceof Error && 'syscall' in error && 'path' in error ? error.message : null;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
