import { createPrivateKey, type KeyObject } from 'node:crypto';
import { mkdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readIdentities } from '../../src/identity/identities.ts';
import { readIdentityDirectory } from '../../src/identity/identity-directory.ts';
import { temporaryFolder, writeIdentity } from '../support/identity-folder.ts';
import { bundle, type Issued, type KeyKind, newKey } from '../support/issued.ts';
import { intermediate, leaf, root } from '../support/pki.ts';
import { rawCertificate } from '../support/raw-certificate.ts';

let issuing: Issued;
let shown: Issued;
let other: Issued;
beforeAll(async () => {
  issuing = await intermediate(await root());
  shown = await leaf(issuing, 'probe.example', { key: 'rsa-2048' });
  other = await leaf(issuing, 'probe.example', { key: 'rsa-2048' });
});

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
  await writeIdentity(folder.path, 'probe', { shown, chain: [issuing], targets: ['corp.example', '10.0.0.0/8'] });
});
afterEach(() => folder[Symbol.asyncDispose]());

const read = async () => readIdentities(await readIdentityDirectory(folder.path));
const write = (file: string, text: string) => writeFile(join(folder.path, 'probe', file), text);
const remove = (file: string) => rm(join(folder.path, 'probe', file));

/** What reading says, with nothing of the keys in it. */
async function complaint(): Promise<string> {
  const said = await read().then(
    () => 'nothing',
    (error: Error) => `${error.message} ${error.cause ?? ''}`,
  );
  for (const { keyPem } of [shown, other]) {
    for (const line of keyPem.split('\n').filter((each) => each.length > 8)) expect(said).not.toContain(line);
  }
  return said;
}

describe('an identity', () => {
  it('has its chain, its key and its bound', async () => {
    const { all, ignored } = await read();
    expect(ignored).toEqual([]);
    expect(all).toMatchObject([
      { name: 'probe', chain: [shown.der, issuing.der], targets: [{ text: 'corp.example' }, { text: '10.0.0.0/8' }] },
    ]);
    expect(all[0]?.key.equals(shown.key)).toBe(true);
    expect(JSON.stringify(all)).not.toContain(String(shown.key.export({ format: 'jwk' }).d));
  });

  it('may have the names that a Kubernetes secret has, behind the links of a mount', async () => {
    const secret = join(folder.path, 'mounted', '..2026');
    await mkdir(secret, { recursive: true });
    for (const [file, text] of Object.entries({
      'tls.crt': shown.pem,
      'tls.key': shown.keyPem,
      targets: 'a.example',
    })) {
      await writeFile(join(secret, file), text);
      await symlink(join('..data', file), join(folder.path, 'mounted', file));
    }
    await symlink('..2026', join(folder.path, 'mounted', '..data'));
    expect((await read()).all.map(({ name }) => name)).toEqual(['mounted', 'probe']);
  });

  it.each<[string, () => string]>([
    ['PKCS #1', () => String(shown.key.export({ format: 'pem', type: 'pkcs1' }))],
    ['text before and after', () => `subject=probe\n${shown.keyPem}\n# end`],
    ['CRLF', () => shown.keyPem.replaceAll('\n', '\r\n')],
  ])('has a key in %s', async (_, text) => {
    await write('key.pem', text());
    expect((await read()).all).toHaveLength(1);
  });

  it.each<KeyKind>([
    'ec-p256',
    'ec-p384',
    'ec-p521',
    'ec-brainpoolP256r1',
    'rsa-1024',
    'rsa-4096',
    'rsa-pss-2048',
    'ed25519',
    'ed448',
    'ml-dsa-65',
  ])('may have a key of %s', async (kind) => {
    const own = await rawCertificate({ key: await newKey(kind), issuedBy: issuing });
    await writeIdentity(folder.path, 'probe', { shown: own, targets: ['a.example'] });
    expect((await read()).all).toHaveLength(1);
  });

  it('has comments and empty lines in its targets', async () => {
    await write('targets', '# who may see it\n\n  corp.example  \r\n.lab.example\n');
    expect((await read()).all[0]?.targets.map(({ text }) => text)).toEqual(['corp.example', 'lab.example']);
  });
});

