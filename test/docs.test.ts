import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const list = (folder: string, ending: string) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(ending))
    .map((file) => join(folder, file));

const pages = ['README.md', 'CHANGELOG.md', ...list('docs', '.md')];
const operations = read('docs/operations.md');
const code = list('src', '.ts').map(read).join('\n');

/** First cells of the table under a heading: everything in backquotes there. */
function documented(heading: string): string[] {
  const section = operations.split(/^## /m).find((each) => each.startsWith(`${heading}\n`)) ?? '';
  const cells = section.split('\n').map((line) => /^\| ([^|]+) \|/.exec(line)?.[1] ?? '');
  return cells.flatMap((cell) => Array.from(cell.matchAll(/`([^`]+)`/g), ([, text = '']) => text)).sort();
}

describe('the pages', () => {
  it('are found', () => expect(pages.length).toBeGreaterThan(5));

  it.each(pages)('%s links to files that exist', (page) => {
    const targets = Array.from(read(page).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g), ([, target = '']) => target);
    expect(targets.filter((target) => !existsSync(join(ROOT, dirname(page), target)))).toEqual([]);
  });

  it.each(pages)('%s links to headings that exist', (page) => {
    const links = Array.from(read(page).matchAll(/\]\(([^)#:]*)#([^)]+)\)/g), ([, target = '', anchor = '']) => ({
      to: target === '' ? page : join(dirname(page), target),
      anchor,
    }));
    expect(links.filter(({ to, anchor }) => to.endsWith('.md') && !anchorsOf(to).includes(anchor))).toEqual([]);
  });
});

describe('the bounds that are no settings', () => {
  const UNITS: Readonly<Record<string, number>> = { s: 1000, KiB: 1024, MiB: 1024 ** 2 };
  const rows = Array.from(
    read('README.md').matchAll(/^\|[^|]+\| (\d+)(?: (s|KiB|MiB))? \|[^|]+\| `([A-Z_]+)` \|$/gm),
    ([, count = '', unit = '', name = '']) => ({ name, value: Number(count) * (UNITS[unit] ?? 1) }),
  );
  /** `2 * 1024 * 1024` and `15_000` as numbers. */
  const numberOf = (product: string) =>
    product.split('*').reduce((total, factor) => total * Number(factor.replaceAll('_', '')), 1);

  it('are found', () => expect(rows.length).toBeGreaterThan(10));

  it.each(rows)('$name is what README says', ({ name, value }) => {
    const declared = Array.from(
      code.matchAll(new RegExp(`^(?:export )?const ${name} = ([\\d_* ]+);`, 'gm')),
      ([, text = '']) => numberOf(text),
    );
    expect(declared).toContain(value);
  });
});

/** The anchors of a page, as GitHub makes them of its headings. */
function anchorsOf(page: string): readonly string[] {
  return Array.from(read(page).matchAll(/^#{1,6} (.+)$/gm), ([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{Letter}\p{Number}\p{Mark} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe('docs/images', () => {
  it('has no picture that no page shows', () => {
    const shown = pages.flatMap((page) =>
      Array.from(read(page).matchAll(/\]\(([^)#:]+\.png)\)/g), ([, target = '']) => join(dirname(page), target)),
    );
    expect(list('docs/images', '.png').filter((picture) => !shown.includes(picture))).toEqual([]);
  });
});

describe('docs/operations.md', () => {
  it('names every message of the log, and no other', () => {
    // The message is the last argument; what stands before it has no string that ends a call.
    const calls = code.matchAll(/logger\.(?:info|warn|error|fatal)\([^;]*?(?<!get\()'([^'\n]+)',?\s*\)/g);
    const messages = Array.from(calls, ([, message = '']) => message);
    expect(messages.length).toBeGreaterThan(15);
    expect(documented('Log')).toEqual([...new Set(messages)].sort());
  });

  it('names every metric of the service, and no other', () => {
    const sources = ['metrics', 'worker-metrics'].map((name) => read(`src/observability/${name}.ts`)).join('\n');
    const names = Array.from(sources.matchAll(/'(tls_verdict_[a-z_]+[a-z])'/g), ([, name]) => name);
    expect(documented('Metrics')).toEqual([...new Set(names)].sort());
  });

  it('names settings that exist', async () => {
    const { SETTINGS } = await import('../src/config.ts');
    const known: string[] = Object.values(SETTINGS).map(({ variable }) => variable);
    const named = Array.from(operations.matchAll(/`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)`/g), ([, name = '']) => name);
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((name) => !known.includes(name))).toEqual([]);
  });
});
