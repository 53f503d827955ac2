/**
 * Writes the results of `npm run bench -- compare` between the markers of docs/performance.md, and what they mean for a
 * fleet between those of docs/scale.md:
 *   npm run bench -- table WARM.json [COLD.json …]
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { CAPACITY_ROW, capacitySection } from './capacity-section.ts';
import type { BenchResults, ResultRow } from './results.ts';

const all = process.argv.slice(2).map((file) => JSON.parse(readFileSync(file, 'utf8')) as BenchResults);
writeBetween('docs/performance.md', 'results', all.map(sectionOf).join('\n'));
const measured = all
  .filter(({ cold }) => !cold)
  .flatMap(({ rows }) => rows)
  .find((row) => Object.entries(CAPACITY_ROW).every(([column, value]) => row[column as keyof ResultRow] === value));
if (measured?.cpu_ms) writeBetween('docs/scale.md', 'capacity', capacitySection(measured.cpu_ms));
else console.error('docs/scale.md is left as it is: no file has', CAPACITY_ROW);

function writeBetween(document: string, name: string, content: string): void {
  const [begin, end] = [`<!-- ${name}:begin (npm run bench -- table) -->`, `<!-- ${name}:end -->`];
  const text = readFileSync(document, 'utf8');
  const [before, rest] = text.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`${document} has no markers for ${name}`);
  writeFileSync(document, `${before}${begin}\n${content}${end}${after}`);
}

function sectionOf({ machine, versions, cold, count, rounds, rows }: BenchResults): string {
  const known = Object.entries(versions).filter(([, version]) => version);
  return [
    cold ? '### Every chain seen for the first time\n' : '### Warm\n',
    `Machine: ${machine.cpu}, ${machine.cores} cores, ${machine.memory_gb} GB, Linux ${machine.kernel}.`,
    `${known.map(([name, version]) => `${name}: ${version}`).join('; ')}.`,
    `Medians of ${rounds} rounds of ${count} verifications (500 one at a time, and of curl).\n`,
    '| key | at once | program | processor, ms | to bare | a second | p50, ms | p99, ms | p99 to bare | resident, MB |',
    '|---|---|---|---|---|---|---|---|---|---|',
    ...rows.map(lineOf),
    '',
  ].join('\n');
}

function lineOf(row: ResultRow): string {
  const cells = [
    row.key,
    row.concurrency,
    row.name,
    fixed(row.cpu_ms, 2),
    fixed(row.cpu_ratio, 2),
    fixed(row.per_second, 0),
    fixed(row.p50_ms, 1),
    fixed(row.p99_ms, 1),
    fixed(row.p99_ratio, 2),
    fixed(row.rss_mb, 0),
  ];
  return `| ${cells.join(' | ')} |`;
}

function fixed(value: number | null, digits: number): string {
  return value === null ? '-' : value.toFixed(digits);
}
