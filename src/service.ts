import { readFile } from 'node:fs/promises';
import type { Hono } from 'hono';
import { createApp } from './app.ts';
import { type Config, isLoopbackOnly } from './config.ts';
import type { Rate } from './domain/rate.ts';
import type { VerifyRequest } from './domain/request.ts';
import { VERSION } from './domain/version.ts';
import { followFiles } from './files/follow-files.ts';
import { type ConnectionLimit, createConnectionLimit } from './http/connection-limit.ts';
import type { HttpEnv } from './http/http-env.ts';
import { createEarlyRefusal, type RefuseEarly } from './http/refuse-early.ts';
import type { PresetListing } from './http/schemas/verify-request.ts';
import { followIdentities } from './identity/follow-identities.ts';
import { requireIdentity, resolveIdentity } from './identity/identities.ts';
import { createAdmission } from './limits/admission.ts';
import { auditVerify } from './limits/audit-verify.ts';
import { limitVerify } from './limits/limit-verify.ts';
import { permitVerify } from './limits/permit-verify.ts';
import { createRateLimit, type RateLimit } from './limits/rate-limit.ts';
import { turns } from './loop/turns.ts';
import { createAddressGuard } from './net/address-guard.ts';
import { createAddressShare } from './net/address-share.ts';
import type { Connect } from './net/connect.ts';
import { createDialer } from './net/dial.ts';
import { createDocumentFetcher } from './net/fetch-document.ts';
import { createPortGuard } from './net/port-guard.ts';
import { createResolver, type LookUp } from './net/resolve.ts';
import type { Logger } from './observability/logger.ts';
import { Metrics } from './observability/metrics.ts';
import { createDocumentCache } from './revocation/document-cache.ts';
import { type AuthoritySnapshot, createAuthorities, differenceOf } from './trust/authorities.ts';
import { readCompromisedKeys } from './trust/compromised-keys.ts';
import { resolveReference } from './trust/resolve-reference.ts';
import { readSettledAuthorities } from './trust/settled-authorities.ts';
import { watchAuthorities } from './trust/watch-authorities.ts';
import { createVerify, type Verify } from './verify/verify.ts';
import type { RateName } from './workers/messages.ts';
import type { Peers } from './workers/peers.ts';

/** What the service needs of the world around it. */
export interface World {
  /** The wall clock, milliseconds since the epoch. */
  readonly now: () => number;
  readonly lookUp: LookUp;
  readonly connect: Connect;
  readonly logger: Logger;
  /** True once the process was told to stop. */
  readonly isDraining: () => boolean;
  /** Whether the event loop hardly turns any more. */
  readonly isStalled: () => boolean;
  /** The other workers of the same service; null or absent for a process that is the whole of it. */
  readonly peers?: Peers | null;
}

/** What of it judging alone needs. */
export type JudgeWorld = Pick<World, 'now' | 'lookUp' | 'connect' | 'logger'>;

export interface Service {
  readonly app: Hono<HttpEnv>;
  readonly verify: Verify;
  /** For the listener: what it may answer by itself, and how many connections it may have. */
  readonly refuseEarly: RefuseEarly;
  readonly connections: ConnectionLimit;
  /** Ends what runs beside the requests: the watch over the authorities' files. */
  close(): Promise<void>;
}

/** Of all verifications, those that may have a connection to one range of addresses at once. */
const ADDRESS_RANGE_SHARE = 1 / 2;
/** Threads of Node's pool that look-ups leave free, for files and key operations. */
const SPARE_THREADS = 2;
const MEGABYTE = 1024 * 1024;

/**
 * The whole service, wired from its configuration; `main.ts` adds the process around it, tests their own world.
 * Throws when an authority of CA_DIR or PRESETS_FILE cannot be used, or DEFAULT_CA names none.
 */
