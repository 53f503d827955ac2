import { z } from 'zod';
import { CHECK_IDS } from './check-id.ts';
import type { Json } from './fault.ts';
import { FINDING_CODES } from './finding-codes.ts';
import { openEnum } from './open-enum.ts';

/**
 * The verdict as it crosses the wire. Objects are open (`looseObject`): members may be added within a major version,
 * and `code` is a string whose known values are listed, since new codes may appear.
 */

const time = z.iso.datetime().describe('RFC 3339, UTC');
const sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .describe('SHA-256, lower-case hex');
/** A code as answers have it. */
export const findingCodeText = openEnum(
  'KnownFindingCode',
  Object.keys(FINDING_CODES),
  'Codes of findings in this version; later ones may have more, and GET /codes tells what each means',
);
/** Facts of a finding, and decoded extensions: any JSON. */
const json: z.ZodType<Json> = z.json();
const count = z
  .int()
  .min(0)
  .max(2 ** 31 - 1);
const milliseconds = z
  .int()
  .min(0)
  .max(2 ** 31 - 1);

export const checkStateSchema = z.enum(['pass', 'warn', 'fail', 'skip', 'unknown']).meta({
  id: 'CheckState',
  description: '`skip`: not asked. `unknown`: asked and could not be determined; never good.',
});

export const certificateRefSchema = z
  .looseObject({
    index: z
      .int()
      .min(0)
      .max(99)
      .nullable()
      .describe('Position in the presented chain; null when it was not presented'),
    role: z.enum(['leaf', 'intermediate', 'anchor', 'extra']),
    sha256,
  })
  .meta({ id: 'CertificateRef', description: 'Which certificate a finding is about' });

export const findingSchema = z
  .looseObject({
    code: findingCodeText.describe('Stable code of the cause; see /codes'),
    check: z.enum(CHECK_IDS).describe('The area that owns the code'),
    severity: z.enum(['error', 'warning', 'info']),
    certificate: certificateRefSchema.nullable(),
    title: z.string(),
    detail: z.string().describe('The facts of this case'),
    rule: z.string().optional().describe('Which rule was broken, where a code has several causes'),
    evidence: z.record(z.string(), json),
    fix: z.string().describe('What to change and where'),
    waived: z.boolean(),
    docs: z.string(),
    also: z
      .looseObject({
        openssl: z.int().min(0).max(999).optional(),
        node: z.string().optional(),
        curl_exit: z.int().min(0).max(255).optional(),
        chrome: z.string().optional(),
        go: z.string().optional(),
        rfc: z.string(),
      })
      .describe('What other programs call it'),
  })
  .meta({ id: 'Finding' });

const keySchema = z.looseObject({
  type: z.string(),
  curve: z.string().nullable().optional(),
  parameter_set: z.string().optional(),
  bits: z.int().min(0).max(1_000_000),
});

export const presentedCertificateSchema = z
  .looseObject({
    index: z.int().min(0).max(99),
    role: z.enum(['leaf', 'intermediate', 'anchor', 'extra']).describe('Its part in the chosen path'),
    readable: z.boolean(),
    sha256,
    subject: z.string().nullable(),
    issuer: z.string().nullable(),
    serial: z.string().nullable(),
    spki_sha256: sha256.nullable(),
    not_before: time.nullable(),
    not_after: time.nullable(),
    key: keySchema.nullable(),
    signature_algorithm: z.string().nullable(),
    dns_names: z.array(z.string()),
    ip_addresses: z.array(z.string()),
    uris: z.array(z.string()),
    emails: z.array(z.string()),
    names_total: count.describe('Names in the subjectAltName, also those beyond the bound of what is shown'),
    is_ca: z.boolean(),
    key_usage: z.array(z.string()),
    extended_key_usage: z.array(z.string()),
    crl_urls: z.array(z.string()),
    ocsp_urls: z.array(z.string()),
    issuer_urls: z.array(z.string()),
    pem: z.string().optional().describe('With `include: ["pem"]`'),
    details: z.record(z.string(), json).optional().describe('Every extension decoded, with `include: ["details"]`'),
  })
  .meta({ id: 'PresentedCertificate' });

export const trustRowSchema = z
  .looseObject({
    ca: z.string(),
    trusted: z.boolean(),
    completed_by: z.enum(['request', 'authority', 'aia']).nullable(),
    anchor_sha256: sha256.nullable(),
    valid_until: time.nullable().describe('The earliest end among the certificates of the path'),
    path: z.array(
      z.looseObject({
        source: z.enum(['presented', 'request', 'authority', 'aia', 'anchor']),
        presented_index: z.int().min(0).max(99).nullable(),
        subject: z.string(),
        sha256,
        not_before: time.nullable(),
        not_after: time.nullable(),
      }),
    ),
    codes: z.array(findingCodeText).describe('Why this reference does not trust the leaf'),
  })
  .meta({ id: 'TrustRow', description: 'What one CA reference says of the leaf' });

const revocationStatus = z.enum(['good', 'revoked', 'unknown']);

const revocationSourceSchema = z.looseObject({
  source: z.enum(['staple', 'ocsp', 'crl']),
  found_by: z.enum(['request', 'authority', 'handshake', 'network']),
  url: z.string().nullable().describe('Null when the document was not fetched'),
  status: revocationStatus,
  reason: z
    .string()
    .nullable()
    .describe('Why the status is unknown: `unreachable`, `unusable`, `overloaded`, `fetch_not_allowed` …'),
  this_update: time.nullable(),
  next_update: time.nullable(),
  cached: z.boolean(),
  revoked_at: time.nullable(),
  revocation_reason: z.string().nullable(),
});

