import { z } from 'zod';

const count = z
  .int()
  .min(0)
  .max(2 ** 31 - 1);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const time = z.iso.datetime().nullable().describe('RFC 3339, UTC; null when it could not be read');

const skipped = z
  .array(z.looseObject({ position: count, reason: z.string() }))
  .describe('Blocks of its files that could not be used, counted from 0');

const base = {
  name: z.string(),
  kind: z.enum(['public', 'system', 'configured']),
  default: z.boolean().describe('Judges when a request names no CA'),
  sha256: sha256.describe('Over the fingerprints of its anchors: which set this is'),
  skipped,
};

const authorityCertificateSchema = z
  .looseObject({
    subject: z.string(),
    issuer: z.string(),
    serial: z.string(),
    sha256,
    spki_sha256: sha256,
    not_before: time,
    not_after: time,
    key: z.looseObject({
      type: z.string(),
      curve: z.string().nullable().optional(),
      parameter_set: z.string().optional(),
      bits: count,
    }),
    signature_algorithm: z.string(),
  })
  .meta({ id: 'AuthorityCertificate' });

/** GET /authorities */
export const authorityListSchema = z
  .looseObject({
    authorities: z.array(z.looseObject({ ...base, anchors: count, intermediates: count, url: z.string() })),
    missing: z
      .array(z.looseObject({ name: z.string(), reason: z.string() }))
      .describe('Reserved references that this machine cannot provide'),
  })
  .meta({ id: 'AuthorityList', description: 'The CA references that a request may name' });

/** GET /authorities/{name} */
export const authoritySchema = z
  .looseObject({
    ...base,
    anchors: z.array(authorityCertificateSchema),
    intermediates: z.array(authorityCertificateSchema).describe('Candidates for a path, never anchors'),
  })
  .meta({ id: 'Authority' });

/** The query of GET /authorities/{name}. */
export const authorityQuerySchema = z.strictObject({
  format: z.enum(['json', 'pem']).default('json').describe('`pem`: its anchors, as a file for other programs'),
});

export type AuthorityList = z.infer<typeof authorityListSchema>;
export type AuthorityDocument = z.infer<typeof authoritySchema>;
