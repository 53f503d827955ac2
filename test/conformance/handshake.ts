import { type Verdict, verdictSchema } from '../../src/domain/verdict.ts';
import { startNodeTls } from '../support/servers.ts';
import { type LimboCase, requestOf } from './limbo-case.ts';
import type { Post } from './outcome.ts';

/** Areas that a chain in a request and one in a handshake have in common. */
const AREAS = ['trust', 'hostname', 'validity', 'chain', 'key', 'signature', 'usage', 'policy'] as const;

/** What both ways of asking said of one case, a line for each fact. */
export interface BothWays {
  readonly id: string;
  readonly byRequest: readonly string[];
  readonly byHandshake: readonly string[];
}

/** A case can be served when its key is there and it asks about a server. */
export function canBeServed({ peer_certificate_key, expected_peer_name, validation_kind }: LimboCase): boolean {
  return peer_certificate_key !== null && expected_peer_name !== null && validation_kind === 'SERVER';
}

/** Judges a case twice: its chain in the request, and the same chain sent by a TLS server on loopback. */
export async function judgeBothWays(limbo: LimboCase, post: Post): Promise<BothWays> {
  const { chain_pem: _, ...body } = requestOf(limbo) as { chain_pem: string };
  await using server = await startNodeTls({
    leaf: { pem: `${limbo.peer_certificate}\n`, keyPem: limbo.peer_certificate_key ?? '' },
    chain: limbo.untrusted_intermediates.map((pem) => ({ pem: `${pem}\n` })),
    // Whatever key and digest the case is about.
    ciphers: 'DEFAULT@SECLEVEL=0',
  });
  return {
    id: limbo.id,
    byRequest: await factsOf(await post(encode(requestOf(limbo)))),
    byHandshake: await factsOf(await post(encode({ ...body, port: server.port, connect_to: '127.0.0.1' }))),
  };
}

export function isSame({ byRequest, byHandshake }: BothWays): boolean {
  return byRequest.join('\n') === byHandshake.join('\n');
}

function encode(body: object): Buffer {
  return Buffer.from(JSON.stringify(body));
}

async function factsOf(response: Response): Promise<string[]> {
  if (response.status !== 200) return [`problem ${response.status}: ${await response.text()}`];
  return tell(verdictSchema.parse(await response.json()));
}

function tell({ ok, checks, findings, trust }: Verdict): string[] {
  const common = findings.filter(({ check }) => AREAS.some((area) => area === check));
  return [
    `ok ${ok}`,
    ...AREAS.map((area) => `${area} ${checks[area]}`),
    ...common
      .map(({ code, rule, severity, certificate }) => `${severity} ${code} ${rule} ${certificate?.index}`)
      .toSorted(),
    ...trust.flatMap(({ path }) => path.map(({ sha256 }) => sha256)),
  ];
}
