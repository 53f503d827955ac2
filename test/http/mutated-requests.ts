import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { document } from '../support/contract.ts';

/** Requests for every operation of the API document: mostly right, with something in them that is not. */
export interface MutatedRequest {
  /** As the document names it: `GET /codes/{code}`. */
  readonly operation: string;
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | null;
}

interface Operation {
  readonly name: string;
  readonly method: string;
  readonly template: string;
  readonly parameters: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema: { readonly enum?: readonly string[] };
  }[];
  /** Media types of its body. */
  readonly consumes: readonly string[];
  /** Media types of its good answers. */
  readonly produces: readonly string[];
}

const METHODS = ['get', 'post', 'put', 'delete', 'patch'];

export const OPERATIONS: readonly Operation[] = Object.entries<Record<string, never>>(document.paths).flatMap(
  ([template, item]) =>
    Object.entries<{
      parameters?: [];
      requestBody?: { content: object };
      responses: Record<string, { content?: object }>;
    }>(item)
      .filter(([method]) => METHODS.includes(method))
      .map(([method, { parameters = [], requestBody, responses }]) => ({
        name: `${method.toUpperCase()} ${template}`,
        method: method.toUpperCase(),
        template,
        parameters,
        consumes: Object.keys(requestBody?.content ?? {}),
        produces: Object.keys(responses[200]?.content ?? {}),
      })),
);

const examples = JSON.parse(readFileSync(join(import.meta.dirname, '../../src/http/examples.json'), 'utf8'));

/** A port at which something answers; at all others nobody does. */
export const ANSWERING_PORT = 8443;

const BODIES: Readonly<Record<string, readonly string[]>> = {
  '/verify': [
    ...Object.values(examples.requests).map((each) => JSON.stringify(each)),
    JSON.stringify({ host: 'a.example', port: ANSWERING_PORT, include: ['pem', 'details'] }),
  ],
  '/verify/batch': [
    JSON.stringify({ targets: ['a.example', { host: 'b.example', port: ANSWERING_PORT }], concurrency: 2 }),
    JSON.stringify({ targets: [{ host: 'a.example' }], defaults: { policy: { profile: 'webpki' } } }),
  ],
};
const LISTS = [`a.example\n# no target\n\nb.example:${ANSWERING_PORT}\n[::1]:443\n`, 'a.example', 'a b\n-\n'];

/** Values that do for a parameter, where its schema does not list them. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  target: ['a.example', `a.example:${ANSWERING_PORT}`, '[2001:db8::1]:443', 'bücher.example'],
  host: ['a.example', '127.0.0.1', 'bücher.example'],
  port: ['443', String(ANSWERING_PORT)],
  name: ['public', 'system'],
  code: ['cert_expired', 'invalid_request'],
  ca: ['public', 'public,system', 'nobody'],
  preset: ['nobody'],
  module: ['nobody'],
  connect_to: ['b.example:443'],
  timeout_ms: ['1000'],
  max_age_seconds: ['0', '60'],
  concurrency: ['1', '8'],
};

/** Values that have broken parsers: at the edge of a type, of a limit, or of meaning. */
const HOSTILE: readonly unknown[] = [
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
  ...['%', '%00', '%c3%28', 'a%2fb', '\ud800', 'constructor', [], {}, [[]], ['pem', 'pem'], Array(200).fill('a')],
];
const hostile = fc.constantFrom(...HOSTILE);
const hostileText = hostile.map((value) => String(value).toWellFormed());

/** Mostly one of these. */
const mostly = <Value>(right: fc.Arbitrary<Value>, wrong: fc.Arbitrary<Value>) =>
  fc.oneof({ weight: 8, arbitrary: right }, { weight: 1, arbitrary: wrong });

const memberNames = fc.constantFrom(
  ...new Set(
    Object.values(BODIES).flatMap((texts) =>
      texts.flatMap((text) => [...text.matchAll(/"(\w+)":/g)].map(([, name = '']) => name)),
    ),
  ),
);

const anyNames = fc.string({ maxLength: 12 });
const requestIds = fc.string({ unit: 'binary-ascii', maxLength: 10 }).map((text) => text.replace(/[^ -~]/g, '').trim());

/** The document with one of its values, or a new member somewhere, replaced. */
function withChange(text: string, place: number, value: unknown, name: string): string {
  let at = place;
  return (
    JSON.stringify(JSON.parse(text), (_key, current) => {
      if (at-- === 0) return value;
      const isObject = typeof current === 'object' && current !== null && !Array.isArray(current);
      return isObject && at-- === 0 ? { ...current, [name]: value } : current;
    }) ?? ''
  );
}

function jsonBody(texts: readonly string[]): fc.Arbitrary<string> {
  const changed = fc
    .tuple(fc.constantFrom(...texts), fc.nat(24), hostile, fc.oneof(memberNames, anyNames))
    .map(([text, place, value, name]) => withChange(text, place, value, name));
  return fc.oneof({ weight: 1, arbitrary: fc.constantFrom(...texts) }, { weight: 4, arbitrary: changed });
}

/** Octets changed in place, or cut off, now and then. */
function withOctetsChanged(text: fc.Arbitrary<string>): fc.Arbitrary<Buffer> {
  const changes = mostly(
    fc.constant<[number, number][]>([]),
    fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
  );
  return fc.tuple(text, changes, mostly(fc.constant(null), fc.nat())).map(([whole, octets, cut]) => {
    const bytes = Buffer.from(whole);
    for (const [at, octet] of octets) if (bytes.length > 0) bytes[at % bytes.length] = octet;
    return cut === null ? bytes : bytes.subarray(0, cut % (bytes.length + 1));
  });
}

