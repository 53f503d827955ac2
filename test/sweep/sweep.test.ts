import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { MAIN, runProgram } from '../support/run-program.ts';
import { silentServer } from '../support/silent-server.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

function run(...args: readonly string[]) {
  return runWith({}, ...args);
}

function runWith(settings: Readonly<Record<string, string>>, ...args: readonly string[]) {
  const program = runProgram(process.execPath, [MAIN, 'sweep', ...args], settings);
  cleanups.push(program.end);
  return program;
}

describe('the command sweep', { timeout: 60_000 }, () => {
  it('stops on SIGTERM with status 4, and the next one goes on to the end', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tls-verdict-'));
    cleanups.push(() => rm(folder, { recursive: true }));
    const target = await silentServer(cleanups);
    const list = join(folder, 'targets.txt');
    await writeFile(list, `127.0.0.1:1\n127.0.0.1:${target.port}\n`);
    const args = ['--targets', list, '--out', folder];
    const stopped = run(...args);
    await target.accepted;
    stopped.child.kill('SIGTERM');
    expect(await stopped.exited).toMatchObject({ code: 4 });
    target.close();
    const finished = run(...args);
    // Nobody listens there any more: both are unreachable.
    expect(await finished.exited).toMatchObject({ code: 2 });
    const summary = finished.lines.find((line) => 'summary' in line)?.summary;
    expect(summary).toMatchObject({ targets: 2, verdicts: { unreachable: 2 } });

    const report = join(folder, 'report.ndjson');
    const merged = run('merge', '--out', report, '--exit-zero', folder);
    expect(await merged.exited).toMatchObject({ code: 0 });
    expect((await readFile(report, 'utf8')).trimEnd().split('\n')).toHaveLength(3);
  });

  it.each([
    { args: ['--shards', '1/2'], named: '--shards' },
    { args: ['--targets', '/nowhere/list.txt', '--out', '/tmp'], named: '/nowhere/list.txt' },
    { args: ['--targets', MAIN, '--out', '/tmp', '--ca', 'corp'], named: 'corp' },
    { args: ['merge', '--out', 'report', '/nowhere'], named: '/nowhere' },
  ])('refuses $args with status 3 and the reason', async ({ args, named }) => {
    const { code, stderr } = await run(...args).exited;
    expect(code).toBe(3);
    expect(stderr).toContain(named);
    expect(stderr).not.toContain('    at ');
  });

  it.each([
    { PRESETS_FILE: '/nowhere/presets.yaml' },
    { COMPROMISED_KEYS_FILE: '/nowhere/keys.txt' },
    { DEFAULT_CA: 'nobody' },
    { MAX_IN_FLIGHT: 'many' },
  ])('ends with status 3, which is no verdict, where a setting cannot be used: %j', async (settings) => {
    const { code, stderr } = await runWith(settings, '--targets', MAIN, '--out', '/nowhere').exited;
    expect(code).toBe(3);
    expect(stderr).toContain(Object.values(settings)[0]);
  });

  it('dials nothing that the service would not', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tls-verdict-'));
    cleanups.push(() => rm(folder, { recursive: true }));
    const target = await silentServer(cleanups);
    const hosts = [
      '127.0.0.1',
      'localhost',
      '0.0.0.0',
      '[::ffff:127.0.0.1]',
      '[64:ff9b::7f00:1]',
      '127.1',
      '2130706433',
    ];
    const list = join(folder, 'targets.txt');
    await writeFile(list, hosts.map((host) => `${host}:${target.port}\n`).join(''));
    const { code } = await runWith({ HOST: '0.0.0.0' }, '--targets', list, '--out', folder).exited;
    expect(code).toBe(3);
    const results = (await readFile(join(folder, 'shard-0-of-1.ndjson'), 'utf8')).trimEnd().split('\n');
    const codes = results.flatMap((line) => (JSON.parse(line) as { problem?: { code: string } }).problem?.code ?? []);
    expect(codes.sort()).toEqual([...Array(2).fill('invalid_request'), ...Array(5).fill('target_forbidden')]);
  });
});
