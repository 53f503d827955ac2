import { isIPv4, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ipAddressFromBytes, parseIpAddress } from '../../src/domain/ip-address.ts';
import { parseEndpoint, parseHost } from '../../src/domain/target.ts';

const read = (text: string): string => {
  const host = parseHost(text);
  return 'error' in host ? 'refused' : `${host.kind}:${host.text}`;
};

const label63 = 'a'.repeat(63);
const name253 = `${label63}.${label63}.${label63}.${'b'.repeat(61)}`;

/** Spelling, what it is read as, why the row is here. */
const SPELLINGS: readonly (readonly [text: string, read: string, name: string])[] = [
  // Names.
  ['example.com', 'dns:example.com', 'plain'],
  ['Example.COM', 'dns:example.com', 'case is folded'],
  ['example.com.', 'dns:example.com', 'one trailing dot'],
  ['example.com..', 'refused', 'two trailing dots'],
  ['.example.com', 'refused', 'leading dot'],
  ['a..b', 'refused', 'empty label inside'],
  ['.', 'refused', 'the root'],
  ['', 'refused', 'nothing'],
  ['localhost', 'dns:localhost', 'single label'],
  ['_dmarc.example', 'dns:_dmarc.example', 'underscore first'],
  ['a_b.example', 'dns:a_b.example', 'underscore inside'],
  ['a-.example', 'refused', 'hyphen last'],
  ['-a.example', 'refused', 'hyphen first'],
  ['a--b.example', 'dns:a--b.example', 'hyphens in third and fourth place'],
  ['-', 'refused', 'hyphen alone'],
  ['3com.example', 'dns:3com.example', 'digit first'],
  ['1.example', 'dns:1.example', 'number that is not last'],
  [`${label63}.example`, `dns:${label63}.example`, 'label of 63'],
  [`${label63}a.example`, 'refused', 'label of 64'],
  [name253, `dns:${name253}`, 'name of 253'],
  [`${name253}.`, `dns:${name253}`, 'name of 253 and a dot'],
  [`${name253}b`, 'refused', 'name of 254'],
  ['ü'.repeat(1025), 'refused', 'longer than the bound of the input'],
  ['*.example.com', 'refused', 'wildcard'],
  ['example.com:443', 'refused', 'port'],
  ['https://example.com', 'refused', 'URL'],
  ['https://example.com:8443/', 'refused', 'URL with port'],
  ['example.com/', 'refused', 'path'],
  ['user@example.com', 'refused', 'user info'],
  ['example.com\0.evil', 'refused', 'NUL'],
  ['example .com', 'refused', 'space'],
  ['example.com ', 'refused', 'trailing space'],
  ['example.com\n', 'refused', 'line feed'],
  ['example\t.com', 'refused', 'tab'],
  ['example.com\x7f', 'refused', 'delete'],
  ['ex%61mple.com', 'refused', 'percent escape'],
  ['ex\\ample.com', 'refused', 'backslash'],
  ['example.com?x', 'refused', 'query'],
  ['example.com#x', 'refused', 'fragment'],
  ['a;b', 'refused', 'semicolon'],
  ['a,b', 'refused', 'comma'],
  ['a^b', 'refused', 'caret'],
  ['a|b', 'refused', 'bar'],
  ['a{b', 'refused', 'brace'],
  ['a~b', 'refused', 'tilde'],
  // IDNA.
  ['bücher.example', 'dns:xn--bcher-kva.example', 'U-label'],
  ['BÜCHER.example', 'dns:xn--bcher-kva.example', 'U-label in capitals'],
  ['faß.de', 'dns:xn--fa-hia.de', 'sharp s is kept (IDNA 2008)'],
  ['例え.テスト', 'dns:xn--r8jz45g.xn--zckzah', 'U-labels only'],
  ['bücher。example', 'dns:xn--bcher-kva.example', 'ideographic full stop'],
  ['example．com｡', 'dns:example.com', 'full-width and half-width stops'],
  ['ｅｘａｍｐｌｅ.com', 'dns:example.com', 'full-width letters'],
  ['xn--bcher-kva.example', 'dns:xn--bcher-kva.example', 'A-label'],
  ['XN--BCHER-KVA.example', 'dns:xn--bcher-kva.example', 'A-label in capitals'],
  ['xn--a.example', 'dns:xn--a.example', 'broken Punycode stands as it is'],
  ['xn--a.bücher', 'dns:xn--a.xn--bcher-kva', 'broken Punycode beside a U-label'],
  ['xn--.example', 'refused', 'empty Punycode ends with a hyphen'],
  ['a\u00adb.example', 'dns:ab.example', 'soft hyphen is mapped away'],
  ['\u00ad.example', 'refused', 'label that is mapped to nothing'],
  ['\u2100.example', 'refused', 'character that is mapped to a slash'],
  ['ex\u202eample.com', 'refused', 'bidirectional override'],
  ['\ud800.example', 'refused', 'lone surrogate'],
  ['ex％61mple.com', 'refused', 'full-width percent'],
  [`${'ü'.repeat(60)}.example`, 'refused', 'A-label longer than 63'],
  // IPv4.
  ['192.0.2.1', 'ip:192.0.2.1', 'dotted decimal'],
  ['0.0.0.0', 'ip:0.0.0.0', 'all zero'],
  ['255.255.255.255', 'ip:255.255.255.255', 'all ones'],
  ['256.0.0.1', 'refused', 'octet of 256'],
  ['1.2.3.256', 'refused', 'last octet of 256'],
  ['1.2.3.4.5', 'refused', 'five numbers'],
  ['1.2.3.4.', 'refused', 'trailing dot'],
  ['127.1', 'refused', 'two numbers'],
  ['127.0.1', 'refused', 'three numbers'],
  ['2130706433', 'refused', 'one number'],
  ['0', 'refused', 'zero'],
  ['0177.0.0.1', 'refused', 'octal'],
  ['01.2.3.4', 'refused', 'leading zero'],
  ['1.2.3.00', 'refused', 'two zeros'],
  ['0x7f.1', 'refused', 'hexadecimal and short'],
  ['0x7f000001', 'refused', 'hexadecimal'],
  ['0X7F000001', 'refused', 'hexadecimal in capitals'],
  ['0x7f.0x0.0x0.0x1', 'refused', 'hexadecimal octets'],
  ['1.2.3.0x', 'refused', 'hexadecimal without digits'],
  ['example.0x1', 'refused', 'name that ends in a hexadecimal number'],
  ['example.1', 'refused', 'name that ends in a number'],
  ['example.1.', 'refused', 'name that ends in a number and a dot'],
  ['0xg.example', 'dns:0xg.example', 'not hexadecimal'],
  ['1.2.3.4a', 'dns:1.2.3.4a', 'ends in a label with a letter'],
  ['１２７.0.0.1', 'refused', 'full-width digits'],
  ['１２７。０。０。１', 'refused', 'full-width digits and ideographic stops'],
  ['２１３０７０６４３３', 'refused', 'full-width number'],
  ['①②⑦.0.0.1', 'refused', 'circled digits'],
  ['٣.example', 'refused', 'Arabic-Indic digit alone breaks the Bidi rule (RFC 5893 §2)'],
  ['127.0.0.1:443', 'refused', 'IPv4 with a port'],
  ['[127.0.0.1]', 'refused', 'IPv4 in brackets'],
  ['+1.2.3.4', 'refused', 'sign'],
  ['1.2.3.4e0', 'dns:1.2.3.4e0', 'exponent is a label'],
  ['1.2.3. 4', 'refused', 'space inside'],
  // IPv6.
  ['::1', 'ip:::1', 'loopback'],
  ['::', 'ip:::', 'unspecified'],
  ['[::1]', 'ip:::1', 'brackets'],
  ['[2001:DB8::A]', 'ip:2001:db8::a', 'capitals'],
  ['2001:0db8:0000:0000:0000:0000:0000:0001', 'ip:2001:db8::1', 'in full'],
  ['0:0:0:0:0:0:0:1', 'ip:::1', 'loopback in full'],
  ['2001:db8:0:1:1:1:1:1', 'ip:2001:db8:0:1:1:1:1:1', 'one zero group is not shortened'],
  ['2001:db8::1:1:1:1:1', 'ip:2001:db8:0:1:1:1:1:1', '"::" for one group'],
  ['2001:0:0:1:0:0:0:1', 'ip:2001:0:0:1::1', 'the longer run is shortened'],
  ['2001:db8:0:0:1:0:0:1', 'ip:2001:db8::1:0:0:1', 'the first of equal runs'],
  ['1:2:3:4:5:6:7::', 'ip:1:2:3:4:5:6:7:0', '"::" at the end for one group'],
  ['::2:3:4:5:6:7:8', 'ip:0:2:3:4:5:6:7:8', '"::" at the beginning for one group'],
  ['1:2:3:4:5:6:7:8::', 'refused', '"::" for no group'],
  ['1::2::3', 'refused', 'two "::"'],
  [':::', 'refused', 'three colons'],
  [':1:2:3:4:5:6:7', 'refused', 'leading colon'],
  ['1:2:3:4:5:6:7:', 'refused', 'trailing colon'],
  ['1:2:3:4:5:6:7', 'refused', 'seven groups'],
  ['1:2:3:4:5:6:7:8:9', 'refused', 'nine groups'],
  ['12345::', 'refused', 'five digits'],
  ['::g', 'refused', 'not hexadecimal'],
  ['::ffff:192.0.2.1', 'ip:::ffff:192.0.2.1', 'IPv4-mapped'],
  ['::FFFF:c000:201', 'ip:::ffff:192.0.2.1', 'IPv4-mapped in hexadecimal'],
  ['0:0:0:0:0:ffff:127.0.0.1', 'ip:::ffff:127.0.0.1', 'IPv4-mapped in full'],
  ['::127.0.0.1', 'ip:::7f00:1', 'IPv4-compatible'],
  ['64:ff9b::192.0.2.1', 'ip:64:ff9b::c000:201', 'NAT64'],
  ['0000:0000:0000:0000:0000:ffff:255.255.255.255', 'ip:::ffff:255.255.255.255', 'longest spelling'],
  ['::ffff:192.0.2.256', 'refused', 'embedded octet of 256'],
  ['::ffff:192.0.2.01', 'refused', 'embedded leading zero'],
  ['::ffff:127.1', 'refused', 'embedded short form'],
  ['::ffff:0x7f.0.0.1', 'refused', 'embedded hexadecimal'],
  ['::192.0.2.1:ffff', 'refused', 'embedded not at the end'],
  ['192.0.2.1::', 'refused', 'embedded before "::"'],
  ['1:2:3:4:5:6:7:192.0.2.1', 'refused', 'embedded with seven groups'],
  ['fe80::1%eth0', 'refused', 'zone id'],
  ['[fe80::1%25eth0]', 'refused', 'zone id as in a URL'],
  ['fe80::1%', 'refused', 'empty zone id'],
  ['[::1', 'refused', 'bracket not closed'],
  ['::1]', 'refused', 'bracket not opened'],
  ['[[::1]]', 'refused', 'brackets twice'],
  ['[]', 'refused', 'empty brackets'],
  ['[v1.a:b]', 'refused', 'IPvFuture'],
  ['[::1]:443', 'refused', 'IPv6 with a port'],
  ['::１', 'refused', 'full-width digit'],
  ['::1 ', 'refused', 'trailing space'],
  ['::1\0', 'refused', 'NUL after an address'],
];

