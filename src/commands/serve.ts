import process from 'node:process';
import type { Config } from '../config.ts';
import { countCores } from '../workers/available-cores.ts';
import { ownStart } from '../workers/cluster.ts';
import { mostWorkers } from '../workers/worker-share.ts';
import { configFromEnvironment } from './settings.ts';
import { logToStandardOutput } from './standard-output.ts';

/** The service: one process that listens, or one above several. */
export async function serve(): Promise<void> {
  const config = configFromEnvironment(1);
  const start = ownStart(process.env);
  const log = logToStandardOutput(config.logLevel);
  const logger = start === null ? log : log.child({ worker: start.number });
  const endAtOnce = (err: unknown) => {
    logger.fatal({ err }, 'uncaught exception');
    process.exit(1);
  };
  process.on('uncaughtException', endAtOnce);
  try {
    const workers = start === null ? await countWorkers(config) : 1;
    // Loaded by the processes that need it: the one above several workers has nothing to verify.
    if (workers > 1) {
      const { supervise } = await import('./supervise.ts');
      await supervise(config, workers, logger);
    } else {
      const { listen } = await import('./listen.ts');
      await listen(config, start, logger);
      process.off('uncaughtException', endAtOnce);
    }
  } catch (err) {
    logger.fatal({ err }, 'cannot start');
    process.exit(1);
  }
}

async function countWorkers(config: Config): Promise<number> {
  return config.workers === 'auto' ? Math.min(await countCores(), mostWorkers(config)) : config.workers;
}
