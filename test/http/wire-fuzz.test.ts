import { expect, it } from 'vitest';
import { startService } from '../support/service.ts';
import { fuzzOverWire } from './wire-fuzz.ts';

it('answers by the API document whatever comes over a socket, and nothing is left on it', {
  timeout: 60_000,
}, async () => {
  const nowhere = Object.assign(new Error('nobody'), { code: 'ENOTFOUND' });
  await using service = await startService({}, { lookUp: () => Promise.reject(nowhere) });
  const statuses = new Set<number>();
  await fuzzOverWire(service, { requests: 320, seed: 7 }, ({ status }) => statuses.add(status));
  for (const status of [200, 400, 405, 421, 431]) expect(statuses).toContain(status);
});
