import { expect, it } from 'vitest';
import { bundle } from '../../support/issued.ts';
import { intermediate, leaf, root } from '../../support/pki.ts';
import { startService } from '../../support/service.ts';

it('shows no character of a peer that a terminal acts upon, and no string above 1 KiB', async () => {
  const authority = await root();
  const issuing = await intermediate(authority);
  const host = await leaf(issuing, 'host.example', {
    crlUrls: ['http://crl.example/\u009b\u202e'],
    ocspUrls: [`http://ocsp.example/${'a'.repeat(5000)}`],
  });
  await using service = await startService();
  const { findings } = await service.ask({
    host: 'host.example',
    chain_pem: bundle(host, issuing),
    ca: { pem: authority.pem },
    revocation: 'soft',
  });
  expect(findings.map(({ code }) => code)).toContain('revocation_unknown');
  const strings: string[] = [];
  JSON.stringify(findings, (_, value: unknown) => {
    if (typeof value === 'string') strings.push(value);
    return value;
  });
  expect(strings.filter((text) => /[\u0080-\u009f\u202e]/.test(text))).toEqual([]);
  expect(strings.filter((text) => Buffer.byteLength(text) > 1024)).toEqual([]);
});
