import { expect, test } from 'vitest';
import { randomOctets } from '../../src/tls/random-octets.ts';

test.each([0, 1, 64, 4095, 4096, 4097, 10_000])('gives %d octets', (length) => {
  expect(randomOctets(length)).toHaveLength(length);
});

test('gives no octet twice, across blocks of the system as well', () => {
  const given = Array.from({ length: 500 }, () => randomOctets(64).toString('hex'));
  expect(new Set(given).size).toBe(given.length);
});

test('gives octets that nothing writes to later', () => {
  const first = randomOctets(64);
  const copy = Buffer.from(first);
  for (let i = 0; i < 200; i++) randomOctets(64);
  expect(first).toEqual(copy);
});
