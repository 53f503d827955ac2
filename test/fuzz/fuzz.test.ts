import { describe, expect, it } from 'vitest';
import { runCampaign } from './campaign.ts';
import { fromFrames, toFrames } from './frames.ts';
import { type FuzzTarget, promise } from './fuzz-target.ts';
import { mutateBytes } from './mutate-bytes.ts';
import seeds from './seeds.json' with { type: 'json' };
import { TARGETS } from './targets.ts';

/** Enough to reach what any input reaches; the millions are for `npm run fuzz`. */
const EXECUTIONS = 400;

describe.each(TARGETS)('the fuzz target $name', ({ name, load }) => {
  it('keeps its promises for some hundred inputs', async () => {
    const { finding } = await runCampaign(await load([]), { name, seed: 1, executions: EXECUTIONS });
    if (finding !== null) throw finding.error;
  });

  it('keeps them for every input that has broken one', async () => {
    const { check } = await load([]);
    for (const { input } of seeds.filter(({ target }) => target === name)) await check(Buffer.from(input, 'base64'));
  });
});

describe('a campaign', () => {
  const target: FuzzTarget = {
    corpus: [Buffer.from('harmless')],
    mutate: (input, random) => mutateBytes(input, random, [Buffer.from('!')]),
    check(input) {
      promise(!input.includes('!'), 'no exclamation mark');
      return `${input.length}`;
    },
  };
  const options = { name: 'test', seed: 7, executions: 10_000 };

  it('finds what breaks a promise, shrinks it, and finds it again with the same seed', async () => {
    const { finding } = await runCampaign(target, options);
    expect(finding?.input.toString()).toBe('!');
    const again = await runCampaign(target, options);
    expect(again.finding?.execution).toBe(finding?.execution);
  });

  it('ends when its time is over', async () => {
    const { executions } = await runCampaign(
      { ...target, check: () => '' },
      { ...options, endAtMs: performance.now() },
    );
    expect(executions).toBe(0);
  });
});

it('every seed names a target', () => {
  const names = TARGETS.map(({ name }) => name);
  expect(seeds.filter(({ target }) => !names.includes(target))).toEqual([]);
});

it('any octets are frames, and frames are read as they were written', () => {
  const parts = [Buffer.alloc(0), Buffer.from('a'), Buffer.alloc(300, 1)];
  expect(fromFrames(toFrames(parts))).toEqual(parts);
  expect(fromFrames(Buffer.from('000002ff', 'hex'))).toEqual([Buffer.from('ff', 'hex')]);
});
