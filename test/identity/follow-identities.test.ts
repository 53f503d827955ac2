import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { followIdentities } from '../../src/identity/follow-identities.ts';
import { temporaryFolder, writeIdentity } from '../support/identity-folder.ts';
import type { Issued } from '../support/issued.ts';
import { leaf, root } from '../support/pki.ts';

const waitFor = (check: () => void) => vi.waitFor(check, { timeout: 15_000 });

let authority: Issued;
let first: Issued;
let second: Issued;
beforeAll(async () => {
  authority = await root();
  first = await leaf(authority, 'first.example');
  second = await leaf(authority, 'second.example');
});

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

async function follow(clock = { now: Date.UTC(2026, 5, 15) }) {
  const lines: { level: string; about: object; message: string }[] = [];
  const note = (level: string) => (about: object, message: string) => void lines.push({ level, about, message });
  const followed = await followIdentities({
    directory: folder.path,
    now: () => clock.now,
    logger: { info: note('info'), warn: note('warn'), error: note('error') },
    pollMs: 5,
  });
  const inForce = () => followed.current().all.map(({ name, chain }) => [name, chain[0]]);
  return { ...followed, lines, inForce, clock, [Symbol.dispose]: followed.close };
}

const targets = ['a.example'];
const identity = (name: string, shown: Issued) => writeIdentity(folder.path, name, { shown, targets });

it('follows what is added, changed and removed', async () => {
  await identity('probe', first);
  using following = await follow();
  await identity('probe', second);
  await waitFor(() => expect(following.inForce()).toEqual([['probe', second.der]]));
  await identity('another', first);
  await vi.waitFor(() =>
    expect(following.inForce()).toEqual([
      ['another', first.der],
      ['probe', second.der],
    ]),
  );
  await rm(join(folder.path, 'probe'), { recursive: true });
  await waitFor(() => expect(following.inForce()).toEqual([['another', first.der]]));
  expect(following.lines.at(-1)).toEqual({
    level: 'info',
    about: { identities: ['another'] },
    message: 'IDENTITY_DIR reloaded',
  });
});

it('follows the swap of a mounted secret', async () => {
  const mount = join(folder.path, 'probe');
  const version = async (name: string, { pem, keyPem }: Issued) => {
    await mkdir(join(mount, name), { recursive: true });
    await writeFile(join(mount, name, 'tls.crt'), pem);
    await writeFile(join(mount, name, 'tls.key'), keyPem);
    await writeFile(join(mount, name, 'targets'), 'a.example');
  };
  await version('..1', first);
  await version('..2', second);
  await symlink('..1', join(mount, '..data'));
  for (const file of ['tls.crt', 'tls.key', 'targets']) await symlink(`..data/${file}`, join(mount, file));
  using following = await follow();
  expect(following.inForce()).toEqual([['probe', first.der]]);
  await symlink('..2', join(mount, '..next'));
  await rename(join(mount, '..next'), join(mount, '..data'));
  await waitFor(() => expect(following.inForce()).toEqual([['probe', second.der]]));
});

it('keeps all of the last good ones while one is bad, says why once, and goes on when it is repaired', async () => {
  await identity('probe', first);
  await identity('another', first);
  using following = await follow();
  const loadedAtMs = following.clock.now;
  expect(following.status()).toEqual({ loadedAtMs, refusal: null });
  following.clock.now += 1000;
  // First of all, so that what is written meanwhile is never what is complained of.
  await rm(join(folder.path, 'another', 'targets'));
  await identity('probe', second);
  await waitFor(() => expect(following.status().refusal).not.toBeNull());
  const reason = `IDENTITY_DIR: ${join(folder.path, 'another', 'targets')} is missing`;
  expect(following.status()).toEqual({ loadedAtMs, refusal: { sinceMs: loadedAtMs + 1000, reason } });
  expect(following.inForce()).toEqual([
    ['another', first.der],
    ['probe', first.der],
  ]);
  expect(following.lines).toEqual([
    { level: 'error', about: { reason }, message: 'IDENTITY_DIR not reloaded: the last good identities stay' },
  ]);
  following.clock.now += 1000;
  await identity('another', second);
  await vi.waitFor(() =>
    expect(following.inForce()).toEqual([
      ['another', second.der],
      ['probe', second.der],
    ]),
  );
  expect(following.status()).toEqual({ loadedAtMs: loadedAtMs + 2000, refusal: null });
});

it('keeps them when the directory is gone', async () => {
  await identity('probe', first);
  using following = await follow();
  const away = `${folder.path}-away`;
  await rename(folder.path, away);
  await waitFor(() => expect(following.status().refusal?.reason).toMatch(/cannot be read: ENOENT$/));
  expect(following.inForce()).toEqual([['probe', first.der]]);
  await rename(away, folder.path);
  await waitFor(() => expect(following.status().refusal).toBeNull());
});

it('does not begin with what cannot be used', async () => {
  await identity('probe', first);
  await rm(join(folder.path, 'probe', 'key.pem'));
  await expect(follow()).rejects.toThrow(/key\.pem is missing$/);
});

it('warns of a certificate that has ended, and shows it all the same', async () => {
  await identity('probe', await leaf(authority, 'old.example', { notAfter: new Date('2026-06-01T00:00:00Z') }));
  await writeFile(join(folder.path, 'notes.txt'), '');
  using following = await follow();
  expect(following.inForce()).toHaveLength(1);
  expect(following.lines).toEqual([
    { level: 'warn', about: { entry: 'notes.txt', reason: 'it is no folder' }, message: 'IDENTITY_DIR entry ignored' },
    {
      level: 'warn',
      about: { identity: 'probe', not_after: '2026-06-01T00:00:00.000Z' },
      message: 'client certificate has expired',
    },
  ]);
});
