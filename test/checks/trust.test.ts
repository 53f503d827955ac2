import { expect, it } from 'vitest';
import type { Evidence } from '../../src/domain/evidence.ts';
import type { Fault } from '../../src/domain/fault.ts';
import { authority, evidence, judge, leaf, path, root } from './evidence.ts';

const chain = [leaf(), authority(), root()];
const garbage: Fault = { code: 'cert_malformed', rule: 'der.trailing_bytes', detail: '' };
const unreadable = { der: Buffer.alloc(2), sha256: 'ab'.repeat(32), unreadable: garbage };

const rows: { name: string; subject: Evidence; state: string; codes: string[] }[] = [
  { name: 'a trusted path', subject: evidence(), state: 'pass', codes: [] },
  {
    name: 'a trusted path with something to know',
    subject: evidence({ path: path(chain, { faults: [{ code: 'leaf_is_anchor', detail: '' }] }) }),
    state: 'pass',
    codes: ['leaf_is_anchor:info'],
  },
  {
    name: 'a near miss with its reason',
    subject: evidence({
      trusted: false,
      path: path(chain, { anchored: false, faults: [{ code: 'untrusted_root', detail: '' }] }),
    }),
    state: 'fail',
    codes: ['untrusted_root:error'],
  },
  {
    name: 'a near miss without a reason is not good',
    subject: evidence({ trusted: false, path: path(chain, { anchored: false }) }),
    state: 'unknown',
    codes: [],
  },
  {
    name: 'a near miss whose only reason belongs to another area is not good',
    subject: evidence({ trusted: false, path: path(chain, { faults: [{ code: 'key_invalid', detail: '' }] }) }),
    state: 'unknown',
    codes: [],
  },
  {
    name: 'a search that was cut short',
    subject: evidence({
      trusted: false,
      exhausted: true,
      path: path(chain, { faults: [{ code: 'budget_exhausted', detail: '' }] }),
    }),
    state: 'unknown',
    codes: ['budget_exhausted:error'],
  },
  {
    name: 'more certificates than are judged, though those lead to trust',
    subject: evidence({ presentedTotal: 101 }),
    state: 'unknown',
    codes: ['chain_too_long:error'],
  },
  { name: 'no path at all', subject: evidence({ path: null }), state: 'unknown', codes: [] },
  {
    name: 'a leaf that cannot be read',
    subject: evidence({ path: null, presented: [unreadable] }),
    state: 'unknown',
    codes: ['cert_malformed:error'],
  },
  {
    name: 'garbage beside a good chain stops clients',
    subject: evidence({ presented: [...chain.slice(0, 2), unreadable] }),
    state: 'fail',
    codes: ['cert_malformed:error'],
  },
];

it.each(rows)('$name', ({ subject, state, codes }) => {
  expect(judge('trust', subject)).toMatchObject({ state, codes });
});

it('points at the certificate that cannot be read', () => {
  const { faults } = judge('trust', evidence({ presented: [...chain.slice(0, 2), unreadable] }));
  expect(faults[0]?.certificate).toBe(unreadable.sha256);
});
