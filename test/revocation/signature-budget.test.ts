import { afterAll, describe, expect, it } from 'vitest';
import { isReadable } from '../../src/domain/certificate.ts';
import { createSignatureBudget } from '../../src/revocation/signature-budget.ts';
import { readCertificate } from '../../src/x509/certificate.ts';
import { certificateList } from '../support/crl.ts';
import { bundle, newKey, pemOf } from '../support/issued.ts';
import { basicConstraints, dnsNames, rawCertificate } from '../support/raw-certificate.ts';
import { startService } from '../support/service.ts';

const CRLS = 200;
const TWINS = 8;

const service = await startService();
afterAll(() => service[Symbol.asyncDispose]());

describe('the budget of signature checks', () => {
  it('is spent to the last unit and no further', async () => {
    const certificate = readCertificate((await rawCertificate({ subject: 'A' })).der);
    if (!isReadable(certificate)) throw new Error('a good certificate is readable');
    const budget = createSignatureBudget(2);
    const [first, second, third] = [1, 2, 3].map((octet) => Buffer.from([octet]));
    const spend = (signed = first) => budget.spend(certificate.spki, signed ?? Buffer.alloc(0));
    expect([spend(), spend(second), spend(third)]).toEqual([true, true, false]);
    // What was checked in this verification is known.
    expect([spend(), spend(third)]).toEqual([true, false]);
  });

  /*
   *   A (P-521) ── leaf            200 CRLs in the name of A, signed by a stranger
   *   └─ seven certificates of the same name A, each with a key of its own: 1,600 checks of P-521
   */
  it('ends what a caller makes expensive, and nothing that was not checked counts as good', async () => {
    const ca = { subject: 'A', extensions: [basicConstraints(true)] };
    const authority = await rawCertificate({ ...ca, key: await newKey('ec-p521') });
    const twins = await Promise.all(
      Array.from({ length: TWINS - 1 }, async () =>
        rawCertificate({ ...ca, issuedBy: authority, key: await newKey('ec-p521') }),
      ),
    );
    const leaf = await rawCertificate({ issuedBy: authority, extensions: [dnsNames('host.example')] });
    const stranger = await newKey('ec-p521');
    const lists = Array.from({ length: CRLS }, (_, number) =>
      certificateList({ issuer: authority, number, signingKey: stranger }),
    );
    const verdict = await service.ask({
      host: 'host.example',
      chain_pem: bundle(leaf),
      ca: {
        pem: authority.pem,
        intermediates_pem: bundle(...twins),
        crls_pem: lists.map((der) => pemOf(der, 'X509 CRL')).join(''),
      },
    });
    expect(verdict.checks.revocation).not.toBe('pass');
    expect(verdict.verdict).toBe('fail');
    expect(verdict.findings.map(({ code }) => code)).toContain('revocation_unknown');
    const rules = new Set(verdict.findings.map(({ rule }) => rule));
    expect([...rules]).toEqual(expect.arrayContaining(['crl.signature', 'crl.not_checked']));
  });
});
