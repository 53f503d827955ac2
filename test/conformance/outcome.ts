import { verdictSchema } from '../../src/domain/verdict.ts';
import { isMandatory, type LimboCase, namespaceOf, reasonNotClaimed, requestOf } from './limbo-case.ts';

/** What became of one case. */
export interface Outcome {
  readonly id: string;
  readonly namespace: string;
  readonly mandatory: boolean;
  readonly expected: LimboCase['expected_result'];
  /** `not-claimed` was not run; `refused` was answered by a problem document, which is wrong whatever was expected. */
  readonly result: 'right' | 'wrong' | 'refused' | 'not-claimed';
  readonly falseAccept: boolean;
  /** Codes of the findings, with their severity; of the problem when refused; why not when not claimed. */
  readonly codes: readonly string[];
  /** Processor time of the whole request, all threads of the process. */
  readonly cpuMs: number;
}

/** Answers a POST /verify. */
export type Post = (body: Buffer) => Promise<Response>;

/** A case, ready to be sent. */
export interface PreparedCase extends Pick<Outcome, 'id' | 'namespace' | 'mandatory' | 'expected'> {
  /** Octets, which the garbage collector does not walk through while other cases are measured. */
  readonly body: Buffer;
  readonly notClaimed: string | null;
}

export function prepareCase(limbo: LimboCase, warnings: ReadonlySet<string>): PreparedCase {
  return {
    id: limbo.id,
    namespace: namespaceOf(limbo.id),
    mandatory: isMandatory(limbo, warnings),
    expected: limbo.expected_result,
    body: Buffer.from(JSON.stringify(requestOf(limbo))),
    notClaimed: reasonNotClaimed(limbo),
  };
}

/** Runs one case through the HTTP application. */
export async function runCase({ body, notClaimed, ...facts }: PreparedCase, post: Post): Promise<Outcome> {
  if (notClaimed !== null) {
    return { ...facts, falseAccept: false, result: 'not-claimed', codes: [notClaimed], cpuMs: 0 };
  }
  const before = process.cpuUsage();
  const response = await post(body);
  const answer: unknown = await response.json();
  const { user, system } = process.cpuUsage(before);
  const cpuMs = (user + system) / 1000;
  if (response.status !== 200) {
    return { ...facts, falseAccept: false, result: 'refused', codes: [problemOf(answer)], cpuMs };
  }
  const verdict = verdictSchema.parse(answer);
  const expectsOk = facts.expected === 'SUCCESS';
  return {
    ...facts,
    result: verdict.ok === expectsOk ? 'right' : 'wrong',
    falseAccept: verdict.ok && !expectsOk,
    codes: verdict.findings.map(({ code, severity, rule }) => `${severity} ${code}${rule ? ` (${rule})` : ''}`),
    cpuMs,
  };
}

function problemOf(answer: unknown): string {
  const { code, detail } = answer as { code?: string; detail?: string };
  return `${code}: ${detail}`;
}
