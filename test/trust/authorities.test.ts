import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createAuthorities, readAuthorities } from '../../src/trust/authorities.ts';
import { anchorSetOf, readBundle } from '../../src/trust/bundle.ts';
import { MAX_BUNDLE_BYTES } from '../../src/trust/bundle-file.ts';
import { readSystemBundle } from '../../src/trust/system-bundle.ts';
import { toPem } from '../../src/x509/pem.ts';

// Any certificates do for reading bundles: those that Node carries.
const [FIRST = '', SECOND = '', THIRD = ''] = rootCertificates;
const KEY = '-----BEGIN PRIVATE KEY-----\nTm90IGEga2V5\n-----END PRIVATE KEY-----\n';
const BROKEN = toPem(Buffer.from('3003020101', 'hex'));

const sha256 = (pem: string): string => new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase();

let root: string;
let directory: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'authorities-'));
});
afterAll(() => rm(root, { recursive: true }));
beforeEach(async () => {
  directory = await mkdtemp(join(root, 'ca-'));
});

async function write(entry: string, ...pems: string[]): Promise<void> {
  await mkdir(join(directory, entry, '..'), { recursive: true });
  await writeFile(join(directory, entry), pems.join('\n'));
}

const read = () => readAuthorities({ caDir: directory, systemFile: join(root, 'absent') });

describe('CA_DIR', () => {
  it('takes a file as anchors, and a folder as anchors and intermediates', async () => {
    await write('corp-2025.pem', FIRST, SECOND);
    await write('plant/anchors.pem', FIRST);
    await write('plant/intermediates.pem', THIRD);
    const snapshot = await read();
    expect(snapshot.names).toEqual(['corp-2025', 'plant', 'public']);
    expect(snapshot.find('corp-2025')).toMatchObject({
      name: 'corp-2025',
      anchors: [{ sha256: sha256(FIRST) }, { sha256: sha256(SECOND) }],
      intermediates: [],
      skipped: [],
    });
    const plant = snapshot.find('plant');
    expect(plant).toMatchObject({ anchors: [{ sha256: sha256(FIRST) }], intermediates: [{ sha256: sha256(THIRD) }] });
    expect(plant?.has(sha256(FIRST))).toBe(true);
    expect(plant?.has(sha256(THIRD))).toBe(false);
    expect(snapshot.find('nobody')).toBeNull();
  });

  it('skips what is no certificate and names the block', async () => {
    await write('corp.pem', FIRST, BROKEN, KEY, toPem(Buffer.from('3000', 'hex'), 'X509 CRL'), SECOND, FIRST);
    const set = (await read()).find('corp');
    expect(set?.anchors.map((each) => each.sha256)).toEqual([sha256(FIRST), sha256(SECOND)]);
    expect(set?.skipped.map(({ position }) => position)).toEqual([1, 2, 3]);
    expect(JSON.stringify(set?.skipped)).not.toContain('Tm90');
  });

  it('names the file of a skipped block in a folder', async () => {
    await write('plant/anchors.pem', BROKEN, FIRST);
    await write('plant/intermediates.pem', BROKEN);
    const set = (await read()).find('plant');
    expect(set?.skipped.map(({ reason }) => reason.split(':')[0])).toEqual(['anchors.pem', 'intermediates.pem']);
  });

  it('keeps an anchor with a fault inside: that is a finding at the anchor', async () => {
    const trailing = toPem(Buffer.concat([new X509Certificate(FIRST).raw, Buffer.from([0])]));
    await write('corp.pem', trailing);
    const set = (await read()).find('corp');
    expect(set?.skipped).toEqual([]);
    expect(set?.anchors[0]?.faults.map(({ code }) => code)).toEqual(['cert_malformed']);
  });

  it.each([
    ['an empty file', 'corp.pem', ''],
    ['a file of broken certificates', 'corp.pem', BROKEN],
    ['a folder without anchors.pem', 'corp/intermediates.pem', FIRST],
  ])('has an authority without anchors for %s', async (_, entry, content) => {
    await write(entry, content);
    expect((await read()).find('corp')?.anchors).toEqual([]);
  });

  it('follows the links of a mounted ConfigMap and passes over its hidden entries', async () => {
    await write('..2026_01_01/corp.pem', FIRST);
    await symlink('..2026_01_01', join(directory, '..data'));
    await symlink(join('..data', 'corp.pem'), join(directory, 'corp.pem'));
    const snapshot = await read();
    expect(snapshot.find('corp')?.anchors).toHaveLength(1);
    expect(snapshot.ignored).toEqual([]);
  });

  it('tells which entries it passed over', async () => {
    await write('README.md', 'about');
    await write('corp.crt', FIRST);
    await write('my ca.pem', FIRST);
    await mkdir(join(directory, 'lost+found'));
    await write(`${'a'.repeat(64)}.pem`, FIRST);
    await write(`${'a'.repeat(65)}.pem`, FIRST);
    const snapshot = await read();
    expect(snapshot.ignored.map(({ entry }) => entry).sort()).toEqual(
      ['README.md', `${'a'.repeat(65)}.pem`, 'corp.crt', 'lost+found', 'my ca.pem'].sort(),
    );
    expect(snapshot.names).toEqual(['a'.repeat(64), 'public']);
  });

  it.each(['public.pem', 'system.pem', 'inline.pem', 'Public.pem', 'inline/anchors.pem'])(
    'stops the start for the reserved name of %s',
    async (entry) => {
      await write(entry, FIRST);
      await expect(read()).rejects.toThrow(/^CA_DIR: .*reserved/);
    },
  );

  it('stops the start for what cannot be read, and for a name that is there twice', async () => {
    await expect(readAuthorities({ caDir: join(root, 'absent'), systemFile: null })).rejects.toThrow(/CA_DIR.*ENOENT/);
    await symlink('nowhere', join(directory, 'corp.pem'));
    await expect(read()).rejects.toThrow(/CA_DIR.*ENOENT/);
    await rm(join(directory, 'corp.pem'));
    await write('corp.pem', FIRST);
    await write('corp/anchors.pem', FIRST);
    await expect(read()).rejects.toThrow(/CA_DIR: corp/);
  });

  it('stops the start for a FIFO instead of waiting for its end', async () => {
    execFileSync('mkfifo', [join(directory, 'corp.pem')]);
    await expect(read()).rejects.toThrow(/corp\.pem is not a file/);
  });

  it('reads a bundle file of exactly the greatest size', async () => {
    await write('corp.pem', FIRST, '');
    await truncate(join(directory, 'corp.pem'), MAX_BUNDLE_BYTES);
    expect((await read()).find('corp')?.anchors).toHaveLength(1);
    await truncate(join(directory, 'corp.pem'), MAX_BUNDLE_BYTES + 1);
    await expect(read()).rejects.toThrow(/larger/);
  });
});

