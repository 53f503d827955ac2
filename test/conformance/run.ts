import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { startService } from '../support/service.ts';
import { readDivergences } from './divergences.ts';
import { canBeServed, isSame, judgeBothWays } from './handshake.ts';
import { readCases, readWarnings } from './limbo-case.ts';
import { type Outcome, type Post, prepareCase, runCase } from './outcome.ts';
import { compare, formatDisagreement, formatProcessorTime, formatTable, tallies } from './summary.ts';

const USAGE = 'usage: npm run conformance -- FILE [--json OUT] [--handshake]';

const options = { json: { type: 'string' }, handshake: { type: 'boolean', default: false } } as const;
const { values, positionals } = parseArgs({ options, allowPositionals: true });
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
const differing = values.handshake ? await serveAll() : 0;
process.exitCode = failed + differing > 0 ? 1 : 0;

/** Serves every BetterTLS case in a real handshake; how many get another verdict than their chain in a request. */
async function serveAll(): Promise<number> {
  const post = await startPost();
  const served = readCases(file ?? '').filter((limbo) => limbo.id.startsWith('bettertls::') && canBeServed(limbo));
  const differing: string[] = [];
  for (const limbo of served) {
    const both = await judgeBothWays(limbo, post);
    if (!isSame(both)) differing.push(`  ${both.id}\n    ${both.byRequest}\n    ${both.byHandshake}`);
  }
  list('ANOTHER VERDICT BY HANDSHAKE', differing);
  console.log(`\nhandshake: ${served.length - differing.length} of ${served.length} the same, ${differing.length} not`);
  return differing.length;
}

async function startPost(): Promise<Post> {
  const { app } = await startService();
  return async (body) =>
    await app.request('/verify', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
}

/** One case after the other, so that processor time belongs to one of them. */
async function runAll(): Promise<Outcome[]> {
  const post = await startPost();
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
