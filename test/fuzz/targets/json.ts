import { isDeepStrictEqual } from 'node:util';
import { Problem } from '../../../src/domain/problem.ts';
import examples from '../../../src/http/examples.json' with { type: 'json' };
import { parseVerifyRequest } from '../../../src/http/parse-verify-request.ts';
import { parseStrictJson } from '../../../src/http/strict-json.ts';
import { type FuzzTarget, promise } from '../fuzz-target.ts';
import { mutateBytes } from '../mutate-bytes.ts';

const WORDS = [
  ...[
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '\\',
    '\\u0000',
    '\\ud800',
    'null',
    'true',
    '0',
    '-0',
    '1e999',
    '1.',
    '01',
    '\ufeff',
  ],
  ...['"__proto__":', '"host":"a.example",', '"ca":', '[[[[[[[[', '{"a":', ' ', '\u2028', '//', 'NaN', '\t', '\x0b'],
].map((text) => Buffer.from(text));

const DEFAULTS = { timeoutMs: 1000, presets: new Map() };

/** The strict JSON parser, beside that of the engine, and the reader of requests on it. */
export async function jsonTarget(): Promise<FuzzTarget> {
  const requests = Object.values(examples.requests).map((each) => JSON.stringify(each));
  const others = ['[1,-2.5e-3,true,false,null,"\\u00e9\\n"]', '{"a":{"b":[{"c":1}]},"a":2}', '"x"'];
  return {
    corpus: [...others, ...requests.filter(({ length }) => length < 1024)].map((text) => Buffer.from(text)),
    mutate: (input, random) => mutateBytes(input, random, WORDS),
    check: checkJson,
  };
}

function checkJson(input: Buffer): string {
  const text = input.toString('utf8');
  const strict = parseStrictJson(text);
  const theirs = parsedByEngine(text);
  if ('error' in strict) {
    promise(strict.error.code !== 'malformed_json' || theirs === null, 'what is refused as malformed is no JSON');
    return strict.error.detail.replace(/\d+/g, '');
  }
  const request = requestOf(text);
  promise(theirs !== null, 'what is taken is JSON');
  if (strict.duplicates.length === 0) {
    promise(isDeepStrictEqual(withoutPrototypes(theirs.value), strict.value), 'both parsers read the same');
  } else {
    promise(request instanceof Problem, 'a request with a name twice is refused');
  }
  return request instanceof Problem ? request.errors.map(({ code }) => code).join(' ') : 'request';
}

function parsedByEngine(text: string): { readonly value: unknown } | null {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return null;
  }
}

function requestOf(text: string): unknown {
  try {
    return parseVerifyRequest(text, DEFAULTS);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

function withoutPrototypes(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutPrototypes);
  const members = Object.entries(value).map(([name, member]) => [name, withoutPrototypes(member)] as const);
  const object: Record<string, unknown> = Object.create(null);
  for (const [name, member] of members) object[name] = member;
  return object;
}