export const revocationRowSchema = z
  .looseObject({
    index: z.int().min(0).max(99).nullable().describe('Position in the presented chain; null when not presented'),
    sha256,
    subject: z.string(),
    status: revocationStatus,
    source: z.enum(['staple', 'ocsp', 'crl']).nullable().describe('The source that decided'),
    url: z.string().nullable(),
    this_update: time.nullable(),
    next_update: time.nullable(),
    cached: z.boolean(),
    reason: z.string().nullable().describe('Why the status is unknown; null when it is known'),
    sources: z.array(revocationSourceSchema).describe('Every source that was asked'),
  })
  .meta({ id: 'RevocationRow', description: 'What is known of the revocation of one certificate of the path' });

const checksSchema = z
  .strictObject(
    Object.fromEntries(CHECK_IDS.map((id) => [id, checkStateSchema])) as Record<
      (typeof CHECK_IDS)[number],
      typeof checkStateSchema
    >,
  )
  .meta({ id: 'Checks' });

export const verdictSchema = z
  .looseObject({
    ok: z.boolean().describe('The verdict is pass or warn'),
    verdict: z.enum(['pass', 'warn', 'fail', 'unreachable']),
    exit_code: z.int().min(0).max(3).describe('pass 0, warn 1, fail 2, unreachable 2'),
    summary: z.string().describe('One sentence a person can act on'),
    target: z
      .looseObject({
        host: z.string(),
        port: z.int().min(1).max(65535),
        server_name: z.string().nullable(),
        connect_to: z.string().nullable(),
        address: z.string().nullable(),
        addresses: z.array(z.string()),
      })
      .nullable()
      .describe('Null when a chain was judged without a host'),
    checked_at: time,
    evaluated_at: time.describe('The moment that was judged for'),
    duration_ms: milliseconds,
    timing: z.looseObject({
      dns_ms: milliseconds.optional(),
      connect_ms: milliseconds.optional(),
      tls_ms: milliseconds.optional(),
      path_ms: milliseconds.optional(),
      revocation_ms: milliseconds.optional(),
    }),
    valid_until: time
      .nullable()
      .describe('When the leaf, its path or its anchor first stops being valid; null when unknown'),
    breaks_at: z.looseObject({ time, code: findingCodeText }).nullable(),
    expiry: z
      .looseObject({
        not_before: time.nullable(),
        not_after: time.nullable(),
        lifetime_seconds: z.int().nullable(),
        remaining_seconds: z.int().nullable(),
        remaining_days: z.int().nullable(),
        remaining_percent: z.int().nullable(),
      })
      .nullable()
      .describe('Of the leaf'),
    checks: checksSchema,
    findings: z.array(findingSchema),
    findings_total: count,
    trust: z.array(trustRowSchema),
    hostname: z
      .looseObject({
        matched: z.boolean(),
        reference: z.string(),
        type: z.enum(['dns', 'ip']),
        matched_by: z.string().nullable(),
        presented: z.array(z.string()),
        presented_total: count,
      })
      .nullable(),
    tls: z
      .looseObject({
        version: z.string().nullable(),
        cipher: z.string().nullable(),
        group: z.string().nullable(),
        post_quantum: z.boolean(),
        alpn: z.string().nullable(),
        signature_scheme: z.string().nullable(),
        hello: z.enum(['modern', 'permissive']),
        state: z.string().describe('How far the handshake came'),
        client_certificate_requested: z.boolean().nullable(),
        client_certificate_required: z.boolean().nullable(),
        client_certificate_authorities: z.array(z.string()),
        client_certificate_sent: z.boolean().describe('Whether the identity of the request was shown'),
        client_certificate_accepted: z
          .boolean()
          .nullable()
          .describe(
            'Whether the server went on after it; null when none was sent, and when a server of TLS 1.3 said nothing. What the protocol above decides is not seen',
          ),
        ocsp_stapled: z.boolean(),
        sct_count: count,
        alerts: z.array(z.string()),
      })
      .nullable(),
    presented_total: count,
    presented: z.array(presentedCertificateSchema),
    revocation: z.array(revocationRowSchema).optional().describe('Absent when it was not asked for'),
    inputs: z.looseObject({
      preset: z.string().nullable(),
      profile: z.enum(['default', 'webpki', 'rfc5280']),
      purpose: z.enum(['server', 'client']),
      client_certificate: z.string().nullable().describe('The identity that the request names'),
      ca: z.array(
        z.looseObject({
          name: z.string(),
          sha256,
          skipped: z.array(z.looseObject({ position: count, reason: z.string() })).optional(),
        }),
      ),
      engine: z.string(),
    }),
    limits: z.array(z.string()).optional().describe('Bounds that cut this answer, by name'),
    request_id: z.string(),
  })
  .meta({ id: 'Verdict' });

export type Verdict = z.infer<typeof verdictSchema>;
export type FindingView = z.infer<typeof findingSchema>;
export type CertificateRef = z.infer<typeof certificateRefSchema>;
export type PresentedCertificateView = z.infer<typeof presentedCertificateSchema>;
export type RevocationRow = z.infer<typeof revocationRowSchema>;
export type TrustRow = z.infer<typeof trustRowSchema>;
