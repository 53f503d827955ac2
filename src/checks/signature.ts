import type { HashName } from '../domain/certificate.ts';
import { type Check, judged, unknown } from '../domain/check.ts';
import type { Fault } from '../domain/fault.ts';
import type { CertificationPath } from '../domain/path.ts';
import { roleOf, rootOf } from './path-context.ts';

/** Collisions can be made, so what was signed may be something else (RFC 9155, RFC 6151, RFC 6149, RFC 6150). */
const WEAK_HASHES: readonly (HashName | null)[] = ['md2', 'md4', 'md5', 'sha1'];

/** Were the certificates of the path signed with algorithms that still prove something? */
export const signatureCheck: Check = {
  id: 'signature',
  codes: ['signature_algorithm_weak'],
  run: ({ path }) => (path === null ? unknown() : judged(judgeSignatures(path))),
};

/**
 * Weak signatures on a path. An anchor's own signature is not judged, since an anchor is trusted as a name and a key
 * (RFC 5280 §6.1.1(d)); nor is that of a root which is not trusted: trusting it would make it an anchor.
 */
export function judgeSignatures(path: CertificationPath): Fault[] {
  const root = rootOf(path);
  return path.steps.flatMap((step, depth) => {
    const { certificate } = step;
    const { algorithm, hash } = certificate.signature;
    if (step.source === 'anchor' || step === root || !WEAK_HASHES.includes(hash)) return [];
    const issuer = certificate.issuer.text;
    return [
      {
        code: 'signature_algorithm_weak',
        certificate: certificate.sha256,
        detail: `${certificate.subject.text} is signed by ${issuer} with ${algorithm.name}`,
        evidence: {
          subject: certificate.subject.text,
          role: roleOf(step, depth),
          issuer,
          algorithm: algorithm.name,
          hash,
        },
      },
    ];
  });
}
