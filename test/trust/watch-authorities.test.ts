import { X509Certificate } from 'node:crypto';
import { appendFile, cp, mkdir, mkdtemp, open, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type AuthoritySnapshot, createAuthorities, differenceOf } from '../../src/trust/authorities.ts';
import { readSettledAuthorities } from '../../src/trust/settled-authorities.ts';
import { signSources } from '../../src/trust/source-signature.ts';
import { type AuthorityWatch, watchAuthorities } from '../../src/trust/watch-authorities.ts';
import { toPem } from '../../src/x509/pem.ts';

// Any certificates do for following files: those that Node carries.
const [FIRST = '', SECOND = '', THIRD = ''] = rootCertificates.map((pem) => `${pem}\n`);
const BROKEN = toPem(Buffer.from('3003020101', 'hex'));
const SETTLE_MS = 60;

const sha256 = (pem: string): string => new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase();

let root: string;
let directory: string;
let watch: AuthorityWatch | null = null;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'watch-'));
  directory = join(root, 'ca');
  await mkdir(directory);
});
afterEach(async () => {
  await watch?.close();
  watch = null;
  await rm(root, { recursive: true });
});

const write = async (entry: string, ...pems: string[]) => {
  await mkdir(join(directory, entry, '..'), { recursive: true });
  await writeFile(join(directory, entry), pems.join(''));
};

/** Starts to follow the directory, and keeps every set of `corp` that was ever in force. */
async function follow({
  systemFile = join(root, 'absent'),
  pollMs = 20,
  accept = () => {},
}: {
  systemFile?: string;
  pollMs?: number;
  accept?: (next: AuthoritySnapshot) => void;
} = {}) {
  const sources = { caDir: directory, systemFile };
  const first = await readSettledAuthorities(sources, { now: Date.now, settleMs: SETTLE_MS });
  if ('error' in first) throw first.error;
  const authorities = createAuthorities(first.snapshot);
  const refusals: string[] = [];
  const anchors = (name: string) =>
    authorities
      .current()
      .find(name)
      ?.anchors.map((each) => each.sha256) ?? null;
  const seen = [anchors('corp')];
  watch = watchAuthorities({
    sources,
    authorities,
    signature: first.signature,
    accept,
    onReload: () => seen.push(anchors('corp')),
    onRefusal: (reason) => refusals.push(reason),
    now: Date.now,
    pollMs,
    settleMs: SETTLE_MS,
  });
  const { status } = watch;
  return { authorities, anchors, seen, refusals, status };
}

/** Until it holds; vitest's own limit of a test ends the wait. */
const eventually = (holds: () => void) => vi.waitFor(holds, { timeout: 15_000, interval: 10 });

