import { createHash, createPublicKey } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseCompromisedKeys } from '../../src/trust/compromised-keys.ts';
import { leaf, root } from '../support/pki.ts';
import { startService } from '../support/service.ts';

const HASH = 'a1'.repeat(32);

describe('parseCompromisedKeys', () => {
  it.each([
    ['nothing', '', []],
    ['comments and blank lines', '# keys\n\n', []],
    ['upper case, a comment behind, CRLF', `${HASH.toUpperCase()} # lost\r\n`, [HASH]],
    ['one twice', `${HASH}\n${HASH}`, [HASH]],
  ])('%s', (_name, text, hashes) => {
    expect([...parseCompromisedKeys(text, 'f')]).toEqual(hashes);
  });

  it.each([HASH.slice(1), `${HASH}0`, 'sha256/abc=', `${HASH} ${HASH}`])('refuses %s and names the line', (line) => {
    expect(() => parseCompromisedKeys(`# first\n${line}`, 'f')).toThrow(/^f line 2 /);
  });
});

describe('COMPROMISED_KEYS_FILE', () => {
  async function listed(text: string): Promise<string> {
    const file = join(await mkdtemp(join(tmpdir(), 'keys-')), 'keys.txt');
    await writeFile(file, text);
    return file;
  }

  it.each(['default', 'rfc5280', 'webpki'])('makes a listed key an error under %s', async (profile) => {
    const authority = await root();
    const host = await leaf(authority, 'host.example');
    const spki = createPublicKey(host.key).export({ format: 'der', type: 'spki' });
    const file = await listed(`${createHash('sha256').update(spki).digest('hex')}\n`);
    await using service = await startService({ COMPROMISED_KEYS_FILE: file });
    const body = { host: 'host.example', chain_pem: host.pem, ca: { pem: authority.pem }, policy: { profile } };
    const verdict = await service.ask(body);
    expect(verdict).toMatchObject({ ok: false, checks: { key: 'fail', trust: 'pass' } });
    expect(verdict.findings).toContainEqual(
      expect.objectContaining({ code: 'key_compromised', rule: expect.stringContaining('list'), severity: 'error' }),
    );
  });

  it.each([
    ['a file that is not there', async () => '/nonexistent/keys'],
    ['a line that is none', () => listed('not a hash')],
  ])('stops the start at %s', async (_name, file) => {
    await expect(startService({ COMPROMISED_KEYS_FILE: await file() })).rejects.toThrow('COMPROMISED_KEYS_FILE');
  });
});
