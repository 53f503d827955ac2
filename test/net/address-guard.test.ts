import { BlockList } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type IpAddress, ipAddressFromBytes, parseIpAddress } from '../../src/domain/ip-address.ts';
import { parseTargetPattern, rangeContains, type TargetPattern } from '../../src/domain/target-pattern.ts';
import { createAddressGuard, describeRefusal } from '../../src/net/address-guard.ts';
import { ADDRESS_TABLE } from '../../src/net/address-table.ts';

function address(text: string): IpAddress {
  const parsed = parseIpAddress(text);
  if ('error' in parsed) throw new Error(`${text} ${parsed.error}`);
  return parsed;
}

function patterns(...texts: string[]): TargetPattern[] {
  return texts.map((text) => {
    const pattern = parseTargetPattern(text);
    if ('error' in pattern) throw new Error(`${text} ${pattern.error}`);
    return pattern;
  });
}

function guard(options: { allow?: string[]; deny?: string[]; loopback?: boolean } = {}) {
  return createAddressGuard({
    allowTargets: patterns(...(options.allow ?? [])),
    denyTargets: patterns(...(options.deny ?? [])),
    loopback: options.loopback ?? false,
  });
}

/** The block that refuses, or `allowed`. */
function judge(text: string, options: Parameters<typeof guard>[0] = {}, name: string | null = null): string {
  const judgement = guard(options).judge(address(text), name);
  return judgement.allowed ? 'allowed' : judgement.range;
}

