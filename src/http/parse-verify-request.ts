import { Problem, type ProblemError } from '../domain/problem.ts';
import type { VerifyRequest } from '../domain/request.ts';
import { bodyPlaces, toProblemErrors } from './request-errors.ts';
import {
  CONNECT_FIELDS,
  KNOWN_FIELDS,
  type RequestDefaults,
  toVerifyRequest,
  verifyRequestSchema,
} from './schemas/verify-request.ts';
import { MAX_ERRORS, parseStrictJson } from './strict-json.ts';

const places = bodyPlaces(KNOWN_FIELDS);

/**
 * The body of POST /verify as the domain's record.
 * Throws `Problem` `invalid_request` that lists every wrong place at once.
 */
export function parseVerifyRequest(text: string, defaults: RequestDefaults): VerifyRequest {
  if (text.trim() === '') {
    throw invalid([{ pointer: '', code: 'empty_body', detail: 'The body is empty: send at least {"host":"…"}.' }]);
  }
  const json = parseStrictJson(text);
  if ('error' in json) throw invalid([json.error]);
  return readVerifyRequest(json.value, json.duplicates, defaults);
}

/**
 * The same of a body that was read already; `mistakes` are those that reading it brought up.
 * Throws `Problem` `invalid_request` that lists every wrong place at once.
 */
export function readVerifyRequest(
  body: unknown,
  mistakes: readonly ProblemError[],
  defaults: RequestDefaults,
): VerifyRequest {
  const result = verifyRequestSchema.safeParse(body, { reportInput: true });
  const errors = [
    ...mistakes,
    ...(result.success ? [] : toProblemErrors(result.error.issues, places, MAX_ERRORS)),
    ...combinationErrors(body),
  ].slice(0, MAX_ERRORS);
  if (!result.success || errors.length > 0) throw invalid(errors);
  return toVerifyRequest(result.data, defaults);
}

/** `invalid_request` about these places; there is at least one. */
export function invalid(errors: readonly ProblemError[]): Problem {
  const [first] = errors;
  const where = first === undefined || first.pointer === '' ? '' : `${first.pointer}: `;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more: see errors)` : '';
  return new Problem('invalid_request', `${where}${first?.detail ?? 'The request is not valid.'}${more}`, { errors });
}

/**
 * What the fields say together. Judged on the body as written, so that these mistakes are listed beside those of
 * single fields.
 */
function combinationErrors(body: unknown): ProblemError[] {
  if (!isRecord(body)) return [];
  const errors: ProblemError[] = [];
  const add = (pointer: string, code: string, detail: string) => errors.push({ pointer, code, detail });
  if (body.chain_pem === undefined) {
    if (body.host === undefined) add('/host', 'required', 'Is required unless chain_pem is given: a string.');
  } else {
    for (const field of CONNECT_FIELDS.filter((name) => body[name] !== undefined)) {
      add(`/${field}`, 'conflict', 'Has no meaning beside chain_pem, which dials nothing: leave one of the two out.');
    }
    if (body.host === undefined && body.port !== undefined) {
      add('/port', 'conflict', 'Has no meaning without host: leave it out or add host.');
    }
  }
  if (isRecord(body.ca) && Object.values(body.ca).every((value) => value === undefined)) {
    add('/ca', 'required', 'Must have refs, pem, intermediates_pem or crls_pem.');
  }
  if (isRecord(body.ca) && body.ca.crls_pem !== undefined && body.revocation === 'off') {
    add('/revocation', 'conflict', 'CRLs in ca.crls_pem have no use with "off": leave one of the two out.');
  }
  for (const name of ['warn', 'critical']) {
    const threshold = isRecord(body.policy) ? body.policy[name] : undefined;
    if (isRecord(threshold) && Object.keys(threshold).length === 0) {
      add(`/policy/${name}`, 'required', 'Must have days or percent; null switches it off.');
    }
  }
  return errors;
}

/** Whether a JSON value is an object. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
