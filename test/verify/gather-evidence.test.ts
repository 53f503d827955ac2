import { expect, it, vi } from 'vitest';
import { bundle } from '../support/issued.ts';
import { root } from '../support/pki.ts';
import { basicConstraints, dnsNames, rawCertificate } from '../support/raw-certificate.ts';
import { startService } from '../support/service.ts';

const work = vi.hoisted(() => ({ signatures: 0 }));

vi.mock('node:crypto', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:crypto')>();
  const verify = (...input: Parameters<typeof original.verify>) => {
    work.signatures++;
    return original.verify(...input);
  };
  return { ...original, verify };
});

it('checks each signature once, however many paths lead through its certificate', async () => {
  const authority = await root();
  const shared = await rawCertificate({ issuedBy: authority, subject: 'Shared', extensions: [basicConstraints(true)] });
  const copies = await Promise.all(
    Array.from({ length: 40 }, () =>
      rawCertificate({ issuedBy: authority, subject: 'Shared', key: shared.key, extensions: [basicConstraints(true)] }),
    ),
  );
  const host = await rawCertificate({ issuedBy: shared, extensions: [dnsNames('host.example')] });
  const stranger = await root('Stranger Root');
  await using service = await startService();
  work.signatures = 0;
  const verdict = await service.ask({
    host: 'host.example',
    chain_pem: bundle(host, shared, ...copies),
    ca: { pem: stranger.pem, intermediates_pem: authority.pem },
  });
  expect(verdict.checks.trust).toBe('fail');
  // Links and self-signatures of 43 certificates; the paths are as many again, with three certificates each.
  expect(work.signatures).toBeLessThan(100);
});
