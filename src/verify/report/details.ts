import { isReadable } from '../../domain/certificate.ts';
import type { Evidence } from '../../domain/evidence.ts';
import type { Json } from '../../domain/fault.ts';
import type { VerifyRequest } from '../../domain/request.ts';
import { decodeDetails } from '../../x509/details.ts';
import { MAX_CERTIFICATES_SHOWN } from './certificates.ts';

export type DetailsBySha256 = ReadonlyMap<string, Record<string, Json>>;

/** Every extension of the certificates that are shown, decoded; empty unless the request asked for it. */
export async function decodeShown(
  presented: Evidence['presented'],
  include: VerifyRequest['include'],
): Promise<DetailsBySha256> {
  if (!include.has('details')) return new Map();
  const readable = presented.slice(0, MAX_CERTIFICATES_SHOWN).filter(isReadable);
  const decoded = await Promise.all(
    readable.map(async (certificate) => [certificate.sha256, await decodeDetails(certificate)] as const),
  );
  return new Map(decoded);
}
