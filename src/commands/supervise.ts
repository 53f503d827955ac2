import process from 'node:process';
import type { Config } from '../config.ts';
import { createRateLimit } from '../limits/rate-limit.ts';
import type { Logger } from '../observability/logger.ts';
import { findPort, startWorker } from '../workers/cluster.ts';
import { Supervisor } from '../workers/supervisor.ts';
import { drainAfterException } from './uncaught-exceptions.ts';

/**
 * The process above several workers: starts and replaces them, counts rates for all, and stops them together.
 * Resolves, once it does so, with what stops it.
 */
export async function supervise(config: Config, workers: number, logger: Logger): Promise<(reason: string) => void> {
  const rates = { caller: createRateLimit(config.rateLimit), target: createRateLimit(config.targetLimit) };
  const port = await findPort(config.host.text, config.port);
  const supervisor = new Supervisor({
    wanted: workers,
    start: (number, events) => startWorker({ number, of: workers, port }, events),
    take: (rate, key) => rates[rate].take(key),
    graceMs: config.shutdownGraceMs,
    logger,
  });
  drainAfterException(logger, (reason) => supervisor.fail(reason));
  logger.info({ workers }, 'starting workers');
  void supervisor.run().then((status) => process.exit(status));
  return (reason) => supervisor.stop(reason);
}
