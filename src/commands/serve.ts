import process from 'node:process';
import type { Config } from '../config.ts';
import { countCores } from '../workers/available-cores.ts';
import { ownStart } from '../workers/cluster.ts';
import { mostWorkers } from '../workers/worker-share.ts';
import { configFromEnvironment } from './settings.ts';
import { logToStandardOutput } from './standard-output.ts';

/**
 * The service: one process that listens, or one above several.
 * @param onSignal what SIGTERM and SIGINT do, which is replaced as soon as there is something to stop
 */
export async function serve(onSignal: { stop: (reason: string) => void }): Promise<void> {
  const config = configFromEnvironment(1);
  const start = ownStart(process.env);
  const log = logToStandardOutput(config.logLevel);
  const logger = start === null ? log : log.child({ worker: start.number });
  const endAtOnce = (err: unknown) => {
    logger.fatal({ err }, 'uncaught exception');
    process.exit(1);
  };
  process.on('uncaughtException', endAtOnce);
  onSignal.stop = (reason) => {
    logger.info({ reason }, 'stopped');
    process.exit(0);
  };
  try {
    const workers = start === null ? await countWorkers(config) : 1;
    // Loaded by the processes that need it: the one above several workers has nothing to verify.
    if (workers > 1) {
      const { supervise } = await import('./supervise.ts');
      onSignal.stop = await supervise(config, workers, logger);
    } else {
      const { listen } = await import('./listen.ts');
      onSignal.stop = await listen(config, start, logger);
    }
    process.off('uncaughtException', endAtOnce);
  } catch (err) {
    logger.fatal({ err }, 'cannot start');
    process.exit(1);
  }
}

async function countWorkers(config: Config): Promise<number> {
  return config.workers === 'auto' ? Math.min(await countCores(), mostWorkers(config)) : config.workers;
}
