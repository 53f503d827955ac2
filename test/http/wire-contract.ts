import { PROBLEMS, type ProblemCode } from '../../src/domain/problem.ts';
import { problemSchema } from '../../src/http/schemas/problem.ts';
import { assertContract } from '../support/contract.ts';
import { readAnswers, type WireAnswer } from './wire-exchange.ts';
import { LAST_ANSWER, type WireRequest } from './wire-requests.ts';

const PROBLEM = 'application/problem+json';

/**
 * The answers to a request on the wire. Throws when one is not as the API document says, is a 5xx but a verdict or
 * `overloaded`, or when there are too many or too few of them.
 */
export async function answersByContract(request: WireRequest, received: Buffer): Promise<readonly WireAnswer[]> {
  const sent = Buffer.concat(request.parts).toString('latin1');
  const [, method = ''] = /^(?:\r\n)*([A-Z]+) /.exec(sent) ?? [];
  const [, target = null] = /^(?:\r\n)*[A-Z]+ (.*) HTTP\/1\.[01]\r\n/.exec(sent) ?? [];
  // Damage may make a request the last one; behind that the close may cost a sender the end of the answer.
  const mayBeTorn = request.end !== 'waits' || request.damage !== null;
  const answers = readAnswers(received, [method, 'GET'], mayBeTorn);
  for (const [index, answer] of answers.entries()) {
    if (isProblem(answer)) assertProblem(answer, method === 'HEAD' && index === 0);
    else if (answer.status >= 500 && !answer.headers.has('x-verdict') && !answer.body.includes('overloaded'))
      throw new Error(`${answer.status} without a verdict: ${answer.body}`);
    else if (index > 0 && answer.body.toString() !== LAST_ANSWER) throw new Error(`answer ${index} is to no request`);
    if (index > 0 || target === null || (request.damage !== null && isProblem(answer))) continue;
    await assertContract(pathOf(target), method, toResponse(answer));
  }
  assertCount(request, sent, answers);
  return answers;
}

/** Of an answer, for people: `503 overloaded`. */
export function describeAnswer({ status, headers, body }: WireAnswer): string {
  if (headers.has('x-verdict')) return `${status} verdict`;
  return body.length > 0 && headers.get('content-type') === PROBLEM ? `${status} ${codeOf(body)}` : String(status);
}

function codeOf(body: Buffer): string {
  return problemSchema.parse(JSON.parse(body.toString())).code;
}

function isProblem({ headers }: WireAnswer): boolean {
  return headers.get('content-type') === PROBLEM;
}

/** What the listener says by itself, to whatever it was. */
function assertProblem({ status, headers, body }: WireAnswer, isHead: boolean): void {
  if (!headers.has('x-request-id')) throw new Error(`${status}: a problem without X-Request-Id`);
  if (headers.get('x-content-type-options') !== 'nosniff') throw new Error(`${status}: no security headers`);
  if (isHead && body.length === 0) return;
  const code = codeOf(body);
  if (PROBLEMS[code as ProblemCode].status !== status) throw new Error(`${code} with status ${status}`);
  if (status >= 500 && code !== 'overloaded') throw new Error(`${status} ${code}`);
}

function assertCount({ damage, end }: WireRequest, sent: string, answers: readonly WireAnswer[]): void {
  const last = answers.at(-1);
  if (end === 'resets' || sent === '') return;
  if (last === undefined) throw new Error('no answer');
  const isOverloaded = last.status === 503 && last.headers.get('connection') === 'close';
  if (damage !== null || isOverloaded) return;
  if (answers.length !== 2) throw new Error(`${answers.length} answers to two requests`);
}

/** Of a request target, an absolute one too. */
function pathOf(target: string): string {
  return target.replace(/^https?:\/\/[^/?#]*/i, '').replace(/#.*$/, '');
}

function toResponse({ status, headers, body }: WireAnswer): Response {
  const hasNone = status === 204 || status === 304;
  return new Response(hasNone ? null : new Uint8Array(body), { status, headers });
}
