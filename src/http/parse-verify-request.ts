import { LRUCache } from 'lru-cache';
import type { z } from 'zod';
import { Problem, type ProblemError } from '../domain/problem.ts';
import type { VerifyRequest } from '../domain/request.ts';
import { quoted } from './caller-text.ts';
import { bodyPlaces, toProblemErrors } from './request-errors.ts';
import {
  CONNECT_FIELDS,
  KNOWN_FIELDS,
  type PresetListing,
  type RequestDefaults,
  toVerifyRequest,
  verifyRequestSchema,
} from './schemas/verify-request.ts';
import { MAX_ERRORS, parseStrictJson } from './strict-json.ts';

const places = bodyPlaces(KNOWN_FIELDS);

type CheckedBody = z.output<typeof verifyRequestSchema>;

/** Callers that watch hosts send the same bodies again and again; reading one is a fifth of the way over HTTP. */
const MAX_KNOWN = 2048;
/** Characters of a body that is remembered: longer ones mostly bring certificates of their own. */
const MAX_KNOWN_LENGTH = 512;

/** What the schema made of a text; it depends on nothing else, neither caller nor settings, where no preset is named. */
const known = new LRUCache<string, CheckedBody>({ max: MAX_KNOWN });

/**
 * The body of POST /verify as the domain's record.
 * Throws `Problem` `invalid_request` that lists every wrong place at once.
 */
export function parseVerifyRequest(text: string, defaults: RequestDefaults): VerifyRequest {
  const body = known.get(text) ?? parseBody(text, defaults.presets);
  return toVerifyRequest(body, defaults);
}

function parseBody(text: string, presets: PresetListing): CheckedBody {
  if (text.trim() === '') {
    throw invalid([{ pointer: '', code: 'empty_body', detail: 'The body is empty: send at least {"host":"…"}.' }]);
  }
  const json = parseStrictJson(text);
  if ('error' in json) throw invalid([json.error]);
  const body = checkBody(json.value, json.duplicates, presets);
  if (text.length <= MAX_KNOWN_LENGTH && body.preset === undefined) known.set(text, body);
  return body;
}

/**
 * The same of a body that was read already; `mistakes` are those that reading it brought up. The preset that it names
 * gives it what it does not have itself.
 * Throws `Problem`: `invalid_request` that lists every wrong place at once, `unknown_preset`.
 */
export function readVerifyRequest(
  body: unknown,
  mistakes: readonly ProblemError[],
  defaults: RequestDefaults,
): VerifyRequest {
  return toVerifyRequest(checkBody(body, mistakes, defaults.presets), defaults);
}

function checkBody(body: unknown, mistakes: readonly ProblemError[], presets: PresetListing): CheckedBody {
  const name = isRecord(body) && typeof body.preset === 'string' ? body.preset : null;
  const preset = name === null ? undefined : presets.get(name);
  const request = check(isRecord(body) && preset !== undefined ? mergeRequests(preset, body) : body, mistakes);
  if (name !== null && preset === undefined) throw unknownPreset(name, presets);
  return request;
}

function check(body: unknown, mistakes: readonly ProblemError[]): CheckedBody {
  const result = verifyRequestSchema.safeParse(body, { reportInput: true });
  const errors = [
    ...mistakes,
    ...(result.success ? [] : toProblemErrors(result.error.issues, places, MAX_ERRORS)),
    ...combinationErrors(body),
  ].slice(0, MAX_ERRORS);
  if (!result.success || errors.length > 0) throw invalid(errors);
  return result.data;
}

function unknownPreset(name: string, presets: PresetListing): Problem {
  const names = [...presets.keys()].toSorted();
  const advice = names.length === 0 ? 'This service has none.' : `Those that exist: ${names.join(', ')}.`;
  return new Problem('unknown_preset', `No preset is called ${quoted(name)}. ${advice}`);
}

/**
 * A request body over another that gives it what it does not have itself. The members of `policy` are independent of
 * each other and are merged one by one; any other member is taken as a whole, `ca` above all: anchors of two sources
 * must never add up to a set that nobody wrote.
 */
export function mergeRequests(base: JsonObject, body: JsonObject): JsonObject {
  const merged = { ...base, ...body };
  if (isRecord(base.policy) && isRecord(body.policy)) return { ...merged, policy: { ...base.policy, ...body.policy } };
  return merged;
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
  if (typeof body.client_certificate === 'string' && isRecord(body.ca) && namesNoReference(body.ca)) {
    const detail =
      'Is shown only to a server that a named CA reference trusts: name one in ca.refs, or leave ca.pem out.';
    add('/client_certificate', 'conflict', detail);
  }
  if (isRecord(body.expect) && Object.keys(body.expect).length === 0) {
    add('/expect', 'required', 'Must have emails, spiffe_id, sha256, spki_sha256 or issuer_spki_sha256.');
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

/** PEM alone judges: the caller's own. */
function namesNoReference(ca: JsonObject): boolean {
  return ca.pem !== undefined && ca.refs === undefined;
}

type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a JSON value is an object. */
export function isRecord(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
