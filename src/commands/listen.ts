import process from 'node:process';
import { readServerIdentity, type ServerIdentity } from '../access/server-identity.ts';
import type { Config } from '../config.ts';
import { followFiles } from '../files/follow-files.ts';
import { systemConnect } from '../net/connect.ts';
import { systemLookUp } from '../net/resolve.ts';
import { watchEventLoop } from '../observability/event-loop-watchdog.ts';
import type { Logger } from '../observability/logger.ts';
import { startServer } from '../server.ts';
import { createService } from '../service.ts';
import { joinPrimary, type WorkerStart } from '../workers/cluster.ts';
import { shareOf } from '../workers/worker-share.ts';
import { drainAfterException } from './uncaught-exceptions.ts';

/**
 * A process that listens: wires the service to the world and stops when told to, as one of several workers by the
 * process above them. Resolves, once it listens, with what a signal is to do.
 */
export async function listen(
  whole: Config,
  start: WorkerStart | null,
  logger: Logger,
): Promise<(reason: string) => void> {
  const config = start === null ? whole : { ...shareOf(whole, start), port: start.port };
  let isDraining = false;
  let isSignalled = false;
  const watchdog = watchEventLoop();
  const peers = start === null ? null : joinPrimary({ drain: (reason) => drainOrEnd(reason), cut: () => server.cut() });
  const { app, refuseEarly, connections, close } = await createService(config, {
    now: Date.now,
    lookUp: systemLookUp,
    connect: systemConnect,
    logger,
    isDraining: () => isDraining,
    isStalled: watchdog.isStalled,
    peers,
  });
  const identity = await followIdentity(config, logger, (next) => server.renew(next));
  const server = await startServer({
    fetch: (request, peer) => app.fetch(request, peer),
    host: config.host.text,
    port: config.port,
    reusePort: start !== null,
    identity: identity?.current() ?? null,
    connections,
    refuseEarly,
  });

  const drain = async (reason: string) => {
    if (isDraining) return;
    // /readyz fails for whoever still asks on an open connection; a new one is refused from here on.
    isDraining = true;
    logger.info({ reason, grace_ms: config.shutdownGraceMs }, 'stopping');
    const { wasCut } = await server.stop(config.shutdownGraceMs);
    if (wasCut) logger.warn('requests under way were cut');
    identity?.close();
    await close();
    logger.info('stopped');
    process.exit();
  };
  const drainOrEnd = (reason: string): void => {
    drain(reason).catch((err: unknown) => {
      logger.fatal({ err }, 'uncaught exception');
      process.exit(1);
    });
  };
  const onSignal = (reason: string): void => {
    // Whatever else had it drain already: who has asked once has a grace to wait for.
    if (isSignalled) server.cut();
    isSignalled = true;
    drainOrEnd(reason);
  };
  drainAfterException(logger, drainOrEnd);
  const { address, port } = server.address;
  logger.info({ address, port, node: process.versions.node, default_ca: config.defaultCa }, 'listening');
  peers?.ready();
  // A terminal and some supervisors signal a whole group of processes; the one above tells its workers itself.
  return peers === null ? onSignal : () => {};
}

/** The certificate of the service itself, now and from now on; null when it speaks HTTP. */
async function followIdentity(config: Config, logger: Logger, onChange: (identity: ServerIdentity) => void) {
  const { tlsCertFile, tlsKeyFile, tlsClientCaFile } = config;
  if (tlsCertFile === null || tlsKeyFile === null) return null;
  return followFiles({
    paths: [tlsCertFile, tlsKeyFile, ...(tlsClientCaFile === null ? [] : [tlsClientCaFile])],
    read: ([cert = '', key = '', clientCa = null]) => readServerIdentity({ cert, key, clientCa }),
    onChange(identity) {
      onChange(identity);
      logger.info('certificate of the service reloaded');
    },
    onRefusal: (reason) => logger.error({ reason }, 'certificate of the service not reloaded; the one before stays'),
  });
}
