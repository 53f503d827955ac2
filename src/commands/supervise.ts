import process from 'node:process';
import type { Config } from '../config.ts';
import { createRateLimit } from '../limits/rate-limit.ts';
import type { Logger } from '../observability/logger.ts';
import { findPort, startWorker } from '../workers/cluster.ts';
import { Supervisor } from '../workers/supervisor.ts';

/** The process above several workers: starts and replaces them, counts rates for all, and stops them together. */
export async function supervise(config: Config, workers: number, logger: Logger): Promise<void> {
  const rates = { caller: createRateLimit(config.rateLimit), target: createRateLimit(config.targetLimit) };
  const port = await findPort(config.host.text, config.port);
  const supervisor = new Supervisor({
    wanted: workers,
    start: (number, events) => startWorker({ number, of: workers, port }, events),
    take: (rate, key) => rates[rate].take(key),
    graceMs: config.shutdownGraceMs,
    logger,
  });
  process.on('SIGTERM', (signal) => supervisor.stop(signal));
  process.on('SIGINT', (signal) => supervisor.stop(signal));
  logger.info({ workers }, 'starting workers');
  process.exit(await supervisor.run());
}
