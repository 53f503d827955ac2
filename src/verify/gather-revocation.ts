import { isReadable } from '../domain/certificate.ts';
import type { Evidence } from '../domain/evidence.ts';
import type { VerifyRequest } from '../domain/request.ts';
import type { RevocationEvidence } from '../domain/revocation.ts';
import { collectRevocation, type LocalCrl } from '../revocation/collect-revocation.ts';
import type { TrustInputs } from '../trust/resolve-reference.ts';
import { readCertificateList } from '../x509/crl.ts';
import type { Deadline } from './deadline.ts';

/** The status of each certificate of the chosen path, from all sources there are; null when it was not asked for. */
export async function gatherRevocation(
  request: VerifyRequest,
  found: Omit<Evidence, 'revocation'>,
  trust: TrustInputs,
  { signal }: Deadline,
): Promise<{ revocation: RevocationEvidence | null; revocationMs: number }> {
  if (request.revocation === 'off') return { revocation: null, revocationMs: 0 };
  const startedAt = performance.now();
  const revocation = await collectRevocation({
    mode: request.revocation,
    path: found.path,
    at: found.at,
    profile: found.policy.profile,
    crls: await localCrls(trust, signal),
    staples: staplesOf(found),
    candidates: [
      ...found.presented.filter(isReadable),
      ...trust.intermediates,
      ...trust.anchorSets.flatMap((set) => set.intermediates),
    ],
  });
  return { revocation, revocationMs: Math.round(performance.now() - startedAt) };
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

async function localCrls(trust: TrustInputs, signal: AbortSignal): Promise<LocalCrl[]> {
  const crls: LocalCrl[] = [];
  for (const der of trust.crls) {
    crls.push({ list: await readCertificateList(der, { signal }), foundBy: 'request' });
  }
  const kept = trust.anchorSets.flatMap((set) => set.crls);
  return [...crls, ...kept.map((list) => ({ list, foundBy: 'authority' as const }))];
}
