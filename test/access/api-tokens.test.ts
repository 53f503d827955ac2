import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readApiTokens } from '../../src/access/api-tokens.ts';

const hash = (token: string) => createHash('sha256').update(token).digest('hex');
const fileOf = (...tokens: object[]) => JSON.stringify({ tokens });

describe('readApiTokens', () => {
  it('finds who a token belongs to, first and last', () => {
    const tokens = readApiTokens(fileOf({ name: 'ci', sha256: hash('one') }, { name: 'ops', sha256: hash('two') }));
    expect(tokens.find('one')).toEqual({ id: 'token:ci', grant: null });
    expect(tokens.find('two')).toEqual({ id: 'token:ops', grant: null });
    for (const wrong of ['', 'on', 'one ', 'three', hash('one')]) expect(tokens.find(wrong)).toBeNull();
  });

  it('reads YAML, hashes in capitals, and limits', () => {
    const text = `tokens:\n  - name: ci\n    sha256: ${hash('t').toUpperCase()}\n    targets: [corp.example, 10.0.0.0/8]\n    authorities: []\n`;
    const grant = readApiTokens(text).find('t')?.grant;
    expect(grant?.targets?.map(({ text: pattern }) => pattern)).toEqual(['corp.example', '10.0.0.0/8']);
    expect(grant?.authorities).toEqual([]);
    expect(grant?.identities).toBeNull();
  });

  it('has a limit of identities alone, also to none', () => {
    const tokens = readApiTokens(
      fileOf({ name: 'a', sha256: hash('a'), identities: ['probe'] }, { name: 'b', sha256: hash('b'), identities: [] }),
    );
    expect(tokens.find('a')?.grant).toEqual({ targets: null, authorities: null, identities: ['probe'] });
    expect(tokens.find('b')?.grant).toEqual({ targets: null, authorities: null, identities: [] });
  });

  it.each([
    { name: 'an identity that cannot be one', text: fileOf({ name: 'a', sha256: hash('a'), identities: ['../a'] }) },
    { name: 'no token at all', text: fileOf() },
    { name: 'a list alone', text: '[]' },
    { name: 'nothing', text: '' },
    { name: 'half a file', text: '{"tokens":[{"name":"ci"' },
    { name: 'a token in place of its hash', text: fileOf({ name: 'ci', sha256: 'secret-token' }) },
    { name: 'a misspelt limit, which would limit nothing', text: fileOf({ name: 'a', sha256: hash('a'), target: [] }) },
    { name: 'a wildcard', text: fileOf({ name: 'a', sha256: hash('a'), targets: ['*.corp.example'] }) },
    { name: 'the same name twice', text: fileOf({ name: 'a', sha256: hash('a') }, { name: 'a', sha256: hash('b') }) },
    { name: 'the same token twice', text: fileOf({ name: 'a', sha256: hash('a') }, { name: 'b', sha256: hash('a') }) },
    { name: 'a key twice', text: `tokens: [{name: a, sha256: ${hash('a')}, sha256: ${hash('b')}}]` },
    { name: 'a name that would break a log', text: fileOf({ name: 'a\nb', sha256: hash('a') }) },
  ])('refuses $name, without repeating it', ({ text }) => {
    expect(() => readApiTokens(text)).toThrow();
    expect(() => readApiTokens(text)).not.toThrow(/secret-token/);
  });
});
