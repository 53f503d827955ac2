import { afterAll, describe, expect, it } from 'vitest';
import { pemOf } from '../support/issued.ts';
import { intermediate, leaf, root } from '../support/pki.ts';
import { startService } from '../support/service.ts';

describe('one flipped bit at every byte of a good chain', async () => {
  const service = await startService();
  afterAll(async () => await service[Symbol.asyncDispose]());
  const authority = await root();
  const issuing = await intermediate(authority);
  const host = await leaf(issuing, 'host.example');
  const trust = async (first: Buffer, second: Buffer) => {
    const body = {
      host: 'host.example',
      chain_pem: pemOf(first) + pemOf(second),
      ca: { pem: authority.pem },
      aia: false,
      revocation: 'off',
    };
    return (await service.ask(body)).checks.trust;
  };

  it('is trusted without one', async () => {
    expect(await trust(host.der, issuing.der)).toBe('pass');
  });

  it.each([
    { name: 'the leaf', isLeaf: true },
    { name: 'the intermediate', isLeaf: false },
  ])(
    'of $name is never trusted',
    async ({ isLeaf }) => {
      const good = isLeaf ? host.der : issuing.der;
      const accepted: number[] = [];
      for (let at = 0; at < good.length; at++) {
        const bad = Buffer.from(good);
        bad.writeUInt8(bad.readUInt8(at) ^ (1 << (at % 8)), at);
        if ((await trust(isLeaf ? bad : host.der, isLeaf ? issuing.der : bad)) === 'pass') accepted.push(at);
      }
      expect(accepted).toEqual([]);
    },
    60_000,
  );
});
