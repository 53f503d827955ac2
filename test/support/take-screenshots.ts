import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { startPageHosts } from '../e2e/page-hosts.ts';

/**
 * Writes docs/images anew: the page in a real Chromium, about real servers, light and dark, at desktop and phone
 * width. Run it with `npm run screenshots`.
 */
const OUT = join(import.meta.dirname, '../../docs/images');

const WIDTHS = { desktop: { width: 1100, height: 800 }, phone: { width: 390, height: 844 } };

/** Where a picture ends, if the page goes on. */
const LONGEST = 3600;

// The port that the pictures show.
await using hosts = await startPageHosts(8080);
const asked = {
  good: [hosts.good],
  'three-faults': [hosts.broken],
  unreachable: [hosts.closed],
  table: hosts.fleet,
};

await mkdir(OUT, { recursive: true });
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
for (const [name, targets] of Object.entries(asked)) {
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const [device, viewport] of Object.entries(WIDTHS)) {
      const page = await browser.newPage({ colorScheme, viewport });
      await page.goto(hosts.url);
      await page.locator('#hosts').fill(targets.join('\n'));
      await page.getByRole('button', { name: 'Verify' }).click();
      await page.getByText(targets.length > 1 ? /^50 hosts: / : 'What was checked').waitFor();
      await page.evaluate('document.activeElement.blur(); document.getElementById("hosts").scrollTop = 0');
      const whole = Number(await page.evaluate('document.documentElement.scrollHeight'));
      const height = Math.min(whole, LONGEST);
      const path = join(OUT, `${name}-${colorScheme}-${device}.png`);
      await page.screenshot({ path, fullPage: true, clip: { x: 0, y: 0, width: viewport.width, height } });
      await page.close();
    }
  }
}
await browser.close();
