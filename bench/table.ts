/**
 * Writes the results of `npm run bench -- compare` into docs/performance.md, between its markers:
 *   npm run bench -- table WARM.json [COLD.json …]
 */
import { readFileSync, writeFileSync } from 'node:fs';
import type { BenchResults, ResultRow } from './results.ts';

const DOCUMENT = 'docs/performance.md';
const BEGIN = '<!-- results:begin (npm run bench -- table) -->';
const END = '<!-- results:end -->';

const parts = process.argv.slice(2).map((file) => sectionOf(JSON.parse(readFileSync(file, 'utf8')) as BenchResults));
const text = readFileSync(DOCUMENT, 'utf8');
const [before, rest] = text.split(BEGIN);
const after = rest?.split(END)[1];
if (before === undefined || after === undefined) throw new Error(`${DOCUMENT} has no markers`);
writeFileSync(DOCUMENT, `${before}${BEGIN}\n${parts.join('\n')}${END}${after}`);

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
