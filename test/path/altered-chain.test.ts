import { describe, expect, it } from 'vitest';
import { createAnchorSet } from '../../src/domain/anchor-set.ts';
import { isReadable, type ReadCertificate } from '../../src/domain/certificate.ts';
import { DEFAULT_POLICY } from '../../src/domain/policy.ts';
import { buildPath } from '../../src/path/build-path.ts';
import { readCertificate } from '../../src/x509/certificate.ts';
import { intermediate, leaf, root } from '../support/pki.ts';
import { AT } from './trust-graph.ts';

describe('a chain in which one bit was changed', async () => {
  const anchor = await root();
  const ica = await intermediate(anchor);
  const server = await leaf(ica);
  const anchors = [readCertificate(anchor.der)].filter(isReadable);
  const set = createAnchorSet({ name: 'test', sha256: '', anchors, intermediates: [], crls: [], skipped: [] });

  function trusts(first: ReadCertificate, second: ReadCertificate): boolean {
    if (!isReadable(first)) return false;
    const candidates = isReadable(second)
      ? [{ certificate: second, source: 'presented' as const, presentedIndex: 1 }]
      : [];
    return buildPath({ leaf: first, candidates, anchors: set, at: AT, policy: DEFAULT_POLICY, judge: () => [] })
      .trusted;
  }

  it('is trusted as it was', () => {
    expect(trusts(readCertificate(server.der), readCertificate(ica.der))).toBe(true);
  });

  it.each([
    { name: 'leaf', der: server.der, judge: (der: Buffer) => trusts(readCertificate(der), readCertificate(ica.der)) },
    {
      name: 'intermediate',
      der: ica.der,
      judge: (der: Buffer) => trusts(readCertificate(server.der), readCertificate(der)),
    },
  ])('is never trusted: $name', ({ der, judge }) => {
    const trusted: string[] = [];
    for (let offset = 0; offset < der.length; offset++) {
      // A different bit from octet to octet, and each of them in every eighth.
      const altered = Buffer.from(der);
      altered[offset] = (altered[offset] ?? 0) ^ (1 << (offset % 8));
      if (judge(altered)) trusted.push(`octet ${offset}`);
    }
    expect(trusted).toEqual([]);
  });
});