describe('authorities follow their files', () => {
  it('takes a file that is added, changed and removed', async () => {
    await write('corp.pem', FIRST);
    const { anchors, authorities } = await follow();
    await write('plant.pem', SECOND);
    await eventually(() => expect(anchors('plant')).toEqual([sha256(SECOND)]));
    await write('corp.pem', FIRST, SECOND);
    await eventually(() => expect(anchors('corp')).toEqual([sha256(FIRST), sha256(SECOND)]));
    await unlink(join(directory, 'plant.pem'));
    await eventually(() => expect(authorities.current().names).toEqual(['corp', 'public']));
  });

  it('takes changes inside of a folder, also of one that is new', async () => {
    await write('corp/anchors.pem', FIRST);
    const { anchors, authorities } = await follow();
    await write('corp/intermediates.pem', THIRD);
    await eventually(() => expect(authorities.current().find('corp')?.intermediates).toHaveLength(1));
    await write('plant/anchors.pem', SECOND);
    await eventually(() => expect(anchors('plant')).toHaveLength(1));
    await write('plant/anchors.pem', SECOND, THIRD);
    await eventually(() => expect(anchors('plant')).toHaveLength(2));
  });

  it('hears of a change long before the next look', async () => {
    await write('corp.pem', FIRST);
    const { anchors } = await follow({ pollMs: 3_600_000 });
    await write('corp.pem', SECOND);
    await eventually(() => expect(anchors('corp')).toEqual([sha256(SECOND)]));
  });

  it('finds a change that no event tells of: another file behind a link, elsewhere', async () => {
    await writeFile(join(root, 'old.pem'), FIRST);
    await writeFile(join(root, 'new.pem'), SECOND);
    await symlink(join(root, 'old.pem'), join(root, 'link'));
    await symlink(join(root, 'link'), join(directory, 'corp.pem'));
    const { anchors } = await follow();
    await symlink(join(root, 'new.pem'), join(root, 'next'));
    await rename(join(root, 'next'), join(root, 'link'));
    await eventually(() => expect(anchors('corp')).toEqual([sha256(SECOND)]));
  });

  it("follows the swap of a ConfigMap's ..data, all authorities at once", async () => {
    await write('..1/corp.pem', FIRST);
    await write('..1/plant.pem', FIRST);
    await symlink('..1', join(directory, '..data'));
    for (const file of ['corp.pem', 'plant.pem']) await symlink(join('..data', file), join(directory, file));
    const { authorities, anchors, seen } = await follow();
    await write('..2/corp.pem', SECOND);
    await write('..2/plant.pem', SECOND);
    await symlink('..2', join(directory, '..data_tmp'));
    await rename(join(directory, '..data_tmp'), join(directory, '..data'));
    await eventually(() => expect(anchors('corp')).toEqual([sha256(SECOND)]));
    expect(anchors('plant')).toEqual(anchors('corp'));
    expect(seen).toHaveLength(2);
    await rm(join(directory, '..1'), { recursive: true });
    expect(authorities.current().names).toEqual(['corp', 'plant', 'public']);
  });

  it('follows the bundle of the system', async () => {
    const systemFile = join(root, 'bundle.crt');
    await writeFile(systemFile, FIRST);
    const { anchors } = await follow({ systemFile });
    await writeFile(systemFile, SECOND);
    await eventually(() => expect(anchors('system')).toEqual([sha256(SECOND)]));
  });

  it('never takes half of a file that is copied byte by byte', async () => {
    await write('corp.pem', FIRST);
    const { seen, anchors } = await follow();
    const whole = [FIRST, SECOND, THIRD].map(sha256);
    await using file = await open(join(directory, 'corp.pem'), 'w');
    for (const byte of Buffer.from(FIRST + SECOND + THIRD)) await file.write(Buffer.of(byte));
    await eventually(() => expect(anchors('corp')).toEqual(whole));
    expect(seen).toEqual([[sha256(FIRST)], whole]);
  });

  it('waits for the rest of a file whose copy rests in the middle of a block', async () => {
    await write('corp.pem', FIRST);
    const { seen, anchors, refusals, status } = await follow();
    await write('corp.pem', FIRST, SECOND.slice(0, 400));
    await eventually(() => expect(refusals).toEqual([expect.stringMatching(/corp\.pem ends in the middle/)]));
    await appendFile(join(directory, 'corp.pem'), SECOND.slice(400));
    await eventually(() => expect(anchors('corp')).toHaveLength(2));
    expect(seen).toHaveLength(2);
    expect(status().refusal).toBeNull();
  });

  it('starts with a whole file when it is still being copied', async () => {
    await write('corp.pem', FIRST);
    const copying = appendFile(join(directory, 'corp.pem'), SECOND.slice(0, 100)).then(() =>
      appendFile(join(directory, 'corp.pem'), SECOND.slice(100)),
    );
    const { anchors } = await follow();
    await copying;
    expect(anchors('corp')).toEqual([sha256(FIRST), sha256(SECOND)]);
  });

  it('keeps only the good ones of a bundle with a broken certificate, and says which one it is', async () => {
    await write('corp.pem', FIRST);
    const { anchors, authorities } = await follow();
    await write('corp.pem', FIRST, BROKEN, SECOND);
    await eventually(() => expect(anchors('corp')).toEqual([sha256(FIRST), sha256(SECOND)]));
    expect(authorities.current().find('corp')?.skipped).toMatchObject([{ position: 1 }]);
  });
});

