import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

/**
 * The architecture's promises, kept by reading import lines. A room is a folder of `src`, or a file directly in it.
 * What is not listed is forbidden; a room may always import itself.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  loop: [],
  files: [],
  x509: ['domain'],
  checks: ['domain'],
  net: ['files', 'loop', 'domain'],
  observability: ['domain'],
  path: ['x509', 'domain'],
  trust: ['x509', 'files', 'domain'],
  tls: ['net', 'x509', 'loop', 'domain'],
  revocation: ['net', 'x509', 'domain'],
  access: ['domain'],
  limits: ['verify', 'loop', 'domain'],
  verify: ['path', 'checks', 'trust', 'tls', 'revocation', 'net', 'x509', 'loop', 'domain'],
  http: ['verify', 'observability', 'loop', 'domain'],
  workers: ['limits', 'observability', 'domain'],
  sweep: ['http', 'verify', 'limits', 'domain'],
  identity: ['x509', 'files', 'domain'],
  config: ['domain'],
  app: ['http', 'observability', 'domain'],
  server: ['access', 'http', 'loop', 'domain'],
  main: ['commands'],
  commands: ['*'],
  service: ['*'],
  generate: ['*'],
  build: [],
};

const FILES = ['fs', 'fs/promises'];
// What a container may use of its machine stands in files of the kernel.
const FILE_READERS = ['build', 'files', 'trust', 'identity', 'config', 'workers/available-cores', 'sweep'];
const SOCKETS = ['net', 'dns', 'dns/promises', 'dgram', 'http', 'https', 'http2'];
const OTHER_PROCESSES = ['child_process', 'cluster', 'worker_threads'];

/**
 * Packages and built-in modules with a fence: who alone may import them, beside the programs that wire everything.
 * What has none is open to all rooms.
 */
const FENCES: Readonly<Record<string, readonly string[]>> = {
  zod: ['domain', 'http', 'config', 'access'],
  hono: ['http', 'app'],
  '@hono/node-server': ['server'],
  'openapi3-ts': ['http'],
  pino: ['observability'],
  'prom-client': ['observability'],
  'rate-limiter-flexible': ['limits'],
  yaml: ['http/presets', 'access'],
  '@peculiar/x509': ['x509/details'],
  'reflect-metadata': ['x509/details'],
  // trust reads `rootCertificates` there, which are data.
  'node:tls': ['tls', 'trust/authorities'],
  // Of it loop/turns has `nextTick`, a queue of the event loop.
  'node:process': ['config', 'workers/cluster', 'loop/turns'],
  ...Object.fromEntries(SOCKETS.map((name) => [`node:${name}`, ['net']])),
  // Whether the port to listen on is free; the types of the listener's connections.
  'node:net': ['net', 'workers/cluster', 'http/answers-under-way'],
  // The listener of the service itself.
  'node:http': ['net', 'server', 'http/answers-under-way'],
  'node:https': ['server'],
  ...Object.fromEntries(FILES.map((name) => [`node:${name}`, FILE_READERS])),
  ...Object.fromEntries(OTHER_PROCESSES.map((name) => [`node:${name}`, []])),
  'node:cluster': ['workers/cluster'],
};

/** Entry points; they may import what they like. */
const PROGRAMS = ['main', 'commands', 'service', 'generate'];

/** Types let through a fence, each with its reason. */
const TYPE_EXCEPTIONS: Readonly<Record<string, readonly string[]>> = {
  // The type of a socket that `net` connected and handed over; that of the address listened on.
  'node:net': ['tls', 'server'],
  // The type of a socket of the listener.
  'node:tls': ['server'],
};

const BANNED = [
  {
    name: "Node's certificate getters, which crash or leak at a server's will",
    pattern: /\b(getPeerCertificate|getPeerX509Certificate|toLegacyObject)\b/,
    except: [],
  },
  { name: 'the wall clock outside main', pattern: /\bDate\.now\b|\bnew Date\(\s*\)/, except: PROGRAMS },
  {
    name: 'the process outside main, config and the cluster',
    // But for the queue of the event loop that only it has a name for.
    pattern: /\bprocess\.(?!nextTick\b)/,
    except: ['config', 'workers/cluster', ...PROGRAMS],
  },
];

interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
}

interface Source {
  /** Relative to `src`, without the ending: `x509/der`. */
  readonly name: string;
  readonly room: string;
  readonly code: string;
  readonly imports: readonly Import[];
}

const ROOT = join(import.meta.dirname, '../src');

