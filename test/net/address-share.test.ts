import { describe, expect, it } from 'vitest';
import { parseIpAddress } from '../../src/domain/ip-address.ts';
import { createAddressShare, rangeOf } from '../../src/net/address-share.ts';

function address(text: string) {
  const parsed = parseIpAddress(text);
  if ('error' in parsed) throw new Error(parsed.error);
  return parsed;
}

describe('a range of addresses', () => {
  it.each([
    { name: 'first and last of a /24', a: '192.0.2.0', b: '192.0.2.255', same: true },
    { name: 'neighbours across its edge', a: '192.0.2.255', b: '192.0.3.0', same: false },
    { name: 'first and last of a /48', a: '2001:db8:1::', b: '2001:db8:1:ffff:ffff:ffff:ffff:ffff', same: true },
    { name: 'neighbours across its edge', a: '2001:db8:1:ffff::', b: '2001:db8:2::', same: false },
  ])('$a and $b: $name', ({ a, b, same }) => {
    const share = createAddressShare(1);
    expect(share.take(address(a))).not.toBeNull();
    expect(share.take(address(b)) === null).toBe(same);
  });

  it('holds as many as its share, and takes a place back once', () => {
    const share = createAddressShare(2);
    const release = share.take(address('10.0.0.1'));
    expect(share.take(address('10.0.0.2'))).not.toBeNull();
    expect(share.take(address('10.0.0.3'))).toBeNull();
    release?.();
    release?.();
    expect(share.take(address('10.0.0.3'))).not.toBeNull();
    expect(share.take(address('10.0.0.4'))).toBeNull();
  });

  it.each([
    ['192.0.2.7', '192.0.2.0/24'],
    ['2001:db8:1:2::3', '2001:db8:1::/48'],
  ])('%s is in %s', (text, range) => {
    expect(rangeOf(address(text))).toBe(range);
  });
});
