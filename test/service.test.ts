import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createLogger } from '../src/observability/logger.ts';
import { startService } from './support/service.ts';
import { silentServer } from './support/silent-server.ts';
import { postVerify } from './support/test-app.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tls-verdict-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** The service, and every line of its log. */
async function logged(environment: Readonly<Record<string, string>>) {
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger('info', { write: (line) => lines.push(JSON.parse(line)) });
  const { app } = await startService(environment, { logger });
  return { app, lines, audit: () => lines.filter(({ msg }) => msg === 'audit') };
}

const closedPort = { host: '127.0.0.1', port: 1 };

describe('the audit line', () => {
  it('says who had what dialled and how it ended', async () => {
    const { app, audit } = await logged({});
    await app.request('/verify', postVerify(closedPort), { peerAddress: '192.0.2.7' });
    expect(audit()).toEqual([
      expect.objectContaining({
        level: 'info',
        caller: 'address:192.0.2.7',
        target: '127.0.0.1:1',
        address: null,
        outcome: 'unreachable',
        request_id: expect.any(String),
      }),
    ]);
  });

  it.each([
    { name: 'a refused address', body: { host: '169.254.169.254' }, outcome: 'target_forbidden' },
    { name: 'a detour', body: { host: 'a.example', connect_to: '[fe80::1]:8443' }, outcome: 'target_forbidden' },
    { name: 'an unknown authority', body: { host: 'a.example', ca: 'nobody' }, outcome: 'unknown_ca' },
  ])('is there for $name', async ({ body, outcome }) => {
    const { app, audit } = await logged({});
    await app.request('/verify', postVerify(body));
    expect(audit()).toEqual([expect.objectContaining({ outcome })]);
    if ('connect_to' in body) expect(audit()[0]).toMatchObject({ connect_to: '[fe80::1]:8443' });
  });

  it('is there for each target of a batch', async () => {
    const { app, audit } = await logged({});
    const batch = { targets: [closedPort, { host: '127.0.0.1', port: 2 }] };
    await (await app.request('/verify/batch', postVerify(batch))).text();
    expect(
      audit()
        .map(({ target }) => target)
        .sort(),
    ).toEqual(['127.0.0.1:1', '127.0.0.1:2']);
  });
});

describe('tokens', () => {
  const digest = createHash('sha256').update('right').digest('hex');

  it('come from API_TOKENS_FILE', async () => {
    const file = join(folder, 'tokens.json');
    await writeFile(file, JSON.stringify({ tokens: [{ name: 'ci', sha256: digest, targets: ['127.0.0.0/8'] }] }));
    const { app, audit } = await logged({ API_TOKENS_FILE: file, HOST: '0.0.0.0' });
    const ask = async (token: string, body: object) =>
      (await app.request('/verify', postVerify(body, { Authorization: `Bearer ${token}` }))).status;
    expect(await ask('wrong', closedPort)).toBe(401);
    expect(await ask('right', { host: '10.0.0.1' })).toBe(403);
    expect(audit()).toEqual([expect.objectContaining({ caller: 'token:ci', outcome: 'not_granted' })]);
  });

  it.each([
    { name: 'withdrawn', tokens: [{ name: 'other', sha256: '0'.repeat(64) }], code: 'unauthorized' },
    { name: 'narrowed', tokens: [{ name: 'ci', sha256: digest, targets: ['10.0.0.0/8'] }], code: 'not_granted' },
  ])('change under a batch that is under way: $name', async ({ tokens, code }) => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const cleanups: (() => unknown)[] = [() => vi.useRealTimers()];
    try {
      const file = join(folder, 'changing.json');
      await writeFile(file, JSON.stringify({ tokens: [{ name: 'ci', sha256: digest }] }));
      const { app, lines } = await logged({ API_TOKENS_FILE: file });
      const { port, accepted } = await silentServer(cleanups);
      const targets = Array.from({ length: 3 }, () => ({ host: '127.0.0.1', port, timeout_ms: 1500 }));
      const batch = postVerify({ targets, concurrency: 1 }, { Authorization: 'Bearer right' });
      const response = await app.request('/verify/batch', batch);
      const answer = response.text();
      await accepted;
      await writeFile(file, JSON.stringify({ tokens }));
      while (!lines.some(({ msg }) => msg === 'API_TOKENS_FILE reloaded')) {
        vi.advanceTimersByTime(5_000);
        await delay(5);
      }
      const rows = (await answer)
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(rows.map((row) => row.verdict?.verdict ?? row.problem?.code ?? row.summary.problems)).toEqual([
        ...['fail', code, code, 2],
      ]);
    } finally {
      for (const clean of cleanups) clean();
    }
  });

  it('stop the start when their file is wrong, by the name of the setting', async () => {
    const file = join(folder, 'wrong.json');
    await writeFile(file, '{"tokens":[]}');
    await expect(logged({ API_TOKENS_FILE: file })).rejects.toThrow(/API_TOKENS_FILE.*tokens/);
    await expect(logged({ API_TOKENS_FILE: join(folder, 'missing') })).rejects.toThrow(/API_TOKENS_FILE.*ENOENT/);
  });

  it.each([
    { name: 'everybody reaches it', environment: { HOST: '0.0.0.0' }, warned: true },
    { name: 'a network reaches it', environment: { HOST: '10.0.0.1' }, warned: true },
    { name: 'only this machine reaches it', environment: { HOST: '::1' }, warned: false },
  ])('are missed aloud when $name: $warned', async ({ environment, warned }) => {
    const { lines } = await logged(environment);
    expect(lines.some(({ level, msg }) => level === 'warn' && /API_TOKENS_FILE/.test(String(msg)))).toBe(warned);
  });
});
