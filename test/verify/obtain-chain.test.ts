import { expect, it } from 'vitest';
import { pemOf } from '../support/issued.ts';
import { root } from '../support/pki.ts';
import { startService } from '../support/service.ts';
import { postVerify } from '../support/test-app.ts';

it('names the block of chain_pem that is no certificate, counted from 0 as in ca.pem', async () => {
  const { pem, keyPem } = await root();
  await using service = await startService();
  const blocks = { pem, crl: pemOf(Buffer.from([0x30, 0x00]), 'X509 CRL'), key: keyPem };
  const rows = [
    { chain: blocks.pem + blocks.crl, ca: blocks.pem, pointer: '/chain_pem', code: 'not_a_certificate' },
    { chain: blocks.pem + blocks.key, ca: blocks.pem, pointer: '/chain_pem', code: 'private_key' },
    { chain: blocks.pem, ca: blocks.pem + blocks.key, pointer: '/ca/pem', code: 'private_key' },
  ];
  const line = pem.split('\n').length;
  for (const { chain, ca, pointer, code } of rows) {
    const body = { chain_pem: chain, ca: { pem: ca } };
    const response = await service.app.request('http://localhost/verify', postVerify(body));
    const problem = (await response.json()) as { errors: { pointer: string; code: string; detail: string }[] };
    expect(problem.errors).toMatchObject([{ pointer, code }]);
    expect(problem.errors[0]?.detail).toContain(`block 1 (line ${line})`);
    expect(problem.errors[0]?.detail.includes('treat it as compromised')).toBe(code === 'private_key');
  }
});
