import { FINDING_CODES, type FindingCode, type FindingCodeEntry } from '../domain/finding-codes.ts';
import { PROBLEMS, type ProblemCode } from '../domain/problem.ts';
import type { Rule } from '../domain/rule.ts';
import { RULES } from '../domain/rules.ts';
import type { CodeList, FindingCodeDocument, ProblemCodeDocument } from './schemas/code.ts';

/** The whole vocabulary as it crosses the wire, in the order declared. It never changes while a process runs. */
export const CODE_LIST: CodeList = {
  findings: Object.keys(FINDING_CODES).map((code) => findingDocument(code as FindingCode)),
  problems: Object.keys(PROBLEMS).map((code) => problemDocument(code as ProblemCode)),
};

const byCode = new Map<string, FindingCodeDocument | ProblemCodeDocument>(
  [...CODE_LIST.findings, ...CODE_LIST.problems].map((document) => [document.code, document]),
);

/** What a code means; undefined for a word that is none. */
export function codeDocument(code: string): FindingCodeDocument | ProblemCodeDocument | undefined {
  return byCode.get(code);
}

function findingDocument(code: FindingCode): FindingCodeDocument {
  const { check, severity, title, meaning, fix, reference, also }: FindingCodeEntry = FINDING_CODES[code];
  const rules: readonly (readonly [string, Rule])[] = Object.entries(RULES);
  return {
    kind: 'finding',
    code,
    check,
    severity,
    title,
    meaning,
    fix,
    reference,
    also: { ...also },
    rules: rules
      .filter(([, rule]) => rule.code === code)
      .map(([id, rule]) => ({
        id,
        requires: rule.requires,
        reference: rule.reference,
        severity: { ...rule.severity },
      })),
  };
}

function problemDocument(code: ProblemCode): ProblemCodeDocument {
  return { kind: 'problem', code, ...PROBLEMS[code] };
}