describe('is refused, by the name of the file', () => {
  const encrypted = (key: KeyObject, type: 'pkcs1' | 'pkcs8') =>
    String(key.export({ format: 'pem', type, cipher: 'aes-256-cbc', passphrase: 'secret' }));

  it.each<[string, () => Promise<unknown>, RegExp]>([
    ['no targets', () => remove('targets'), /probe\/targets is missing/],
    ['targets without one', () => write('targets', '# nobody yet\n'), /probe\/targets names no target/],
    [
      'a target with a wildcard',
      () => write('targets', 'a.example\n*.b.example\n'),
      /probe\/targets is wrong in line 2/,
    ],
    ['1,001 lines of targets', () => write('targets', 'a.example\n'.repeat(1001)), /probe\/targets has more than 1000/],
    ['no certificate', () => remove('cert.pem'), /probe\/cert\.pem is missing/],
    ['no key', () => remove('key.pem'), /probe\/key\.pem is missing/],
    ['two certificates to choose from', () => write('tls.crt', shown.pem), /cert\.pem and tls\.crt are both there/],
    ['an empty certificate', () => write('cert.pem', ''), /cert\.pem has no PEM certificate/],
    [
      'a certificate that is none',
      () => write('cert.pem', shown.keyPem),
      /cert\.pem has a bad block \(number 1\): a private/,
    ],
    [
      'the key beside the certificate',
      () => write('cert.pem', shown.pem + shown.keyPem),
      /cert\.pem has a bad block \(number 2\)/,
    ],
    ['a certificate cut off', () => write('cert.pem', shown.pem.slice(0, 200)), /cert\.pem has a bad block/],
    [
      '21 certificates',
      () => write('cert.pem', bundle(...Array(21).fill(shown))),
      /cert\.pem has a bad block.*more than 20/,
    ],
    [
      'the key of another one',
      () => write('key.pem', other.keyPem),
      /key\.pem is not the key of the first certificate in .*cert\.pem/,
    ],
    ['the intermediate first', () => write('cert.pem', bundle(issuing, shown)), /key\.pem is not the key of the first/],
    ['an encrypted key', () => write('key.pem', encrypted(shown.key, 'pkcs8')), /key\.pem is encrypted/],
    ['a key encrypted as of old', () => write('key.pem', encrypted(shown.key, 'pkcs1')), /key\.pem is encrypted/],
    ['a key cut off', () => write('key.pem', shown.keyPem.slice(0, 300)), /key\.pem has no PEM private key/],
    ['a key that is no PEM', () => write('key.pem', 'secret'), /key\.pem has no PEM private key/],
    ['a public key', () => write('key.pem', shown.pem), /key\.pem has no PEM private key/],
    [
      'a file above 256 KiB',
      () => truncate(join(folder.path, 'probe', 'key.pem'), 256 * 1024 + 1),
      /key\.pem is larger than/,
    ],
  ])('with %s', async (_, change, said) => {
    await change();
    expect(await complaint()).toMatch(said);
    expect(await complaint()).toMatch(/^IDENTITY_DIR: /);
  });

  it.each<[KeyKind, RegExp]>([
    ['dsa-2048', /key\.pem has a key of a kind/],
    ['ec-secp256k1', /key\.pem has a key on a curve/],
  ])('with a key of %s, which signs no handshake', async (kind, said) => {
    const key = await newKey(kind);
    await write('key.pem', String(key.export({ format: 'pem', type: 'pkcs8' })));
    expect(await complaint()).toMatch(said);
  });

  it.each([1023, 8193])('with an RSA key of %i bits', async (bits) => {
    await write('key.pem', String(madeUpKey(bits).export({ format: 'pem', type: 'pkcs8' })));
    expect(await complaint()).toMatch(`key.pem has an RSA key of ${bits} bits: use 1024 to 8192`);
  });

  it('with another RSA key of 8,192 bits, for being another', async () => {
    await write('key.pem', String(madeUpKey(8192).export({ format: 'pem', type: 'pkcs8' })));
    expect(await complaint()).toMatch(/key\.pem is not the key of the first certificate/);
  });
});

describe('the directory', () => {
  it('passes over what is no identity, and says so', async () => {
    await writeFile(join(folder.path, 'README'), 'x');
    await mkdir(join(folder.path, 'a name'));
    await mkdir(join(folder.path, '..2026_hidden'));
    const { all, ignored } = await read();
    expect(all.map(({ name }) => name)).toEqual(['probe']);
    expect(ignored.map(({ entry }) => entry)).toEqual(['README', 'a name']);
  });

  it('has at most 256 of them', async () => {
    const add = (from: number, to: number) =>
      Promise.all(
        Array.from({ length: to - from }, (_, index) =>
          writeIdentity(folder.path, `probe-${from + index}`, { shown, targets: ['a.example'] }),
        ),
      );
    await add(0, 255);
    expect((await read()).all).toHaveLength(256);
    // Counted before it is read: the folder is empty.
    await mkdir(join(folder.path, 'a-folder-too-many'));
    expect(await complaint()).toMatch(/has 257 identities; it may have 256 $/);
  });

  it('has to be there', async () => {
    await rm(join(folder.path, 'probe'), { recursive: true });
    expect((await read()).all).toEqual([]);
    await expect(readIdentityDirectory(join(folder.path, 'nowhere'))).rejects.toThrow(
      /^IDENTITY_DIR: .*nowhere cannot/,
    );
  });
});

/** Numbers of the length of an RSA key, which nobody has to find: a real one of 8,193 bits takes a minute to make. */
function madeUpKey(bits: number): KeyObject {
  const number = (length: number) => {
    const octets = Buffer.alloc(Math.ceil(length / 8), 0xff);
    octets[0] = 0xff >> (octets.length * 8 - length);
    return octets.toString('base64url');
  };
  const half = number(Math.ceil(bits / 2));
  return createPrivateKey({
    format: 'jwk',
    key: { kty: 'RSA', n: number(bits), e: 'AQAB', d: number(bits), p: half, q: half, dp: half, dq: half, qi: half },
  });
}
