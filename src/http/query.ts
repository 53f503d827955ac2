import type { z } from 'zod';
import { shown } from './caller-text.ts';
import { invalid } from './parse-verify-request.ts';
import { type Places, toProblemErrors } from './request-errors.ts';
import { MAX_ERRORS } from './strict-json.ts';

type QuerySchema = z.ZodObject<z.core.$ZodLooseShape>;

/**
 * The query of a URL by a schema of strings; parameters in `repeatable` become arrays.
 * Throws `Problem` `invalid_request` that lists every unknown, repeated or wrong parameter.
 */
export function parseQuery<T extends QuerySchema>(
  url: string,
  schema: T,
  repeatable: ReadonlySet<string> = new Set(),
): z.output<T> {
  const written: Record<string, string | string[]> = Object.create(null);
  const repeated = new Set<string>();
  // Most calls have no query, and a URL costs more to parse than it says then.
  const parameters = url.includes('?') ? new URL(url).searchParams : [];
  for (const [name, value] of parameters) {
    const before = written[name];
    if (Array.isArray(before)) before.push(value);
    else if (before !== undefined) repeated.add(name);
    else written[name] = repeatable.has(name) ? [value] : value;
  }
  const result = schema.safeParse(written, { reportInput: true });
  const errors = [
    ...[...repeated].map((name) => ({
      pointer: `?${shown(name)}`,
      code: 'duplicate_parameter',
      detail: 'Stands more than once: write it once.',
    })),
    ...(result.success ? [] : toProblemErrors(result.error.issues, placesIn(schema), MAX_ERRORS)),
  ];
  if (!result.success || errors.length > 0) throw invalid(errors.slice(0, MAX_ERRORS));
  return result.data;
}

function placesIn(schema: QuerySchema): Places {
  return {
    pointer: (path) => (path.length === 0 ? '' : `?${shown(String(path[0]))}`),
    known: () => Object.keys(schema.shape),
    noun: 'parameter',
  };
}
