import type { HashName, SignatureInfo } from '../domain/certificate.ts';
import { type Check, judged, unknown } from '../domain/check.ts';
import type { Fault } from '../domain/fault.ts';
import type { CertificationPath, PathStep } from '../domain/path.ts';
import { roleOf, rootOf } from './path-context.ts';

/** Collisions can be made, so what was signed may be something else (RFC 9155, RFC 6151, RFC 6149, RFC 6150). */
const WEAK_HASHES: readonly (HashName | null)[] = ['md2', 'md4', 'md5', 'sha1'];

/** The digests of TLS 1.3 and of the CA/Browser Forum, with their length in octets. */
const COMMON_HASHES: ReadonlyMap<HashName, number> = new Map([
  ['sha256', 32],
  ['sha384', 48],
  ['sha512', 64],
]);

/** Were the certificates of the path signed with algorithms that prove something, and that clients know? */
export const signatureCheck: Check = {
  id: 'signature',
  codes: ['signature_algorithm_weak', 'signature_algorithm_unusual'],
  run: ({ path }) => (path === null ? unknown() : judged(judgeSignatures(path))),
};

/**
 * Weak and unusual signatures on a path. An anchor's own signature is not judged, since an anchor is trusted as a name
 * and a key (RFC 5280 §6.1.1(d)); nor is that of a root which is not trusted: trusting it would make it an anchor.
 */
export function judgeSignatures(path: CertificationPath): Fault[] {
  const root = rootOf(path);
  return path.steps.flatMap((step, depth) => {
    if (step.source === 'anchor' || step === root) return [];
    const { signature } = step.certificate;
    if (WEAK_HASHES.includes(signature.hash))
      return [signatureFault(step, depth, { code: 'signature_algorithm_weak' })];
    if (!isUnusual(signature)) return [];
    return [signatureFault(step, depth, { code: 'signature_algorithm_unusual', rule: 'signature.unusual' })];
  });
}

/** Algorithms without a digest of their own are as usual as their keys, which are judged. */
function isUnusual({ hash, pss }: SignatureInfo): boolean {
  if (hash === null) return false;
  const length = COMMON_HASHES.get(hash);
  return length === undefined || (pss !== null && (pss.mask !== hash || pss.saltLength !== length));
}

function signatureFault(step: PathStep, depth: number, fault: Pick<Fault, 'code' | 'rule'>): Fault {
  const { subject, issuer, signature, sha256 } = step.certificate;
  const algorithm = nameAlgorithm(signature);
  return {
    ...fault,
    certificate: sha256,
    detail: `${subject.text} is signed by ${issuer.text} with ${algorithm}`,
    evidence: {
      subject: subject.text,
      role: roleOf(step, depth),
      issuer: issuer.text,
      algorithm,
      hash: signature.hash,
    },
  };
}

/** `sha256WithRSAEncryption`, `RSASSA-PSS (sha256, MGF1 with sha1, a salt of 20 octets)`. */
function nameAlgorithm({ algorithm, hash, pss }: SignatureInfo): string {
  if (pss === null || pss.hash.startsWith('shake')) return algorithm.name;
  return `${algorithm.name} (${hash}, MGF1 with ${pss.mask}, a salt of ${pss.saltLength} octets)`;
}
