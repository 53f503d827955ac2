import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { Problem } from '../../../src/domain/problem.ts';
import { JunitReport } from '../../../src/http/batch/junit.ts';
import { BatchTally } from '../../../src/http/batch/summary.ts';
import { problemDocument } from '../../../src/http/problem-response.ts';
import type { BatchResult } from '../../../src/http/schemas/batch.ts';
import { isMissing } from '../../support/child-server.ts';
import { sampleFinding, sampleVerdict } from '../../support/verdict.ts';

interface Element {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Element[];
}

/** What Jenkins's schema (junit-10.xsd of its xunit plug-in) lets stand in each element, as far as it is used here. */
const ALLOWED: Readonly<
  Record<string, { readonly attributes: readonly string[]; readonly children: readonly string[] }>
> = {
  testsuites: { attributes: ['name', 'time', 'tests', 'failures', 'disabled', 'errors'], children: ['testsuite'] },
  testsuite: {
    attributes: ['name', 'tests', 'failures', 'errors', 'time', 'timestamp', 'hostname', 'id', 'package'],
    children: ['testcase', 'properties', 'system-out', 'system-err'],
  },
  testcase: {
    attributes: ['name', 'classname', 'time', 'status', 'assertions'],
    children: ['skipped', 'error', 'failure', 'system-out', 'system-err'],
  },
  failure: { attributes: ['type', 'message'], children: [] },
  error: { attributes: ['type', 'message'], children: [] },
  'system-out': { attributes: [], children: [] },
};

/** Another program's reading of it: expat, as Python has it. */
function parse(xml: string): Element {
  const script = `
import json, sys, xml.etree.ElementTree as tree
def plain(e): return {'tag': e.tag, 'attributes': e.attrib, 'children': [plain(c) for c in e]}
print(json.dumps(plain(tree.fromstring(sys.stdin.buffer.read()))))`;
  return JSON.parse(execFileSync('python3', ['-c', script], { input: xml, encoding: 'utf8' })) as Element;
}

function everyElement(element: Element): readonly Element[] {
  return [element, ...element.children.flatMap(everyElement)];
}

it.skipIf(isMissing('python3'))('is XML that CI systems take, whatever hosts and certificates hold', () => {
  const hostile = 'a <b> & "c" \']]> <!-- \u0000\u001f\ufffe\ud800 \u202e ü \u{1f600}';
  const finding = sampleFinding({ detail: hostile, fix: hostile });
  const verdicts = [
    sampleVerdict(),
    sampleVerdict({ verdict: 'warn', findings: [{ ...finding, severity: 'warning' }] }),
    sampleVerdict({ ok: false, verdict: 'fail', summary: hostile, findings: [finding] }),
    sampleVerdict({ ok: false, verdict: 'unreachable', summary: hostile, findings: [finding] }),
  ];
  const problem = problemDocument(new Problem('invalid_request', hostile), 'r1');
  const results: BatchResult[] = [
    ...verdicts.map((verdict, index) => ({ index, target: hostile, verdict })),
    { index: verdicts.length, target: null, problem },
  ];
  const report = new JunitReport();
  const tally = new BatchTally();
  // In another order than that of the targets.
  for (const result of results.toReversed()) {
    const item = { index: result.index, label: result.target, request: new Problem('internal_error', 'not looked at') };
    tally.add(result, item);
    report.add(result, item);
  }
  const suites = parse(report.end(tally.summary(1)));
  for (const { tag, attributes, children } of everyElement(suites)) {
    expect(Object.keys(ALLOWED)).toContain(tag);
    expect(ALLOWED[tag]?.attributes).toEqual(expect.arrayContaining(Object.keys(attributes)));
    expect(ALLOWED[tag]?.children).toEqual(expect.arrayContaining(children.map((child) => child.tag)));
  }
  expect(suites).toMatchObject({ tag: 'testsuites', attributes: { tests: '5', failures: '1', errors: '2' } });
  const cases = suites.children[0]?.children ?? [];
  expect(cases.map(({ children }) => children.map(({ tag }) => tag))).toEqual([
    ...[[], ['system-out'], ['failure'], ['error'], ['error']],
  ]);
  expect(new Set(cases.map(({ attributes }) => attributes.name)).size).toBe(cases.length);
});
