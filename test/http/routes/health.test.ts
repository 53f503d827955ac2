import { expect, it } from 'vitest';
import { requestByContract } from '../../support/contract.ts';
import { testApp } from '../../support/test-app.ts';

it('is live and ready, and stays live while it drains', async () => {
  let isDraining = false;
  const { app, lines } = testApp({ isDraining: () => isDraining });
  const statusOf = async (path: string) => (await requestByContract(app, path)).status;
  expect([await statusOf('/livez'), await statusOf('/readyz')]).toEqual([200, 200]);
  isDraining = true;
  expect([await statusOf('/livez'), await statusOf('/readyz')]).toEqual([200, 503]);
  expect(lines.every((line) => line.level === 'debug')).toBe(true);
});