const ROWS: readonly (readonly [text: string, judged: string, name: string])[] = [
  ['0.0.0.0', '0.0.0.0/8', 'first of this network: connects to loopback on Linux'],
  ['0.255.255.255', '0.0.0.0/8', 'last of this network'],
  ['1.0.0.0', 'allowed', 'first behind this network'],
  ['9.255.255.255', 'allowed', 'last before 10/8'],
  ['10.0.0.0', 'allowed', 'first private'],
  ['10.255.255.255', 'allowed', 'last private of 10/8'],
  ['11.0.0.0', 'allowed', 'first behind 10/8'],
  ['100.63.255.255', 'allowed', 'last before shared space'],
  ['100.64.0.0', 'allowed', 'first shared'],
  ['100.100.100.199', 'allowed', 'before Alibaba metadata'],
  ['100.100.100.200', '100.100.100.200', 'Alibaba metadata'],
  ['100.100.100.201', 'allowed', 'behind Alibaba metadata'],
  ['100.127.255.255', 'allowed', 'last shared'],
  ['126.255.255.255', 'allowed', 'last before loopback'],
  ['127.0.0.0', '127.0.0.0/8', 'first loopback'],
  ['127.0.0.1', '127.0.0.0/8', 'loopback'],
  ['127.255.255.255', '127.0.0.0/8', 'last loopback'],
  ['128.0.0.0', 'allowed', 'first behind loopback'],
  ['168.63.129.15', 'allowed', 'before Azure WireServer'],
  ['168.63.129.16', '168.63.129.16', 'Azure WireServer'],
  ['168.63.129.17', 'allowed', 'behind Azure WireServer'],
  ['169.253.255.255', 'allowed', 'last before link-local'],
  ['169.254.0.0', '169.254.0.0/16', 'first link-local'],
  ['169.254.169.254', '169.254.0.0/16', 'cloud metadata'],
  ['169.254.170.2', '169.254.0.0/16', 'ECS task credentials'],
  ['169.254.255.255', '169.254.0.0/16', 'last link-local'],
  ['169.255.0.0', 'allowed', 'first behind link-local'],
  ['172.15.255.255', 'allowed', 'last before 172.16/12'],
  ['172.16.0.0', 'allowed', 'first of 172.16/12'],
  ['172.31.255.255', 'allowed', 'last of 172.16/12'],
  ['172.32.0.0', 'allowed', 'first behind 172.16/12'],
  ['192.0.0.191', 'allowed', 'before Oracle metadata'],
  ['192.0.0.192', '192.0.0.192', 'Oracle metadata'],
  ['192.0.0.193', 'allowed', 'behind Oracle metadata'],
  ['192.0.2.1', 'allowed', 'documentation'],
  ['192.168.0.1', 'allowed', 'private'],
  ['223.255.255.255', 'allowed', 'last before multicast'],
  ['224.0.0.0', '224.0.0.0/4', 'first multicast'],
  ['239.255.255.255', '224.0.0.0/4', 'last multicast'],
  ['240.0.0.0', '240.0.0.0/4', 'first reserved'],
  ['255.255.255.254', '240.0.0.0/4', 'last reserved'],
  ['255.255.255.255', '255.255.255.255', 'broadcast'],
  ['::', '::', 'unspecified: connects to loopback on Linux'],
  ['::1', '::1', 'loopback'],
  ['0:0:0:0:0:0:0:1', '::1', 'loopback in full'],
  ['::2', '0.0.0.0/8', 'compatible 0.0.0.2'],
  ['::127.0.0.1', '127.0.0.0/8', 'compatible loopback'],
  ['::a9fe:a9fe', '169.254.0.0/16', 'compatible metadata'],
  ['::10.0.0.1', 'allowed', 'compatible private'],
  ['::1:0:0', '::/0', 'first behind compatible'],
  ['::fffe:ffff:ffff', '::/0', 'last before mapped'],
  ['::ffff:0.0.0.0', '0.0.0.0/8', 'first mapped'],
  ['::ffff:127.0.0.1', '127.0.0.0/8', 'mapped loopback'],
  ['::ffff:7f00:1', '127.0.0.0/8', 'mapped loopback in hexadecimal'],
  ['::ffff:a9fe:a9fe', '169.254.0.0/16', 'mapped metadata'],
  ['::ffff:100.100.100.200', '100.100.100.200', 'mapped Alibaba metadata'],
  ['::ffff:10.0.0.1', 'allowed', 'mapped private'],
  ['::ffff:255.255.255.255', '255.255.255.255', 'last mapped'],
  ['::1:0:0:0', '::/0', 'first behind mapped'],
  ['::ffff:0:7f00:1', '::/0', 'IPv4-translated (RFC 2765)'],
  ['64:ff9a:ffff:ffff:ffff:ffff:ffff:ffff', '::/0', 'last before NAT64'],
  ['64:ff9b::7f00:1', '127.0.0.0/8', 'NAT64 loopback'],
  ['64:ff9b::169.254.169.254', '169.254.0.0/16', 'NAT64 metadata'],
  ['64:ff9b::10.0.0.1', 'allowed', 'NAT64 private'],
  ['64:ff9b::ffff:ffff', '255.255.255.255', 'last NAT64'],
  ['64:ff9b::1:0:0', '::/0', 'first behind NAT64'],
  ['64:ff9b:0:ffff:ffff:ffff:ffff:ffff', '::/0', 'last before local-use NAT64'],
  ['64:ff9b:1::a9fe:a9fe', '169.254.0.0/16', 'local-use NAT64, prefix of 96'],
  ['64:ff9b:1:2:a9:fea9:fe00:0', '169.254.0.0/16', 'local-use NAT64, prefix of 64'],
  ['64:ff9b:1:a9:fe:a9fe::', '169.254.0.0/16', 'local-use NAT64, prefix of 56'],
  ['64:ff9b:1:a9fe:a9:fe00::', '169.254.0.0/16', 'local-use NAT64, prefix of 48'],
  ['64:ff9b:1:a9fe:a9:fe00:abcd:ef01', '169.254.0.0/16', 'local-use NAT64, bits in the suffix'],
  ['64:ff9b:1::10.0.0.1', 'allowed', 'local-use NAT64 private, prefix of 96'],
  ['64:ff9b:1:a00:0:100::', 'allowed', 'local-use NAT64 private, prefix of 48'],
  ['64:ff9b:1::', '0.0.0.0/8', 'local-use NAT64 of nothing'],
  ['64:ff9b:2::', '::/0', 'first behind local-use NAT64'],
  ['100::1', '100::/64', 'discard-only'],
  ['100:0:0:1::', '::/0', 'first behind discard-only'],
  ['1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '::/0', 'last before global unicast'],
  ['2000::', 'allowed', 'first global unicast'],
  ['2001:0:102:304::5601:5601', '169.254.0.0/16', 'Teredo client: metadata inverted'],
  ['2001:0:a9fe:a9fe::fefe:fefe', '169.254.0.0/16', 'Teredo server'],
  ['2001:0:102:304::fefe:fefe', 'allowed', 'Teredo of public addresses'],
  ['2001:0:102:304::80ff:fffe', '127.0.0.0/8', 'Teredo client: loopback inverted'],
  ['2001:1::1', 'allowed', 'first behind Teredo'],
  ['2001:db8::5efe:169.254.169.254', '169.254.0.0/16', 'ISATAP metadata'],
  ['2001:db8::200:5efe:127.0.0.1', '127.0.0.0/8', 'ISATAP loopback, the IPv4 address being unique'],
  ['fd12:3456::5efe:a9fe:a9fe', '169.254.0.0/16', 'ISATAP metadata below a private prefix'],
  ['2001:db8::5efe:10.0.0.1', 'allowed', 'ISATAP private'],
  ['2001:db8::100:5efe:7f00:1', 'allowed', 'no ISATAP: another interface identifier'],
  ['2001:db8::1', 'allowed', 'documentation'],
  ['2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'allowed', 'last before 6to4'],
  ['2002:7f00:1::', '127.0.0.0/8', '6to4 loopback'],
  ['2002:a9fe:a9fe::1', '169.254.0.0/16', '6to4 metadata'],
  ['2002:a00:1::1', 'allowed', '6to4 private'],
  ['2003::', 'allowed', 'first behind 6to4'],
  ['3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'allowed', 'last global unicast'],
  ['4000::', '::/0', 'first behind global unicast'],
  ['fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '::/0', 'last before unique local'],
  ['fc00::', 'allowed', 'first unique local'],
  ['fd00:42::41', 'allowed', 'before Scaleway metadata'],
  ['fd00:42::42', 'fd00:42::42', 'Scaleway metadata'],
  ['fd00:42::43', 'allowed', 'behind Scaleway metadata'],
  ['fd00:c1::a9fe:a9fd', 'allowed', 'before Oracle metadata'],
  ['fd00:c1::a9fe:a9fe', 'fd00:c1::a9fe:a9fe', 'Oracle metadata'],
  ['fd00:c1::a9fe:a9ff', 'allowed', 'behind Oracle metadata'],
  ['fd00:100::100:1ff', 'allowed', 'before Alibaba metadata'],
  ['fd00:100::100:200', 'fd00:100::100:200', 'Alibaba metadata'],
  ['fd00:100::100:201', 'allowed', 'behind Alibaba metadata'],
  ['fd00:ec1:ffff:ffff:ffff:ffff:ffff:ffff', 'allowed', 'last before AWS'],
  ['fd00:ec2::', 'fd00:ec2::/32', 'first of AWS'],
  ['fd00:ec2::23', 'fd00:ec2::/32', 'EKS pod identity'],
  ['fd00:ec2::254', 'fd00:ec2::/32', 'AWS metadata'],
  ['FD00:0EC2:0:0:0:0:0:0254', 'fd00:ec2::/32', 'AWS metadata in full'],
  ['fd00:ec3::', 'allowed', 'first behind AWS'],
  ['fd00:a9fe:a9fe::', 'allowed', 'before Linode metadata'],
  ['fd00:a9fe:a9fe::1', 'fd00:a9fe:a9fe::1', 'Linode metadata'],
  ['fd00:a9fe:a9fe::2', 'allowed', 'behind Linode metadata'],
  ['fd20:ce::253', 'allowed', 'before Google metadata'],
  ['fd20:ce::254', 'fd20:ce::254', 'Google metadata'],
  ['fd20:ce::255', 'allowed', 'behind Google metadata'],
  ['fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'allowed', 'last unique local'],
  ['fe00::', '::/0', 'first behind unique local'],
  ['fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '::/0', 'last before link-local'],
  ['fe80::', 'fe80::/10', 'first link-local'],
  ['fe80::a9fe:a9fe', 'fe80::/10', 'OpenStack metadata'],
  ['febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'fe80::/10', 'last link-local'],
  ['fec0::', 'fec0::/10', 'first site-local'],
  ['feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'fec0::/10', 'last site-local'],
  ['ff00::', 'ff00::/8', 'first multicast'],
  ['ff02::1', 'ff00::/8', 'all nodes'],
  ['ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'ff00::/8', 'last multicast'],
];

describe('the address table', () => {
  it.each(ROWS)('%s: %s (%s)', (text, judged) => {
    expect(judge(text)).toBe(judged);
  });

  it('has a row of the table above for every block', () => {
    const tried = new Set(ROWS.map(([text]) => ADDRESS_TABLE.find(({ range }) => rangeContains(range, address(text)))));
    expect(ADDRESS_TABLE.filter((block) => !tried.has(block))).toEqual([]);
  });

  it('has no block behind a wider one, where it would never count', () => {
    for (const [index, { range }] of ADDRESS_TABLE.entries()) {
      const before = ADDRESS_TABLE.slice(0, index);
      const hiding = before.find(
        (wider) => rangeContains(wider.range, range.base) && wider.range.prefixLength <= range.prefixLength,
      );
      expect(hiding?.range.text, range.text).toBeUndefined();
    }
  });

  it('finds the blocks that node:net finds', () => {
    const octets = fc.oneof(
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      // Near the boundaries of the table.
      fc
        .tuple(fc.constantFrom(...ADDRESS_TABLE), fc.nat(15), fc.integer({ min: -1, max: 1 }))
        .map(([{ range }, at, step]) => {
          const bytes = Uint8Array.from(range.base.bytes);
          const index = at % bytes.length;
          bytes[index] = ((bytes[index] ?? 0) + step) & 0xff;
          return bytes;
        }),
    );
    const lists = ADDRESS_TABLE.map(({ range }) => {
      const list = new BlockList();
      list.addSubnet(range.base.text, range.prefixLength, range.base.family === 4 ? 'ipv4' : 'ipv6');
      return list;
    });
    fc.assert(
      fc.property(octets, (bytes) => {
        const each = ipAddressFromBytes(Buffer.from(bytes));
        // node:net looks for mapped addresses among the IPv4 blocks too.
        if (each === null || each.text.startsWith('::ffff:')) return;
        const family = each.family === 4 ? 'ipv4' : 'ipv6';
        const ours = ADDRESS_TABLE.map(({ range }) => rangeContains(range, each));
        expect(ours).toEqual(
          lists.map(
            (list, index) => ADDRESS_TABLE[index]?.range.base.family === each.family && list.check(each.text, family),
          ),
        );
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the settings', () => {
  it.each([
    ['127.0.0.1', { loopback: true }, null, 'allowed'],
    ['127.255.255.255', { loopback: true }, null, 'allowed'],
    ['::1', { loopback: true }, null, 'allowed'],
    ['::ffff:127.0.0.1', { loopback: true }, null, 'allowed'],
    ['0.0.0.0', { loopback: true }, null, '0.0.0.0/8'],
    ['169.254.169.254', { loopback: true }, null, '169.254.0.0/16'],
    ['169.254.7.7', { allow: ['169.254.7.0/24'] }, null, 'allowed'],
    ['169.254.8.0', { allow: ['169.254.7.0/24'] }, null, '169.254.0.0/16'],
    ['127.0.0.1', { allow: ['127.0.0.1'] }, null, 'allowed'],
    ['127.0.0.2', { allow: ['127.0.0.1'] }, null, '127.0.0.0/8'],
    ['::ffff:169.254.7.7', { allow: ['169.254.7.7'] }, null, 'allowed'],
    ['::ffff:169.254.7.7', { allow: ['::/0'] }, null, '169.254.0.0/16'],
    ['64:ff9b::169.254.7.7', { allow: ['64:ff9b::/96'] }, null, '169.254.0.0/16'],
    ['fe80::1', { allow: ['fe80::/10'] }, null, 'allowed'],
    ['169.254.7.7', { allow: ['corp.example'] }, 'corp.example', 'allowed'],
    ['169.254.7.7', { allow: ['corp.example'] }, 'a.corp.example', 'allowed'],
    ['169.254.7.7', { allow: ['.corp.example'] }, 'a.corp.example', 'allowed'],
    ['169.254.7.7', { allow: ['corp.example'] }, 'evilcorp.example', '169.254.0.0/16'],
    ['169.254.7.7', { allow: ['corp.example'] }, null, '169.254.0.0/16'],
    ['::ffff:169.254.7.7', { allow: ['corp.example'] }, 'corp.example', 'allowed'],
    ['10.1.2.3', { deny: ['10.1.0.0/16'] }, null, '10.1.0.0/16'],
    ['10.2.0.0', { deny: ['10.1.0.0/16'] }, null, 'allowed'],
    ['10.1.2.3', { allow: ['10.1.2.3'], deny: ['10.1.0.0/16'] }, null, '10.1.0.0/16'],
    ['127.0.0.1', { deny: ['127.0.0.0/8'], loopback: true }, null, '127.0.0.0/8'],
    ['::ffff:10.1.2.3', { deny: ['10.1.0.0/16'] }, null, '10.1.0.0/16'],
    ['64:ff9b::10.1.2.3', { deny: ['10.1.0.0/16'] }, null, '10.1.0.0/16'],
    ['64:ff9b::10.1.2.3', { deny: ['64:ff9b::/96'] }, null, '64:ff9b::/96'],
    ['192.0.2.1', { deny: ['corp.example'] }, 'a.corp.example', 'corp.example'],
    ['192.0.2.1', { deny: ['corp.example'], allow: ['a.corp.example'] }, 'a.corp.example', 'corp.example'],
    ['192.0.2.1', { deny: ['0.0.0.0/0'] }, null, '0.0.0.0/0'],
    ['2001:db8::1', { deny: ['0.0.0.0/0'] }, null, 'allowed'],
  ] as const)('%s with %j under %j: %s', (text, options, name, judged) => {
    const { allow, deny, loopback } = options as {
      allow?: readonly string[];
      deny?: readonly string[];
      loopback?: boolean;
    };
    expect(judge(text, { allow: [...(allow ?? [])], deny: [...(deny ?? [])], loopback: loopback ?? false }, name)).toBe(
      judged,
    );
  });

  it('says which address, which block and which setting', () => {
    const refusal = guard().judge(address('64:ff9b::169.254.169.254'), 'metadata.corp.example');
    if (refusal.allowed) throw new Error('allowed');
    expect(refusal).toMatchObject({ rangeName: 'link-local, with cloud metadata', setting: 'ALLOW_TARGETS' });
    const sentence = describeRefusal(refusal, 'metadata.corp.example');
    for (const part of [
      '64:ff9b::a9fe:a9fe',
      'metadata.corp.example',
      '169.254.169.254',
      '169.254.0.0/16',
      'ALLOW_TARGETS',
    ]) {
      expect(sentence).toContain(part);
    }
    const denied = guard({ deny: ['10.0.0.0/8'] }).judge(address('10.0.0.1'), null);
    if (denied.allowed) throw new Error('allowed');
    expect(describeRefusal(denied, null)).toContain('DENY_TARGETS');
  });
});
