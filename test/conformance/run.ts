import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { startService } from '../support/service.ts';
import { readDivergences } from './divergences.ts';
import { readCases, readWarnings } from './limbo-case.ts';
import { type Outcome, type Post, prepareCase, runCase } from './outcome.ts';
import { compare, formatDisagreement, formatProcessorTime, formatTable, tallies } from './summary.ts';

const USAGE = 'usage: npm run conformance -- FILE [--json OUT]';

const { values, positionals } = parseArgs({ options: { json: { type: 'string' } }, allowPositionals: true });
const [file, ...others] = positionals;
if (file === undefined || others.length > 0) {
  console.error(USAGE);
  process.exit(2);
}

const annotations = join(dirname(file), 'bettertls-annotations.json');
const warnings = existsSync(annotations) ? readWarnings(annotations) : new Set<string>();
const outcomes = await runAll();
const { unexplained, explained, outdated } = compare(outcomes, readDivergences());
const rows = tallies(outcomes);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ file, rows, outcomes }, null, 1)}\n`);

console.log(formatTable(rows));
console.log(`\n${formatProcessorTime(outcomes)}`);
list(
  'listed in docs/divergences.md',
  explained.map(({ outcome, reason }) => `${formatDisagreement(outcome)}: ${reason}`),
);
list('NOT LISTED', unexplained.map(formatDisagreement));
list(
  'LISTED, BUT RIGHT: remove from docs/divergences.md',
  outdated.map((id) => `  ${id}`),
);
const failed = unexplained.length + outdated.length;
const passed = outcomes.filter(({ result }) => result !== 'not-claimed').length - failed;
console.log(`\nconformance: ${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

/** One case after the other, so that processor time belongs to one of them. */
async function runAll(): Promise<Outcome[]> {
  const { app } = await startService();
  const post: Post = async (body) =>
    await app.request('/verify', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
  const cases = readCases(file ?? '').map((limbo) => prepareCase(limbo, warnings));
  // Once before measuring: the first request of a process compiles everything.
  for (const first of cases.slice(0, 1)) await runCase(first, post);
  // What reading the file has left behind would be collected during some case, and counted as its work.
  globalThis.gc?.();
  const done: Outcome[] = [];
  for (const prepared of cases) done.push(await runCase(prepared, post));
  return done;
}

function list(title: string, lines: readonly string[]): void {
  if (lines.length > 0) console.log(`\n${title} (${lines.length}):\n${lines.join('\n')}`);
}
