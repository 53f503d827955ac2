import { once } from 'node:events';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { ask, faultsOf, requestFor, startDemoService } from './service.ts';
import { renderTable } from './table.ts';

/** `npm run demo`: sets up a small company on loopback and asks the service about each of its hosts. */
async function run(): Promise<boolean> {
  const { values } = parseArgs({ options: { serve: { type: 'boolean', default: false } } });
  await using running = await startDemoService({
    LOG_LEVEL: 'warn',
    // Where the curl lines of the README look, when somebody is to try them.
    PORT: values.serve ? process.env.PORT : '0',
  });
  const { demo, origin } = running;
  const rows = await Promise.all(
    demo.hosts.map(async (host) => ({ ...host, verdict: await ask(origin, requestFor(host)) })),
  );
  console.log(`\n${renderTable(rows, process.stdout.columns ?? DEFAULT_COLUMNS)}\n`);
  const surprises = rows.filter(({ verdict, expected }) => codes(faultsOf(verdict)) !== codes(expected));
  for (const { host, expected, verdict } of surprises) {
    console.error(`${host}: expected ${codes(expected) || 'nothing'}, got ${codes(faultsOf(verdict)) || 'nothing'}`);
  }
  const asExpected = rows.length - surprises.length;
  console.log(`${asExpected} of ${rows.length} hosts have exactly the faults that they were built with.`);
  if (values.serve) {
    console.log(`\nThe service listens on ${origin} and knows the CA as "corp"; Ctrl-C ends it. Try:\n`);
    for (const host of demo.hosts) console.log(curlLine(origin, requestFor(host)));
    await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  } else {
    console.log('"npm run demo -- --serve" keeps them up, to be asked with curl.');
  }
  return surprises.length === 0;
}

/** Of a terminal that does not say. */
const DEFAULT_COLUMNS = 120;

function codes(list: readonly (string | { readonly code: string })[]): string {
  return list.map((each) => (typeof each === 'string' ? each : each.code)).join(', ');
}

function curlLine(origin: string, body: object): string {
  return `curl -s --json '${JSON.stringify(body)}' ${origin}/verify`;
}

process.exitCode = (await run()) ? 0 : 1;
