import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leaf, root } from '../support/pki.ts';
import { environmentOf, execForm, only, parseDockerfile, type Stage } from './dockerfile.ts';
import { runInSandbox } from './sandbox.ts';

const ROOT = join(import.meta.dirname, '../..');
/** What the tests' token file knows by its hash. */
const TOKEN = 'token-of-the-image-test';
const stages = parseDockerfile(readFileSync(join(ROOT, 'Dockerfile'), 'utf8'));
const [build, final] = stages as [Stage, Stage];
const packageJson = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  optionalDependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  scripts: Record<string, string>;
};

describe('the Dockerfile', () => {
  it('has two stages on the same pinned base, with the Node that development uses', () => {
    expect(stages).toHaveLength(2);
    const versions = new Set(Object.values(packageJson.optionalDependencies));
    expect(stages.map(({ base }) => base)).toEqual(Array(2).fill(`node:${[...versions].join()}-bookworm-slim`));
  });

  it('runs as a numeric user that is not root, by a command without a shell', () => {
    expect(only(final, 'USER')).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    const [, options] = / node (.*)src\/main\.ts$/.exec(packageJson.scripts.start ?? '') ?? [];
    // A container has a limit of its own, a developer's machine has none.
    const heap = '--max-old-space-size-percentage=50 ';
    expect(execForm(only(final, 'CMD')).join(' '), 'as npm start').toBe(`node ${options}${heap}dist/main.js`);
    expect(execForm(only(final, 'HEALTHCHECK'))[0]).toBe('node');
    expect(final.instructions.some(({ name }) => name === 'RUN')).toBe(false);
  });

  it('sets only what the configuration, Node and the C library know', async () => {
    const { SETTINGS } = await import('../../src/config.ts');
    const known = [...Object.values(SETTINGS).map(({ variable }) => variable), 'NODE_ENV', 'MALLOC_ARENA_MAX'];
    for (const name of Object.keys(environmentOf(final))) expect(known).toContain(name);
  });
});

/** What bwrap needs of the machine may be missing although it is installed. */
function canSandbox(): boolean {
  const args = ['--unshare-user', '--unshare-pid', '--ro-bind', '/', '/', 'true'];
  const probe = spawnSync('bwrap', args, process.getuid?.() === 0 ? { uid: 65532, gid: 65532 } : {});
  if (probe.status === 0) return true;
  console.warn('SKIPPED: bwrap cannot make a sandbox on this machine, so the image is not run');
  return false;
}

/** Does the instructions of a stage in a folder of its own; `stagesDone` are the folders of those before it. */
function perform(stage: Stage, folder: string, stagesDone: ReadonlyMap<string, string>): void {
  const app = join(folder, only(stage, 'WORKDIR'));
  mkdirSync(app, { recursive: true });
  for (const { name, rest } of stage.instructions) {
    if (name === 'COPY') copy(rest, app, stagesDone);
    if (name === 'RUN') runStep(rest, app);
  }
}

function copy(rest: string, app: string, stagesDone: ReadonlyMap<string, string>): void {
  const [, from, paths = ''] = /^(?:--from=(\S+) )?(.*)$/.exec(rest) ?? [];
  const words = paths.split(' ');
  const target = words.pop() ?? '';
  for (const source of words) {
    const path = from === undefined ? join(ROOT, source) : join(stagesDone.get(from) ?? '', source);
    const isFolder = target.endsWith('/');
    cpSync(path, isFolder ? join(app, target, source.split('/').at(-1) ?? '') : join(app, target), { recursive: true });
  }
}

