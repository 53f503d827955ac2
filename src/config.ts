import { isAuthorityName } from './domain/authority-name.ts';
import { parseDnsName } from './domain/dns-name.ts';
import type { ParseError } from './domain/parse-error.ts';
import { parsePortRange } from './domain/port-range.ts';
import { parseRate, parseTargetLimit } from './domain/rate.ts';
import { type Host, parseHost } from './domain/target.ts';
import { parseTargetPattern } from './domain/target-pattern.ts';

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

/** One environment variable. */
interface Setting<T> {
  readonly variable: string;
  /** Used when the variable is absent or empty; '' = none. */
  readonly default: string;
  /** For operators: one clause, as it stands in the README. */
  readonly meaning: string;
  /** Says what would be right when the text is wrong. */
  readonly parse: (text: string) => T | ParseError;
}

/** Every setting there is; the README's table is made from it. */
export const SETTINGS = {
  host: setting('HOST', '127.0.0.1', 'Address to listen on.', parseHost),
  port: setting('PORT', '8080', 'Port to listen on.', integer(0, 65_535)),
  caDir: setting(
    'CA_DIR',
    '',
    'Directory of your authorities: `NAME.pem`, or `NAME/` with `anchors.pem`, `intermediates.pem` and `crls/`.',
    optional,
  ),
  identityDir: setting(
    'IDENTITY_DIR',
    '',
    'Directory of client certificates that requests may name: `NAME/` with `cert.pem`, `key.pem` (or `tls.crt`, `tls.key`) and `targets`, the hosts that may see it.',
    optional,
  ),
  defaultCa: setting(
    'DEFAULT_CA',
    'public',
    'CA references of a request that names none, separated by commas.',
    list(parseReference, 1),
  ),
  systemCaFile: setting(
    'SSL_CERT_FILE',
    '',
    'File behind the reference `system`; else the usual places of the operating system.',
    optional,
  ),
  allowTargets: setting(
    'ALLOW_TARGETS',
    '',
    'Addresses, CIDR blocks and names (with all below them) that may be dialled although the address table refuses them.',
    list(parseTargetPattern),
  ),
  denyTargets: setting(
    'DENY_TARGETS',
    '',
    'As `ALLOW_TARGETS`, never to be dialled; wins over everything.',
    list(parseTargetPattern),
  ),
  allowPorts: setting(
    'ALLOW_PORTS',
    '',
    'Ports and ranges (`443,8000-8999`) that may be dialled; empty = all.',
    list(parsePortRange),
  ),
  denyPorts: setting(
    'DENY_PORTS',
    '',
    'Ports and ranges never to be dialled; wins over `ALLOW_PORTS`.',
    list(parsePortRange),
  ),
  allowedHosts: setting(
    'ALLOWED_HOSTS',
    '',
    'Public names under which this service is called (`Host`).',
    list(parseDnsName),
  ),
  apiTokensFile: setting(
    'API_TOKENS_FILE',
    '',
    'YAML or JSON with the hashes of the bearer tokens that callers need; reloaded when it changes.',
    optional,
  ),
  tlsCertFile: setting(
    'TLS_CERT_FILE',
    '',
    'PEM chain of the service itself, leaf first; with `TLS_KEY_FILE` it speaks HTTPS. Reloaded when it changes.',
    optional,
  ),
  tlsKeyFile: setting('TLS_KEY_FILE', '', 'PEM private key of `TLS_CERT_FILE`.', optional),
  tlsClientCaFile: setting(
    'TLS_CLIENT_CA_FILE',
    '',
    'PEM CAs whose client certificates callers need, but for health and documentation.',
    optional,
  ),
  rateLimit: setting('RATE_LIMIT', 'off', 'Verifications for each caller: `off` or `N/min`.', parseRate),
  targetLimit: setting(
    'TARGET_LIMIT',
    '16,600/min',
    'Verifications of one host and port at once and in a minute: `off` or `C,N/min`.',
    parseTargetLimit,
  ),
  workers: setting(
    'WORKERS',
    '1',
    'Processes that share the work: a number, or `auto` for one on each core that the container may use.',
    parseWorkers,
  ),
  maxInFlight: setting(
    'MAX_IN_FLIGHT',
    '256',
    'Verifications at once; one caller has at most three quarters of the places, one target a quarter.',
    integer(1, 65_536),
  ),
  maxQueue: setting('MAX_QUEUE', '1024', 'Verifications that wait for a place; more are refused.', integer(0, 65_536)),
  queueTimeoutMs: setting(
    'QUEUE_TIMEOUT_MS',
    '2000',
    'Milliseconds that a verification waits for a place.',
    integer(0, 60_000),
  ),
  maxConnections: setting(
    'MAX_CONNECTIONS',
    '4096',
    'Connections of callers at once; one address has at most three quarters of them.',
    integer(1, 65_536),
  ),
  timeoutMs: setting(
    'TIMEOUT_MS',
    '10000',
    'Milliseconds for one verification when the request says nothing.',
    integer(100, 60_000),
  ),
  compromisedKeysFile: setting(
    'COMPROMISED_KEYS_FILE',
    '',
    'Keys held for compromised: SHA-256 of the SubjectPublicKeyInfo in hex, one a line; read at start.',
    optional,
  ),
  presetsFile: setting(
    'PRESETS_FILE',
    '',
    'YAML or JSON file of presets: a mapping of names to partial requests (`preset`, `module` of /probe).',
    optional,
  ),
  maxBatch: setting('MAX_BATCH', '1000', 'Targets that one batch may have.', integer(1, 10_000)),
  fetch: setting('FETCH', 'on', '`off`: no CRL, OCSP response or issuer is ever fetched.', onOrOff),
  fetchAllow: setting(
    'FETCH_ALLOW',
    '',
    'Addresses, CIDR blocks and names where documents of a CA, and intermediates of a chain, that the request brought may be fetched; documents of your own authorities may be fetched anyway.',
    list(parseTargetPattern),
  ),
  fetchPorts: setting(
    'FETCH_PORTS',
    '80',
    'Ports and ranges at which documents may be fetched; other ones than 80 for your own authorities alone.',
    list(parsePortRange),
  ),
  fetchMaxMb: setting('FETCH_MAX_MB', '64', 'Megabytes that one fetched document may have.', integer(1, 64)),
  cacheMb: setting(
    'CACHE_MB',
    '128',
    'Megabytes of memory for CRLs and OCSP responses that were fetched.',
    integer(1, 65_536),
  ),
  logLevel: setting('LOG_LEVEL', 'info', `One of ${LOG_LEVELS.join(', ')}.`, parseLogLevel),
  shutdownGraceMs: setting(
    'SHUTDOWN_GRACE_MS',
    '20000',
    'Milliseconds that requests under way have after SIGTERM.',
    integer(0, 600_000),
  ),
  threadPoolSize: setting(
    'UV_THREADPOOL_SIZE',
    '4',
    'Threads of Node for look-ups and files, read by Node as it starts; `npm start` sets 64.',
    integer(1, 1024),
  ),
} as const;