export async function createService(config: Config, world: World): Promise<Service> {
  const { logger, peers = null } = world;
  const {
    verify: judge,
    authorities,
    watch,
    identities,
    presets,
    network,
    close: closeJudge,
  } = await createJudge(config, world);
  const metrics = new Metrics();
  const admission = createAdmission({
    ...config,
    targetAtOnce: config.targetLimit?.atOnce ?? null,
    onBegin: (waitedMs) => metrics.observeWait(waitedMs / 1000),
  });
  const limited = limitVerify(judge, {
    admission,
    perCaller: startRateLimit('caller', config.rateLimit, peers),
    perTarget: startRateLimit('target', config.targetLimit, peers),
    rates: { caller: config.rateLimit, target: config.targetLimit },
  });
  const verify = auditVerify(permitVerify(limited, config.defaultCa), (entry) => logger.info(entry, 'audit'));
  const tokens = await startTokens(config, logger);
  const findCaller = tokens && ((token: string) => tokens.current().find(token));
  const connections = createConnectionLimit(config.maxConnections);
  metrics.watch({
    connections: () => connections.load().open,
    connectionsClosed: () => connections.load().closed,
    stepsWaiting: () => turns.waiting,
    queued: () => admission.load().queued,
    inFlight: () => admission.load().inFlight,
    authoritiesLoadedAt: () => watch.status().loadedAtMs,
    authoritiesStale: () => watch.status().refusal !== null,
    identities: identities.isConfigured
      ? { loadedAt: () => identities.status().loadedAtMs, stale: () => identities.status().refusal !== null }
      : null,
    fetchCache: network.documents.cache.use,
  });
  const app = createApp({
    verify,
    authorities: authorities.current,
    authorityState: watch.status,
    identityState: identities.isConfigured ? identities.status : null,
    defaults: { timeoutMs: config.timeoutMs },
    presets,
    maxBatch: config.maxBatch,
    defaultRefs: config.defaultCa,
    findCaller,
    needsCertificate: config.tlsClientCaFile !== null,
    allowedHosts: config.allowedHosts.map(({ text }) => text),
    logger,
    metrics,
    metricsPage: peers?.shareMetrics(() => metrics.snapshot()) ?? null,
    workers: peers && (() => peers.workers()),
    isDraining: world.isDraining,
    isStalled: world.isStalled,
  });
  const close = async () => {
    tokens?.close();
    await closeJudge();
  };
  const refuseEarly = createEarlyRefusal({ refusalOf: admission.refusalOf, findCaller, metrics, logger });
  return { app, verify, refuseEarly, connections, close };
}

/**
 * What judges, without callers and what they may have at once. Throws as `createService` does.
 */
export async function createJudge(config: Config, world: JudgeWorld) {
  const { logger } = world;
  const { authorities, watch } = await startAuthorities(config, world);
  const identities = await followIdentities({ directory: config.identityDir, now: world.now, logger });
  const accept = ({ ca, clientCertificate }: VerifyRequest): void => {
    resolveReference(ca, authorities.current(), config.defaultCa);
    if (clientCertificate !== null) requireIdentity(clientCertificate, identities.current());
  };
  const network = createNetwork(config, world);
  const verify = createVerify({
    resolveTrust: (ca) => resolveReference(ca, authorities.current(), config.defaultCa),
    resolveIdentity: (request) => resolveIdentity(request, identities.current()),
    ...network,
    compromisedKeys: await startCompromisedKeys(config),
    now: world.now,
    engine: VERSION,
    onCheckError: (check, error) => logger.error({ check, err: error }, 'a check threw'),
  });
  const presets = await startPresets(config, accept, logger);
  const close = async () => {
    identities.close();
    await watch.close();
  };
  return { verify, accept, authorities, watch, identities, presets, network, close };
}

/** Counted here, or for all workers together. A rate that is off asks nobody. */
function startRateLimit(name: RateName, rate: Rate | null, peers: Peers | null): RateLimit {
  return rate === null || peers === null ? createRateLimit(rate) : peers.rateLimit(name);
}

