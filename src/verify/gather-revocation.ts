import { isReadable } from '../domain/certificate.ts';
import type { Evidence } from '../domain/evidence.ts';
import type { VerifyRequest } from '../domain/request.ts';
import type { RevocationEvidence } from '../domain/revocation.ts';
import type { FetchAllowance } from '../net/fetch-document.ts';
import { collectRevocation, type LocalCrl } from '../revocation/collect-revocation.ts';
import type { RevocationNetwork } from '../revocation/network.ts';
import type { TrustInputs } from '../trust/resolve-reference.ts';
import { readCertificateList } from '../x509/crl.ts';
import type { Deadline } from './deadline.ts';
import { accessDocuments, type DocumentAccess, type DocumentSources } from './document-sources.ts';
import { createSignerPathJudge } from './judge-signer-path.ts';

export interface GatherRevocationDeps {
  readonly deadline: Deadline;
  readonly documents: DocumentSources;
  readonly allowance: FetchAllowance;
  /** The wall clock, milliseconds since the epoch. */
  readonly now: () => number;
  /** Whose request it is (`Caller.id`). */
  readonly caller: string;
}

/** Of the time that is left; the rest is for the judging. */
const REVOCATION_SHARE = 0.8;

/** The status of each certificate of the chosen path, from all sources there are; null when it was not asked for. */
export async function gatherRevocation(
  request: VerifyRequest,
  found: Omit<Evidence, 'revocation'>,
  trust: TrustInputs,
  { deadline, documents, allowance, now, caller }: GatherRevocationDeps,
): Promise<{ revocation: RevocationEvidence | null; revocationMs: number }> {
  if (request.revocation === 'off') return { revocation: null, revocationMs: 0 };
  const startedAt = performance.now();
  const ca = found.trust.find((row) => row.path === found.path)?.ca ?? 'inline';
  const candidates = [
    ...found.presented.filter(isReadable),
    ...trust.intermediates,
    ...trust.anchorSets.flatMap((set) => set.intermediates),
  ];
  const isCallers = ca === 'inline';
  const open = () => accessDocuments(documents, deadline, { ca, isCallers, share: REVOCATION_SHARE, allowance });
  const revocation = await collectRevocation({
    mode: request.revocation,
    path: found.path,
    at: found.at,
    profile: found.policy.profile,
    crls: await localCrls(trust),
    network: whenAsked(open, { caller, now }),
    staples: staplesOf(found),
    candidates,
    judgeSignerPath: createSignerPathJudge(found, candidates),
  });
  return { revocation, revocationMs: Math.round(performance.now() - startedAt) };
}

/** The network, opened by the first question; its wait begins then. Most verifications ask none. */
function whenAsked(
  open: () => DocumentAccess,
  { caller, now }: Pick<GatherRevocationDeps, 'caller' | 'now'>,
): RevocationNetwork {
  const begin = () => {
    const way = open();
    return { ...way, signal: way.patience() };
  };
  let opened: ReturnType<typeof begin> | undefined;
  const access = () => {
    opened ??= begin();
    return opened;
  };
  return {
    caller,
    now,
    get session() {
      return access().session;
    },
    get cache() {
      return access().cache;
    },
    get timeoutMs() {
      return access().timeoutMs;
    },
    get signal() {
      return access().signal;
    },
  };
}

/** By the certificate that they came with: `presented` lists the certificates of the handshake in its order. */
function staplesOf({ handshake, presented }: Omit<Evidence, 'revocation'>): ReadonlyMap<string, Buffer> | null {
  if (handshake === null) return null;
  return new Map(
    presented.flatMap(({ sha256 }, index) => {
      const staple = handshake.certificates[index]?.ocspStaple ?? null;
      return staple === null ? [] : [[sha256, staple] as const];
    }),
  );
}

async function localCrls(trust: TrustInputs): Promise<LocalCrl[]> {
  const crls: LocalCrl[] = [];
  for (const der of trust.crls) {
    crls.push({ list: await readCertificateList(der), foundBy: 'request' });
  }
  const kept = trust.anchorSets.flatMap((set) => set.crls);
  return [...crls, ...kept.map((list) => ({ list, foundBy: 'authority' as const }))];
}
