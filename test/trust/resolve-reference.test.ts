import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Problem } from '../../src/domain/problem.ts';
import type { CaReference } from '../../src/domain/request.ts';
import { type AuthoritySnapshot, readAuthorities } from '../../src/trust/authorities.ts';
import { MAX_INLINE_BYTES, MAX_INLINE_CERTIFICATES, resolveReference } from '../../src/trust/resolve-reference.ts';
import { toPem } from '../../src/x509/pem.ts';

const [FIRST = '', SECOND = ''] = rootCertificates;
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const PKCS8 = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
const SEC1 = String(privateKey.export({ type: 'sec1', format: 'pem' }));
const BROKEN = toPem(Buffer.from('3003020101', 'hex'));

let authorities: AuthoritySnapshot;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'references-'));
  await writeFile(join(directory, 'corp.pem'), FIRST);
  await writeFile(join(directory, 'plant.pem'), SECOND);
  await writeFile(join(directory, 'empty.pem'), BROKEN);
  authorities = await readAuthorities({ caDir: directory, systemFile: join(directory, 'absent') });
});
afterAll(() => rm(directory, { recursive: true }));

const reference = (parts: Partial<CaReference>): CaReference => ({
  refs: [],
  pem: null,
  intermediatesPem: null,
  crlsPem: null,
  ...parts,
});

const resolve = (parts: Partial<CaReference> | null) =>
  resolveReference(parts === null ? null : reference(parts), authorities, ['corp']);

function refused(parts: Partial<CaReference>): Problem {
  try {
    resolve(parts);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('not refused');
}

describe('resolveReference', () => {
  it.each<[name: string, parts: Partial<CaReference> | null, sets: string[], intermediates: number]>([
    ['nothing: the default', null, ['corp'], 0],
    ['an empty reference: the default', {}, ['corp'], 0],
    ['intermediates alone: the default', { intermediatesPem: SECOND }, ['corp'], 1],
    ['a name replaces the default', { refs: ['plant'] }, ['plant'], 0],
    ['names in their order', { refs: ['public', 'plant', 'corp'] }, ['public', 'plant', 'corp'], 0],
    ['a name given twice counts once', { refs: ['plant', 'plant'] }, ['plant'], 0],
    ['PEM replaces the default', { pem: FIRST }, ['inline'], 0],
    [
      'PEM beside a name',
      { refs: ['plant'], pem: FIRST, intermediatesPem: `${FIRST}\n${SECOND}` },
      ['plant', 'inline'],
      2,
    ],
  ])('%s', (_, parts, sets, intermediates) => {
    const inputs = resolve(parts);
    expect(inputs.anchorSets.map(({ name }) => name)).toEqual(sets);
    expect(inputs.intermediates).toHaveLength(intermediates);
  });

  it('takes every certificate of the PEM as an anchor, once, with text around it', () => {
    const [set] = resolve({
      pem: `corp root\r\n${FIRST.replaceAll('\n', '\r\n')}\n# and\n${SECOND}\n${FIRST}\n`,
    }).anchorSets;
    expect(set?.anchors).toHaveLength(2);
  });

  it.each(['nobody', 'Corp', 'inline', 'system', '../corp', '', '__proto__', 'a\u202eb'])('has no %j', (name) => {
    const problem = refused({ refs: ['corp', name] });
    expect(problem).toMatchObject({ code: 'unknown_ca', status: 422 });
    expect(problem.message).toContain('corp, empty, plant, public'.split(', ').sort().join(', '));
    expect(problem.message).not.toContain('\u202e');
  });

  it('says why there is no system bundle', () => {
    expect(refused({ refs: ['system'] }).message).toContain('ENOENT');
  });

  it('refuses an authority none of whose certificates can be used', () => {
    expect(refused({ refs: ['empty'] })).toMatchObject({
      code: 'invalid_ca',
      message: expect.stringContaining('block 0'),
    });
  });

  it.each<[name: string, pem: string, code: string, block: number | null]>([
    ['a PKCS #8 key', PKCS8, 'private_key', 0],
    ['an SEC 1 key behind a certificate', `${FIRST}\n${SEC1}`, 'private_key', 1],
    ['a block that is no certificate', `${FIRST}\n${SECOND}\n${BROKEN}`, 'not_a_certificate', 2],
    ['a CRL', toPem(Buffer.from('3000', 'hex'), 'X509 CRL'), 'not_a_certificate', 0],
    ['a block without an end', FIRST.replace(/-----END.*/, ''), 'unterminated', 0],
    ['a block that is not base64', FIRST.replace('MII', '***'), 'base64_invalid', 0],
    ['no PEM', 'corp root', 'no_certificate', null],
    ['nothing', '', 'no_certificate', null],
  ])('refuses %s', (_, pem, code, block) => {
    for (const [field, pointer] of [
      ['pem', '/ca/pem'],
      ['intermediatesPem', '/ca/intermediates_pem'],
    ] as const) {
      const problem = refused({ [field]: pem });
      expect(problem).toMatchObject({ code: 'invalid_ca', status: 422, errors: [{ pointer, code }] });
      if (block !== null) expect(problem.errors[0]?.detail).toContain(`block ${block} `);
    }
  });

  it('never repeats a key', () => {
    const secret = PKCS8.split('\n')[1] ?? '';
    const problem = refused({ pem: `${FIRST}\n${PKCS8}${PKCS8.replace('-----END', '')}` });
    expect(JSON.stringify([problem, problem.message])).not.toContain(secret);
  });

  it('names the first ten wrong blocks', () => {
    expect(refused({ pem: BROKEN.repeat(10) }).errors).toHaveLength(10);
    expect(refused({ pem: BROKEN.repeat(11) }).errors).toHaveLength(10);
  });

  it('takes the greatest number of certificates and no more', () => {
    expect(resolve({ pem: `${FIRST}\n`.repeat(MAX_INLINE_CERTIFICATES) }).anchorSets).toHaveLength(1);
    const problem = refused({ pem: `${FIRST}\n`.repeat(MAX_INLINE_CERTIFICATES + 1) });
    expect(problem).toMatchObject({ code: 'invalid_ca', errors: [{ code: 'too_many_blocks' }] });
  });

  it('takes the greatest size and no more, in bytes', () => {
    const padded = (bytes: number) => FIRST + '\n'.repeat(bytes - Buffer.byteLength(FIRST));
    expect(resolve({ pem: padded(MAX_INLINE_BYTES) }).anchorSets).toHaveLength(1);
    expect(refused({ pem: padded(MAX_INLINE_BYTES + 1) })).toMatchObject({ errors: [{ code: 'too_large' }] });
    expect(refused({ pem: `${padded(MAX_INLINE_BYTES - 1)}é` })).toMatchObject({ errors: [{ code: 'too_large' }] });
  });
});
