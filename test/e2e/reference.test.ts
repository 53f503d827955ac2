import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer } from '../../src/server.ts';
import { isMissing } from '../support/child-server.ts';
import { testApp } from '../support/test-app.ts';

const CHROMIUM = '/usr/bin/chromium';
const { paths } = JSON.parse(readFileSync(join(import.meta.dirname, '../../openapi/openapi.json'), 'utf8')) as {
  paths: Record<string, Record<string, unknown>>;
};
const operations = Object.entries(paths).flatMap(([path, item]) =>
  Object.keys(item)
    .filter((method) => ['get', 'post', 'put', 'patch', 'delete'].includes(method))
    .map((method) => `${method.toUpperCase()} ${path}`),
);

describe.skipIf(isMissing(CHROMIUM))('the API reference, in Chromium', { timeout: 60_000 }, () => {
  let server: Awaited<ReturnType<typeof startServer>>;
  let browser: Browser;
  let url: string;
  beforeAll(async () => {
    const { app } = testApp();
    server = await startServer({ fetch: (request, peer) => app.fetch(request, peer), host: '127.0.0.1', port: 0 });
    url = `http://localhost:${server.address.port}`;
    // Tests run as root in containers, where Chromium's own sandbox cannot be set up.
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop(0);
  });

  /** The page, read to its end; whatever the browser complains about, or asks of any other place, fails the test. */
  async function withPage(colorScheme: 'light' | 'dark', use: (page: Page) => Promise<void>) {
    const page = await browser.newPage({ colorScheme });
    const complaints: string[] = [];
    page.on('console', (message) => {
      // Chromium asks for an icon by itself.
      if (message.type() === 'error' && !message.location().url.endsWith('/favicon.ico'))
        complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => {
      if (!request.url().startsWith(`${url}/`)) complaints.push(request.url());
    });
    await page.goto(`${url}/docs`);
    await use(page);
    await page.close();
    expect(complaints).toEqual([]);
  }

  it('lists every operation and leads to it, and every link leads somewhere', async () => {
    await withPage('light', async (page) => {
      const titles = await page.locator('article > h3').allTextContents();
      expect(titles.toSorted()).toEqual(operations.toSorted());
      const lost = await page
        .locator('a[href^="#"]')
        .evaluateAll((links) =>
          links
            .filter((link) => link.ownerDocument.getElementById(link.getAttribute('href')?.slice(1) ?? '') === null)
            .map((link) => link.outerHTML),
        );
      expect(lost).toEqual([]);
      await page.getByRole('navigation').getByRole('link', { name: 'POST /verify/batch' }).click();
      expect(new URL(page.url()).hash).not.toBe('');
      expect(await page.locator('article:target h3').textContent()).toBe('POST /verify/batch');
    });
  });

  it('is reached and worked by keyboard, with landmarks and names for who cannot see it', async () => {
    await withPage('light', async (page) => {
      expect(await page.locator('html').getAttribute('lang')).toBe('en');
      expect(await page.getByRole('main').count()).toBe(1);
      expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1);
      const levels = await page
        .locator('main :is(h1, h2, h3, h4)')
        .evaluateAll((all) => all.map(({ tagName }) => Number(tagName[1])));
      expect(
        levels.filter((level, index) => level > (levels[index - 1] ?? 0) + 1),
        'headings skip no level',
      ).toEqual([]);
      const example = page.locator('details').first();
      await example.locator('summary').focus();
      await page.keyboard.press('Enter');
      expect(await example.getAttribute('open')).not.toBeNull();
      await page.keyboard.press('Tab');
      expect(await page.evaluate('document.activeElement.tagName')).toBe('PRE');
      expect(await page.evaluate('document.activeElement.getAttribute("aria-label")')).toMatch(
        /, application\/(?:problem\+)?json$/,
      );
    });
  });

  it.each(['light', 'dark'] as const)('follows the %s scheme', async (scheme) => {
    await withPage(scheme, async (page) => {
      const back = await page.evaluate('getComputedStyle(document.body).backgroundColor');
      expect(back).toBe(scheme === 'dark' ? 'rgb(17, 20, 24)' : 'rgb(255, 255, 255)');
    });
  });

  it('can be read at phone width without scrolling sideways', async () => {
    await withPage('light', async (page) => {
      await page.setViewportSize({ width: 360, height: 740 });
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
    });
  });
});