describe('public and system', () => {
  it('has the roots that Node carries, and reads them once', async () => {
    const snapshot = await readAuthorities({ caDir: null, systemFile: join(root, 'absent') });
    const set = snapshot.find('public');
    expect(set?.skipped).toEqual([]);
    expect(set?.anchors.map((each) => each.sha256)).toEqual(rootCertificates.map(sha256));
    expect(snapshot.find('public')).toBe(set);
    for (const anchor of set?.anchors ?? []) expect(set?.bySubject(anchor.subject.key)).toContain(anchor);
  });

  it('takes SSL_CERT_FILE for the system, or says why there is none', async () => {
    await write('bundle', FIRST, SECOND);
    const snapshot = await readAuthorities({ caDir: null, systemFile: join(directory, 'bundle') });
    expect(snapshot.names).toEqual(['public', 'system']);
    expect(snapshot.find('system')?.anchors).toHaveLength(2);
    const without = await readAuthorities({ caDir: null, systemFile: join(root, 'absent') });
    expect(without.names).toEqual(['public']);
    expect(without.find('system')).toBeNull();
    expect(without.missing.get('system')).toContain('ENOENT');
  });

  it('takes the first usual file that exists', async () => {
    await write('second', 'two');
    const usual = [join(directory, 'first'), join(directory, 'second')];
    expect(await readSystemBundle(null, usual)).toEqual({ text: 'two' });
    await write('first', 'one');
    expect(await readSystemBundle(null, usual)).toEqual({ text: 'one' });
    expect(await readSystemBundle(null, [])).toHaveProperty('missing');
    expect(await readSystemBundle(directory)).toHaveProperty('missing');
  });
});

describe('a snapshot', () => {
  it('stays what it was when the authorities are replaced', async () => {
    await write('corp.pem', FIRST);
    const authorities = createAuthorities(await read());
    const kept = authorities.current();
    await write('corp.pem', SECOND);
    authorities.replace(await read());
    expect(kept.find('corp')?.has(sha256(FIRST))).toBe(true);
    expect(authorities.current().find('corp')?.has(sha256(SECOND))).toBe(true);
    expect(authorities.current().find('corp')?.has(sha256(FIRST))).toBe(false);
  });

  it('fingerprints a set by its anchors, whatever their order', () => {
    const both = readBundle(`${FIRST}\n${SECOND}`).certificates;
    const sets = [both, both.toReversed(), both.slice(1)].map((anchors) => anchorSetOf('corp', { anchors }).sha256);
    expect(sets[0]).toBe(sets[1]);
    expect(sets[0]).not.toBe(sets[2]);
  });
});
