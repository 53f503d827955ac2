import type { FindingCode } from '../../src/domain/finding-codes.ts';
import type { Verdict } from '../../src/domain/verdict.ts';
import type { World } from '../../src/service.ts';
import type { TestServer } from '../support/child-server.ts';
import type { Issued } from '../support/issued.ts';
import { intermediate, leaf, root } from '../support/pki.ts';
import { askVerdict } from '../support/service.ts';

/** Provokes one finding code through the application: request in, verdict out. */
export interface Scenario {
  /** A server program that must be installed; without it the scenario is skipped, and says so. */
  readonly program?: string;
  readonly run: () => Promise<Verdict>;
}

export type Scenarios<Code extends FindingCode> = Readonly<Record<Code, Scenario>>;

export const HOST = 'host.example';
/** Inside the default validity of every certificate of a test. */
export const AT = '2026-06-15T12:00:00Z';

/** A private hierarchy with one intermediate, made once for a file. */
export interface Hierarchy {
  readonly authority: Issued;
  readonly issuing: Issued;
  readonly host: Issued;
}

let shared: Promise<Hierarchy> | undefined;

export function hierarchy(): Promise<Hierarchy> {
  shared ??= makeHierarchy();
  return shared;
}

async function makeHierarchy(): Promise<Hierarchy> {
  const authority = await root();
  const issuing = await intermediate(authority);
  return { authority, issuing, host: await leaf(issuing, HOST) };
}

/** Judges a chain that is given, leaf first, under one anchor. */
export async function judgeChain(
  chain: readonly { readonly pem: string }[],
  anchor: { readonly pem: string },
  changes: object = {},
): Promise<Verdict> {
  return await askVerdict({
    host: HOST,
    at: AT,
    chain_pem: chain.map((certificate) => certificate.pem).join(''),
    ca: { pem: anchor.pem },
    ...changes,
  });
}

/** Verifies a server on loopback under the name of its certificate. */
export async function judgeServer(
  { port }: { readonly port: number },
  anchor: { readonly pem: string },
  changes: object = {},
  world: Partial<World> = {},
): Promise<Verdict> {
  return await askVerdict(
    { host: HOST, port, connect_to: `127.0.0.1:${port}`, at: AT, ca: { pem: anchor.pem }, ...changes },
    world,
  );
}

/** Starts a server, verifies it under the shared hierarchy's root, stops it. */
export async function withServer(start: Promise<TestServer>, changes: object = {}): Promise<Verdict> {
  await using server = await start;
  const { authority } = await hierarchy();
  return await judgeServer(server, authority, changes);
}
