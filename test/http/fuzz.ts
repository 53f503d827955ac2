import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { systemConnect } from '../../src/net/connect.ts';
import { requestByContract } from '../support/contract.ts';
import { startService } from '../support/service.ts';

/**
 * Mutated requests against the whole service. Each answer must be as the API document says, and none a 5xx but a
 * verdict or `overloaded`. Prints the seed, and the smallest request that breaks this.
 */
const { values } = parseArgs({
  options: { requests: { type: 'string', default: '200000' }, seed: { type: 'string' } },
});
const seed = values.seed === undefined ? Math.trunc(Math.random() * 2 ** 31) : Number(values.seed);

const { app } = await startService(
  { TARGET_LIMIT: 'off', LOG_LEVEL: 'error' },
  {
    at: new Date(),
    // Nothing of this machine is reached but a port that nobody listens on.
    lookUp: async () => ['127.0.0.1'],
    connect: ({ address }) => systemConnect({ address, port: 1 }),
  },
);

const examples = JSON.parse(readFileSync(join(import.meta.dirname, '../../src/http/examples.json'), 'utf8'));
const bodies: string[] = Object.values(examples.requests).map((each) => JSON.stringify(each));
const batch = JSON.stringify({ targets: ['a.example', { host: 'b.example', port: 8443 }] });

/** Values that have broken parsers: at the edge of a type, of a limit, or of meaning. */
const hostile = fc.constantFrom<unknown>(
  ...[
    null,
    true,
    -1,
    0,
    1,
    65_535,
    65_536,
    1e308,
    0.5,
    '',
    ' ',
    '.',
    '..',
    '\u0000',
    '\u202e',
    '[::1]',
    '[::',
    '::1%lo',
  ],
  ...['127.0.0.1', '0x7f.1', '2130706433', 'xn--', 'a'.repeat(64), `${'a.'.repeat(127)}a`, 'ａ.example', '__proto__'],
  ...['1970-01-01T00:00:00Z', '9999-12-31T23:59:60Z', '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----'],
  ...[[], {}, [[]], ['pem', 'pem'], Array.from({ length: 200 }, () => 'a')],
);

/** The document with one of its values, or a new member somewhere, replaced by a hostile one. */
function mutated(text: string, place: number, value: unknown, name: string): string {
  let at = place;
  return JSON.stringify(JSON.parse(text), (_key, current) => {
    if (at-- === 0) return value;
    const isObject = typeof current === 'object' && current !== null && !Array.isArray(current);
    return isObject && at-- === 0 ? { ...current, [name]: value } : current;
  });
}

const names = fc.constantFrom(
  ...new Set(bodies.flatMap((body) => [...body.matchAll(/"(\w+)":/g)].map(([, name = '']) => name))),
);
const document = fc
  .tuple(fc.constantFrom(...bodies, batch), fc.nat(24), hostile, fc.oneof(names, fc.string({ maxLength: 12 })))
  .map(([text, place, value, name]) => mutated(text, place, value, name) ?? '');
/** Octets changed in place, or cut off. */
const bytes = fc
  .tuple(document, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }), fc.option(fc.nat()))
  .map(([text, changes, cut]) => {
    const buffer = Buffer.from(text);
    for (const [at, octet] of changes) if (buffer.length > 0) buffer[at % buffer.length] = octet;
    return cut === null ? buffer : buffer.subarray(0, cut % (buffer.length + 1));
  });
const query = fc.oneof(
  fc.constant(''),
  fc.webQueryParameters(),
  fc
    .array(fc.tuple(fc.oneof(names, fc.constantFrom('fail_status', 'format', 'target', 'module')), hostile), {
      maxLength: 3,
    })
    .map((pairs) =>
      pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`).join('&'),
    ),
);
const path = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('/verify', '/verify', '/verify/batch') },
  fc.constantFrom(
    '/authorities',
    '/authorities/public',
    '/codes',
    '/codes/cert_expired',
    '/livez',
    '/readyz',
    '/metrics',
    '/probe',
  ),
  fc
    .tuple(fc.constantFrom('check', 'authorities', 'codes', 'x'), hostile)
    .map(([folder, value]) => `/${folder}/${encodeURIComponent(String(value))}`)
    // A URL has no such segments: they would be another path before they are sent.
    .filter((text) => !/\/\.{0,2}$/.test(text)),
);
/** Mostly what is right, since a wrong header alone is refused before the body is looked at. */
const mostly = (right: string, ...wrong: string[]) =>
  fc.oneof({ weight: 9, arbitrary: fc.constant(right) }, { weight: 1, arbitrary: fc.constantFrom(...wrong) });
const headers = fc.record(
  {
    'Content-Type': mostly('application/json', 'application/json; charset=latin1', 'text/plain', 'x'),
    Accept: mostly('*/*', 'application/json', 'text/html', 'application/health+json', 'image/png', ';q=', ',,,'),
    Origin: mostly('http://localhost', 'null', 'https://evil.example'),
    Host: mostly('localhost', 'a b', '[', 'evil.example', '127.0.0.1:80'),
    'X-Request-Id': fc
      .string({ unit: 'binary-ascii', maxLength: 10 })
      .map((text) => text.replace(/[^ -~]/g, '').trim()),
    'X-Prometheus-Scrape-Timeout-Seconds': fc.constantFrom('0', '-1', '1e9', 'x', '10'),
  },
  { requiredKeys: ['Host', 'Content-Type'] },
);
const method = fc.constantFrom('POST', 'POST', 'POST', 'GET', 'HEAD', 'PUT', 'OPTIONS', 'DELETE');

const requests = Number(values.requests);
console.log(`${requests} requests, seed ${seed}`);
const statuses = new Map<number, number>();
await fc.assert(
  fc.asyncProperty(path, query, method, headers, bytes, async (where, parameters, how, given, body) => {
    const target = parameters === '' ? where : `${where}?${parameters}`;
    const isBodiless = how === 'GET' || how === 'HEAD';
    const response = await requestByContract(app, target, {
      method: how,
      headers: Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Record<
        string,
        string
      >,
      ...(!isBodiless && { body }),
    });
    statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
    if (response.status < 500 || response.headers.has('X-Verdict')) return;
    const { code } = (await response.json()) as { code: string };
    if (code !== 'overloaded') throw new Error(`${response.status} ${code}`);
  }),
  { numRuns: requests, seed },
);
for (const [status, count] of [...statuses].sort()) console.log(`${status}: ${count}`);
process.exit(0);