/** `import … from 'x'`, `export … from 'x'`, `import 'x'`, `import('x')`, `require('x')`. */
const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s+(type\s)?[^;'"`]*?from\s*['"]([^'"]+)['"]|(?:^|\n)\s*import\s*['"]([^'"]+)['"]|\b(?:import|require)\(\s*['"]([^'"]+)['"]\s*\)/g;

function importsOf(code: string): Import[] {
  return Array.from(code.matchAll(IMPORT), ([, typeOnly, from, bare, dynamic]) => ({
    specifier: from ?? bare ?? dynamic ?? '',
    typeOnly: typeOnly !== undefined,
  }));
}

/** Comments may name what code may not; strings stay, a ban in one is a false alarm worth looking at. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[^:'"`])\/\/.*$/gm, '$1');
}

function readSources(): Source[] {
  return readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => {
      const code = withoutComments(readFileSync(join(ROOT, file), 'utf8'));
      const name = file.replace(/\.ts$/, '');
      return { name, room: name.split('/')[0] ?? name, code, imports: importsOf(code) };
    });
}

/** `../domain/fault.ts` seen from `x509/der` is `domain/fault`. */
function resolveName(source: Source, specifier: string): string {
  return relative(ROOT, join(ROOT, source.name, '..', specifier)).replace(/\.ts$/, '');
}

/** The fenced name that a specifier falls under: `hono/body-limit` is `hono`, `@peculiar/asn1-x509` is its family's. */
function fenceOf(specifier: string): string | undefined {
  if (specifier.startsWith('@peculiar/')) return '@peculiar/x509';
  return Object.keys(FENCES).find((name) => specifier === name || specifier.startsWith(`${name}/`));
}

const sources = readSources();

describe('the table of imports', () => {
  it('sees the sources and their import lines', () => {
    expect(sources.length).toBeGreaterThan(20);
    expect(sources.flatMap((source) => source.imports).length).toBeGreaterThan(50);
  });

  it('names every room', () => {
    expect([...new Set(sources.map((source) => source.room))].filter((room) => !(room in MAY_IMPORT))).toEqual([]);
  });

  it('is kept by every file', () => {
    const broken = sources.flatMap((source) =>
      source.imports
        .filter(({ specifier }) => specifier.startsWith('.'))
        .map(({ specifier }) => resolveName(source, specifier))
        .filter((target) => !mayImport(source.room, target.split('/')[0] ?? target))
        .map((target) => `${source.name} -> ${target}`),
    );
    expect(broken).toEqual([]);
  });

  it('has no circle of files, not even one of types', () => {
    expect(circles()).toEqual([]);
  });

  it('keeps packages and built-in modules behind their fences', () => {
    const broken = sources.flatMap((source) =>
      source.imports.filter((line) => isFenced(source, line)).map(({ specifier }) => `${source.name} -> ${specifier}`),
    );
    expect(broken).toEqual([]);
  });

  it('names built-in modules with their prefix', () => {
    const bare = sources.flatMap((source) =>
      source.imports.filter(({ specifier }) => [...SOCKETS, ...FILES, 'tls', 'crypto', 'path'].includes(specifier)),
    );
    expect(bare).toEqual([]);
  });

  it.each(BANNED)('bans $name', ({ pattern, except }) => {
    const allowed: readonly string[] = except;
    const isAllowed = ({ room, name }: Source) => allowed.includes(room) || allowed.includes(name);
    const broken = sources.filter((source) => !isAllowed(source) && pattern.test(source.code));
    expect(broken.map((source) => source.name)).toEqual([]);
  });
});

describe('the reading of import lines', () => {
  it.each([
    ["import { a } from './a.ts';", './a.ts'],
    ["import {\n  a,\n  b,\n} from './a.ts';", './a.ts'],
    ["import * as a from 'hono';", 'hono'],
    ["import 'reflect-metadata';", 'reflect-metadata'],
    ["export { a } from './a.ts';", './a.ts'],
    ["const a = await import('node:tls');", 'node:tls'],
    ['const a = require("node:tls");', 'node:tls'],
    ["import type { A } from './a.ts';", './a.ts'],
  ])('finds the import in %s', (line, specifier) => {
    expect(importsOf(line).map((found) => found.specifier)).toEqual([specifier]);
  });

  it('reads no imports in comments and not past the end of one', () => {
    const text =
      "// import './no.ts';\n/* import './no.ts'; */\nimport { a } from './a.ts'; // from './no.ts'\nimport './b.ts';";
    expect(importsOf(withoutComments(text)).map((found) => found.specifier)).toEqual(['./a.ts', './b.ts']);
  });
});

/** Each chain of imports that comes back to where it was. */
function circles(): string[] {
  const known = new Map(sources.map((source) => [source.name, source]));
  const done = new Set<string>();
  const found: string[] = [];
  const follow = (name: string, trail: readonly string[]): void => {
    if (trail.includes(name)) found.push([...trail.slice(trail.indexOf(name)), name].join(' -> '));
    const source = known.get(name);
    if (source === undefined || done.has(name) || trail.includes(name)) return;
    for (const { specifier } of source.imports) {
      if (specifier.startsWith('.')) follow(resolveName(source, specifier), [...trail, name]);
    }
    done.add(name);
  };
  for (const { name } of sources) follow(name, []);
  return found;
}

function mayImport(room: string, target: string): boolean {
  const allowed = MAY_IMPORT[room] ?? [];
  return room === target || allowed.includes(target) || allowed.includes('*');
}

function isFenced(source: Source, { specifier, typeOnly }: Import): boolean {
  const fence = fenceOf(specifier);
  if (fence === undefined) return false;
  const allowed = [...PROGRAMS, ...(FENCES[fence] ?? []), ...(typeOnly ? (TYPE_EXCEPTIONS[fence] ?? []) : [])];
  return !allowed.some((place) => place === source.room || place === source.name);
}
