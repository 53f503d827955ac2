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

await using hosts = await startPageHosts();
const table = Array.from(
  { length: 50 },
  (_, index) => [hosts.good, hosts.good, hosts.broken, hosts.closed][index % 4] ?? '',
);
const asked = { good: [hosts.good], 'three-faults': [hosts.broken], unreachable: [hosts.closed], table };

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
      await page.screenshot({
        path: join(OUT, `${name}-${colorScheme}-${device}.png`),
        fullPage: targets.length === 1,
      });
      await page.close();
    }
  }
}
await browser.close();
