import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { isMissing } from '../../support/child-server.ts';
import { type Company, startCompany } from './company.ts';
import { blockOf, placed, run } from './page.ts';

let company: Company;
beforeAll(async () => {
  company = await startCompany();
});
afterAll(() => company[Symbol.asyncDispose]());

const HOSTS = [
  { name: 'good hosts', hosts: 'wiki.corp.example\nldap.corp.example:636\n', isGood: true },
  { name: 'one that warns', hosts: 'soon.corp.example\n', isGood: true },
  { name: 'one that fails', hosts: 'wiki.corp.example\nold.corp.example\n', isGood: false },
  { name: 'one that is away', hosts: 'wiki.corp.example\ngone.corp.example\n', isGood: false },
  { name: 'one that is no host', hosts: 'wiki.corp.example\nwrong..name\n', isGood: false },
  { name: 'no host at all', hosts: '\n', isGood: false },
];

const isUnable = ['bash', 'curl', 'git'].map(isMissing).includes(true);

describe('the workflow for GitHub Actions', () => {
  const content = blockOf('ci.md', 'GitHub Actions', 'yaml');
  const parserSays = (text: string) =>
    run(process.execPath, [join(import.meta.dirname, 'parse-workflow.mjs'), 'certificates.yml'], {
      files: { 'certificates.yml': text },
    });

  it('is one for its parser', { timeout: 60_000 }, async () => {
    expect(await parserSays(content)).toEqual({ stdout: '', stderr: '', status: 0 });
    expect((await parserSays(content.replace('runs-on', 'run-on'))).stdout).not.toBe('');
  });

  it.skipIf(isUnable).each(HOSTS)('passes with $name: $isGood', async ({ hosts, isGood }) => {
    const { jobs } = parse(placed(content, company.port)) as {
      jobs: { verify: { env: Record<string, string>; steps: { run?: string }[] } };
    };
    const { env, steps } = jobs.verify;
    const scripts = steps.flatMap((step) => (step.run === undefined ? [] : [step.run]));
    expect(scripts).toHaveLength(2);
    // Each step is a bash -e of its own; the next runs when it succeeded.
    const files = Object.fromEntries(scripts.map((script, index) => [`${index}.sh`, script]));
    const { status } = await run('sh', ['-c', 'bash -e 0.sh && bash -e 1.sh'], {
      files: { ...files, 'hosts.txt': hosts },
      env,
    });
    expect(status === 0).toBe(isGood);
  });
});

describe('the job for GitLab CI', () => {
  const content = blockOf('ci.md', 'GitLab CI', 'yaml');

  it.skipIf(isUnable)('fits the schema of GitLab', { timeout: 60_000 }, async () => {
    const CLI = new URL('dist/index.js', import.meta.resolve('gitlab-ci-local/package.json')).pathname;
    const script = 'git init -q . && exec "$NODE" "$CLI" --list';
    const list = (text: string) =>
      run('bash', ['-c', script], { files: { '.gitlab-ci.yml': text }, env: { NODE: process.execPath, CLI } });
    expect(await list(content)).toMatchObject({ status: 0, stdout: expect.stringMatching(/^certificates /m) });
    expect((await list(content.replace('when: always', 'when: alway'))).status).not.toBe(0);
  });

  it.skipIf(isUnable).each(HOSTS)('passes with $name: $isGood', async ({ hosts, isGood }) => {
    const { certificates } = parse(placed(content, company.port)) as {
      certificates: { variables: Record<string, string>; script: string[] };
    };
    const { script, variables } = certificates;
    expect(script).toHaveLength(2);
    const { status } = await run('sh', ['-e', 'script.sh'], {
      files: { 'script.sh': script.join('\n'), 'hosts.txt': hosts },
      env: variables,
    });
    expect(status === 0).toBe(isGood);
  });
});
