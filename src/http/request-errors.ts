import type { z } from 'zod';
import type { ProblemError } from '../domain/problem.ts';
import { jsonPointer, quoted } from './caller-text.ts';
import { nearestName } from './nearest-name.ts';

type Issue = z.core.$ZodIssue;

/** How a place is written: as JSON pointer in a body, as `?name` in a query. */
export interface Places {
  readonly pointer: (path: readonly PropertyKey[]) => string;
  /** Names known at a pointer, for `did you mean`. */
  readonly known: (pointer: string) => readonly string[];
  /** `field` or `parameter`. */
  readonly noun: string;
}

export function bodyPlaces(known: Readonly<Record<string, readonly string[]>>): Places {
  return { pointer: jsonPointer, known: (pointer) => known[pointer] ?? [], noun: 'field' };
}

/** Every place that a schema refused, each with a stable code and a sentence that says what would be right. */
export function toProblemErrors(issues: readonly Issue[], places: Places, limit: number): ProblemError[] {
  const errors: ProblemError[] = [];
  for (const issue of issues) {
    for (const error of errorsOf(issue, [], places, limit)) {
      if (errors.length >= limit) return errors;
      errors.push(error);
    }
  }
  return errors;
}

function errorsOf(issue: Issue, base: readonly PropertyKey[], places: Places, limit: number): ProblemError[] {
  const path = [...base, ...issue.path];
  if (issue.code === 'invalid_union') return unionErrors(issue, path, places, limit);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.slice(0, limit).map((key) => unknownName(key, path, places));
  }
  return [{ pointer: places.pointer(path), ...describe(issue) }];
}

/** Of a union, the errors of the one option whose type fits what was written; else that no type fits. */
function unionErrors(
  issue: z.core.$ZodIssueInvalidUnion,
  path: readonly PropertyKey[],
  places: Places,
  limit: number,
): ProblemError[] {
  const isTypeError = (nested: Issue) => nested.code === 'invalid_type' && nested.path.length === 0;
  const fitting = issue.errors.find((option) => !option.some(isTypeError));
  if (fitting !== undefined) return fitting.flatMap((nested) => errorsOf(nested, path, places, limit));
  const types = issue.errors.flatMap((option) =>
    option.flatMap((nested) => (nested.code === 'invalid_type' ? [typeName(nested.expected)] : [])),
  );
  return [{ pointer: places.pointer(path), code: 'wrong_type', detail: `Must be ${orList(types)}.` }];
}

function unknownName(key: string, path: readonly PropertyKey[], places: Places): ProblemError {
  const known = places.known(places.pointer(path));
  const near = nearestName(key, known);
  const advice = near === null ? `The ${places.noun}s here are ${known.join(', ')}.` : `Did you mean "${near}"?`;
  return {
    pointer: places.pointer([...path, key]),
    code: `unknown_${places.noun}`,
    detail: `No ${places.noun} is called ${quoted(key)}. ${advice}`,
  };
}

function describe(
  issue: Exclude<Issue, { code: 'invalid_union' | 'unrecognized_keys' }>,
): Omit<ProblemError, 'pointer'> {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined) return { code: 'required', detail: `Is required: ${typeName(issue.expected)}.` };
      return { code: 'wrong_type', detail: `Must be ${typeName(issue.expected)}, not ${nameOf(issue.input)}.` };
    case 'invalid_value':
      return {
        code: 'not_allowed_value',
        detail: `Must be ${orList(issue.values.map((value) => JSON.stringify(value) ?? String(value)))}.`,
      };
    case 'too_big':
    case 'too_small':
      return outOfBounds(issue);
    case 'custom':
      return { code: String(issue.params?.code ?? 'not_allowed_value'), detail: sentence(issue.message) };
    case 'invalid_format':
      return { code: 'invalid_format', detail: 'Must be made of visible ASCII characters without spaces.' };
    default:
      return { code: 'not_allowed_value', detail: 'Is not an allowed value.' };
  }
}

function outOfBounds(issue: z.core.$ZodIssueTooBig | z.core.$ZodIssueTooSmall): Omit<ProblemError, 'pointer'> {
  const isTooBig = issue.code === 'too_big';
  const bound = `at ${isTooBig ? `most ${issue.maximum}` : `least ${issue.minimum}`}`;
  if (issue.origin === 'string') {
    const code = isTooBig ? 'too_long' : 'too_short';
    return { code, detail: `Must have ${bound} character${bound.endsWith(' 1') ? '' : 's'}.` };
  }
  if (issue.origin === 'array') {
    const code = isTooBig ? 'too_many_items' : 'too_few_items';
    return { code, detail: `Must have ${bound} item${bound.endsWith(' 1') ? '' : 's'}.` };
  }
  return { code: 'out_of_range', detail: `Must be ${bound}.` };
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'an array',
  object: 'an object',
};

function typeName(expected: string): string {
  return TYPE_NAMES[expected] ?? expected;
}

function nameOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'number' && !Number.isInteger(value)) return 'a fraction';
  return typeName(typeof value);
}

/** A parser's clause ("has an empty label") as a sentence. */
function sentence(clause: string): string {
  return `${clause.charAt(0).toUpperCase()}${clause.slice(1)}.`;
}

function orList(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} or ${items.at(-1)}`;
}
