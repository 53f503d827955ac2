import fc from 'fast-check';
import { type MutatedRequest, mutatedRequests } from './mutated-requests.ts';

/** Octets for one connection, and how they are sent. */
export interface WireRequest {
  /** What was done to the octets; null: nothing, so both requests get an answer by the API document. */
  readonly damage: string | null;
  readonly parts: readonly Buffer[];
  /** What the sender does behind the last octet. */
  readonly end: 'waits' | 'half-closes' | 'resets';
  /** The operation of the first request, as the API document names it; empty when it is none of them. */
  readonly operation: string;
  /** Address of loopback that it comes from: callers are told apart by it. */
  readonly from: string;
}

/** Comes behind a request, so that its connection ends, and so that an answer too many or too few is seen. */
export const LAST_REQUEST = 'GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
export const LAST_ANSWER = '{"status":"live"}';

/** A request whose parts can still be changed one by one. */
interface Draft {
  line: string;
  headers: [name: string, value: string][];
  body: Buffer;
  /** Ends each line of the head. */
  eol: string;
}

function draftOf({ method, path, headers, body }: MutatedRequest): Draft {
  const line = `${method} ${path} HTTP/1.1`;
  return { line, headers: Object.entries(headers), body: body ?? Buffer.alloc(0), eol: '\r\n' };
}

function set(draft: Draft, name: string, value: string | null): void {
  draft.headers = draft.headers.filter(([each]) => each.toLowerCase() !== name.toLowerCase());
  if (value !== null) draft.headers.push([name, value]);
}

const targetOf = ({ line }: Draft): string => line.slice(line.indexOf(' ') + 1, line.lastIndexOf(' '));

function retarget(draft: Draft, to: (target: string) => string): void {
  const [method = '', version = ''] = [draft.line.slice(0, draft.line.indexOf(' ')), draft.line.split(' ').at(-1)];
  draft.line = `${method} ${to(targetOf(draft))} ${version}`;
}

/** Puts the body into chunks of this many octets. */
function chunk(draft: Draft, size: number, { extension = '', trailer = '' } = {}): void {
  const chunks: Buffer[] = [];
  for (let at = 0; at < draft.body.length; at += size) {
    const part = draft.body.subarray(at, at + size);
    chunks.push(Buffer.from(`${part.length.toString(16)}${extension}\r\n`), part, Buffer.from('\r\n'));
  }
  draft.body = Buffer.concat([...chunks, Buffer.from(`0\r\n${trailer}\r\n`)]);
  set(draft, 'Content-Length', null);
  set(draft, 'Transfer-Encoding', 'chunked');
}

const announce = (draft: Draft): void => set(draft, 'Content-Length', String(draft.body.length));

/** Ways to send a body, none of which changes what is asked. */
const FRAMINGS: readonly ((draft: Draft) => void)[] = [
  announce,
  announce,
  (draft) => chunk(draft, 16),
  (draft) => chunk(draft, 4096, { extension: ';a="b"', trailer: 'X-Trailer: a\r\n' }),
  (draft) => {
    announce(draft);
    set(draft, 'Expect', '100-continue');
  },
  (draft) => {
    announce(draft);
    set(draft, 'Accept-Encoding', 'br, gzip');
  },
  (draft) => {
    announce(draft);
    set(draft, 'Accept-Encoding', 'gzip');
  },
];

