import { isAuthorityName } from '../domain/authority-name.ts';
import { isNamedBy } from '../domain/caller.ts';
import type { ClientIdentity } from '../domain/client-identity.ts';
import { Problem } from '../domain/problem.ts';
import type { VerifyRequest } from '../domain/request.ts';
import type { IdentityDirectory } from './identity-directory.ts';
import { readIdentity } from './read-identity.ts';

/** All identities at one moment. A request keeps those that it began with; nothing in it changes. */
export interface Identities {
  /** Sorted by name. */
  readonly all: readonly ClientIdentity[];
  /** Entries of IDENTITY_DIR that are no identity. */
  readonly ignored: IdentityDirectory['ignored'];
}

export const NO_IDENTITIES: Identities = { all: [], ignored: [] };

/** Reads every identity. Throws an Error that names the file when one cannot be used: all of them or none. */
export function readIdentities({ identities, ignored }: IdentityDirectory): Identities {
  return { all: identities.map(readIdentity), ignored };
}

/**
 * The identity that a request names, within its bound; null when it names none. The bound is on `host`, whatever is
 * dialled: what is dialled has to prove that it is `host` before it is shown anything.
 * Throws the problems `unknown_client_certificate` and `client_certificate_forbidden`.
 */
export function resolveIdentity(
  { clientCertificate, target }: Pick<VerifyRequest, 'clientCertificate' | 'target'>,
  identities: Identities,
): ClientIdentity | null {
  if (clientCertificate === null) return null;
  const identity = requireIdentity(clientCertificate, identities);
  if (target !== null && isNamedBy(identity.targets, target.host)) return identity;
  throw new Problem(
    'client_certificate_forbidden',
    `The client certificate ${identity.name} is not for ${target?.host.text ?? 'a chain without host'}.`,
  );
}

/** Throws the problem `unknown_client_certificate`. */
export function requireIdentity(name: string, { all }: Identities): ClientIdentity {
  const identity = all.find((each) => each.name === name);
  if (identity !== undefined) return identity;
  const said = isAuthorityName(name) ? `no client certificate ${name}` : 'no client certificate of that name';
  const names = all.map((each) => each.name).join(', ');
  const advice = names === '' ? 'This service has none.' : `Those that exist: ${names}.`;
  throw new Problem('unknown_client_certificate', `There is ${said}. ${advice}`);
}