describe('parseHost', () => {
  it.each(SPELLINGS)('%j is %s: %s', (text, expected) => {
    expect(read(text)).toBe(expected);
  });

  it('tells what is wrong with a number in place of an address', () => {
    expect(parseHost('0x7f.1')).toEqual({ error: expect.stringContaining('four decimal numbers') });
    expect(parseHost('fe80::1%eth0')).toEqual({ error: expect.stringContaining('zone id') });
    expect(parseHost('a:b')).toEqual({ error: expect.stringContaining('port') });
  });

  it('reads its own output back', () => {
    for (const [text] of SPELLINGS) {
      const host = parseHost(text);
      if (!('error' in host)) expect(parseHost(host.text)).toEqual(host);
    }
  });

  it('never throws and only gives names in LDH form', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.domain(), fc.string()), (text) => {
        const host = parseHost(text);
        if ('error' in host || host.kind === 'ip') return;
        expect(host.text).toMatch(/^[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?$/);
        expect(host.text.length).toBeLessThanOrEqual(253);
      }),
      { numRuns: 2000 },
    );
  });

  it('agrees with node:net on what is an address', () => {
    const spelling = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.stringMatching(/^[0-9a-f:.]{1,24}$/),
      fc
        .array(fc.constantFrom('0', '1', 'ffff', '::', ':', '.', '127.0.0.1', '256'), { maxLength: 12 })
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(spelling, (text) => {
        const address = parseIpAddress(text);
        const family = 'error' in address ? 0 : address.family;
        expect(family).toBe(isIPv4(text) ? 4 : isIPv6(text) ? 6 : 0);
      }),
      { numRuns: 5000 },
    );
  });

  it('formats octets so that they are read back alike', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 })),
        (octets) => {
          const bytes = Buffer.from(octets);
          const address = ipAddressFromBytes(bytes);
          expect(address && parseIpAddress(address.text)).toEqual(address);
          expect(address?.bytes.equals(bytes)).toBe(true);
        },
      ),
    );
    expect(ipAddressFromBytes(Buffer.alloc(5))).toBeNull();
  });
});