export type Config = {
  readonly [Name in keyof typeof SETTINGS]: Exclude<ReturnType<(typeof SETTINGS)[Name]['parse']>, ParseError>;
};

/** Thrown at start: every wrong setting, one a line. */
export class ConfigError extends Error {
  constructor(complaints: readonly string[]) {
    super(complaints.join('\n'));
    this.name = 'ConfigError';
  }
}

/** Reads all settings from the environment. Throws `ConfigError` with every wrong one and what would be right. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const complaints: string[] = [];
  const values = Object.entries(SETTINGS).map(([name, { variable, default: preset, parse }]) => {
    const given = environment[variable];
    const text = given === undefined || given.trim() === '' ? preset : given.trim();
    const value = parse(text);
    if (isParseError(value)) complaints.push(`${variable}=${JSON.stringify(text)} ${value.error}`);
    return [name, value];
  });
  if (complaints.length > 0) throw new ConfigError(complaints);
  // Every entry was parsed by the setting of its name; Object.fromEntries only forgets that.
  const config = Object.freeze(Object.fromEntries(values) as Config);
  const lone = incomplete(config);
  if (lone !== null) throw new ConfigError([lone]);
  return config;
}

/** A setting that is nothing without another one, or too much for it. */
function incomplete({ tlsCertFile, tlsKeyFile, tlsClientCaFile, ...config }: Config): string | null {
  if (tlsCertFile === null && tlsKeyFile !== null) return 'TLS_KEY_FILE needs TLS_CERT_FILE';
  if (tlsCertFile !== null && tlsKeyFile === null) return 'TLS_CERT_FILE needs TLS_KEY_FILE';
  if (tlsCertFile === null && tlsClientCaFile !== null) return 'TLS_CLIENT_CA_FILE needs TLS_CERT_FILE';
  if (config.workers === 'auto') return null;
  if (config.workers > config.maxInFlight) return 'WORKERS is more than MAX_IN_FLIGHT, which they divide';
  if (config.workers > config.maxConnections) return 'WORKERS is more than MAX_CONNECTIONS, which they divide';
  if (config.workers > (config.targetLimit?.atOnce ?? config.workers)) {
    return 'WORKERS is more than TARGET_LIMIT allows at once, which they divide';
  }
  return null;
}

