import type { SubjectPublicKeyInfo } from '../domain/certificate.ts';
import { signatureCost } from '../x509/signature-cost.ts';

/**
 * What the signature checks of one verification's CRLs may cost, in checks with P-256. A caller brings 200 CRLs and as
 * many certificates of one name, and each pair would be a check: this is about 200 ms of processor time, and room for
 * two CRLs of fifty megabytes.
 */
export const MAX_SIGNATURE_COST = 3000;

/** Signature checks that are left to one verification. */
export interface SignatureBudget {
  /**
   * To be asked before a check: false when nothing is left for it, and then it must not be made. One that was made
   * before in this verification costs nothing; one that others made costs as much as if they had not, so that what is
   * told does not depend on them.
   */
  spend(signer: SubjectPublicKeyInfo, signed: Buffer): boolean;
}

export function createSignatureBudget(limit: number = MAX_SIGNATURE_COST): SignatureBudget {
  const spent = new WeakMap<Buffer, Set<string>>();
  let left = limit;
  return {
    spend(signer, signed) {
      const keys = spent.get(signed) ?? new Set();
      if (keys.has(signer.sha256)) return true;
      const cost = signatureCost(signer, signed);
      if (cost > left) return false;
      left -= cost;
      spent.set(signed, keys.add(signer.sha256));
      return true;
    },
  };
}
