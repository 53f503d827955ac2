import { z } from 'zod';
import { openEnum } from '../../domain/open-enum.ts';
import { PROBLEMS } from '../../domain/problem.ts';

/** Kinds of mistake in a request, as `errors[].code`. */
export const REQUEST_ERROR_CODES = [
  'required',
  'wrong_type',
  'not_allowed_value',
  'out_of_range',
  'too_long',
  'too_short',
  'too_many_items',
  'too_few_items',
  'invalid_format',
  'invalid_host',
  'invalid_endpoint',
  'invalid_server_name',
  'invalid_time',
  'conflict',
  'unknown_field',
  'unknown_parameter',
  'duplicate_key',
  'duplicate_parameter',
  'malformed_json',
  'empty_body',
  'too_deep',
  'too_many_values',
  // Of a PEM field, by the blocks in it.
  'too_large',
  'no_certificate',
  'not_a_certificate',
  'private_key',
  'unterminated',
  'unopened',
  'label_mismatch',
  'boundary_malformed',
  'base64_invalid',
  'too_many_blocks',
] as const;

export const problemSchema = z
  .looseObject({
    type: z.string().describe('`/codes/` and the code: a page about it'),
    title: z.string(),
    status: z.int().min(400).max(599),
    code: openEnum(
      'KnownProblemCode',
      Object.keys(PROBLEMS),
      'Codes of problems in this version; later ones may have more',
    ).describe('Stable code of the problem'),
    detail: z.string().describe('What is wrong in this case, and what would be right'),
    instance: z.string().describe('`urn:uuid:` of this occurrence'),
    request_id: z.string(),
    errors: z
      .array(
        z.looseObject({
          pointer: z.string().describe('JSON pointer into the body, or `?name` of a query parameter'),
          code: openEnum('KnownRequestErrorCode', REQUEST_ERROR_CODES, 'Kinds of mistake in a request').describe(
            'Stable code of the mistake',
          ),
          detail: z.string(),
        }),
      )
      .optional()
      .describe('Every wrong place of the request, at most 100'),
  })
  .meta({ id: 'Problem', description: 'RFC 9457: about the request or the service, never about the target' });

export type ProblemDocument = z.infer<typeof problemSchema>;