/** What is no longer a request of HTTP/1.1, or one that means something else than its sender thinks. */
const DAMAGES: Readonly<Record<string, (draft: Draft) => void>> = {
  'no Host': (draft) => set(draft, 'Host', null),
  'two Hosts': (draft) => draft.headers.push(['host', 'localhost']),
  'an empty Host': (draft) => set(draft, 'Host', ''),
  'HTTP/1.0': (draft) => {
    draft.line = draft.line.replace(/1\.1$/, '1.0');
  },
  'HTTP/1.0 without Host': (draft) => {
    draft.line = draft.line.replace(/1\.1$/, '1.0');
    set(draft, 'Host', null);
  },
  'HTTP/2.0': (draft) => {
    draft.line = draft.line.replace(/1\.1$/, '2.0');
  },
  'no version': (draft) => {
    draft.line = draft.line.replace(/ HTTP\/1\.1$/, '');
  },
  'an absolute target': (draft) => retarget(draft, (path) => `http://localhost${path}`),
  'an absolute target of another host': (draft) => retarget(draft, (path) => `https://evil.example:1${path}`),
  'an absolute target with user info': (draft) => retarget(draft, (path) => `http://a:b@localhost${path}`),
  'a target of *': (draft) => retarget(draft, () => '*'),
  'a target without a slash': (draft) => retarget(draft, (path) => path.slice(1)),
  'a target of two slashes': (draft) => retarget(draft, (path) => `/${path}`),
  'a target with a fragment': (draft) => retarget(draft, (path) => `${path}#a`),
  'dot segments': (draft) => retarget(draft, (path) => `/check/a.example/..${path}`),
  'a backslash': (draft) => retarget(draft, (path) => `/\\a${path}`),
  'a space in the target': (draft) => retarget(draft, (path) => `${path} a`),
  'octets above ASCII in the target': (draft) => retarget(draft, (path) => `${path}é`),
  'a target of 20 KB': (draft) => retarget(draft, (path) => `${path}?${'x'.repeat(20_000)}`),
  'a method of another case': (draft) => {
    draft.line = draft.line.toLowerCase().replace('http/', 'HTTP/');
  },
  'a method that nobody has': (draft) => {
    draft.line = draft.line.replace(/^\w+/, 'BREW');
  },
  PROPFIND: (draft) => {
    draft.line = draft.line.replace(/^\w+/, 'PROPFIND');
  },
  CONNECT: (draft) => {
    draft.line = 'CONNECT a.example:443 HTTP/1.1';
  },
  'CONNECT to a path': (draft) => {
    draft.line = draft.line.replace(/^\w+/, 'CONNECT');
  },
  TRACE: (draft) => {
    draft.line = draft.line.replace(/^\w+/, 'TRACE');
  },
  'a request line of spaces': (draft) => {
    draft.line = '   ';
  },
  'empty lines before it': (draft) => {
    draft.line = `\r\n\r\n${draft.line}`;
  },
  'lines that end with LF': (draft) => {
    draft.eol = '\n';
  },
  'lines that end with CR': (draft) => {
    draft.eol = '\r';
  },
  'two lengths': (draft) => draft.headers.push(['Content-Length', '5'], ['Content-Length', '6']),
  'the same length twice': (draft) => draft.headers.push(['Content-Length', String(draft.body.length)]),
  'a list of lengths': (draft) => set(draft, 'Content-Length', '5, 5'),
  'a length that is too short': (draft) => set(draft, 'Content-Length', String(draft.body.length >> 1)),
  'a length that is too long': (draft) => set(draft, 'Content-Length', String(draft.body.length + 1000)),
  'a length above what is read': (draft) => set(draft, 'Content-Length', String(3 * 1024 * 1024)),
  'a negative length': (draft) => set(draft, 'Content-Length', '-1'),
  'a length with a sign': (draft) => set(draft, 'Content-Length', `+${draft.body.length}`),
  'a length of 2^64': (draft) => set(draft, 'Content-Length', '18446744073709551616'),
  'a length beside chunks': (draft) => {
    const { length } = draft.body;
    chunk(draft, 64);
    draft.headers.push(['Content-Length', String(length)]);
  },
  'chunks that are not the last coding': (draft) => {
    chunk(draft, 64);
    set(draft, 'Transfer-Encoding', 'chunked, gzip');
  },
  'another coding': (draft) => set(draft, 'Transfer-Encoding', 'gzip'),
  'a coding in capitals': (draft) => {
    chunk(draft, 64);
    set(draft, 'Transfer-Encoding', 'CHUNKED');
  },
  'chunks in HTTP/1.0': (draft) => {
    chunk(draft, 64);
    draft.line = draft.line.replace(/1\.1$/, '1.0');
  },
  'a chunk of 2^68 octets': (draft) => {
    set(draft, 'Content-Length', null);
    set(draft, 'Transfer-Encoding', 'chunked');
    draft.body = Buffer.from('FFFFFFFFFFFFFFFFF\r\n');
  },
  'a chunk whose size is none': (draft) => {
    set(draft, 'Content-Length', null);
    set(draft, 'Transfer-Encoding', 'chunked');
    draft.body = Buffer.from('x\r\n{}\r\n0\r\n\r\n');
  },
  'an extension of 20 KB': (draft) => chunk(draft, 64, { extension: `;${'x'.repeat(20_000)}` }),
  'trailers of 20 KB': (draft) => chunk(draft, 64, { trailer: `X: ${'x'.repeat(20_000)}\r\n` }),
  'a folded header': (draft) => draft.headers.push(['X', 'a\r\n b']),
  'a space before a colon': (draft) => draft.headers.push(['X ', 'a']),
  'a header without a name': (draft) => draft.headers.push(['', 'a']),
  'NUL in a header': (draft) => draft.headers.push(['X', 'a\0']),
  'octets above ASCII in a header': (draft) => draft.headers.push(['X-Request-Id', 'é\xff']),
  'a header of 20 KB': (draft) => draft.headers.push(['X', 'x'.repeat(20_000)]),
  'headers of 15 KB': (draft) => draft.headers.push(['X', 'x'.repeat(15_000)]),
  '200 headers': (draft) => draft.headers.push(...Array.from({ length: 200 }, (): [string, string] => ['a', 'b'])),
  '4000 headers': (draft) => draft.headers.push(...Array.from({ length: 4000 }, (): [string, string] => ['a', 'b'])),
  'a prototype for a header': (draft) => draft.headers.push(['__proto__', 'a'], ['constructor', 'b']),
  'an expectation that nobody meets': (draft) => set(draft, 'Expect', '200-maybe'),
  'an upgrade to a WebSocket': (draft) => {
    set(draft, 'Connection', 'Upgrade');
    draft.headers.push(['Upgrade', 'websocket'], ['Sec-WebSocket-Version', '13']);
  },
  'an upgrade to HTTP/2': (draft) => {
    set(draft, 'Connection', 'Upgrade, HTTP2-Settings');
    draft.headers.push(['Upgrade', 'h2c'], ['HTTP2-Settings', 'AAMAAABkAAQAAP__']);
  },
  'a connection that is kept': (draft) => set(draft, 'Connection', 'keep-alive'),
  'a connection that closes': (draft) => set(draft, 'Connection', 'close'),
  'TLS before it': (draft) => {
    draft.line = `\x16\x03\x01\x00\x05hello${draft.line}`;
  },
  'the preface of HTTP/2': (draft) => {
    draft.line = `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${draft.line}`;
  },
};

