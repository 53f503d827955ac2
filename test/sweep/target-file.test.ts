import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TargetFile } from '../../src/sweep/target-file.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tls-verdict-'));
});
afterAll(() => rm(folder, { recursive: true }));

const labelsIn = (file: TargetFile) => [...file.lines()].flatMap((line) => (line === null ? [] : [line.label]));

async function labelsOf(text: string | Buffer): Promise<string[]> {
  const path = join(folder, 'targets.txt');
  await writeFile(path, text);
  const file = new TargetFile(path, 443);
  const labels = labelsIn(file);
  file.close();
  return labels;
}

const rows = [
  {
    name: 'hosts with and without a port',
    text: 'a.example\nb.example:8443\n',
    labels: ['a.example:443', 'b.example:8443'],
  },
  { name: 'comments, empty lines and space', text: '# a\n\n  # b\n\t a.example \n', labels: ['a.example:443'] },
  { name: 'carriage returns', text: 'a.example\r\n\r\nb.example\r\n', labels: ['a.example:443', 'b.example:443'] },
  { name: 'a byte order mark', text: '\ufeffa.example\n', labels: ['a.example:443'] },
  { name: 'a byte order mark before a comment', text: '\ufeff# list\na.example\n', labels: ['a.example:443'] },
  { name: 'a last line without an end', text: 'a.example\nb.example', labels: ['a.example:443', 'b.example:443'] },
  {
    name: 'one target in several forms',
    text: 'A.example.\na.example:443\n',
    labels: ['a.example:443', 'a.example:443'],
  },
  { name: 'addresses', text: '::1\n[::1]:8443\n192.0.2.1\n', labels: ['[::1]:443', '[::1]:8443', '192.0.2.1:443'] },
  { name: 'a name in Unicode', text: 'bücher.example\n', labels: ['xn--bcher-kva.example:443'] },
  { name: 'what is no target, as it stands', text: 'https://a.example/\n', labels: ['https://a.example/'] },
  { name: 'nothing', text: '', labels: [] },
];

describe('TargetFile', () => {
  it.each(rows)('reads $name', async ({ text, labels }) => expect(await labelsOf(text)).toEqual(labels));

  it('reads lines and characters that lie across its parts', async () => {
    const hosts = Array.from({ length: 30_000 }, (_, index) => `bücher-${index}.example`);
    const labels = await labelsOf(hosts.join('\n'));
    expect(labels).toHaveLength(hosts.length);
    expect(new Set(labels.map((label) => label.startsWith('xn--bcher-')))).toEqual(new Set([true]));
  });

  it('lets others have a turn now and then, also where it finds nothing', async () => {
    const path = join(folder, 'comments.txt');
    await writeFile(path, '# no target\n'.repeat(100_000));
    const file = new TargetFile(path, 443);
    const found = [...file.lines()];
    file.close();
    expect(new Set(found)).toEqual(new Set([null]));
    expect(found.length).toBeGreaterThanOrEqual(1_200_000 / 65_536);
  });

  it('bounds what it keeps of a line without an end', async () => {
    const labels = await labelsOf(`${'x'.repeat(2_000_000)}\na.example\n`);
    expect(labels[0]?.length).toBeLessThan(300);
    expect(labels[1]).toBe('a.example:443');
  });

  it('reads the same file again, whatever has its name by then', async () => {
    const path = join(folder, 'swapped.txt');
    await writeFile(path, 'a.example\n');
    const file = new TargetFile(path, 443);
    const { signal } = new AbortController();
    const measured = await file.measure(signal);
    expect(measured.bytes).toBe(10);
    await rm(path);
    await writeFile(path, 'b.example\n');
    expect(labelsIn(file)).toEqual(['a.example:443']);
    expect(await file.measure(signal)).toEqual(measured);
    file.close();
  });
});
