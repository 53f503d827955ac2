import process from 'node:process';

/** What the handshake needs of node:crypto (ML-KEM, ML-DSA), and Node needs to run these sources as they are. */
const LEAST_NODE_MAJOR = 24;

// Before anything else is loaded: an older version would stumble there and say something that helps nobody.
if (Number.parseInt(process.versions.node, 10) < LEAST_NODE_MAJOR) {
  console.error(`tls-verdict needs Node ${LEAST_NODE_MAJOR} or later; this is ${process.versions.node}.`);
  process.exit(1);
}
const { followFiles } = await import('./access/follow-files.ts');
const { readServerIdentity } = await import('./access/server-identity.ts');
const { readConfig } = await import('./config.ts');
const { systemConnect } = await import('./net/connect.ts');
const { systemLookUp } = await import('./net/resolve.ts');
const { watchEventLoop } = await import('./observability/event-loop-watchdog.ts');
const { createLogger } = await import('./observability/logger.ts');
const { startServer } = await import('./server.ts');
const { createService } = await import('./service.ts');

type ServerIdentity = ReturnType<typeof readServerIdentity>;
type Config = ReturnType<typeof readConfig>;
type Logger = ReturnType<typeof createLogger>;

/** The process: wires the service to the world, listens, and stops when told to. */
async function run(config: Config, logger: Logger): Promise<void> {
  let isDraining = false;
  const watchdog = watchEventLoop();
  const { app, refuseEarly, connections, close } = await createService(config, {
    now: Date.now,
    lookUp: systemLookUp,
    connect: systemConnect,
    logger,
    isDraining: () => isDraining,
    isStalled: watchdog.isStalled,
  });
  const identity = await followIdentity(config, logger, (next) => server.renew(next));
  const server = await startServer({
    fetch: (request, peer) => app.fetch(request, peer),
    host: config.host.text,
    port: config.port,
    identity: identity?.current() ?? null,
    connections,
    refuseEarly,
  });

  let hasFailed = false;
  const stop = async (reason: string) => {
    // /readyz fails for whoever still asks on an open connection; a new one is refused from here on.
    isDraining = true;
    logger.info({ reason, grace_ms: config.shutdownGraceMs }, 'stopping');
    const { wasCut } = await server.stop(config.shutdownGraceMs);
    if (wasCut) logger.warn('requests under way were cut');
    identity?.close();
    await close();
    logger.info('stopped');
    process.exit(hasFailed ? 1 : 0);
  };
  process.off('uncaughtException', endAtOnce);
  process.on('uncaughtException', (err) => {
    // State after this is unknown: what is under way may end, and a supervisor starts a fresh process.
    logger.fatal({ err }, 'uncaught exception');
    if (hasFailed) process.exit(1);
    hasFailed = true;
    if (!isDraining) void stop('uncaughtException');
  });
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  const { address, port } = server.address;
  logger.info({ address, port, node: process.versions.node, default_ca: config.defaultCa }, 'listening');
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

function configFromEnvironment(): Config {
  try {
    return readConfig(process.env);
  } catch (error) {
    // Plain text: before the settings are known there is no log to write to.
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}

const config = configFromEnvironment();
const logger = createLogger(config.logLevel);
const endAtOnce = (err: Error) => {
  logger.fatal({ err }, 'uncaught exception');
  process.exit(1);
};
process.on('uncaughtException', endAtOnce);
try {
  await run(config, logger);
} catch (err) {
  logger.fatal({ err }, 'cannot start');
  process.exit(1);
}
