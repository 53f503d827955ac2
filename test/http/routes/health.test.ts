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

it('is ready with the last good authorities, and says why the new ones are not in force', async () => {
  let refusal: { sinceMs: number; reason: string } | null = null;
  const { app } = testApp({ authorityState: () => ({ loadedAtMs: 1_767_225_600_000, refusal }) });
  const body = async () => (await requestByContract(app, '/readyz')).json();
  expect(await body()).toEqual({
    status: 'ready',
    authorities: { loaded_at: '2026-01-01T00:00:00.000Z', reload_error: null },
  });
  refusal = { sinceMs: 1_767_225_601_000, reason: 'corp.pem is empty' };
  expect(await body()).toMatchObject({
    status: 'ready',
    authorities: { reload_error: { since: '2026-01-01T00:00:01.000Z', reason: 'corp.pem is empty' } },
  });
});

it('is not live any more when the event loop hardly turns', async () => {
  const { app } = testApp({ isStalled: () => true });
  const response = await requestByContract(app, '/livez');
  expect(response.status).toBe(503);
  expect(await response.json()).toEqual({ status: 'stalled' });
});
