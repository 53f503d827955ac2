import type { Fault } from '../domain/fault.ts';
import type { CertificationPath } from '../domain/path.ts';
import { judgeKeys } from './key.ts';
import type { PathContext } from './path-context.ts';
import { judgePolicy } from './policy.ts';
import { judgeSignatures } from './signature.ts';
import { judgeUsage } from './usage.ts';
import { judgeValidity } from './validity.ts';

/**
 * Everything but trust that can be said of one candidate path: dates, keys, signature algorithms, purpose, profile.
 * The path builder ranks its candidates with the very functions that later judge the chosen path.
 */
export function judgePath(path: CertificationPath, context: PathContext): Fault[] {
  return [
    ...judgeValidity(path, context),
    ...judgeKeys(path, context),
    ...judgeSignatures(path),
    ...judgeUsage(path, context),
    ...judgePolicy(path, context),
  ];
}
