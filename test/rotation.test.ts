import { hash } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { Verdict } from '../src/domain/verdict.ts';
import { createLogger } from '../src/observability/logger.ts';
import type { Issued } from './support/issued.ts';
import { leaf, root } from './support/pki.ts';
import { startNodeTls, startRawTcp } from './support/servers.ts';
import { startService } from './support/service.ts';

let folder: string;
let oldCa: Issued;
let newCa: Issued;
let oldLeaf: Issued;
let newLeaf: Issued;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rotation-'));
  // The same name, as a CA that renews its key has it.
  oldCa = await root('Corp Root');
  newCa = await root('Corp Root');
  oldLeaf = await leaf(oldCa, 'wiki.corp.example');
  newLeaf = await leaf(newCa, 'wiki.corp.example');
});
afterAll(() => rm(folder, { recursive: true }));

/** A mounted ConfigMap with two authorities of the same content, and how the kubelet brings in the next version. */
async function mountConfigMap(caDir: string, first: readonly Issued[]) {
  let version = 0;
  const files = ['corp.pem', 'twin.pem'];
  const publish = async (roots: readonly Issued[]) => {
    const next = `..${++version}`;
    await mkdir(join(caDir, next), { recursive: true });
    for (const file of files) await writeFile(join(caDir, next, file), roots.map(({ pem }) => pem).join(''));
    await symlink(next, join(caDir, '..data_tmp'));
    await rename(join(caDir, '..data_tmp'), join(caDir, '..data'));
  };
  await publish(first);
  for (const file of files) await symlink(join('..data', file), join(caDir, file));
  return publish;
}

const fingerprints = ({ inputs }: Verdict) => [...new Set(inputs.ca.map(({ sha256 }) => sha256))];

it('rotates a CA under load: every request is judged by one whole set, and none fails for the swap', async () => {
  const caDir = join(folder, 'load');
  const publish = await mountConfigMap(caDir, [oldCa]);
  await using service = await startService({ CA_DIR: caDir });
  const ask = (certificate: Issued) =>
    service.ask({ host: 'wiki.corp.example', chain_pem: certificate.pem, ca: ['corp', 'twin'] });
  /** What the set of this fingerprint says of the old and of the new leaf, as every answer said it. */
  const judgements = new Map<string, Set<string>>();
  const note = (verdict: Verdict, which: string) => {
    const [fingerprint = '', ...others] = fingerprints(verdict);
    expect(others, 'both authorities are of the same version').toEqual([]);
    const said = judgements.get(fingerprint) ?? new Set<string>();
    judgements.set(fingerprint, said.add(`${which} ${verdict.verdict}`));
  };
  let isOver = false;
  const callers = Array.from({ length: 4 }, async () => {
    while (!isOver) {
      // Judging a chain waits for nothing, and without a pause nobody else would get the turn.
      await setImmediate();
      note(await ask(oldLeaf), 'old');
      note(await ask(newLeaf), 'new');
    }
  });
  try {
    await vi.waitFor(() => expect(judgements.size).toBe(1));
    await publish([oldCa, newCa]);
    await vi.waitFor(() => expect(judgements.size).toBe(2), { timeout: 15_000 });
    await publish([newCa]);
    await vi.waitFor(() => expect(judgements.size).toBe(3), { timeout: 15_000 });
  } finally {
    isOver = true;
    await Promise.all(callers);
  }
  expect([...judgements.values()].map((said) => [...said].sort())).toEqual([
    ['new fail', 'old pass'],
    ['new pass', 'old pass'],
    ['new pass', 'old fail'],
  ]);
});

it('judges a request under way by the set that it began with', async () => {
  const caDir = join(folder, 'under-way');
  const publish = await mountConfigMap(caDir, [oldCa]);
  await using service = await startService({ CA_DIR: caDir });
  await using host = await startNodeTls({ leaf: oldLeaf });
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  await using slow = await startRawTcp(async (socket) => {
    await released;
    const onward = connect(host.port, '127.0.0.1').on('error', () => socket.destroy());
    socket.pipe(onward).pipe(socket);
  });
  const body = { host: 'wiki.corp.example', connect_to: `127.0.0.1:${slow.port}`, ca: 'corp', timeout_ms: 20_000 };
  const underWay = service.ask(body);
  await vi.waitFor(() => expect(slow.log()).toContain('connection'));
  await publish([newCa]);
  const fingerprint = hash('sha256', newCa.der, 'hex');
  const loaded = async () => (await service.app.request('http://localhost/authorities/corp')).text();
  await vi.waitFor(async () => expect(await loaded()).toContain(fingerprint), { timeout: 15_000 });
  release();
  expect((await underWay).verdict).toBe('pass');
  expect((await service.ask(body)).verdict).toBe('fail');
});

it('keeps serving with the last good set when a broken one is mounted, and says so in /readyz', async () => {
  const caDir = join(folder, 'broken');
  const publish = await mountConfigMap(caDir, [oldCa]);
  const lines: unknown[] = [];
  const logger = createLogger('info', { write: (line) => lines.push(JSON.parse(line)) });
  await using service = await startService({ CA_DIR: caDir, DEFAULT_CA: 'corp' }, { logger });
  const ready = async () => {
    const response = await service.app.request('http://localhost/readyz');
    const body = (await response.json()) as { authorities: { reload_error: unknown } };
    return { http: response.status, ...body };
  };
  expect((await ready()).authorities.reload_error).toBeNull();
  await publish([]);
  await vi.waitFor(
    async () => expect((await ready()).authorities.reload_error).toMatchObject({ reason: expect.any(String) }),
    { timeout: 15_000 },
  );
  expect((await ready()).http).toBe(200);
  const refusals = lines.filter((line) => (line as { level: string }).level === 'error');
  expect(refusals).toMatchObject([{ reason: expect.stringMatching(/^the authority corp/) }]);
  const verdict = await service.ask({ host: 'wiki.corp.example', chain_pem: oldLeaf.pem });
  expect([verdict.verdict, verdict.inputs.ca.map(({ name }) => name)]).toEqual(['pass', ['corp']]);
  await publish([newCa]);
  await vi.waitFor(async () => expect((await ready()).authorities.reload_error).toBeNull(), { timeout: 15_000 });
});
