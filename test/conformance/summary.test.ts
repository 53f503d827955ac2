import { describe, expect, it } from 'vitest';
import type { Outcome } from './outcome.ts';
import { compare, tallies } from './summary.ts';

function outcome(id: string, result: Outcome['result'], changes: Partial<Outcome> = {}): Outcome {
  const [namespace = id] = id.split('::');
  return {
    id,
    namespace,
    mandatory: true,
    expected: 'FAILURE',
    result,
    falseAccept: false,
    codes: [],
    cpuMs: 1,
    ...changes,
  };
}

describe('compare', () => {
  const listed = new Map([['a::listed', 'because']]);

  it.each([
    ['wrong and not listed', outcome('a::x', 'wrong'), { unexplained: 1, explained: 0, outdated: 0 }],
    ['refused and not listed', outcome('a::x', 'refused'), { unexplained: 1, explained: 0, outdated: 0 }],
    ['wrong and listed', outcome('a::listed', 'wrong'), { unexplained: 0, explained: 1, outdated: 0 }],
    ['right and listed', outcome('a::listed', 'right'), { unexplained: 0, explained: 0, outdated: 1 }],
    ['right', outcome('a::x', 'right'), { unexplained: 0, explained: 0, outdated: 0 }],
    ['not run', outcome('a::listed', 'not-claimed'), { unexplained: 0, explained: 0, outdated: 0 }],
  ])('%s', (_name, one, expected) => {
    const { unexplained, explained, outdated } = compare([one], listed);
    expect({ unexplained: unexplained.length, explained: explained.length, outdated: outdated.length }).toEqual(
      expected,
    );
  });
});

it('counts each namespace and the groups of the score', () => {
  const rows = tallies([
    outcome('rfc5280::a', 'right'),
    outcome('rfc5280::b', 'wrong', { falseAccept: true }),
    outcome('rfc5280::c', 'refused', { mandatory: false }),
    outcome('bettertls::d', 'not-claimed'),
  ]);
  const named = Object.fromEntries(rows.map((row) => [row.name, row]));
  expect(named.rfc5280).toMatchObject({ cases: 3, right: 1, wrong: 1, falseAccepts: 1, refused: 1, notClaimed: 0 });
  expect(named['mandatory native']).toMatchObject({ cases: 2, falseAccepts: 1 });
  expect(named['optional native']).toMatchObject({ cases: 1, refused: 1 });
  expect(named.bettertls).toMatchObject({ cases: 1, notClaimed: 1 });
  expect(named.all).toMatchObject({ cases: 4 });
});
