import { describe, expect, it } from 'vitest';
import type { Certificate, GeneralSubtree } from '../../src/domain/certificate.ts';
import { searchPath } from '../../src/path/build-path.ts';
import { MAX_NAME_COMPARISONS, SEARCH_LIMITS } from '../../src/path/search-limits.ts';
import { signatureCost } from '../../src/x509/signature-cost.ts';
import {
  anchorSet,
  CA,
  certificateRecord,
  presented,
  type RecordOptions,
  searchDefaults,
} from './certificate-record.ts';

const times = <Value>(count: number, make: (index: number) => Value) =>
  Array.from({ length: count }, (_, i) => make(i));
const codes = ({ evidence }: ReturnType<typeof searchPath>) => evidence.path.faults.map(({ code }) => code);

/** A chain of CAs from the root down; the certificates, leaf first, without the root. */
function line(root: Certificate, length: number, options: (index: number) => RecordOptions = () => ({})) {
  const certificates = [root];
  for (let index = 0; index < length; index++) {
    certificates.unshift(certificateRecord(`CA ${index}`, { issuer: certificates[0] ?? root, ...options(index) }));
  }
  return certificates.slice(0, -1);
}

const root = certificateRecord('Root');
const leafOf = (issuer: Certificate, options: RecordOptions = {}) =>
  certificateRecord('leaf', { issuer, decoded: {}, ...options });

describe('chains that are built to cost time', () => {
  it.each([
    {
      name: '100 CAs in a line without an anchor',
      candidates: line(certificateRecord('Nowhere'), 100),
      limits: { steps: 100, signatureCost: 101, paths: 1 },
      end: 'issuer_not_found',
    },
    {
      name: '100 certificates of one CA that all seem to have signed each other',
      candidates: times(100, (index) => certificateRecord(`copy ${index}`, { subject: ['CN=CA'] })),
      limits: { steps: 200, signatureCost: 200, paths: 64 },
      end: 'untrusted_root',
    },
    {
      name: '100 CAs of one name, each with its own key, all signed by a key that nobody has',
      candidates: times(100, (index) =>
        certificateRecord(`${index}`, { subject: ['CN=CA'], key: `${index}`, signedBy: 'none' }),
      ),
      limits: { steps: 10_000, signatureCost: 1000, paths: 64 },
      end: 'signature_invalid',
    },
    {
      name: '100 pairs of cross-certified CAs: 2^100 paths, and none to an anchor',
      candidates: times(100, (level) => level).flatMap((level) =>
        times(4, (way) =>
          certificateRecord(`${level}/${way}`, {
            subject: [`CN=${level}/${way % 2}`],
            issuer: [`CN=${level + 1}/${way >> 1}`],
            signedBy: `CN=${level + 1}/${way >> 1}`,
          }),
        ),
      ),
      leafIssuer: 'CN=0/0',
      limits: { steps: 10_000, signatureCost: 1000, paths: 64 },
      end: 'issuer_not_found',
    },
  ])('$name', ({ candidates, leafIssuer, limits, end }) => {
    const issuer = candidates[0]?.subject.rdns[0]?.[0]?.value ?? '';
    const leaf = certificateRecord('leaf', {
      issuer: [leafIssuer ?? `CN=${issuer}`],
      signedBy: leafIssuer ?? candidates[0]?.spki.publicKey.toString() ?? '',
      decoded: {},
    });
    const built = searchPath({
      ...searchDefaults(),
      leaf,
      candidates: presented(...candidates),
      anchors: anchorSet(root),
    });
    // No names lead to the anchor, so it is decided and not a matter of the budget.
    expect(built.evidence).toMatchObject({ trusted: false, exhausted: false });
    expect(codes(built)).toContain(end);
    expect(built.work.steps).toBeLessThanOrEqual(limits.steps);
    expect(built.work.signatureCost).toBeLessThanOrEqual(limits.signatureCost);
    expect(built.work.paths).toBeLessThanOrEqual(limits.paths);
  });

  it('2^100 paths to an anchor: the first is the best, and enough', () => {
    const levels = 100;
    const candidates = times(levels, (level) =>
      times(4, (way) => {
        const issuer = level === levels - 1 ? root : null;
        const above = `CN=${level + 1}/${way >> 1}`;
        return certificateRecord(`${level}/${way}`, {
          subject: [`CN=${level}/${way % 2}`],
          ...(issuer ? { issuer } : { issuer: [above], signedBy: above }),
        });
      }),
    ).flat();
    const leaf = certificateRecord('leaf', { issuer: ['CN=0/0'], signedBy: 'CN=0/0', decoded: {} });
    const built = searchPath({
      ...searchDefaults({ maxIntermediates: 255 }),
      leaf,
      candidates: presented(...candidates),
      anchors: anchorSet(root),
    });
    expect(built.evidence).toMatchObject({ trusted: true, exhausted: false });
    expect(built.work.paths).toBe(1);
    expect(built.work.steps).toBeLessThan(500);
  });

  it('finds the one good path among thousands that seem as good until they are whole', () => {
    // Six layers of three CAs; only one CA of the last layer is issued by an anchor that allows the leaf's name.
    const layers = 6;
    const width = 3;
    const excluded: GeneralSubtree = { type: 'dns', value: 'host.example', hasDistance: false };
    const strict = certificateRecord('Strict', {
      decoded: { ...CA, nameConstraints: { permitted: [], excluded: [excluded] } },
    });
    const candidates = times(layers, (layer) =>
      times(width, (column) =>
        times(width, (above) => {
          const subject = [`CN=${layer}/${column}`];
          const issuer = `CN=${layer + 1}/${above}`;
          const top = column === 2 && above === 2 ? root : strict;
          return certificateRecord(`${layer}/${column}/${above}`, {
            subject,
            ...(layer === layers - 1 ? { issuer: top } : { issuer: [issuer], signedBy: issuer }),
          });
        }),
      ),
    ).flat(2);
    const leaf = certificateRecord('leaf', {
      issuer: ['CN=0/0'],
      signedBy: 'CN=0/0',
      decoded: { subjectAltName: [{ type: 'dns', value: 'host.example' }] },
    });
    const built = searchPath({
      ...searchDefaults(),
      leaf,
      candidates: presented(...candidates),
      anchors: anchorSet(root, strict),
    });
    expect(built.evidence.trusted).toBe(true);
    expect(built.work.paths).toBe(1);
  });
});

