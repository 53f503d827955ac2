import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isMissing } from '../support/child-server.ts';
import { startPageHosts } from './page-hosts.ts';

const CHROMIUM = '/usr/bin/chromium';

/** What a reader can have before them, by the path of the page and the hosts that they ask about. */
const VIEWS = [
  { name: 'the start page', path: '/', hosts: [] },
  { name: 'a good host', path: '/', hosts: ['wiki.corp.example'] },
  { name: 'a host with three faults', path: '/', hosts: ['old.corp.example'] },
  { name: 'a table', path: '/', hosts: ['wiki.corp.example', 'soon.corp.example', 'gone.corp.example', 'a..b'] },
  { name: 'a host that is none', path: '/', hosts: ['a..b'] },
  { name: 'the list of codes', path: '/codes', hosts: [] },
  { name: 'a code', path: '/codes/cert_malformed', hosts: [] },
  { name: 'the API reference', path: '/docs', hosts: [] },
] as const;

describe.skipIf(isMissing(CHROMIUM))('the pages for people, by axe', { timeout: 120_000 }, () => {
  let hosts: Awaited<ReturnType<typeof startPageHosts>>;
  let browser: Browser;
  beforeAll(async () => {
    hosts = await startPageHosts();
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await hosts?.[Symbol.asyncDispose]();
  });

  // All that has a colour of its own stands in these.
  const inDark = VIEWS.filter(({ name }) => ['a host with three faults', 'a table', 'a code'].includes(name));
  const seen = [
    ...VIEWS.map((view) => ({ ...view, scheme: 'light' as const })),
    ...inDark.map((view) => ({ ...view, scheme: 'dark' as const })),
  ];
  it.each(seen)('finds nothing in $name, $scheme', async ({ path, hosts: asked, scheme }) => {
    // axe runs inside of the page, whose policy lets in no script but its own.
    const page = await browser.newPage({ colorScheme: scheme, bypassCSP: true });
    await page.goto(new URL(path, hosts.url).href);
    if (asked.length > 0) await ask(page, asked);
    await page.evaluate(axe.source);
    const found = (await page.evaluate('axe.run()')) as axe.AxeResults;
    expect(found.passes.length).toBeGreaterThan(10);
    expect(
      found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' ')}`),
    ).toEqual([]);
    await page.close();
  });
});

async function ask(page: Page, hosts: readonly string[]): Promise<void> {
  await page.locator('#hosts').fill(hosts.join('\n'));
  await page.getByRole('button', { name: 'Verify' }).click();
  const isAnswered = '.verdict, #error:not([hidden]), #state:not(:empty)';
  await page.locator(isAnswered).first().waitFor({ state: 'attached' });
  await page.locator('#progress').waitFor({ state: 'hidden' });
}
