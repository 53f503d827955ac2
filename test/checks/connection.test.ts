import { describe, expect, it } from 'vitest';
import type { Fault } from '../../src/domain/fault.ts';
import { evidence, judge } from './evidence.ts';

describe('connection', () => {
  const refused: Fault = { code: 'connection_refused', detail: '' };
  it.each([
    { name: 'connected', connection: { address: '192.0.2.1', addresses: [], faults: [] }, state: 'pass', codes: [] },
    {
      name: 'refused',
      connection: { address: null, addresses: [], faults: [refused] },
      state: 'fail',
      codes: ['connection_refused:error'],
    },
    {
      name: 'no address and no reason',
      connection: { address: null, addresses: [], faults: [] },
      state: 'unknown',
      codes: [],
    },
    { name: 'nothing known', connection: null, state: 'unknown', codes: [] },
  ])('$name', ({ connection, state, codes }) => {
    expect(judge('connection', evidence({ connection }))).toMatchObject({ state, codes });
  });
});
