import { describe, expect, it } from 'vitest';
import { runChecks } from '../../src/checks/run-checks.ts';
import { type Certificate, isReadable } from '../../src/domain/certificate.ts';
import { DEFAULT_POLICY, type Profile } from '../../src/domain/policy.ts';
import { readCertificate } from '../../src/x509/certificate.ts';
import { verifySignature } from '../../src/x509/signature.ts';
import { type Issued, type IssueOptions, intermediate, leaf, root } from '../support/pki.ts';
import { evidence, path } from './evidence.ts';

/** The records that the other tests of this folder make up, here as our reader makes them from certificates of another library. */

const AT = Date.UTC(2026, 5, 1);

function read({ der }: Issued): Certificate {
  const certificate = readCertificate(der);
  if (!isReadable(certificate)) throw new Error('unreadable');
  return certificate;
}

function isSelfSigned({ tbs, signature, spki }: Certificate): boolean {
  return verifySignature({ data: tbs, signature, spki }) === 'valid';
}

interface Changes {
  readonly leaf?: IssueOptions;
  readonly intermediate?: IssueOptions;
  readonly root?: IssueOptions;
}

async function findingsOf(changes: Changes, profile: Profile): Promise<string[]> {
  const top = await root('Root', changes.root);
  const middle = await intermediate(top, 'Issuing CA', changes.intermediate);
  const bottom = await leaf(middle, 'host.example.com', changes.leaf);
  const chain = path([bottom, middle, top].map(read));
  const subject = evidence({ at: AT, path: chain, isSelfSigned, policy: { ...DEFAULT_POLICY, profile } });
  const onCheckError = (_: string, error: unknown) => {
    throw error;
  };
  const weighed = runChecks(subject, { onCheckError }).flatMap(({ findings }) => findings);
  return weighed.map(({ fault, severity }) => `${fault.code}:${severity}`);
}

describe('certificates of a real library', () => {
  it.each(['default', 'rfc5280', 'webpki'] as const)(
    'a good chain has no fault but its length under %s',
    async (profile) => {
      const errors = (await findingsOf({}, profile)).filter((finding) => !finding.endsWith(':info'));
      expect(errors).toEqual([]);
    },
  );

  const rows: { name: string; changes: Changes; code: string }[] = [
    { name: 'a leaf signed with SHA-1', changes: { leaf: { hash: 'sha1' } }, code: 'signature_algorithm_weak:error' },
    { name: 'a small RSA key', changes: { leaf: { key: 'rsa-1024' } }, code: 'key_too_small:error' },
    { name: 'a small RSA key of the root', changes: { root: { key: 'rsa-1024' } }, code: 'key_too_small:error' },
    { name: 'a key for e-mail', changes: { leaf: { eku: ['1.3.6.1.5.5.7.3.4'] } }, code: 'eku_not_server_auth:error' },
    {
      name: 'a CA for clients',
      changes: { intermediate: { eku: ['client_auth'] } },
      code: 'eku_not_server_auth:error',
    },
    {
      name: 'a key that may not sign',
      changes: { leaf: { keyUsage: ['key_encipherment'] } },
      code: 'key_usage_incompatible:error',
    },
    { name: 'another name', changes: { leaf: { dns: ['other.example.com'] } }, code: 'name_mismatch:error' },
    { name: 'no names', changes: { leaf: { dns: [] } }, code: 'name_only_in_cn:error' },
    { name: 'an expired leaf', changes: { leaf: { notAfter: new Date(AT - 1000) } }, code: 'cert_expired:error' },
    {
      name: 'an expired root',
      changes: { root: { notAfter: new Date(AT - 1000) } },
      code: 'trust_anchor_expired:error',
    },
    {
      name: 'an intermediate without SKI',
      changes: { intermediate: { ski: false } },
      code: 'key_identifier_missing:info',
    },
    { name: 'a CA certificate as leaf', changes: { leaf: { ca: true } }, code: 'leaf_is_ca:info' },
  ];
  it.each(rows)('$name', async ({ changes, code }) => {
    expect(await findingsOf(changes, 'default')).toContain(code);
  });

  it('an Ed25519 key is for private CAs', async () => {
    expect(await findingsOf({ leaf: { key: 'ed25519' } }, 'default')).not.toContain('key_type_not_allowed:error');
    expect(await findingsOf({ leaf: { key: 'ed25519' } }, 'webpki')).toContain('key_type_not_allowed:error');
  });
});
