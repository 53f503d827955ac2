import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { freePort, isMissing, startNpmStart } from './support/child-server.ts';

const ROOT = join(import.meta.dirname, '..');
const README = await readFile(join(ROOT, 'README.md'), 'utf8');
const run = promisify(execFile);

const blocksOf = (language: string) =>
  Array.from(README.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm')), ([, text = '']) => text);

/** What a reader types first; `.ci/run` does it in every run. */
const COMMANDS = ['npm ci && npm start\n', 'npm ci && npm test\n'];
const DEMO = 'npm run demo\n';
const examples = blocksOf('sh').filter((block) => ![...COMMANDS, DEMO].includes(block));
const answers = blocksOf('json');

it('has an answer for each example', () => {
  expect(blocksOf('sh')).toEqual(expect.arrayContaining(COMMANDS));
  expect(examples.length).toBeGreaterThan(0);
  expect(answers).toHaveLength(examples.length);
});

it('shows what the demo prints', { timeout: 60_000 }, async () => {
  expect(blocksOf('sh')).toContain(DEMO);
  const { stdout } = await run('npm', ['run', '--silent', 'demo'], { cwd: ROOT });
  const [shown = ''] = blocksOf('text');
  expect(shown).not.toBe('');
  expect(stdout).toContain(shown);
});

const isUnable = ['bash', 'curl', 'jq', 'openssl'].map(isMissing).includes(true);

it.skipIf(isUnable).each(examples.map((script, index) => ({ script, answer: answers[index] ?? '' })))(
  'answers an example as printed',
  { retry: 2 },
  async ({ script, answer }) => {
    await using service = await startNpmStart();
    expect(JSON.parse(await output(script, service.port))).toEqual(JSON.parse(answer));
  },
);

/** Runs the example in a folder of its own, on free ports; what it leaves running ends with it. */
async function output(script: string, servicePort: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tls-verdict-'));
  const text = script
    .replaceAll('localhost:8080', `127.0.0.1:${servicePort}`)
    .replaceAll('8443', String(await freePort()));
  try {
    const { stdout } = await run('bash', ['-c', `trap 'kill $(jobs -p)' EXIT\n${text}`], { cwd: folder });
    return stdout;
  } finally {
    await rm(folder, { recursive: true });
  }
}