describe('parseEndpoint', () => {
  const rows: readonly (readonly [text: string, expected: readonly [host: string, port: number | null] | null])[] = [
    ['example.com', ['example.com', null]],
    ['example.com:8443', ['example.com', 8443]],
    ['example.com.:8443', ['example.com', 8443]],
    ['192.0.2.1:1', ['192.0.2.1', 1]],
    ['192.0.2.1:65535', ['192.0.2.1', 65_535]],
    ['[::1]', ['::1', null]],
    ['[::1]:443', ['::1', 443]],
    ['::1', ['::1', null]],
    ['::1:443', ['::1:443', null]],
    ['example.com:', null],
    ['example.com:0', null],
    ['example.com:65536', null],
    ['example.com:0443', null],
    ['example.com:+443', null],
    ['example.com:443 ', null],
    ['example.com:４４３', null],
    [':443', null],
    ['[::1]443', null],
    ['[::1]:', null],
    ['[::1]:443:1', null],
    ['a:b:c', null],
    ['https://example.com/', null],
    ['example.com/path', null],
    ['', null],
  ];
  it.each(rows)('%j', (text, expected) => {
    const endpoint = parseEndpoint(text);
    expect('error' in endpoint ? null : [endpoint.host.text, endpoint.port]).toEqual(expected);
  });
});
