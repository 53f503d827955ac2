import { PROBLEMS, Problem } from '../domain/problem.ts';
import { type Answer, SECURITY_HEADERS } from './answer.ts';
import type { ProblemDocument } from './schemas/problem.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** A problem as `application/problem+json` (RFC 9457 §3). */
export function problemAnswer(problem: Problem, requestId: string): Answer {
  const instance = UUID.test(requestId) ? requestId : crypto.randomUUID();
  return {
    status: problem.status,
    headers: { ...problem.headers, 'Content-Type': 'application/problem+json' },
    body: JSON.stringify(problemDocument(problem, requestId, instance)),
  };
}

/** The same for a listener that answers by itself: headers and body. */
export function wholeProblemAnswer(problem: Problem): {
  readonly headers: Record<string, string>;
  readonly body: string;
} {
  const requestId = crypto.randomUUID();
  const body = JSON.stringify(problemDocument(problem, requestId, requestId));
  return {
    headers: {
      ...SECURITY_HEADERS,
      ...problem.headers,
      'Content-Type': 'application/problem+json',
      'Content-Length': String(Buffer.byteLength(body)),
      'X-Request-Id': requestId,
    },
    body,
  };
}

/** Its body; `instance` is the UUID of this occurrence. */
export function problemDocument(
  problem: Problem,
  requestId: string,
  instance: string = crypto.randomUUID(),
): ProblemDocument {
  return {
    type: `/codes/${problem.code}`,
    title: PROBLEMS[problem.code].title,
    status: problem.status,
    code: problem.code,
    detail: problem.message,
    instance: `urn:uuid:${instance}`,
    request_id: requestId,
    ...(problem.errors.length > 0 && { errors: problem.errors.map((error) => ({ ...error })) }),
  };
}

/** Anything thrown, as a problem: what is not one of ours says nothing about itself to the caller. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem('internal_error', 'Something went wrong here; the log has it under the request id.', {
    cause: error,
  });
}