function runStep(command: string, app: string): void {
  const modules = join(app, 'node_modules');
  // The tools of this checkout are what the first step would install once more, in a minute.
  if (command === 'npm ci --ignore-scripts') {
    symlinkSync(join(ROOT, 'node_modules'), modules);
    return;
  }
  execFileSync('sh', ['-ec', command], {
    cwd: app,
    env: {
      ...process.env,
      PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
      NODE_ENV: '',
      npm_config_prefer_offline: 'true',
      npm_config_audit: 'false',
      npm_config_fund: 'false',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

describe.skipIf(!canSandbox())('what the image runs', () => {
  const user = Number(only(final, 'USER').split(':')[0]);
  const env = environmentOf(final);
  let folder: string;
  let app: string;
  let etc: string;
  let pem: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tls-verdict-image-'));
    execFileSync('chmod', ['755', folder]);
    // This checkout may stand in a folder that only its owner may enter.
    copyFileSync(process.execPath, join(folder, 'node'));
    perform(build, join(folder, 'build'), new Map());
    perform(final, join(folder, 'final'), new Map([[build.name, join(folder, 'build')]]));
    app = join(folder, 'final/app');
    etc = join(folder, 'etc');
    const certificate = await leaf(await root('Corp Root'), 'verdict.corp.example');
    mkdirSync(join(etc, 'ca'), { recursive: true });
    writeFileSync(join(etc, 'ca/corp.pem'), certificate.pem);
    writeFileSync(join(etc, 'tls.pem'), certificate.pem);
    writeFileSync(join(etc, 'tls.key'), certificate.keyPem);
    const sha256 = createHash('sha256').update(TOKEN).digest('hex');
    writeFileSync(join(etc, 'tokens.yaml'), `tokens: [{ name: ci, sha256: ${sha256} }]\n`);
    writeFileSync(join(etc, 'presets.yaml'), 'team: { timeout_ms: 500 }\n');
    writeFileSync(join(etc, 'hosts.txt'), '127.0.0.1:443\n');
    pem = certificate.pem;
  }, 240_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  const run = (command: readonly string[], more: Readonly<Record<string, string>> = {}) =>
    runInSandbox({ app, etc, node: join(folder, 'node'), user, env: { ...env, ...more }, command });

  it('has the program without packages beside it, a list of its parts, and their licences', () => {
    expect(readdirSync(app).sort()).toEqual(['dist', 'package.json', 'sbom.cdx.json']);
    const sbom = JSON.parse(readFileSync(join(app, 'sbom.cdx.json'), 'utf8')) as { components: { name: string }[] };
    const names = sbom.components.map(({ name }) => name);
    expect(names).toContain('hono');
    expect(names.filter((name) => name in packageJson.devDependencies)).toEqual([]);
    expect(readFileSync(join(app, 'dist/licenses.txt'), 'utf8')).toContain('hono ');
  });

  /** Starts the image's own command; resolves with the port once it listens. */
  async function start(settings: Readonly<Record<string, string>>) {
    const service = run(execForm(only(final, 'CMD')), { ...settings, PORT: '0' });
    for await (const line of createInterface(service.stdout)) {
      const { msg, port, address } = JSON.parse(line) as { msg: string; port: number; address: string };
      if (msg !== 'listening') continue;
      expect(address).toBe(env.HOST);
      return { ...service, port };
    }
    throw new Error('it ended without listening');
  }

  it('starts as another user on a root it cannot write to, is healthy, and exits 0 on SIGTERM', async () => {
    const service = await start({ CA_DIR: '/etc/tls-verdict/ca', DEFAULT_CA: 'corp' });
    const origin = `http://127.0.0.1:${service.port}`;
    const ready = await fetch(`${origin}/readyz`);
    expect([ready.status, await ready.json()]).toMatchObject([200, { status: 'ready' }]);
    const authority = await fetch(`${origin}/authorities/corp`);
    expect([authority.status, await authority.json()]).toMatchObject([200, { default: true }]);
    // Listening for everybody, it does not reach into its own loopback.
    const verify = await fetch(`${origin}/verify?host=127.0.0.1&port=${service.port}`);
    expect([verify.status, await verify.json()]).toMatchObject([403, { code: 'target_forbidden' }]);

    const health = () => run(execForm(only(final, 'HEALTHCHECK')), { PORT: String(service.port) }).exited;
    expect(await health()).toBe(0);
    await service.signal('SIGTERM');
    expect(await service.exited).toBe(0);
    expect(await health()).toBe(1);
  });

  it('is healthy with its own HTTPS too', async () => {
    const files = { TLS_CERT_FILE: '/etc/tls-verdict/tls.pem', TLS_KEY_FILE: '/etc/tls-verdict/tls.key' };
    const service = await start(files);
    const health = execForm(only(final, 'HEALTHCHECK'));
    expect(await run(health, { ...files, PORT: String(service.port) }).exited).toBe(0);
    expect(await run(health, { PORT: String(service.port) }).exited, 'as it would be over HTTP').toBe(1);
    await service.signal('SIGTERM');
    expect(await service.exited).toBe(0);
  });

  it('brings along what it loads only when it is asked for', async () => {
    const files = { API_TOKENS_FILE: '/etc/tls-verdict/tokens.yaml', PRESETS_FILE: '/etc/tls-verdict/presets.yaml' };
    const service = await start({ ...files, WORKERS: '2', SHUTDOWN_GRACE_MS: '1000' });
    const origin = `http://127.0.0.1:${service.port}`;
    const ask = (path: string, body?: unknown) =>
      fetch(`${origin}${path}`, {
        headers: { Authorization: `Bearer ${TOKEN}`, 'Content-Type': 'application/json' },
        ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
      });
    const decoded = await ask('/verify', { host: 'verdict.corp.example', chain_pem: pem, include: ['details'] });
    expect([decoded.status, await decoded.json()]).toMatchObject([
      200,
      { presented: [{ details: { subject_alt_name: { value: { dns: ['verdict.corp.example'] } } } }] },
    ]);
    for (const path of ['/openapi.json', '/docs', '/', '/metrics']) expect((await ask(path)).status, path).toBe(200);
    await service.signal('SIGTERM');
    expect(await service.exited).toBe(0);
  });

  it('judges a list with the same command', async () => {
    const command = execForm(only(final, 'CMD'));
    const { stdout, exited } = run([
      ...command,
      'sweep',
      '--targets',
      '/etc/tls-verdict/hosts.txt',
      '--out',
      '/dev/shm',
    ]);
    expect(JSON.parse(await text(stdout))).toMatchObject({ summary: { targets: 1 } });
    expect(await exited, 'the address is forbidden where everybody is listened to').toBe(3);
  });

  it('is what the sandbox says: another user, and nothing to write to', async () => {
    const script = `const { writeFileSync } = require('node:fs');
      const codes = ['/x', '/app/x', '/app/dist/x', '/usr/x'].map((path) => {
        try { writeFileSync(path, ''); } catch ({ code }) { return code; }
      });
      console.log(JSON.stringify([process.pid, process.getuid(), ...codes]));`;
    const { stdout } = run(['node', '-e', script]);
    const refusal = expect.stringMatching(/^(EROFS|EACCES)$/);
    expect(JSON.parse(await text(stdout))).toEqual([1, user, refusal, refusal, refusal, refusal]);
  });
});
