import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { context, sequence, tlv } from '../support/der.ts';
import { type Issued, type IssueOptions, intermediate, leaf, root } from '../support/pki.ts';
import { type AskedService, startService } from '../support/service.ts';
import { isSame, judgeBothWays } from './handshake.ts';
import type { LimboCase } from './limbo-case.ts';

/*
 * The structures of BetterTLS, made anew: paths of which some edges are bad, and names under constraints.
 *
 *   ca ── good ──┐
 *   ca ── bad ───┴── server        good and bad have one name and one key: the path has to choose
 */
const HOST = 'host.example';
const PAST = new Date('2026-06-01T00:00:00Z');
const dnsSubtrees = (tag: number, name: string) => ({
  oid: '2.5.29.30',
  critical: true,
  value: sequence(context(tag, true, sequence(tlv(0x82, Buffer.from(name))))),
});
const permitted = (name: string) => dnsSubtrees(0, name);
const excluded = (name: string) => dnsSubtrees(1, name);

let ca: Issued;
let good: Issued;
let service: AskedService;
beforeAll(async () => {
  ca = await root('Root');
  good = await intermediate(ca, 'Issuing');
  service = await startService();
});
afterAll(() => service[Symbol.asyncDispose]());

type Chain = readonly [Issued, ...Issued[]];
interface Row {
  readonly name: string;
  readonly ok: boolean;
  readonly chain: () => Promise<Chain>;
  readonly host?: LimboCase['expected_peer_name'];
}

const server = (options: IssueOptions = {}) => leaf(good, HOST, options);
const twin = (options: IssueOptions) => intermediate(ca, 'Issuing', { key: good, ...options });
/** Below an intermediate with these constraints. */
const constrained = async (extension: ReturnType<typeof permitted>, options: IssueOptions = {}): Promise<Chain> => {
  const issuing = await intermediate(ca, 'Constrained', { extensions: [extension] });
  return [await leaf(issuing, HOST, options), issuing];
};

const rows: readonly Row[] = [
  { name: 'one path', ok: true, chain: async () => [await server(), good] },
  {
    name: 'an expired edge beside a good one',
    ok: true,
    chain: async () => [await server(), await twin({ notAfter: PAST }), good],
  },
  { name: 'an expired edge alone', ok: false, chain: async () => [await server(), await twin({ notAfter: PAST })] },
  {
    name: 'an edge that is no CA beside a good one',
    ok: true,
    chain: async () => [await server(), await twin({ ca: false }), good],
  },
  { name: 'an edge that is no CA alone', ok: false, chain: async () => [await server(), await twin({ ca: false })] },
  {
    name: 'an edge with constraints that the name breaks, beside a good one',
    ok: true,
    chain: async () => [await server(), await twin({ extensions: [permitted('other.example')] }), good],
  },
  {
    name: 'such an edge alone',
    ok: false,
    chain: async () => [await server(), await twin({ extensions: [permitted('other.example')] })],
  },
  {
    name: 'an edge for another purpose, alone',
    ok: false,
    chain: async () => [await server(), await twin({ eku: ['client_auth'] })],
  },
  {
    name: 'a missing edge',
    ok: false,
    chain: async () => [await server()],
  },
  {
    name: 'a cross certificate of a root that is not trusted, before the good edge',
    ok: true,
    chain: async () => [await server(), await intermediate(await root('Elsewhere'), 'Issuing', { key: good }), good],
  },
  {
    name: 'two levels, the upper one first',
    ok: true,
    chain: async () => {
      const lower = await intermediate(good, 'Lower');
      return [await leaf(lower, HOST), good, lower];
    },
  },
  { name: 'a permitted name', ok: true, chain: () => constrained(permitted('example')) },
  { name: 'a name that is not permitted', ok: false, chain: () => constrained(permitted('other.example')) },
  { name: 'an excluded name', ok: false, chain: () => constrained(excluded('example')) },
  { name: 'a name beside the excluded one', ok: true, chain: () => constrained(excluded('other.example')) },
  {
    name: 'a second name that is not permitted',
    ok: false,
    chain: () => constrained(permitted('host.example'), { dns: [HOST, 'elsewhere.test'] }),
  },
  {
    name: 'another name than the one asked for',
    ok: false,
    chain: async () => [await server({ dns: ['elsewhere.example'] }), good],
  },
  { name: 'the name in the common name alone', ok: false, chain: async () => [await server({ dns: [] }), good] },
  {
    name: 'an address',
    ok: true,
    host: { kind: 'IP', value: '127.0.0.1' },
    chain: async () => [await server({ dns: [], ips: ['127.0.0.1'] }), good],
  },
  {
    name: 'an address in a DNS name',
    ok: false,
    host: { kind: 'IP', value: '127.0.0.1' },
    chain: async () => [await server({ dns: ['127.0.0.1'] }), good],
  },
];

describe('a chain in a handshake', () => {
  it.each(rows)('gets the verdict that it gets in a request: $name, $ok', async ({ ok, chain, host }) => {
    const [peer, ...others] = await chain();
    const limbo: LimboCase = {
      id: 'bettertls::remade',
      features: [],
      validation_kind: 'SERVER',
      trusted_certs: [ca.pem],
      untrusted_intermediates: others.map(({ pem }) => pem),
      peer_certificate: peer.pem,
      peer_certificate_key: peer.keyPem,
      validation_time: '2026-06-15T12:00:00Z',
      expected_result: ok ? 'SUCCESS' : 'FAILURE',
      expected_peer_name: host ?? { kind: 'DNS', value: HOST },
      expected_peer_names: [],
      max_chain_depth: null,
      crls: [],
    };
    const both = await judgeBothWays(limbo, async (body) =>
      service.app.request('http://localhost/verify', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body,
      }),
    );
    expect(both.byRequest[0]).toBe(`ok ${ok}`);
    expect(both.byHandshake).toEqual(both.byRequest);
    expect(isSame(both)).toBe(true);
  });
});
