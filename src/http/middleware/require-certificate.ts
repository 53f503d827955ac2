import { Problem } from '../../domain/problem.ts';
import { isOpenPath } from '../open-paths.ts';
import type { Guard } from './guards.ts';

/**
 * Refuses who has not shown a client certificate of the operator's CA. The handshake itself lets them in, so that a
 * kubelet without one still reaches the health endpoints, and everybody else is told what is missing.
 */
export function requireCertificate(): Guard {
  return (c) => {
    if (c.env?.isCertified !== true && !isOpenPath(c.req.path)) {
      throw new Problem(
        'client_certificate_required',
        'This needs a client certificate issued by a CA in TLS_CLIENT_CA_FILE; none was shown, or it is not valid.',
      );
    }
  };
}
