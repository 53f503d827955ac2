import { readFileSync } from 'node:fs';

/** Case ids of docs/divergences.md with the reason why we differ: rows of the form `| \`id\` | … | reason |`. */
export type Divergences = ReadonlyMap<string, string>;

/** Throws for a row without a reason, or one that stands there twice. */
export function parseDivergences(markdown: string): Divergences {
  const found = new Map<string, string>();
  for (const line of markdown.split('\n')) {
    const [, id, cells = ''] = /^\|\s*`([\w-]+(?:::[\w.-]+)+)`\s*\|(.*)\|\s*$/.exec(line) ?? [];
    if (id === undefined) continue;
    const reason = (cells.split('|').at(-1) ?? '').trim();
    if (reason === '') throw new Error(`divergence ${id} has no reason`);
    if (found.has(id)) throw new Error(`divergence ${id} is listed twice`);
    found.set(id, reason);
  }
  return found;
}

export function readDivergences(): Divergences {
  return parseDivergences(readFileSync(new URL('../../docs/divergences.md', import.meta.url), 'utf8'));
}
