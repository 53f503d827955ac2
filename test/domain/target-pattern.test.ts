import { describe, expect, it } from 'vitest';
import { parsePortRange } from '../../src/domain/port-range.ts';
import { parseTargetPattern } from '../../src/domain/target-pattern.ts';

describe('parseTargetPattern', () => {
  it.each([
    ['10.0.0.0/8', 'range:10.0.0.0/8'],
    ['0.0.0.0/0', 'range:0.0.0.0/0'],
    ['10.1.2.3', 'range:10.1.2.3'],
    ['10.1.2.3/32', 'range:10.1.2.3'],
    ['FD00::/8', 'range:fd00::/8'],
    ['[::1]', 'range:::1'],
    ['::/0', 'range:::/0'],
    ['2001:db8::/127', 'range:2001:db8::/127'],
    ['corp.example', 'name:corp.example'],
    ['.Corp.Example.', 'name:corp.example'],
    ['bücher.example', 'name:xn--bcher-kva.example'],
    ['localhost', 'name:localhost'],
  ])('%j is %s', (text, expected) => {
    const pattern = parseTargetPattern(text);
    expect('error' in pattern ? pattern.error : `${pattern.kind}:${pattern.text}`).toBe(expected);
  });

  it.each([
    '',
    '.',
    '..corp.example',
    '*.corp.example',
    '10.0.0.1/8',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/08',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '::1/64',
    '::/129',
    'fe80::1%eth0',
    '10.0/16',
    '10.0.0.256',
    'corp.example/24',
    'corp.example:443',
  ])('%j is refused', (text) => {
    expect(parseTargetPattern(text)).toHaveProperty('error');
  });
});

describe('parsePortRange', () => {
  it.each([
    ['443', 443, 443],
    ['1-65535', 1, 65_535],
    ['8000-8000', 8000, 8000],
  ])('%j', (text, first, last) => {
    expect(parsePortRange(text)).toEqual({ first, last });
  });

  it.each(['', '0', '65536', '-', '1-', '-1', '2-1', '1-2-3', '1 - 2', 'https'])('%j is refused', (text) => {
    expect(parsePortRange(text)).toHaveProperty('error');
  });
});
