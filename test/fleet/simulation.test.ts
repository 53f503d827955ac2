import { describe, expect, it } from 'vitest';
import { isMissing } from '../support/child-server.ts';
import { simulate } from './simulation.ts';

describe.skipIf(isMissing('nginx'))('a fleet of processes that are killed at random', () => {
  it('judges each target exactly once', { timeout: 300_000 }, async () => {
    const fleet = { targets: 600, indexes: 3, kills: 4, killWithinMs: 4_000, concurrency: 8 };
    const result = await simulate(fleet);
    expect(result).toMatchObject({ duplicates: 0, missing: 0 });
    expect(result.verdicts).toEqual(result.expected);
  });
});