function bytesOf({ line, headers, body, eol }: Draft): Buffer {
  const lines = [line, ...headers.map(([name, value]) => `${name}: ${value}`)];
  return Buffer.concat([Buffer.from(`${lines.join(eol)}${eol}${eol}`, 'latin1'), body]);
}

function isLast({ line, headers }: Draft): boolean {
  return line.endsWith('1.0') || headers.some(([name, value]) => name === 'Connection' && value === 'close');
}

function split(bytes: Buffer, at: readonly number[]): Buffer[] {
  const places = [0, ...at.map((each) => each % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return places.slice(1).map((place, index) => bytes.subarray(places[index], place));
}

interface Choices {
  readonly request: MutatedRequest;
  readonly frame: (typeof FRAMINGS)[number];
  readonly damage: string | null;
  /** Octets changed in place, by position. */
  readonly octets: readonly (readonly [number, number])[];
  /** Where it ends too early. */
  readonly cut: number | null;
  readonly parts: readonly number[];
  readonly end: 'half-closes' | 'resets';
  readonly caller: number;
}

function toWire({ request, frame, damage, octets, cut, parts, end, caller }: Choices): WireRequest {
  const draft = draftOf(request);
  frame(draft);
  if (damage !== null) DAMAGES[damage]?.(draft);
  const bytes = bytesOf(draft);
  for (const [at, octet] of octets) bytes[at % bytes.length] = octet;
  const { operation } = request;
  const from = `127.0.0.${caller}`;
  if (cut !== null) {
    const kept = bytes.subarray(0, cut % bytes.length);
    return { damage: 'cut', parts: split(kept, parts), end, operation, from };
  }
  const done = octets.length > 0 ? 'octets' : damage;
  const about = { damage: done, end: 'waits', operation, from } as const;
  // Node closes behind the answer to a last request without reading on: what comes after that could cost the answer.
  if (isLast(draft)) return { ...about, parts: [bytes] };
  return { ...about, parts: split(Buffer.concat([bytes, Buffer.from(LAST_REQUEST)]), parts) };
}

const octets = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
const nothing = { damage: fc.constant(null), octets: fc.constant([]), cut: fc.constant(null) };
const choices = {
  request: mutatedRequests,
  frame: fc.constantFrom(...FRAMINGS),
  parts: fc.array(fc.nat(), { maxLength: 3 }),
  end: fc.constantFrom('half-closes' as const, 'resets' as const),
  caller: fc.integer({ min: 1, max: 4 }),
};

/** Half of them as they should be, a quarter damaged in a way that has a name, the others by octets or by their end. */
export const wireRequests: fc.Arbitrary<WireRequest> = fc
  .oneof(
    { weight: 4, arbitrary: fc.record<Choices>({ ...choices, ...nothing }) },
    {
      weight: 2,
      arbitrary: fc.record<Choices>({ ...choices, ...nothing, damage: fc.constantFrom(...Object.keys(DAMAGES)) }),
    },
    { weight: 1, arbitrary: fc.record<Choices>({ ...choices, ...nothing, octets }) },
    { weight: 1, arbitrary: fc.record<Choices>({ ...choices, ...nothing, cut: fc.nat() }) },
  )
  .map(toWire);