/** Whether nobody but this machine reaches a listener: 127.0.0.0/8, ::1, localhost. Any other name may be anything. */
export function isLoopbackOnly(host: Host): boolean {
  if (host.kind === 'dns') return host.text === 'localhost';
  return host.family === 4 ? host.bytes[0] === 127 : host.text === '::1';
}

function setting<T>(
  variable: string,
  preset: string,
  meaning: string,
  parse: (text: string) => T | ParseError,
): Setting<T> {
  return { variable, default: preset, meaning, parse };
}

function isParseError(value: unknown): value is ParseError {
  return typeof value === 'object' && value !== null && 'error' in value;
}

function onOrOff(text: string): boolean | ParseError {
  if (text === 'on' || text === 'off') return text === 'on';
  return { error: 'is neither on nor off' };
}

function optional(text: string): string | null {
  return text === '' ? null : text;
}

function integer(least: number, greatest: number): (text: string) => number | ParseError {
  return (text) => {
    const value = /^(?:0|[1-9][0-9]{0,9})$/.test(text) ? Number(text) : Number.NaN;
    return value >= least && value <= greatest ? value : { error: `is not a number from ${least} to ${greatest}` };
  };
}

/** Entries separated by commas, with space around them; the first wrong one is named by its place. */
function list<T>(parse: (text: string) => T | ParseError, least = 0): (text: string) => readonly T[] | ParseError {
  return (text) => {
    const entries: T[] = [];
    for (const [index, entry] of (text === '' ? [] : text.split(',')).entries()) {
      const value = parse(entry.trim());
      if (isParseError(value)) return { error: `is wrong at entry ${index + 1}, which ${value.error}` };
      entries.push(value);
    }
    return entries.length >= least ? Object.freeze(entries) : { error: `needs at least ${least} entry` };
  };
}

function parseReference(text: string): string | ParseError {
  return isAuthorityName(text) && text !== 'inline' ? text : { error: 'is not the name of a CA reference' };
}

function parseWorkers(text: string): number | 'auto' | ParseError {
  if (text === 'auto') return text;
  const count = integer(1, 256)(text);
  return typeof count === 'number' ? count : { error: 'is neither auto nor a number from 1 to 256' };
}

function parseLogLevel(text: string): LogLevel | ParseError {
  return LOG_LEVELS.find((level) => level === text) ?? { error: `is not one of ${LOG_LEVELS.join(', ')}` };
}
