import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { requestByContract } from '../../support/contract.ts';
import { testApp } from '../../support/test-app.ts';

const { app } = testApp();

it('is whole in itself, without a script, and its policy lets in its style and nothing else', async () => {
  const response = await requestByContract(app, '/docs', { headers: { Accept: 'text/html,*/*;q=0.8' } });
  expect(response.headers.get('Content-Type')).toBe('text/html; charset=utf-8');
  const page = await response.text();
  expect(page).not.toMatch(/<script|<link|<img|\s(?:src|style|on\w+)=|href="https?:/);
  const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1] ?? '';
  const hash = createHash('sha256').update(style).digest('base64');
  const policy = response.headers.get('Content-Security-Policy') ?? '';
  expect(policy).toContain(`default-src 'none'; style-src 'sha256-${hash}';`);
  expect(policy).not.toMatch(/unsafe|\*/);
});

it('shows every schema, parameter and member that has a name in the document', async () => {
  const page = await (await requestByContract(app, '/docs')).text();
  const document = readFileSync(join(import.meta.dirname, '../../../openapi/openapi.json'), 'utf8');
  const { components, paths } = JSON.parse(document) as {
    components: { schemas: Record<string, { properties?: object }> };
    paths: Record<string, Record<string, { parameters?: { name: string }[] }>>;
  };
  const parameters = Object.values(paths).flatMap((item) =>
    Object.values(item).flatMap((operation) => (operation.parameters ?? []).map(({ name }) => name)),
  );
  const members = Object.values(components.schemas).flatMap(({ properties = {} }) => Object.keys(properties));
  const missing = [...new Set([...parameters, ...members])].filter(
    (name) => !page.includes(`<code class="name">${name}</code>`),
  );
  expect(missing).toEqual([]);
  expect(Object.keys(components.schemas).filter((name) => !page.includes(`id="schema-${name}"`))).toEqual([]);
  expect(page).not.toMatch(/\[object |undefined|Promise/);
});

it('is not for programs', async () => {
  expect((await requestByContract(app, '/docs', { headers: { Accept: 'application/json' } })).status).toBe(406);
});