function headersOf({ produces }: Operation, type: string): fc.Arbitrary<Record<string, string>> {
  const accepted = fc.constantFrom('*/*', ...produces, `${produces[0]};q=0.5, */*;q=0.1`);
  return fc.record(
    {
      Host: mostly(fc.constant('localhost'), fc.constantFrom('a b', '[', 'evil.example', '127.0.0.1:80')),
      'Content-Type': mostly(
        fc.constant(type),
        fc.constantFrom('application/json; charset=latin1', 'text/plain', 'x', 'application/json'),
      ),
      Accept: mostly(accepted, fc.constantFrom('image/png', ';q=', ',,,', 'application/junit+xml', 'text/*;q=0')),
      Origin: mostly(fc.constant('http://localhost'), fc.constantFrom('null', 'https://evil.example')),
      'X-Request-Id': requestIds,
      'X-Prometheus-Scrape-Timeout-Seconds': fc.constantFrom('0', '-1', '1e9', 'x', '10'),
      'Content-Encoding': mostly(fc.constant('identity'), fc.constantFrom('gzip', '')),
      'Sec-Fetch-Site': mostly(fc.constant('same-origin'), fc.constantFrom('cross-site', 'none')),
    },
    { requiredKeys: ['Host', 'Content-Type'] },
  );
}

function parameterValue({ name, schema }: Operation['parameters'][number]): fc.Arbitrary<string> {
  const right = schema.enum ?? VALUES[name] ?? ['1'];
  return mostly(fc.constantFrom(...right.map(String)), hostileText);
}

function pathOf({ template, parameters }: Operation): fc.Arbitrary<string> {
  const inPath = parameters.filter((each) => each.in === 'path');
  const values = fc.tuple(...inPath.map(parameterValue));
  // A check takes any path behind its target.
  const tail = template.startsWith('/check/')
    ? mostly(fc.constant(''), fc.constantFrom('/', '/a?b=c', '//', '/%2f', '/a%00'))
    : fc.constant('');
  return fc.tuple(values, tail).map(([given, rest]) => {
    const filled = inPath.reduce(
      (path, { name }, index) => path.replace(`{${name}}`, encodeURIComponent(given[index] ?? '')),
      template,
    );
    // A URL has no such segments: it would be another path before it is sent.
    return /\/(?:\.|%2e){1,2}$/i.test(filled) || (filled.endsWith('/') && template !== '/') ? template : filled + rest;
  });
}

const strayQueries = fc.constantFrom(
  '&&',
  '=',
  'a',
  '%',
  '%zz=1',
  'host=',
  '?',
  'port=1&port=2',
  'a[]=1',
  '+',
  '%00=%00',
);

function queryOf({ parameters }: Operation): fc.Arbitrary<string> {
  const known = parameters.filter((each) => each.in === 'query');
  const pair = (name: fc.Arbitrary<string>, value: fc.Arbitrary<string>) =>
    fc.tuple(name, value).map(([key, text]) => `${encodeURIComponent(key)}=${encodeURIComponent(text)}`);
  const own = known.map((each) =>
    fc.option(pair(fc.constant(each.name), parameterValue(each)), {
      nil: '',
      freq: each.required === true ? 12 : 2,
    }),
  );
  const stray = mostly(fc.constant(''), fc.oneof(pair(memberNames, hostileText), strayQueries));
  return fc.tuple(...own, stray).map((parts) => parts.filter((part) => part !== '').join('&'));
}

/** @param type the media type of its body */
function requestOf(operation: Operation, type: string): fc.Arbitrary<MutatedRequest> {
  const method = mostly(fc.constant(operation.method), otherMethods);
  const text = type === 'application/json' ? jsonBody(BODIES[operation.template] ?? ['{}']) : fc.constantFrom(...LISTS);
  return fc
    .tuple(pathOf(operation), queryOf(operation), method, headersOf(operation, type), withOctetsChanged(text))
    .map(([path, query, how, headers, body]) => ({
      operation: operation.name,
      method: how,
      path: query === '' ? path : `${path}${path.includes('?') ? '&' : '?'}${query}`,
      headers: Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined)),
      body: how === 'GET' || how === 'HEAD' ? null : body,
    }));
}

const otherMethods = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'OPTIONS', 'DELETE');

const strayPaths = fc
  .array(
    fc.constantFrom(
      '',
      'verify',
      'batch',
      'check',
      'codes',
      'authorities',
      'livez',
      'x',
      '%2f',
      '%00',
      ';',
      ':',
      '~',
      'a b',
    ),
  )
  .map((segments) => `/${segments.map((segment) => segment.replace(' ', '%20')).join('/')}`)
  // A URL that begins so names a host.
  .filter((path) => !path.startsWith('//'));

/** What has a body to be mutated is asked most often. */
export const mutatedRequests: fc.Arbitrary<MutatedRequest> = fc.oneof(
  ...OPERATIONS.flatMap((operation) =>
    (operation.consumes.length === 0 ? ['text/plain'] : operation.consumes).map((type) => ({
      weight: operation.consumes.length > 0 ? 8 : operation.parameters.length > 0 ? 3 : 1,
      arbitrary: requestOf(operation, type),
    })),
  ),
  {
    weight: 1,
    arbitrary: strayPaths.map((path) => ({
      operation: '',
      method: 'GET',
      path,
      headers: { Host: 'localhost' },
      body: null,
    })),
  },
);
