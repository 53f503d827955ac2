import { afterAll, describe, expect, it } from 'vitest';
import { createAnchorSet } from '../../src/domain/anchor-set.ts';
import { isReadable } from '../../src/domain/certificate.ts';
import { DEFAULT_POLICY } from '../../src/domain/policy.ts';
import { searchPath } from '../../src/path/build-path.ts';
import { MAX_CERTIFICATES_JUDGED } from '../../src/verify/gather-evidence.ts';
import { parseCertificate } from '../../src/x509/certificate.ts';
import { bundle, type Issued } from '../support/issued.ts';
import { startService } from '../support/service.ts';
import { CONTENTS } from './contents.ts';
import { GRAPHS } from './graphs.ts';
import { HOST, type Presented } from './hostile-chain.ts';

/** What the search for a path costs, in the units of its limits; null where the leaf cannot be read. */
function workOf({ chain, anchors }: Presented) {
  const read = (certificates: readonly Issued[]) =>
    certificates.map(({ der }) => parseCertificate(der)).filter(isReadable);
  const [leaf, ...others] = read(chain.slice(0, MAX_CERTIFICATES_JUDGED));
  if (leaf === undefined) return null;
  return searchPath({
    leaf,
    candidates: others.map((certificate, index) => ({ certificate, source: 'presented', presentedIndex: index + 1 })),
    anchors: createAnchorSet({
      name: 'inline',
      sha256: '',
      anchors: read(anchors),
      intermediates: [],
      crls: [],
      skipped: [],
    }),
    at: Date.UTC(2026, 5, 15),
    policy: DEFAULT_POLICY,
    judge: () => [],
  }).work;
}

describe('a chain that is built to cost time ends in a verdict', async () => {
  const service = await startService();
  afterAll(async () => await service[Symbol.asyncDispose]());

  it.each([...GRAPHS, ...CONTENTS])('$name', async ({ make, trust, code, work }) => {
    const { chain, anchors } = await make();
    const verdict = await service.ask({
      host: HOST,
      chain_pem: bundle(...chain),
      ca: { pem: bundle(...anchors) },
      revocation: 'off',
    });
    const errors = verdict.findings.filter(({ severity }) => severity === 'error').map((finding) => finding.code);
    expect({ errors, trust: verdict.checks.trust, ok: verdict.ok }).toEqual({
      errors: code === null ? [] : expect.arrayContaining([code]),
      trust,
      ok: code === null,
    });
    const spent = workOf({ chain, anchors });
    for (const [unit, most] of Object.entries(work)) {
      expect(spent?.[unit as keyof typeof spent] ?? 0, unit).toBeLessThanOrEqual(most);
    }
  });
});