describe('the last good authorities stay', () => {
  it.each([
    ['an emptied file', () => write('corp.pem'), /corp has no certificate/],
    ['a file of broken certificates', () => write('corp.pem', BROKEN), /corp has no certificate.*block 0/],
    ['a name that is reserved', () => write('public.pem', SECOND), /public/],
    ['a link to nothing', () => symlink('nowhere', join(directory, 'other.pem')), /other\.pem.*ENOENT/],
    ['a name that is there twice', () => write('corp/anchors.pem', SECOND), /twice/],
  ])('for %s', async (_, spoil, reason) => {
    await write('corp.pem', FIRST);
    const { anchors, refusals, status, seen } = await follow();
    const { loadedAtMs } = status();
    await spoil();
    await eventually(() => expect(refusals).toEqual([expect.stringMatching(reason)]));
    expect(status()).toMatchObject({ loadedAtMs, refusal: { reason: refusals[0] } });
    expect(anchors('corp')).toEqual([sha256(FIRST)]);
    expect(seen).toHaveLength(1);
  });

  it('until the files are good again, told once for each reason', async () => {
    await write('corp.pem', FIRST);
    const { anchors, refusals, status } = await follow();
    await write('corp.pem');
    await eventually(() => expect(refusals).toHaveLength(1));
    const { refusal } = status();
    await write('plant.pem', SECOND);
    await write('corp.pem', BROKEN);
    await eventually(() => expect(refusals).toHaveLength(2));
    expect(status().refusal?.sinceMs).toBeGreaterThanOrEqual(refusal?.sinceMs ?? 0);
    await write('corp.pem', THIRD);
    await eventually(() => expect(anchors('corp')).toEqual([sha256(THIRD)]));
    expect(anchors('plant')).toEqual([sha256(SECOND)]);
    expect(status().refusal).toBeNull();
    expect(refusals).toHaveLength(2);
  });

  it('when the directory is gone, and takes it up when it is back', async () => {
    await write('corp.pem', FIRST);
    const { anchors, refusals } = await follow();
    await rename(directory, join(root, 'moved'));
    await eventually(() => expect(refusals).toEqual([expect.stringMatching(/ENOENT/)]));
    expect(anchors('corp')).toHaveLength(1);
    await cp(join(root, 'moved'), directory, { recursive: true });
    await write('corp.pem', FIRST, SECOND);
    await eventually(() => expect(anchors('corp')).toHaveLength(2));
  });

  it('when the bundle of the system is gone', async () => {
    const systemFile = join(root, 'bundle.crt');
    await writeFile(systemFile, FIRST);
    const { anchors, refusals } = await follow({ systemFile });
    await unlink(systemFile);
    await eventually(() => expect(refusals).toEqual([expect.stringMatching(/^system is gone.*ENOENT/)]));
    expect(anchors('system')).toEqual([sha256(FIRST)]);
  });

  it('when whoever uses them does not accept the new ones', async () => {
    await write('corp.pem', FIRST);
    const { anchors, refusals } = await follow({
      accept(next) {
        if (!next.names.includes('corp')) throw new Error('corp is needed');
      },
    });
    await unlink(join(directory, 'corp.pem'));
    await eventually(() => expect(refusals).toEqual(['corp is needed']));
    expect(anchors('corp')).toHaveLength(1);
  });
});

it('takes nothing up after it was closed', async () => {
  await write('corp.pem', FIRST);
  const { anchors } = await follow();
  await write('corp.pem', SECOND);
  await watch?.close();
  await new Promise((resolve) => setTimeout(resolve, 3 * SETTLE_MS));
  expect(anchors('corp')).toEqual([sha256(FIRST)]);
});

it('gives up on files that never rest', async () => {
  await write('corp.pem', FIRST);
  let isWriting = true;
  const writing = (async () => {
    while (isWriting) await appendFile(join(directory, 'corp.pem'), '#');
  })();
  const reading = await readSettledAuthorities({ caDir: directory, systemFile: null }, { now: Date.now, settleMs: 20 });
  isWriting = false;
  await writing;
  expect(reading).toMatchObject({ error: { message: expect.stringMatching(/keep changing/) } });
});

describe('the signature of the files', () => {
  const sign = () => signSources({ caDir: directory, systemFile: null }).then(({ text }) => text);

  it.each([
    ['another content of the same length', () => write('corp.pem', FIRST.toLowerCase())],
    ['a file more', () => write('plant.pem', FIRST)],
    ['a file less', () => unlink(join(directory, 'corp.pem'))],
    ['a CRL', () => write('folder/crls/ca.crl', 'x')],
    [
      'another target of a link',
      async () => {
        await rm(join(directory, 'link.pem'));
        await symlink('folder/anchors.pem', join(directory, 'link.pem'));
      },
    ],
  ])('tells %s', async (_, change) => {
    await write('corp.pem', FIRST);
    await write('folder/anchors.pem', FIRST);
    await write('folder/crls/old.crl', 'x');
    await symlink('corp.pem', join(directory, 'link.pem'));
    const before = await sign();
    expect(await sign()).toBe(before);
    await change();
    expect(await sign()).not.toBe(before);
  });
});

it('says what a reload has changed', async () => {
  const snapshot = async () => {
    const reading = await readSettledAuthorities({ caDir: directory, systemFile: null }, { now: () => Infinity });
    if ('error' in reading) throw reading.error;
    return reading.snapshot;
  };
  await write('gone.pem', FIRST);
  await write('same.pem', FIRST);
  await write('corp/anchors.pem', FIRST);
  const previous = await snapshot();
  await unlink(join(directory, 'gone.pem'));
  await write('corp/intermediates.pem', SECOND);
  await write('added.pem', FIRST);
  expect(differenceOf(await snapshot(), previous)).toEqual({ added: ['added'], removed: ['gone'], changed: ['corp'] });
});