describe('a limit of the search', () => {
  // 3 links, each tried once: 3 steps, 3 checks, 1 path.
  const candidates = line(root, 2);
  const leaf = leafOf(candidates[0] ?? root);
  const search = (limits: Partial<typeof SEARCH_LIMITS>) =>
    searchPath({ ...searchDefaults(), leaf, candidates: presented(...candidates), anchors: anchorSet(root), limits });

  it.each([
    { limit: 'steps', name: 'steps', needed: 3 },
    { limit: 'signatureCost', name: 'signature_checks', needed: 3 },
    { limit: 'paths', name: 'paths', needed: 1 },
  ] as const)('$limit: enough at $needed, not below', ({ limit, name, needed }) => {
    expect(search({ [limit]: needed }).evidence).toMatchObject({ trusted: true, exhausted: false });
    const cut = search({ [limit]: needed - 1 });
    expect(cut.evidence).toMatchObject({ trusted: false, exhausted: true });
    expect(cut.evidence.path.faults.at(-1)).toMatchObject({
      code: 'budget_exhausted',
      evidence: { limit_name: name, limit: needed - 1 },
    });
  });

  it('is never the reason for less than what was found before', () => {
    const other = certificateRecord('Other');
    const again = certificateRecord('again', { subject: ['CN=CA 0'], issuer: other, notAfter: 1e13 });
    const built = searchPath({
      ...searchDefaults(),
      leaf,
      candidates: presented(...candidates, again),
      anchors: anchorSet(root, other),
      judge: () => [{ code: 'cert_expires_soon', detail: 'so that the search goes on' }],
      limits: { paths: 1 },
    });
    expect(built.evidence).toMatchObject({ trusted: true, exhausted: false });
  });
});

