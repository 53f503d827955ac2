import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, isMissing } from '../../support/child-server.ts';
import { type Company, startCompany } from './company.ts';
import { commandsOf, RECIPES, run } from './page.ts';

const SCRIPT = readFileSync(join(RECIPES, 'verify-hosts.sh'), 'utf8');
const isUnable = ['curl', 'jq'].map(isMissing).includes(true);

let company: Company;
beforeAll(async () => {
  company = await startCompany();
});
afterAll(() => company[Symbol.asyncDispose]());

/** Hosts come in order of completion. */
const lines = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trimEnd())
    .toSorted();

const SHELLS = [
  { name: 'dash', program: 'dash', args: [] },
  { name: 'busybox', program: 'busybox', args: ['sh'] },
];

describe.skipIf(isUnable).each(SHELLS)('verify-hosts.sh in $name', ({ program, args }) => {
  const verify = (hosts: string, env: Readonly<Record<string, string>> = {}) =>
    run(program, [...args, 'verify-hosts.sh', 'hosts.txt'], {
      files: { 'verify-hosts.sh': SCRIPT, 'hosts.txt': hosts },
      env: { TLS_VERDICT_URL: `http://127.0.0.1:${company.port}`, ...env },
    });
  const isMissingShell = isMissing(program);

  it.skipIf(isMissingShell)('prints what the page shows', async () => {
    const [command] = commandsOf('shell.md');
    const { stdout } = await run(
      program,
      [...args, '-c', (command?.script ?? '').replace('./', `${program} ${args.join(' ')} `)],
      {
        files: { 'verify-hosts.sh': SCRIPT },
        env: { TLS_VERDICT_URL: `http://127.0.0.1:${company.port}` },
      },
    );
    expect(lines(stdout)).toEqual(lines(command?.prints ?? 'nothing'));
  });

  it.skipIf(isMissingShell).each([
    { name: 'every host is good', hosts: 'wiki.corp.example\n\nldap.corp.example:636\n', status: 0 },
    { name: 'one warns', hosts: 'wiki.corp.example\nsoon.corp.example', status: 1 },
    { name: 'one fails', hosts: 'soon.corp.example\nold.corp.example', status: 2 },
    { name: 'one cannot be reached', hosts: 'gone.corp.example\nwiki.corp.example', status: 2 },
    { name: 'one cannot be asked about', hosts: 'wiki.corp.example\n169.254.169.254', status: 3 },
    { name: 'there is no host', hosts: '# none\n', status: 3 },
  ])('exits with $status when $name', async ({ hosts, status }) => {
    expect((await verify(hosts)).status).toBe(status);
  });

  it.skipIf(isMissingShell)('exits with 3 when the service is away, or another answers', async () => {
    const away = await verify('wiki.corp.example', { TLS_VERDICT_URL: `http://127.0.0.1:${await freePort()}` });
    expect(away).toMatchObject({ status: 3, stderr: expect.stringContaining('curl') });
    const other = await verify('wiki.corp.example', { TLS_VERDICT_URL: `http://127.0.0.1:${company.port}/codes?` });
    expect(other.status).toBe(3);
  });

  it.skipIf(isMissingShell)('exits with 3 when it cannot read its file, and says so', async () => {
    const unread = await run(program, [...args, 'verify-hosts.sh', 'none.txt'], {
      files: { 'verify-hosts.sh': SCRIPT },
      env: { TLS_VERDICT_URL: `http://127.0.0.1:${company.port}` },
    });
    expect(unread).toEqual({ status: 3, stdout: '', stderr: 'cannot read none.txt\n' });
  });

  it.skipIf(isMissingShell)('takes a URL with a slash at its end, and lines as Windows ends them', async () => {
    const asked = await verify('\ufeffwiki.corp.example\r\n\r\nldap.corp.example:636\r\n', {
      TLS_VERDICT_URL: `http://127.0.0.1:${company.port}/`,
    });
    expect(asked).toMatchObject({ status: 0, stdout: expect.stringContaining('2 hosts: 2 pass') });
  });

  it.skipIf(isMissingShell)('asks as it is told, and says what was wrong', async () => {
    const asked = await verify('wiki.corp.example', { TLS_VERDICT_QUERY: 'ca=public' });
    expect(asked).toMatchObject({ status: 2, stdout: expect.stringContaining('issuer_not_found') });
    const wrong = await verify('wiki.corp.example', { TLS_VERDICT_QUERY: 'cb=public' });
    expect(wrong).toMatchObject({ status: 3, stdout: expect.stringContaining('could not ask: ') });
  });
});

it.skipIf(isMissing('shellcheck'))('verify-hosts.sh passes shellcheck', async () => {
  const { stdout, status } = await run('shellcheck', ['verify-hosts.sh'], { files: { 'verify-hosts.sh': SCRIPT } });
  expect(stdout).toBe('');
  expect(status).toBe(0);
});
