import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { readPem } from '../../src/x509/pem.ts';
import { type Campaign, runCampaign } from './campaign.ts';
import { TARGETS, type TargetRow } from './targets.ts';

const USAGE = `usage: npm run fuzz -- (--seconds N | --executions N) [--target NAME] [--seed N] [--certificates FILE]
targets: ${TARGETS.map(({ name }) => name).join(', ')}`;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string' },
    executions: { type: 'string' },
    target: { type: 'string' },
    seed: { type: 'string' },
    certificates: { type: 'string' },
  },
});
const seconds = count(values.seconds) ?? Number.POSITIVE_INFINITY;
const executions = count(values.executions) ?? Number.POSITIVE_INFINITY;
const rows = TARGETS.filter(({ name }) => values.target === undefined || name === values.target);
if (rows.length === 0 || (seconds === Number.POSITIVE_INFINITY && executions === Number.POSITIVE_INFINITY)) exit(USAGE);
const seed = count(values.seed) ?? Math.trunc(Math.random() * 2 ** 32);
const certificates = values.certificates === undefined ? [] : certificatesOf(values.certificates);

console.log(`seed ${seed}`);
const shares = rows.reduce((sum, { share }) => sum + share, 0);
let total = 0;
for (const row of rows) total += (await run(row)).executions;
console.log(`${total} executions`);

/** `--seconds` and `--executions` are those of the whole run; each target has its share of them. */
async function run(row: TargetRow): Promise<Campaign> {
  const part = row.share / shares;
  const target = await row.load(certificates);
  const startedAt = performance.now();
  const before = process.cpuUsage();
  const campaign = await runCampaign(target, {
    name: row.name,
    seed,
    executions: executions === Number.POSITIVE_INFINITY ? executions : Math.ceil(executions * part),
    endAtMs: startedAt + seconds * 1000 * part,
  });
  const { user, system } = process.cpuUsage(before);
  const cost = Math.round((user + system) / campaign.executions);
  console.log(`${row.name}: ${campaign.executions} executions, ${campaign.behaviours} behaviours, ${cost} µs each`);
  if (campaign.finding !== null) {
    process.exitCode = 1;
    const { execution, input, error } = campaign.finding;
    console.log(`FINDING ${row.name} seed ${seed} execution ${execution}`);
    console.log(error instanceof Error ? error.stack : error);
    console.log(input.toString('base64'));
  }
  return campaign;
}

/** Certificates of any file that has PEM in it, also as JSON strings. */
function certificatesOf(file: string): readonly Buffer[] {
  const { blocks } = readPem(readFileSync(file, 'utf8').replaceAll('\\n', '\n').replaceAll('"', '\n'), 100_000);
  const found = blocks.filter(({ label, der }) => label === 'CERTIFICATE' && der.length <= 8192);
  return [...new Map(found.map(({ der }) => [der.toString('base64'), der])).values()];
}

function count(text: string | undefined): number | null {
  if (text === undefined) return null;
  if (!/^\d+$/.test(text)) exit(USAGE);
  return Number(text);
}

function exit(message: string): never {
  console.error(message);
  process.exit(2);
}
