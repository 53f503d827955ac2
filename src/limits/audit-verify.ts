import { Problem } from '../domain/problem.ts';
import { formatEndpoint } from '../domain/target.ts';
import type { Verify } from '../verify/verify.ts';

/** Who had what dialled, and how it ended. */
export interface AuditEntry {
  readonly caller: string;
  /** Host and port as asked for; null for a chain without one. */
  readonly target: string | null;
  /** Host and port dialled instead, where the request named one. */
  readonly connect_to?: string;
  /** Identity that the request named, whether or not it was shown. */
  readonly client_certificate?: string;
  /** The address that was connected to, if any. */
  readonly address: string | null;
  /** The verdict, or the code of the problem. */
  readonly outcome: string;
  readonly request_id: string;
}

/** The use case with an entry for each verification asked for, the refused and the cancelled ones too. */
export function auditVerify(verify: Verify, record: (entry: AuditEntry) => void): Verify {
  return async (request, context) => {
    const { target } = request;
    const about = {
      caller: context.caller.id,
      target: target && formatEndpoint(target.host, target.port),
      ...(target?.connectTo && { connect_to: formatEndpoint(target.connectTo.host, target.connectTo.port) }),
      ...(request.clientCertificate !== null && { client_certificate: request.clientCertificate }),
    };
    const end = (address: string | null, outcome: string): void =>
      record({ ...about, address, outcome, request_id: context.requestId });
    try {
      const verdict = await verify(request, context);
      end(verdict.target?.address ?? null, verdict.verdict);
      return verdict;
    } catch (error) {
      if (error instanceof Problem) end(null, error.code);
      else end(null, context.signal.aborted ? 'cancelled' : 'internal_error');
      throw error;
    }
  };
}
