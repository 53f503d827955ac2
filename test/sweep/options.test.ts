import { describe, expect, it } from 'vitest';
import { parseSweepArguments, UsageError } from '../../src/sweep/options.ts';

const parse = (line: string) => parseSweepArguments(line.split(' ').filter(Boolean), 128);

describe('parseSweepArguments', () => {
  it('has defaults for all but the list and the folder', () => {
    expect(parse('--targets list.txt --out results')).toEqual({
      command: 'sweep',
      targets: 'list.txt',
      shard: { index: 0, of: 1 },
      out: 'results',
      ca: [],
      preset: null,
      concurrency: 64,
      exitZero: false,
    });
  });

  it('reads every flag, in both forms', () => {
    const line = '--targets=l --out=o --shard=2/8 --ca corp --ca=public --preset p --concurrency 128 --exit-zero';
    expect(parse(line)).toMatchObject({
      shard: { index: 2, of: 8 },
      ca: ['corp', 'public'],
      preset: 'p',
      concurrency: 128,
      exitZero: true,
    });
  });

  it('has no more at once by default than the settings allow', () => {
    expect(parseSweepArguments(['--targets', 'l', '--out', 'o'], 2)).toMatchObject({ concurrency: 2 });
  });

  it('reads merge', () => {
    expect(parse('merge --out report a b')).toEqual({
      command: 'merge',
      out: 'report',
      folders: ['a', 'b'],
      exitZero: false,
    });
  });

  it.each([
    { line: '', named: ['--targets', '--out'] },
    { line: '--targets l', named: ['--out'] },
    { line: '--targets l --out o --shard 8/8', named: ['--shard'] },
    { line: '--targets l --out o --concurrency 129', named: ['--concurrency', 'MAX_IN_FLIGHT'] },
    { line: '--targets l --out o --concurrency 0', named: ['--concurrency'] },
    { line: '--targets l --out o --concurrency 1.5', named: ['--concurrency'] },
    { line: '--targets l --out o --workers 2', named: ['--workers'] },
    { line: '--targets l --out o --targets m', named: ['--targets', 'twice'] },
    { line: '--targets l --out o --exit-zero=no', named: ['--exit-zero'] },
    { line: '--targets l --out o extra', named: ['extra'] },
    { line: '--targets --out o', named: ['--targets'] },
    { line: '--shard x --colour', named: ['--targets', '--out', '--shard', '--colour'] },
    { line: 'merge', named: ['--out', 'folder'] },
    { line: 'merge --out o --shard 1/2 a', named: ['--shard'] },
  ])('names what is wrong in "$line"', ({ line, named }) => {
    expect(() => parse(line)).toThrow(UsageError);
    for (const each of named) expect(() => parse(line)).toThrow(each);
  });
});
