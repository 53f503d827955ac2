import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildOpenApi } from '../../../src/http/openapi.ts';
import { isMissing } from '../../support/child-server.ts';
import { type Company, startCompany } from './company.ts';
import { blockOf, type Ended, placed, run } from './page.ts';
import { createProject, type TypeScriptProject } from './typescript-project.ts';

/** Compilers take their time on a busy machine. */
const TIMEOUT_MS = 180_000;

/** Calls every endpoint by the generated types. */
const PROGRAM = readFileSync(join(import.meta.dirname, 'generated-client/program.ts'), 'utf8');

let company: Company;
let project: TypeScriptProject;
beforeAll(async () => {
  company = await startCompany();
  const client = placed(blockOf('clients.md', 'TypeScript', 'ts'), company.port);
  project = await createProject({ 'verify.ts': client, 'program.ts': PROGRAM }, company.port);
}, TIMEOUT_MS);
afterAll(async () => {
  await project[Symbol.asyncDispose]();
  await company[Symbol.asyncDispose]();
});

/** Debian's own Python has Debian's packages, whichever comes first in PATH. */
const python = ['python3', '/usr/bin/python3'].find(
  (program) => spawnSync(program, ['-c', 'import requests']).status === 0,
);
if (python === undefined) console.warn('SKIPPED: requests for Python is not installed on this machine');

const CLIENTS = [
  {
    language: 'Python',
    isUnable: python === undefined,
    ask: (host: string) =>
      run(python ?? '', ['verify.py', host], {
        files: { 'verify.py': placed(blockOf('clients.md', 'Python', 'python'), company.port) },
      }),
  },
  {
    language: 'Go',
    isUnable: isMissing('go'),
    ask: (host: string) =>
      run('go', ['run', 'verify.go', host], {
        files: { 'verify.go': placed(blockOf('clients.md', 'Go', 'go'), company.port) },
      }),
  },
  { language: 'TypeScript', isUnable: false, ask: (host: string) => project.run('verify.ts', [host]) },
];

/** `go run` prints the exit status of its program, and exits with 1 itself. */
function statusOf({ status, stderr }: Ended): number {
  return Number(/exit status (\d)/.exec(stderr)?.[1] ?? status);
}

describe.each(CLIENTS)('the client in $language', ({ isUnable, ask }) => {
  it.skipIf(isUnable)('exits with the verdict, and prints its remedies', { timeout: TIMEOUT_MS }, async () => {
    const good = await ask('wiki.corp.example');
    expect([statusOf(good), good.stderr]).toEqual([0, '']);
    expect(good.stdout).toMatch(/^wiki\.corp\.example:443 .*\n$/);
    const bad = await ask('old.corp.example');
    expect(statusOf(bad)).toBe(2);
    expect(bad.stdout).toMatch(/^old\.corp\.example:443.*\nerror name_mismatch: .*\nerror cert_expired: .*\n$/);
  });

  it.skipIf(isUnable)('exits with 3 when it may not ask', { timeout: TIMEOUT_MS }, async () => {
    const refused = await ask('169.254.169.254');
    expect(statusOf(refused)).toBe(3);
    expect(refused.stderr).toContain('target_forbidden');
  });
});

describe('a client generated from the API document', () => {
  it('compiles', () => {
    expect(project.compiled).toMatchObject({ stdout: '', status: 0 });
  });

  it('calls every endpoint', async () => {
    const args = [`http://127.0.0.1:${company.port}`, 'wiki.corp.example', 'old.corp.example'];
    const { stdout, stderr } = await project.run('program.ts', args);
    expect(stderr).toBe('');
    expect(stdout).toBe('every endpoint was called\n');
    const operations = Object.entries(buildOpenApi().paths ?? {}).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `.${method.toUpperCase()}('${path}'`),
    );
    expect(operations.filter((call) => !PROGRAM.includes(call))).toEqual([]);
  });
});
