import type { ProblemError } from '../domain/problem.ts';
import { jsonPointer, quoted } from './caller-text.ts';

/** Deeper than any request: `policy.warn.days` is three. Bounds the recursion below. */
const MAX_DEPTH = 16;
/** Values of every kind in one document. A whole request has some dozens; this bounds what the schema then walks. */
const MAX_VALUES = 4096;
/** Wrong places that one answer lists. */
export const MAX_ERRORS = 100;

export interface ParsedJson {
  /** Objects have no prototype, so a member named `__proto__` is a member like any other. */
  readonly value: unknown;
  /** Names that stand twice in one object; the last value was kept. */
  readonly duplicates: readonly ProblemError[];
}

/**
 * Parses one JSON text (RFC 8259), bounded in depth and number of values, and reports every duplicate name
 * (RFC 8259 §4: their meaning differs between readers, so nothing that decides about security may rest on one).
 * Malformed text gives the one error with its line and column.
 */
export function parseStrictJson(
  text: string,
  maxValues: number = MAX_VALUES,
): ParsedJson | { readonly error: ProblemError } {
  const parser = new StrictJsonParser(text, maxValues);
  try {
    return { value: parser.document(), duplicates: parser.duplicates };
  } catch (error) {
    if (error instanceof JsonTextError) return { error: error.problem };
    throw error;
  }
}

class JsonTextError extends Error {
  readonly problem: ProblemError;

  constructor(problem: ProblemError) {
    super(problem.detail);
    this.problem = problem;
  }
}

const WHITESPACE = /[ \t\n\r]*/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: RFC 8259 §7 forbids exactly these in a string
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const LITERAL = /true|false|null/y;
const LITERALS: Readonly<Record<string, boolean | null>> = { true: true, false: false, null: null };

/** A recursive descent over RFC 8259's grammar; the regular expressions are the grammar's terminals. */
class StrictJsonParser {
  readonly duplicates: ProblemError[] = [];
  readonly #text: string;
  readonly #maxValues: number;
  readonly #path: (string | number)[] = [];
  #at = 0;
  #values = 0;

  constructor(text: string, maxValues: number) {
    this.#text = text;
    this.#maxValues = maxValues;
  }

  document(): unknown {
    const value = this.#value();
    this.#take(WHITESPACE);
    if (this.#at < this.#text.length) this.#fail('expected nothing after the value');
    return value;
  }

  #value(): unknown {
    this.#take(WHITESPACE);
    if (++this.#values > this.#maxValues) {
      this.#refuse('too_many_values', `more than ${this.#maxValues} values in one body`);
    }
    const next = this.#text[this.#at];
    if (next === '{') return this.#nested(() => this.#object());
    if (next === '[') return this.#nested(() => this.#array());
    if (next === '"') return this.#string();
    const literal = this.#take(LITERAL);
    if (literal !== null) return LITERALS[literal];
    const number = this.#take(NUMBER);
    if (number !== null) return Number(number);
    return this.#fail('expected a JSON value');
  }

  #nested<T>(read: () => T): T {
    if (this.#path.length >= MAX_DEPTH) this.#refuse('too_deep', `nested more than ${MAX_DEPTH} levels`);
    this.#at++;
    return read();
  }

  #object(): unknown {
    const object: Record<string, unknown> = Object.create(null);
    if (this.#punctuation('}')) return object;
    do {
      this.#take(WHITESPACE);
      if (this.#text[this.#at] !== '"') this.#fail('expected a member name in double quotes');
      const name = this.#string();
      this.#path.push(name);
      if (name in object) this.#duplicate(name);
      if (!this.#punctuation(':')) this.#fail('expected ":" after a member name');
      object[name] = this.#value();
      this.#path.pop();
    } while (this.#punctuation(','));
    if (!this.#punctuation('}')) this.#fail('expected "," or "}" after a member');
    return object;
  }

  #array(): unknown {
    const array: unknown[] = [];
    if (this.#punctuation(']')) return array;
    do {
      this.#path.push(array.length);
      array.push(this.#value());
      this.#path.pop();
    } while (this.#punctuation(','));
    if (!this.#punctuation(']')) this.#fail('expected "," or "]" after an array item');
    return array;
  }

  #string(): string {
    const start = this.#at++;
    let escaped = false;
    this.#take(PLAIN);
    while (this.#text[this.#at] === '\\') {
      escaped = true;
      if (this.#take(ESCAPE) === null) this.#fail('a backslash begins no escape that JSON knows');
      this.#take(PLAIN);
    }
    if (this.#at >= this.#text.length) this.#fail('the text ends inside a string');
    if (this.#text[this.#at] !== '"') this.#fail('a control character in a string must be escaped');
    const token = this.#text.slice(start, ++this.#at);
    return escaped ? (JSON.parse(token) as string) : token.slice(1, -1);
  }

  #punctuation(character: string): boolean {
    this.#take(WHITESPACE);
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #take(terminal: RegExp): string | null {
    terminal.lastIndex = this.#at;
    const match = terminal.exec(this.#text);
    if (match === null) return null;
    this.#at += match[0].length;
    return match[0];
  }

  #duplicate(name: string): void {
    if (this.duplicates.length >= MAX_ERRORS) return;
    const pointer = jsonPointer(this.#path);
    const detail = `${quoted(name)} stands more than once in the same object: write it once.`;
    this.duplicates.push({ pointer, code: 'duplicate_key', detail });
  }

  #fail(expected: string): never {
    const before = this.#text.slice(0, this.#at);
    const line = before.split('\n').length;
    const column = this.#at - before.lastIndexOf('\n');
    return this.#refuse('malformed_json', `not JSON at line ${line}, column ${column}: ${expected}`);
  }

  #refuse(code: string, reason: string): never {
    throw new JsonTextError({ pointer: jsonPointer(this.#path), code, detail: `The body is ${reason}.` });
  }
}
