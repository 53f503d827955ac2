import { describe, expect, it } from 'vitest';
import { ConfigError, isLoopbackOnly, readConfig, SETTINGS } from '../src/config.ts';

describe('readConfig', () => {
  it('has a default for everything', () => {
    const config = readConfig({});
    expect(config).toMatchObject({
      host: { text: '127.0.0.1' },
      port: 8080,
      caDir: null,
      defaultCa: ['public'],
      systemCaFile: null,
      allowTargets: [],
      denyTargets: [],
      allowPorts: [],
      denyPorts: [],
      allowedHosts: [],
      timeoutMs: 10_000,
      presetsFile: null,
      maxBatch: 1000,
      logLevel: 'info',
      shutdownGraceMs: 20_000,
      threadPoolSize: 4,
    });
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('takes an empty variable for an absent one, as compose files write it', () => {
    expect(readConfig({ PORT: '', HOST: ' ', CA_DIR: '' })).toEqual(readConfig({}));
  });

  it('reads lists with space around their entries', () => {
    const config = readConfig({
      ALLOW_TARGETS: '169.254.7.0/24, corp.example ,::1',
      ALLOW_PORTS: '443, 8000-8999',
      ALLOWED_HOSTS: 'Verify.Corp.Example',
      DEFAULT_CA: 'corp-2025,public',
    });
    expect(config.allowTargets.map(({ text }) => text)).toEqual(['169.254.7.0/24', 'corp.example', '::1']);
    expect(config.allowPorts).toEqual([
      { first: 443, last: 443 },
      { first: 8000, last: 8999 },
    ]);
    expect(config.allowedHosts.map(({ text }) => text)).toEqual(['verify.corp.example']);
    expect(config.defaultCa).toEqual(['corp-2025', 'public']);
  });

  it.each([
    ['PORT', '0'],
    ['PORT', '65535'],
    ['TIMEOUT_MS', '100'],
    ['TIMEOUT_MS', '60000'],
    ['MAX_BATCH', '1'],
    ['MAX_BATCH', '10000'],
    ['SHUTDOWN_GRACE_MS', '0'],
    ['SHUTDOWN_GRACE_MS', '600000'],
    ['UV_THREADPOOL_SIZE', '1'],
    ['UV_THREADPOOL_SIZE', '1024'],
    ['WORKERS', 'auto'],
    ['WORKERS', '16'],
    ['HOST', '::'],
    ['HOST', '0.0.0.0'],
    ['HOST', 'localhost'],
    ['LOG_LEVEL', 'silent'],
    ['DEFAULT_CA', 'system'],
  ])('%s=%s is right', (variable, value) => {
    expect(() => readConfig({ [variable]: value })).not.toThrow();
  });

  it.each([
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '8080.5'],
    ['PORT', '0x50'],
    ['TIMEOUT_MS', '99'],
    ['TIMEOUT_MS', '60001'],
    ['TIMEOUT_MS', '10s'],
    ['MAX_BATCH', '0'],
    ['MAX_BATCH', '10001'],
    ['SHUTDOWN_GRACE_MS', '600001'],
    ['UV_THREADPOOL_SIZE', '0'],
    ['UV_THREADPOOL_SIZE', '1025'],
    ['WORKERS', '0'],
    ['WORKERS', '257'],
    ['WORKERS', 'all'],
    ['HOST', '0'],
    ['HOST', 'http://localhost'],
    ['LOG_LEVEL', 'INFO'],
    ['LOG_LEVEL', 'loud'],
    ['ALLOW_TARGETS', '10.0.0.1/8'],
    ['ALLOW_TARGETS', '10.0.0.0/8,'],
    ['DENY_TARGETS', '*.corp.example'],
    ['ALLOW_PORTS', 'https'],
    ['DENY_PORTS', '2-1'],
    ['ALLOWED_HOSTS', 'verify.corp.example:8080'],
    ['DEFAULT_CA', ','],
    ['DEFAULT_CA', 'inline'],
    ['DEFAULT_CA', '../corp'],
  ])('%s=%s stops the start and is named', (variable, value) => {
    expect(() => readConfig({ [variable]: value })).toThrow(ConfigError);
    expect(() => readConfig({ [variable]: value })).toThrow(new RegExp(`^${variable}=`));
  });

  it('names every wrong variable at once', () => {
    const wrong = { PORT: 'http', LOG_LEVEL: 'loud', HOST: 'a b' };
    expect(() => readConfig(wrong)).toThrow(/^HOST=.*\nPORT=.*\nLOG_LEVEL=.*$/);
  });

  it.each([
    [{ TLS_CERT_FILE: 'c' }, 'TLS_KEY_FILE'],
    [{ TLS_KEY_FILE: 'k' }, 'TLS_CERT_FILE'],
    [{ TLS_CLIENT_CA_FILE: 'a' }, 'TLS_CERT_FILE'],
  ])('%o needs %s', (environment, missing) => {
    expect(() => readConfig({ ...environment })).toThrow(missing);
  });

  it.each([
    { limits: { WORKERS: '4', MAX_IN_FLIGHT: '4' }, refused: null },
    { limits: { WORKERS: '5', MAX_IN_FLIGHT: '4' }, refused: 'MAX_IN_FLIGHT' },
    { limits: { WORKERS: '4', TARGET_LIMIT: '4,600/min' }, refused: null },
    { limits: { WORKERS: '5', TARGET_LIMIT: '4,600/min' }, refused: 'TARGET_LIMIT' },
    { limits: { WORKERS: '5', TARGET_LIMIT: 'off' }, refused: null },
    { limits: { WORKERS: 'auto', MAX_IN_FLIGHT: '1' }, refused: null },
  ])('workers have a place each: $limits', ({ limits, refused }) => {
    const read = () => readConfig({ ...limits });
    if (refused === null) expect(read).not.toThrow();
    else expect(read).toThrow(refused);
  });

  it('names every variable once', () => {
    const variables = Object.values(SETTINGS).map(({ variable }) => variable);
    expect(new Set(variables).size).toBe(variables.length);
  });
});

describe('isLoopbackOnly', () => {
  it.each([
    ['127.0.0.1', true],
    ['127.9.9.9', true],
    ['::1', true],
    ['[::1]', true],
    ['localhost', true],
    ['0.0.0.0', false],
    ['::', false],
    ['::ffff:127.0.0.1', false],
    ['10.0.0.1', false],
    ['localhost.example', false],
  ])('%s: %s', (host, expected) => {
    expect(isLoopbackOnly(readConfig({ HOST: host }).host)).toBe(expected);
  });
});
