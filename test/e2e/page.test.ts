import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isMissing } from '../support/child-server.ts';
import { startPageHosts } from './page-hosts.ts';

const CHROMIUM = '/usr/bin/chromium';

describe.skipIf(isMissing(CHROMIUM))('the page, in Chromium', { timeout: 60_000 }, () => {
  let hosts: Awaited<ReturnType<typeof startPageHosts>>;
  let browser: Browser;
  beforeAll(async () => {
    hosts = await startPageHosts();
    // Tests run as root in containers, where Chromium's own sandbox cannot be set up.
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  });
  afterAll(async () => {
    await browser?.close();
    await hosts?.[Symbol.asyncDispose]();
  });

  /** A fresh page; whatever the browser complains about, or asks of any other place, fails the test. */
  async function withPage(path: string, use: (page: Page) => Promise<void>) {
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => {
      // Chromium asks for an icon by itself.
      if (message.type() === 'error' && !message.location().url.endsWith('/favicon.ico'))
        complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => {
      if (!request.url().startsWith(hosts.url)) complaints.push(request.url());
    });
    await page.goto(new URL(path, hosts.url).href);
    await use(page);
    await page.close();
    expect(complaints).toEqual([]);
  }

  /** Types into the field, which has the focus, and sends with Enter. */
  async function ask(page: Page, lines: readonly string[]) {
    for (const [index, line] of lines.entries()) {
      if (index > 0) await page.keyboard.press('Shift+Enter');
      await page.keyboard.type(line);
    }
    await page.keyboard.press('Enter');
  }

  it('says in one sentence that a host is good, and draws its chain', async () => {
    await withPage('/', async (page) => {
      await ask(page, [hosts.good]);
      const verdict = page.locator('.verdict');
      await verdict.waitFor();
      expect(await verdict.textContent()).toMatch(/^passwiki\.corp\.example:443 is valid until 2026-08-08/);
      const chain = await page.locator('ol.chain > li').allTextContents();
      expect(chain).toHaveLength(3);
      expect(chain[0]).toContain('sent by the server at place 1');
      expect(chain[2]).toMatch(/Corp Root.*trust anchor/);
      expect(await page.locator('.time').count()).toBe(3);
      expect(await page.locator('.time.next').count()).toBe(1);
      expect(await page.getByRole('status').textContent()).toContain('is valid until');
      expect(await page.locator('pre').last().textContent()).toMatch(
        /^curl -s --json '\{"host":"wiki\.corp\.example","port":443\}' http/,
      );
    });
  });

  it('shows every fault with its remedy, and at which certificate', async () => {
    await withPage('/', async (page) => {
      await ask(page, [hosts.broken]);
      await page.locator('.verdict.fail').waitFor();
      const links = await page.locator('.finding:visible .error-mark').count();
      expect(links).toBe(3);
      const codes = await page.locator('.finding:has(.error-mark) a').allTextContents();
      expect(codes.toSorted()).toEqual(['cert_expired', 'missing_intermediate', 'name_mismatch']);
      const chain = page.locator('ol.chain > li');
      expect(await chain.nth(0).locator('.error-mark').count()).toBe(2);
      expect(await chain.nth(1).textContent()).toMatch(
        /Corp Issuing CA 3.*NOT SENT.*authority.*valid 2024-01-01 to 2029-01-01/,
      );
      await page.locator('.finding a', { hasText: 'cert_expired' }).click();
      expect(await page.textContent('h1')).toBe('cert_expired');
    });
  });

  it('says that a host cannot be reached', async () => {
    await withPage('/', async (page) => {
      await ask(page, [hosts.closed]);
      await page.locator('.verdict.unreachable').waitFor();
    });
  });

  it('fills a table as the stream arrives, and shows one of it on demand', async () => {
    await withPage('/', async (page) => {
      const many = [hosts.good, hosts.broken, hosts.closed, 'a..b', ...Array(20).fill(hosts.good)];
      await ask(page, many);
      await page.getByText(/^24 hosts: /).waitFor();
      const states = await page.locator('#rows td:first-of-type').allTextContents();
      expect(states.slice(1, 4)).toEqual(['fail', 'unreachable', 'not asked']);
      expect(new Set([states[0], ...states.slice(4)]).size).toBe(1);
      await page.locator('#rows button').nth(1).press('Enter');
      await page.locator('.verdict.fail').waitFor();
      expect(await page.evaluate('document.activeElement.className')).toBe('verdict fail');
    });
  });

  it('tells how far a list is, as each answer comes', async () => {
    await withPage('/', async (page) => {
      await page.evaluate(`
        window.seen = [];
        const bar = document.getElementById('progress');
        new MutationObserver(() => seen.push(bar.hidden ? 'hidden' : bar.value + ' of ' + bar.max)).observe(bar, { attributes: true });
      `);
      await ask(page, hosts.fleet.slice(0, 12));
      await page.getByText(/^12 hosts: /).waitFor();
      await page.locator('#progress').waitFor({ state: 'hidden' });
      const seen = (await page.evaluate('window.seen')) as string[];
      const steps = [...new Set(seen)];
      expect(steps.length).toBeGreaterThan(3);
      expect(steps.slice(-2)).toEqual(['12 of 12', 'hidden']);
      expect(await page.getByRole('status').textContent()).toBe('12 hosts: 11 pass, 1 unreachable');
    });
  });

  it('is worked by keyboard from the field to the remedy, which is copied whole', async () => {
    await withPage('/', async (page) => {
      await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
      const focused = () => page.evaluate('document.activeElement.textContent.trim()');
      await ask(page, [hosts.broken]);
      await page.locator('.verdict.fail').waitFor();
      for (const name of [/^default/, /^Verify$/, /^Access token$/, /^Copy$/]) {
        await page.keyboard.press('Tab');
        expect(await focused()).toMatch(name);
      }
      await page.keyboard.press('Enter');
      await expect.poll(focused).toBe('Copied');
      expect(await page.evaluate('navigator.clipboard.readText()')).toMatch(
        /^Add old\.corp\.example to the subjectAltName/,
      );
    });
  });

  it('puts the moment judged for above its mark, also when all is over', async () => {
    for (const host of [hosts.good, hosts.broken]) {
      await withPage('/', async (page) => {
        await page.setViewportSize({ width: 360, height: 740 });
        await ask(page, [host]);
        await page.locator('.verdict').waitFor();
        const edgesOf = async (selector: string) => {
          const box = await page.locator(selector).first().boundingBox();
          return { left: box?.x ?? 0, right: (box?.x ?? 0) + (box?.width ?? 0) };
        };
        const [mark, tick, label] = [
          await edgesOf('.time .now'),
          await edgesOf('.axis i'),
          await edgesOf('.axis span'),
        ];
        expect(Math.abs(mark.left - tick.left)).toBeLessThanOrEqual(1);
        expect(label.left).toBeLessThanOrEqual(mark.left);
        expect(label.right).toBeGreaterThanOrEqual(mark.right);
        expect(label.right).toBeLessThanOrEqual(360);
      });
    }
  });

  it('says beside the field what is wrong with a host', async () => {
    await withPage('/', async (page) => {
      await ask(page, ['']);
      expect(await page.getByRole('alert').textContent()).toMatch(/^Write a host/);
      await ask(page, ['a..b']);
      await page.getByRole('alert').filter({ hasText: 'empty label' }).waitFor();
      expect(await page.getByLabel('Host, or several').getAttribute('aria-invalid')).toBe('true');
    });
  });

  it('writes what a certificate holds as text', async () => {
    await withPage('/', async (page) => {
      await ask(page, [hosts.markup]);
      await page.locator('.verdict').waitFor();
      expect(await page.locator('#detail').textContent()).toMatch(/CN=\\?<b\\?>x/);
      expect(await page.locator('#detail b').count()).toBe(0);
    });
  });

  it('fills in a host that a link names, and dials nothing by itself', async () => {
    await withPage(`/?host=${hosts.good}`, async (page) => {
      expect(await page.getByLabel('Host, or several').inputValue()).toBe(hosts.good);
      await page.getByRole('combobox').locator('option', { hasText: 'corp' }).first().waitFor({ state: 'attached' });
      expect(await page.locator('.verdict').count()).toBe(0);
    });
  });

  it('can be read at phone width without scrolling sideways', async () => {
    await withPage('/', async (page) => {
      await page.setViewportSize({ width: 360, height: 740 });
      await ask(page, [hosts.broken]);
      await page.locator('.verdict').waitFor();
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
    });
  });
});
