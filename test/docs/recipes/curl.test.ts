import { afterAll, beforeAll, expect, it } from 'vitest';
import { isMissing } from '../../support/child-server.ts';
import { type Company, startCompany } from './company.ts';
import { commandsOf, placed, run } from './page.ts';

let company: Company;
beforeAll(async () => {
  company = await startCompany();
});
afterAll(() => company[Symbol.asyncDispose]());

const isUnable = ['bash', 'curl', 'jq'].map(isMissing).includes(true);

it.skipIf(isUnable).each(commandsOf('curl.md'))('prints what the page shows: $script', async ({ script, prints }) => {
  const files = { 'corp-root.pem': company.caPem, 'fullchain.pem': company.chainPem };
  const { stdout, stderr } = await run('bash', ['-c', placed(script, company.port)], { files });
  expect(stderr).toBe('');
  expect(stdout).toBe(prints);
});