describe('names times name constraints', () => {
  const subtrees = (count: number): GeneralSubtree[] =>
    times(count, (index) => ({ type: 'dns', value: `host${index}.example`, hasDistance: false }));
  const names = (count: number) => times(count, () => ({ type: 'dns', value: 'host0.example' }) as const);
  /** The constraints of an anchor, the names of a leaf with an empty subject. */
  const search = (constraints: number, nameCount: number, anchors = 1) => {
    const decoded = { ...CA, nameConstraints: { permitted: subtrees(constraints), excluded: [] } };
    const set = times(anchors, (index) => certificateRecord(`Root ${index}`, { subject: ['CN=Root'], decoded }));
    const leaf = leafOf(root, { subject: [], decoded: { subjectAltName: names(nameCount) } });
    return searchPath({ ...searchDefaults(), leaf, candidates: [], anchors: anchorSet(...set) });
  };

  it('are compared up to 2^20', () => {
    const built = search(1024, 1024);
    expect(built.evidence).toMatchObject({ trusted: true, exhausted: false });
    expect(built.work.nameComparisons).toBe(MAX_NAME_COMPARISONS);
  });

  it('are counted and not compared above, and the path is not good', () => {
    const built = search(1025, 1024);
    expect(built.evidence).toMatchObject({ trusted: false, exhausted: true });
    expect(codes(built)).toEqual(['budget_exhausted']);
    expect(built.work.nameComparisons).toBe(0);
    expect(search(10_000, 10_000).work.nameComparisons).toBe(0);
  });

  it('are limited over all paths together', () => {
    const built = search(1024, 1024, 5);
    expect(built.work.nameComparisons).toBeLessThanOrEqual(SEARCH_LIMITS.nameComparisons);
  });

  it('add up along a path', () => {
    const decoded = { ...CA, nameConstraints: { permitted: subtrees(700), excluded: [] } };
    const top = certificateRecord('Top', { decoded });
    const middle = certificateRecord('Middle', { issuer: top, decoded });
    const leaf = leafOf(middle, { subject: [], decoded: { subjectAltName: names(1000) } });
    const input = { ...searchDefaults(), leaf, candidates: presented(middle) };
    expect(searchPath({ ...input, anchors: anchorSet(middle) }).evidence.trusted).toBe(true);
    const both = searchPath({ ...input, anchors: anchorSet(top) });
    expect(both.evidence).toMatchObject({ trusted: false, exhausted: true });
    expect(codes(both)).toEqual(['budget_exhausted']);
  });
});

describe('policy.max_intermediates', () => {
  const search = (intermediates: readonly Certificate[], maxIntermediates: number) =>
    searchPath({
      ...searchDefaults({ maxIntermediates }),
      leaf: leafOf(intermediates[0] ?? root),
      candidates: presented(...intermediates),
      anchors: anchorSet(root),
    });

  it.each([
    { intermediates: 0, limit: 0, trusted: true },
    { intermediates: 1, limit: 0, trusted: false },
    { intermediates: 10, limit: 10, trusted: true },
    { intermediates: 11, limit: 10, trusted: false },
    { intermediates: 99, limit: 255, trusted: true },
  ])('$intermediates of at most $limit', ({ intermediates, limit, trusted }) => {
    const built = search(line(root, intermediates), limit);
    expect(built.evidence).toMatchObject({ trusted, exhausted: !trusted });
    expect(codes(built)).toEqual(trusted ? [] : ['chain_too_long']);
  });

  it('does not count self-issued certificates', () => {
    const ica = certificateRecord('ICA', { issuer: root });
    const rekeyed = certificateRecord('ICA again', { subject: ['CN=ICA'], issuer: ica, key: 'new' });
    expect(search([rekeyed, ica], 1).evidence.trusted).toBe(true);
  });

  it('takes a shorter path that it allows', () => {
    const candidates = line(root, 3);
    const direct = certificateRecord('direct', { subject: ['CN=CA 2'], issuer: root, notAfter: Date.UTC(2026, 7) });
    expect(search([...candidates, direct], 1).evidence.trusted).toBe(true);
  });
});

describe('the cost of a signature check', () => {
  const key = (facts: Certificate['spki']['facts']) => ({ ...root.spki, facts });
  it.each([
    { name: 'P-256', facts: { type: 'ec', curve: 'P-256', bits: 256 }, cost: 1 },
    { name: 'P-521', facts: { type: 'ec', curve: 'P-521', bits: 521 }, cost: 18 },
    { name: 'RSA-2048', facts: { type: 'rsa', bits: 2048, exponent: 65537n, modulus: Buffer.alloc(0) }, cost: 1 },
    { name: 'RSA-16384', facts: { type: 'rsa', bits: 16384, exponent: 65537n, modulus: Buffer.alloc(0) }, cost: 16 },
    {
      name: 'RSA-16384 with an exponent of 64 bits',
      facts: { type: 'rsa', bits: 16384, exponent: 2n ** 64n - 1n, modulus: Buffer.alloc(0) },
      cost: 61,
    },
  ] as const)('$name: $cost', ({ facts, cost }) => {
    expect(signatureCost(key(facts), root.tbs)).toBe(cost);
  });

  it('grows with what is hashed', () => {
    expect(signatureCost(root.spki, Buffer.alloc(1024 * 1024))).toBe(17);
  });
});
