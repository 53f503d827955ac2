import { expect, it } from 'vitest';

it('runs on the pinned Node, not on whatever the machine has', () => {
  expect(Number(process.versions.node.split('.')[0])).toBeGreaterThanOrEqual(24);
});
