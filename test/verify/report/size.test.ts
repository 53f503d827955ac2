import { describe, expect, it } from 'vitest';
import type { FindingView, PresentedCertificateView } from '../../../src/domain/verdict.ts';
import { fitSize, MAX_VERDICT_BYTES } from '../../../src/verify/report/size.ts';
import { sampleVerdict } from '../../support/verdict.ts';

const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value));

function certificate(index: number, bulk: Partial<PresentedCertificateView>): PresentedCertificateView {
  return { index, sha256: '00', ...bulk } as PresentedCertificateView;
}

describe('fitSize', () => {
  it('returns an ordinary verdict as it is', () => {
    const verdict = sampleVerdict();
    expect(fitSize(verdict)).toBe(verdict);
  });

  it('leaves a verdict alone that just fits, and cuts one that just does not', () => {
    const sized = (pem: number) => sampleVerdict({ presented: [certificate(0, { pem: 'x'.repeat(pem) })] });
    const room = MAX_VERDICT_BYTES - bytesOf(sized(0));
    expect(fitSize(sized(room)).limits).toBeUndefined();
    expect(fitSize(sized(room + 1))).toMatchObject({ limits: ['verdict_bytes:details', 'verdict_bytes:pem'] });
  });

  it.each([
    { name: 'details first', bulk: { details: { x: 'y'.repeat(20_000) } }, limits: ['verdict_bytes:details'] },
    { name: 'then PEM', bulk: { pem: 'y'.repeat(20_000) }, limits: ['verdict_bytes:details', 'verdict_bytes:pem'] },
    {
      name: 'at last all certificates but the leaf',
      bulk: { subject: 'y'.repeat(20_000) },
      limits: ['verdict_bytes:details', 'verdict_bytes:pem', 'verdict_bytes:evidence', 'verdict_bytes:presented'],
    },
  ])('sheds $name', ({ bulk, limits }) => {
    const verdict = fitSize(
      sampleVerdict({ presented: Array.from({ length: 20 }, (_, index) => certificate(index, bulk)) }),
    );
    expect(verdict.limits).toEqual(limits);
    expect(bytesOf(verdict)).toBeLessThanOrEqual(MAX_VERDICT_BYTES + 200);
  });

  it('keeps every finding when it sheds their evidence', () => {
    const findings = Array.from({ length: 100 }, (_, index) => ({
      code: `c${index}`,
      evidence: { x: 'é'.repeat(5_000) },
    }));
    const verdict = fitSize(sampleVerdict({ findings: findings as unknown as FindingView[] }));
    expect(verdict.findings).toHaveLength(100);
    expect(verdict.limits).toContain('verdict_bytes:evidence');
  });
});