/** The tokens as their file is, now and from now on; null where none are asked for. */
async function startTokens({ apiTokensFile, tlsClientCaFile, host }: Config, logger: Logger) {
  if (apiTokensFile === null && tlsClientCaFile === null && !isLoopbackOnly(host)) {
    logger.warn({ host: host.text }, 'anybody who reaches this address may have targets dialled: set API_TOKENS_FILE');
  }
  if (apiTokensFile === null) return null;
  // Loaded where there is such a file: the YAML reader takes longer to load than the rest of the application.
  const { readApiTokens } = await import('./access/api-tokens.ts');
  return followFiles({
    paths: [apiTokensFile],
    read: ([text = '']) => readApiTokens(text),
    onChange: ({ names }) => logger.info({ tokens: names }, 'API_TOKENS_FILE reloaded'),
    onRefusal: (reason) => logger.error({ reason }, 'API_TOKENS_FILE not reloaded; the tokens before stay in force'),
  }).catch((cause: unknown) => {
    throw new Error(`API_TOKENS_FILE cannot be used: ${cause instanceof Error ? cause.message : cause}`, { cause });
  });
}

/** The keys that the operator listed; read once, since a list that vanishes must not take its findings with it. */
async function startCompromisedKeys({ compromisedKeysFile }: Config): Promise<ReadonlySet<string>> {
  if (compromisedKeysFile === null) return new Set();
  return await readCompromisedKeys(compromisedKeysFile).catch((cause: unknown) => {
    throw new Error(`COMPROMISED_KEYS_FILE cannot be used: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    });
  });
}

/** The doors to the network: to the targets, and to what certificates name. */
function createNetwork(config: Config, { lookUp, connect }: JudgeWorld) {
  const loopback = isLoopbackOnly(config.host);
  const guard = createAddressGuard({ ...config, loopback });
  const share = createAddressShare(Math.ceil(config.maxInFlight * ADDRESS_RANGE_SHARE));
  const resolver = createResolver({ lookUp, maxLookUps: Math.max(1, config.threadPoolSize - SPARE_THREADS) });
  const fetcher = createDocumentFetcher({
    enabled: config.fetch,
    allow: config.fetchAllow,
    ports: config.fetchPorts,
    maxBytes: config.fetchMaxMb * MEGABYTE,
    loopback,
    guard,
    resolver,
    connect,
  });
  return {
    dialer: createDialer({ guard, ports: createPortGuard(config), resolver, connect, share }),
    documents: { fetcher, cache: createDocumentCache(config.cacheMb * MEGABYTE) },
  };
}

/** The authorities as their files are, now and from now on. */
async function startAuthorities(config: Config, { now, logger }: JudgeWorld) {
  const sources = { caDir: config.caDir, systemFile: config.systemCaFile };
  const first = await readSettledAuthorities(sources, { now });
  if ('error' in first) throw first.error;
  const accept = (snapshot: AuthoritySnapshot) => resolveReference(null, snapshot, config.defaultCa);
  accept(first.snapshot);
  tellOfAuthorities(first.snapshot, logger);
  const authorities = createAuthorities(first.snapshot);
  const watch = watchAuthorities({
    sources,
    authorities,
    signature: first.signature,
    accept,
    now,
    onReload(next, previous) {
      logger.info(differenceOf(next, previous), 'authorities reloaded');
      tellOfAuthorities(next, logger);
    },
    onRefusal: (reason) => logger.error({ reason }, 'authorities not reloaded: the last good ones stay'),
  });
  return { authorities, watch };
}

/** The presets as their file is at any moment. */
async function startPresets(config: Config, accept: (request: VerifyRequest) => void, logger: Logger) {
  const { presetsFile } = config;
  if (presetsFile === null) return async (): Promise<PresetListing> => new Map();
  try {
    const { createPresets } = await import('./http/presets.ts');
    return await createPresets({
      read: () => readFile(presetsFile, 'utf8'),
      accept,
      onReload: (presets) => logger.info({ presets: [...presets.keys()] }, 'presets reloaded'),
      onRefusal: (err) => logger.error({ err }, 'presets not reloaded: the last good ones stay'),
    });
  } catch (cause) {
    throw new Error(`PRESETS_FILE=${presetsFile} cannot be used`, { cause });
  }
}

/** What an operator wrote into CA_DIR and will not find in force. */
function tellOfAuthorities(snapshot: AuthoritySnapshot, logger: Logger): void {
  for (const { entry, reason } of snapshot.ignored) logger.warn({ entry, reason }, 'CA_DIR entry ignored');
  for (const { name, skipped } of snapshot.configured) {
    for (const { position, reason } of skipped) logger.warn({ ca: name, position, reason }, 'CA_DIR block skipped');
  }
}
