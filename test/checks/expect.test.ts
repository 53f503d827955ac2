import { describe, expect, it } from 'vitest';
import type { GeneralName } from '../../src/domain/certificate.ts';
import type { Expectations } from '../../src/domain/expectations.ts';
import { authority, evidence, judge, LEAF_DECODED, leaf, path, root } from './evidence.ts';

const NOTHING: Expectations = { emails: null, spiffeId: null, sha256: null, spkiSha256: null, issuerSpkiSha256: null };
const OTHER = '0'.repeat(64);

const email = (value: string): GeneralName => ({ type: 'email', value });
const uri = (value: string): GeneralName => ({ type: 'uri', value });

function judgeNames(names: readonly GeneralName[], asked: Partial<Expectations>, ca = false) {
  const decoded = { ...LEAF_DECODED, subjectAltName: names, basicConstraints: { ca, pathLength: null } };
  const chain = path([leaf({ decoded }), authority(), root()]);
  return judge('expect', evidence({ path: chain, expect: { ...NOTHING, ...asked } })).codes;
}

describe('mailboxes', () => {
  it.each([
    { name: 'the one', names: ['a@b.example'], asked: ['a@b.example'], missing: 0 },
    { name: 'the domain in other case', names: ['a@B.example'], asked: ['a@b.EXAMPLE'], missing: 0 },
    { name: 'the local part in other case', names: ['A@b.example'], asked: ['a@b.example'], missing: 1 },
    { name: 'one of two', names: ['a@b.example'], asked: ['a@b.example', 'c@b.example'], missing: 1 },
    { name: 'neither of two', names: [], asked: ['a@b.example', 'c@b.example'], missing: 2 },
    { name: 'an asterisk is a character', names: ['*@b.example'], asked: ['a@b.example'], missing: 1 },
    { name: 'the same asterisk', names: ['*@b.example'], asked: ['*@b.example'], missing: 0 },
    { name: 'a part of it', names: ['aa@b.example'], asked: ['a@b.example'], missing: 1 },
  ])('$name', ({ names, asked, missing }) => {
    expect(judgeNames(names.map(email), { emails: asked })).toEqual(Array(missing).fill('email_mismatch:error'));
  });

  it('may be in UTF-8', () => {
    const mailbox = (text: string | null): GeneralName => ({
      type: 'other',
      typeId: '1.3.6.1.5.5.7.8.9',
      mailbox: text,
      der: Buffer.alloc(0),
    });
    const asked = { emails: ['ä@b.example'] };
    expect(judgeNames([mailbox('ä@B.example')], asked)).toEqual([]);
    expect(judgeNames([mailbox('a@b.example')], asked)).toEqual(['email_mismatch:error']);
    expect(judgeNames([mailbox(null)], asked)).toEqual(['email_mismatch:error']);
  });

  it('are not taken from other forms of name', () => {
    expect(judgeNames([uri('a@b.example')], { emails: ['a@b.example'] })).toEqual(['email_mismatch:error']);
  });
});

describe('a SPIFFE ID', () => {
  const id = 'spiffe://prod.example/ns/web';
  it.each([
    { name: 'the only URI', uris: [id], ca: false, good: true },
    { name: 'another', uris: ['spiffe://prod.example/ns/db'], ca: false, good: false },
    { name: 'longer', uris: [`${id}/x`], ca: false, good: false },
    { name: 'in other case', uris: ['spiffe://PROD.example/ns/web'], ca: false, good: false },
    { name: 'beside another URI', uris: [id, 'https://a.example/'], ca: false, good: false },
    { name: 'none', uris: [], ca: false, good: false },
    { name: 'in a CA certificate', uris: [id], ca: true, good: false },
  ])('$name', ({ uris, ca, good }) => {
    expect(judgeNames(uris.map(uri), { spiffeId: id }, ca)).toEqual(good ? [] : ['spiffe_id_mismatch:error']);
  });
});

describe('pins', () => {
  const chain = path([leaf(), authority(), root()]);
  const [bottom, middle, top] = chain.steps.map(({ certificate }) => certificate);
  const rows: { name: string; asked: Partial<Expectations>; good: boolean }[] = [
    { name: 'the leaf', asked: { sha256: [OTHER, bottom?.sha256 ?? ''] }, good: true },
    { name: 'another certificate', asked: { sha256: [OTHER] }, good: false },
    { name: 'an intermediate in the place of the leaf', asked: { sha256: [middle?.sha256 ?? ''] }, good: false },
    { name: 'the key of the leaf', asked: { spkiSha256: [bottom?.spki.sha256 ?? ''] }, good: true },
    { name: 'the key of the issuer in its place', asked: { spkiSha256: [middle?.spki.sha256 ?? ''] }, good: false },
    { name: 'the key of the issuer', asked: { issuerSpkiSha256: [middle?.spki.sha256 ?? ''] }, good: true },
    { name: 'the key of the anchor', asked: { issuerSpkiSha256: [top?.spki.sha256 ?? ''] }, good: true },
    {
      name: 'the key of the leaf as an issuer',
      asked: { issuerSpkiSha256: [bottom?.spki.sha256 ?? ''] },
      good: false,
    },
  ];
  it.each(rows)('$name', ({ asked, good }) => {
    const { codes } = judge('expect', evidence({ path: chain, expect: { ...NOTHING, ...asked } }));
    expect(codes).toEqual(good ? [] : ['pin_mismatch:error']);
  });

  it('are unknown without a leaf', () => {
    const asked = { ...NOTHING, sha256: [OTHER] };
    expect(judge('expect', evidence({ path: null, expect: asked })).state).toBe('unknown');
  });

  it('are not asked for', () => {
    expect(judge('expect', evidence()).state).toBe('skip');
  });
});
