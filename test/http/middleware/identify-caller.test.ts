import { describe, expect, it } from 'vitest';
import { addressId } from '../../../src/http/middleware/identify-caller.ts';
import { testApp } from '../../support/test-app.ts';

describe('addressId', () => {
  it.each([
    ['192.0.2.7', 'address:192.0.2.7'],
    ['::ffff:192.0.2.7', 'address:192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', 'address:2001:db8:1:2::/64'],
    ['2001:db8:1:2::', 'address:2001:db8:1:2::/64'],
    ['2001:db8:1:3::', 'address:2001:db8:1:3::/64'],
    ['fe80::1%eth0', 'address:fe80::/64'],
    ['::1', 'address:::/64'],
    ['', 'address:unknown'],
    [undefined, 'address:unknown'],
  ])('%s is %s', (text, id) => {
    expect(addressId(text)).toBe(id);
  });
});

it('goes by the connection, whatever a header says', async () => {
  const { app, lines } = testApp();
  await app.request('/codes', { headers: { 'X-Forwarded-For': '203.0.113.9' } }, { peerAddress: '192.0.2.7' });
  expect(lines.at(-1)).toMatchObject({ caller: 'address:192.0.2.7' });
});
