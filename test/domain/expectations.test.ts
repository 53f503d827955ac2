import { describe, expect, it } from 'vitest';
import { parseFingerprint, parseMailbox, parseSpiffeId } from '../../src/domain/expectations.ts';

const HEX = '0123456789abcdef'.repeat(4);
const COLONS = HEX.toUpperCase().match(/../g)?.join(':') ?? '';

describe('what may be expected', () => {
  it.each([
    ['64 digits', parseFingerprint, HEX, HEX],
    ['as openssl prints them', parseFingerprint, COLONS, HEX],
    ['63 digits', parseFingerprint, HEX.slice(1), null],
    ['base64', parseFingerprint, 'n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=', null],
    ['a mailbox', parseMailbox, 'a@b.example', 'a@b.example'],
    ['an asterisk', parseMailbox, '*@b.example', '*@b.example'],
    ['a mailbox in UTF-8', parseMailbox, 'ä@b.example', 'ä@b.example'],
    ['a domain in U-labels', parseMailbox, 'a@ä.example', null],
    ['a character that is not seen', parseMailbox, 'a\u202e@b.example', null],
    ['no at sign', parseMailbox, 'a.example', null],
    ['a space', parseMailbox, 'a b@c.example', null],
    ['no local part', parseMailbox, '@c.example', null],
    ['a workload', parseSpiffeId, 'spiffe://prod.example/ns/a', 'spiffe://prod.example/ns/a'],
    ['a trust domain alone', parseSpiffeId, 'spiffe://prod.example', null],
    ['upper case in the trust domain', parseSpiffeId, 'spiffe://Prod.example/a', null],
    ['an empty segment', parseSpiffeId, 'spiffe://prod.example/a//b', null],
    ['a segment of dots', parseSpiffeId, 'spiffe://prod.example/a/../b', null],
    ['a slash at the end', parseSpiffeId, 'spiffe://prod.example/a/', null],
    ['a port', parseSpiffeId, 'spiffe://prod.example:1/a', null],
    ['another scheme', parseSpiffeId, 'https://prod.example/a', null],
    ['2048 characters', parseSpiffeId, `spiffe://p/${'a'.repeat(2037)}`, `spiffe://p/${'a'.repeat(2037)}`],
    ['2049 characters', parseSpiffeId, `spiffe://p/${'a'.repeat(2038)}`, null],
  ] as const)('%s', (_name, parse, text, expected) => {
    const read = parse(text);
    expect('error' in read ? null : read.text).toBe(expected);
  });
});
