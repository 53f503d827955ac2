import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { countCores } from '../../src/workers/available-cores.ts';
import { isMissing } from '../support/child-server.ts';

const rows = [
  { name: 'no quota of version 2', files: { 'cpu.max': 'max 100000\n' }, cores: 8 },
  { name: 'two cores', files: { 'cpu.max': '200000 100000\n' }, cores: 2 },
  { name: 'two and a half, of which the half would be throttled', files: { 'cpu.max': '250000 100000\n' }, cores: 2 },
  { name: 'a part of one core', files: { 'cpu.max': '50000 100000\n' }, cores: 1 },
  { name: 'more than there are', files: { 'cpu.max': '1600000 100000\n' }, cores: 8 },
  { name: 'another period', files: { 'cpu.max': '30000 10000\n' }, cores: 3 },
  {
    name: 'two cores of version 1',
    files: { 'cpu/cpu.cfs_quota_us': '200000\n', 'cpu/cpu.cfs_period_us': '100000\n' },
    cores: 2,
  },
  {
    name: 'no quota of version 1',
    files: { 'cpu/cpu.cfs_quota_us': '-1\n', 'cpu/cpu.cfs_period_us': '100000\n' },
    cores: 8,
  },
  { name: 'no cgroups at all', files: {}, cores: 8 },
  { name: 'a file that says something else', files: { 'cpu.max': 'many\n' }, cores: 8 },
];

describe('countCores', () => {
  it.each(rows)('sees $name: $cores', async ({ files, cores }) => {
    const root = await mkdtemp(join(tmpdir(), 'tls-verdict-'));
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, name)), { recursive: true });
      await writeFile(join(root, name), text);
    }
    expect(await countCores({ parallelism: 8, root })).toBe(cores);
    await rm(root, { recursive: true });
  });

  it.skipIf(isMissing('taskset'))('sees the cores that a process is bound to', () => {
    const module = join(import.meta.dirname, '../../src/workers/available-cores.ts');
    const script = `import(${JSON.stringify(module)}).then(async (cores) => console.log(await cores.countCores()))`;
    const { stdout } = spawnSync('taskset', ['-c', '0', process.execPath, '-e', script], { encoding: 'utf8' });
    expect(stdout.trim()).toBe('1');
  });
});
