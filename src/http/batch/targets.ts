import { Problem, type ProblemError } from '../../domain/problem.ts';
import type { VerifyRequest } from '../../domain/request.ts';
import { formatEndpoint, parseEndpoint } from '../../domain/target.ts';
import { quoted, shown } from '../caller-text.ts';
import { invalid, isRecord, mergeRequests, readVerifyRequest } from '../parse-verify-request.ts';
import { toProblem } from '../problem-response.ts';
import { bodyPlaces, toProblemErrors } from '../request-errors.ts';
import { type BatchQuery, batchEnvelopeSchema, DEFAULT_CONCURRENCY, KNOWN_BATCH_FIELDS } from '../schemas/batch.ts';
import type { RequestDefaults } from '../schemas/verify-request.ts';
import { MAX_ERRORS, parseStrictJson } from '../strict-json.ts';

/** One target of a batch: what to verify, or why that cannot be asked. */
export interface BatchItem {
  readonly index: number;
  /** `host:port`, or what was written where that is none; null when nothing names the target. */
  readonly label: string | null;
  readonly request: VerifyRequest | Problem;
}

export interface Batch {
  /** How many targets it has. */
  readonly count: number;
  /** Each is read when it is asked for, so that the first need not wait for the last; can be walked once. */
  readonly items: Iterable<BatchItem>;
  readonly concurrency: number;
}

export interface BatchContext {
  readonly defaults: RequestDefaults;
  readonly maxBatch: number;
}

/** JSON values of a whole batch; the bound on bytes bounds them too, but far higher. */
const MAX_BATCH_VALUES = 100_000;

const places = bodyPlaces(KNOWN_BATCH_FIELDS);

/**
 * A batch in JSON. Mistakes of one target are that target's; those of the rest are the batch's.
 * Throws `Problem` `invalid_request` for the latter.
 */
export function readJsonBatch(text: string, context: BatchContext): Batch {
  const json = parseStrictJson(text, MAX_BATCH_VALUES);
  if ('error' in json) throw invalid([json.error]);
  const result = batchEnvelopeSchema.safeParse(json.value, { reportInput: true });
  const ofTargets = Map.groupBy(json.duplicates, ({ pointer }) => /^\/targets\/(\d+)\//.exec(pointer)?.[1] ?? null);
  // Beyond the bound duplicates go unlisted, and a target that has one must not pass for a good one.
  const own = json.duplicates.length >= MAX_ERRORS ? json.duplicates : (ofTargets.get(null) ?? []);
  const errors = [...own, ...(result.success ? [] : toProblemErrors(result.error.issues, places, MAX_ERRORS))];
  if (!result.success || errors.length > 0) throw invalid(errors.slice(0, MAX_ERRORS));
  const { targets, concurrency } = result.data;
  requireFew(targets.length, '/targets', context);
  const base = isRecord(json.value) && isRecord(json.value.defaults) ? json.value.defaults : {};
  const items = targets.values().map((target, index) => {
    const duplicates = ofTargets.get(String(index)) ?? [];
    return readTarget(index, target, base, duplicates.map(fromTarget), context.defaults);
  });
  return { count: targets.length, items, concurrency };
}

/** A batch of lines `host[:port]`; empty ones and those that begin with `#` do not count. Throws as above. */
export function readPlainBatch(text: string, { concurrency, ...base }: BatchQuery, context: BatchContext): Batch {
  const lines = text.split('\n', MAX_BATCH_VALUES).map((line) => line.trim());
  const targets = lines.filter((line) => line !== '' && !line.startsWith('#'));
  if (targets.length === 0) {
    throw invalid([
      { pointer: '', code: 'empty_body', detail: 'There is no target: write one host or host:port a line.' },
    ]);
  }
  requireFew(targets.length, '', context);
  return {
    count: targets.length,
    items: targets.values().map((target, index) => readTarget(index, target, base, [], context.defaults)),
    concurrency: concurrency ?? DEFAULT_CONCURRENCY,
  };
}

function requireFew(count: number, pointer: string, { maxBatch }: BatchContext): void {
  if (count <= maxBatch) return;
  const detail = `Must have at most ${maxBatch} targets, not ${count}; an operator may raise MAX_BATCH.`;
  throw invalid([{ pointer, code: 'too_many_items', detail }]);
}

/**
 * One target over the members that it does not have itself.
 * @param mistakes those that reading it brought up
 */
export function readTarget(
  index: number,
  target: unknown,
  base: Readonly<Record<string, unknown>>,
  mistakes: readonly ProblemError[],
  defaults: RequestDefaults,
): BatchItem {
  try {
    const body = typeof target === 'string' ? bodyOf(target) : target;
    const merged = isRecord(body) ? mergeRequests(base, body) : body;
    const request = readVerifyRequest(merged, mistakes, defaults);
    const label = request.target === null ? null : formatEndpoint(request.target.host, request.target.port);
    return { index, label, request };
  } catch (error) {
    return { index, label: labelOf(target), request: toProblem(error) };
  }
}

function bodyOf(text: string): Readonly<Record<string, unknown>> {
  const endpoint = parseEndpoint(text);
  if (!('error' in endpoint)) {
    return { host: endpoint.host.text, ...(endpoint.port !== null && { port: endpoint.port }) };
  }
  throw new Problem('invalid_request', `${quoted(text)} ${endpoint.error}.`, {
    errors: [
      { pointer: '', code: 'invalid_endpoint', detail: `Is not host, host:port or [v6]:port: ${endpoint.error}.` },
    ],
  });
}

function labelOf(target: unknown): string | null {
  if (typeof target === 'string') return shown(target);
  return isRecord(target) && typeof target.host === 'string' ? shown(target.host) : null;
}

/** Pointers of a target's mistakes are relative to that target. */
function fromTarget(error: ProblemError): ProblemError {
  return { ...error, pointer: error.pointer.replace(/^\/targets\/\d+/, '') };
}
