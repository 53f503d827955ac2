import { z } from 'zod';
import type { DnsName } from '../../domain/dns-name.ts';
import { type Expectations, parseFingerprint, parseMailbox, parseSpiffeId } from '../../domain/expectations.ts';
import { DEFAULT_POLICY, DEFAULT_THRESHOLDS, type ExpiryThreshold, type Policy } from '../../domain/policy.ts';
import type { CaReference, VerifyRequest } from '../../domain/request.ts';
import type { RevocationMode } from '../../domain/revocation.ts';
import { type Host, parseEndpoint, parseHost, parsePort } from '../../domain/target.ts';
import { parseTimestamp } from './rfc3339.ts';

/** Partial requests by the names that an operator gave them. */
export type PresetListing = ReadonlyMap<string, Readonly<Record<string, unknown>>>;

/** What an operator configured that a request may leave out. */
export interface RequestDefaults {
  readonly timeoutMs: number;
  readonly presets: PresetListing;
}

/** A name of 253 octets in A-labels has fewer characters than this in any form people write, port included. */
const MAX_HOST_LENGTH = 1024;
const MAX_REFERENCES = 16;
/** The longest stay on a threshold: a century, beyond which every certificate "expires soon". */
const MAX_DAYS = 36_500;
const DEFAULT_REVOCATION: RevocationMode = 'soft';

const wholeNumber = (min: number, max: number) => z.int().min(min).max(max);

/** A string field that a parser of the domain reads; its reason becomes the error's detail. */
export function parsed<T extends object | number>(
  base: z.ZodString,
  code: string,
  parse: (text: string) => T | { readonly error: string },
) {
  return base.transform((text, context): T => {
    const value = parse(text);
    if (typeof value === 'object' && 'error' in value) {
      context.addIssue({ code: 'custom', message: String(value.error), params: { code } });
      return z.NEVER;
    }
    return value as T;
  });
}

function parseServerName(text: string): DnsName | { readonly error: string } {
  const host = parseHost(text);
  if ('error' in host || host.kind === 'dns') return host;
  return { error: 'is an IP address, which RFC 6066 §3 keeps out of SNI: give a DNS name, or null to send none' };
}

const threshold = z.strictObject({
  days: wholeNumber(0, MAX_DAYS).optional(),
  percent: z.number().min(0).max(100).optional().describe("Of the certificate's whole lifetime"),
});

const thresholdSchema = (name: 'warn' | 'critical') =>
  threshold
    .nullable()
    .optional()
    .describe(
      `The smaller remaining time of the two applies; one left out sets no limit; null switches it off. ` +
        `Default in profile \`default\`: ${DEFAULT_THRESHOLDS[name].days} days and ${DEFAULT_THRESHOLDS[name].percent} percent; off in the other profiles`,
    );

const policySchema = z
  .strictObject({
    profile: z.enum(['default', 'webpki', 'rfc5280']).default(DEFAULT_POLICY.profile),
    purpose: z.enum(['server', 'client']).default(DEFAULT_POLICY.purpose),
    min_tls: z.enum(['1.0', '1.1', '1.2', '1.3']).default(DEFAULT_POLICY.minTls),
    warn: thresholdSchema('warn'),
    critical: thresholdSchema('critical'),
    max_intermediates: wholeNumber(0, 255)
      .default(DEFAULT_POLICY.maxIntermediates)
      .describe('In a path; self-issued ones are not counted'),
  })
  .meta({ id: 'Policy', description: 'What to judge by' });

const caName = z.string().min(1).max(253).describe('A name listed by GET /authorities');
const caNames = z.array(caName).min(1).max(MAX_REFERENCES);

const caObjectSchema = z.strictObject({
  refs: caNames.optional(),
  pem: z.string().optional().describe('PEM certificates, each a trust anchor, self-signed or not'),
  intermediates_pem: z.string().optional().describe('PEM certificates that may complete a path, never anchors'),
  crls_pem: z
    .string()
    .optional()
    .describe('PEM CRLs (`X509 CRL`) to judge by. Given without `revocation`, they imply `require`'),
});

const caSchema = z.union([caName, caNames, caObjectSchema]).meta({
  id: 'CaReference',
  description:
    'The trust anchors to judge against, instead of the default: names, and/or PEM. One row of `trust` each; any that trusts suffices.',
});

const presetName = z
  .string()
  .min(1)
  .max(64)
  .describe('A partial request that the operator configured; members of this one win, those of `policy` one by one');

const identityName = z.string().min(1).max(64);

const MAX_EXPECTED = 32;
const MAX_MAILBOX = 320;

const expected = (length: number, code: string, parse: Parameters<typeof parsed<{ readonly text: string }>>[2]) =>
  parsed(z.string().max(length), code, parse).transform(({ text }) => text);
const fingerprints = z
  .array(expected(95, 'invalid_sha256', parseFingerprint))
  .min(1)
  .max(MAX_EXPECTED);

const expectSchema = z
  .strictObject({
    emails: z
      .array(expected(MAX_MAILBOX, 'invalid_email', parseMailbox))
      .min(1)
      .max(MAX_EXPECTED)
      .optional()
      .describe('Mailboxes, all of which must be rfc822Names (or SmtpUTF8Mailboxes) of the leaf; domains in A-labels'),
    spiffe_id: expected(2048, 'invalid_spiffe_id', parseSpiffeId)
      .optional()
      .describe('The only URI of the leaf; takes the place of `host` as the reference identity'),
    sha256: fingerprints.optional().describe('The leaf has one of these SHA-256 fingerprints (hex)'),
    spki_sha256: fingerprints.optional().describe('The key of the leaf (its SubjectPublicKeyInfo) has one of these'),
    issuer_spki_sha256: fingerprints
      .optional()
      .describe('The key of a CA certificate of the path, anchor included, has one of these'),
  })
  .meta({ id: 'Expect', description: 'Identities and pins that the leaf must meet' });

const hostSchema = parsed(z.string().max(MAX_HOST_LENGTH), 'invalid_host', parseHost);

/** The body of POST /verify. What it parses to still has the wire's names; `toVerifyRequest` gives the domain's record. */
export const verifyRequestSchema = z
  .strictObject({
    host: hostSchema
      .optional()
      .describe('What the certificate must be for: DNS name, IPv4 or IPv6 address. Optional only with `chain_pem`'),
    port: wholeNumber(1, 65_535).optional().describe('Default 443'),
    ca: caSchema.optional(),
    connect_to: parsed(z.string().max(MAX_HOST_LENGTH), 'invalid_endpoint', parseEndpoint)
      .nullable()
      .optional()
      .describe('Dial this address or name (with `:port`) under the name of `host`'),
    server_name: parsed(z.string().max(MAX_HOST_LENGTH), 'invalid_server_name', parseServerName)
      .nullable()
      .optional()
      .describe('The SNI to send; null sends none. Default `host` when it is a name'),
    address_family: z.enum(['any', 'ipv4', 'ipv6']).optional().describe('Default `any`'),
    alpn: z
      .array(
        z
          .string()
          .max(255)
          .regex(/^[!-~]+$/),
      )
      .max(16)
      .optional()
      .describe('Protocol names to offer, such as `h2`; none by default'),
    client_certificate: identityName
      .nullable()
      .optional()
      .describe(
        'An identity of the operator to show where the server asks for a client certificate, as far as the server is trusted by a named CA reference; null shows none',
      ),
    expect: expectSchema.optional(),
    policy: policySchema.optional(),
    revocation: z
      .enum(['off', 'soft', 'require'])
      .optional()
      .describe(
        `Whether to ask if certificates are revoked. \`soft\`: what cannot be determined is a warning; \`require\`: an error. Default \`${DEFAULT_REVOCATION}\`, or \`require\` with \`ca.crls_pem\``,
      ),
    aia: z
      .boolean()
      .optional()
      .describe('Look for missing intermediates at the addresses that certificates name. Default true'),
    at: parsed(z.string().max(64), 'invalid_time', parseTimestamp)
      .optional()
      .describe('The moment to judge for: RFC 3339, from 1970 on, floored to the second. Default now'),
    chain_pem: z.string().optional().describe('Judge this chain (PEM, leaf first) instead of connecting'),
    timeout_ms: wholeNumber(100, 60_000).optional().describe('For the whole verification'),
    include: z
      .array(z.enum(['pem', 'details']))
      .max(8)
      .optional()
      .describe('`pem`: every certificate as PEM; `details`: every extension decoded'),
    preset: presetName.optional(),
  })
  .meta({ id: 'VerifyRequest', description: 'Unknown members are refused, so that a typo is never silently ignored' });

/** Members that many targets may share: what is not about one target. */
export const verifyDefaultsSchema = verifyRequestSchema
  .omit({ host: true, chain_pem: true })
  .meta({ id: 'VerifyDefaults', description: 'A partial request' });

const FAIL_STATUSES = ['403', '424', '500', '502', '503'] as const;

const failStatus = z
  .enum(FAIL_STATUSES)
  .optional()
  .describe(
    'Status of the answer when the verdict is `fail` or `unreachable`, for `curl --fail-with-body`. Default 200',
  );

/** The query of POST /verify. */
export const verifyOptionsSchema = z.strictObject({ fail_status: failStatus });

/** What every query that leads to a verdict takes. */
export const verdictQueryShape = {
  ca: caNames.optional().describe('Names listed by GET /authorities; may be repeated'),
  connect_to: verifyRequestSchema.shape.connect_to
    .unwrap()
    .unwrap()
    .optional()
    .describe('Dial this address or name (with `:port`) under the name of the host'),
  client_certificate: identityName
    .optional()
    .describe('An identity of the operator to show where the server asks for a client certificate'),
  preset: presetName.optional(),
};

/** The query of GET /verify: what fits into a line. */
export const verifyQuerySchema = z.strictObject({
  host: hostSchema.describe('What the certificate must be for'),
  port: parsed(z.string(), 'out_of_range', readPort)
    .meta({ type: 'integer', minimum: 1, maximum: 65_535 })
    .optional()
    .describe('Default 443'),
  ca: verdictQueryShape.ca,
  client_certificate: verdictQueryShape.client_certificate,
  preset: verdictQueryShape.preset,
  fail_status: failStatus,
});

function readPort(text: string): number | { readonly error: string } {
  return parsePort(text) ?? { error: 'must be a number from 1 to 65535' };
}

type VerifyRequestBody = z.infer<typeof verifyRequestSchema>;

/** Names that an object of the body may have, by its JSON pointer: what a misspelt one is compared with. */
export const KNOWN_FIELDS: Readonly<Record<string, readonly string[]>> = {
  '': Object.keys(verifyRequestSchema.shape),
  '/ca': Object.keys(caObjectSchema.shape),
  '/expect': Object.keys(expectSchema.shape),
  '/policy': Object.keys(policySchema.shape),
  '/policy/warn': Object.keys(threshold.shape),
  '/policy/critical': Object.keys(threshold.shape),
};

/** Fields that say how to connect, and would mean nothing beside `chain_pem`. */
export const CONNECT_FIELDS = ['connect_to', 'server_name', 'address_family', 'alpn', 'client_certificate'] as const;

/** The domain's record of a body that the schema accepted, with all defaults filled in. */
export function toVerifyRequest(body: VerifyRequestBody, defaults: RequestDefaults): VerifyRequest {
  const ca = body.ca === undefined ? null : toCaReference(body.ca);
  const brings = ca !== null && ca.crlsPem !== null;
  return {
    target: body.host === undefined ? null : toTarget(body, body.host),
    chainPem: body.chain_pem ?? null,
    ca,
    policy: toPolicy(body.policy),
    expect: body.expect === undefined ? null : toExpectations(body.expect),
    aia: body.aia ?? true,
    revocation: body.revocation ?? (brings ? 'require' : DEFAULT_REVOCATION),
    at: body.at ?? null,
    alpn: body.alpn ?? [],
    clientCertificate: body.client_certificate ?? null,
    timeoutMs: body.timeout_ms ?? defaults.timeoutMs,
    include: new Set(body.include),
    preset: body.preset ?? null,
  };
}

function toTarget(body: VerifyRequestBody, host: Host): VerifyRequest['target'] {
  const port = body.port ?? 443;
  const via = body.connect_to ?? null;
  return {
    host,
    port,
    connectTo: via === null ? null : { host: via.host, port: via.port ?? port },
    serverName: body.server_name === undefined ? (host.kind === 'dns' ? host : null) : body.server_name,
    addressFamily: body.address_family ?? 'any',
  };
}

function toCaReference(ca: z.infer<typeof caSchema>): CaReference {
  const nothing = { pem: null, intermediatesPem: null, crlsPem: null };
  if (typeof ca === 'string') return { ...nothing, refs: [ca] };
  if (Array.isArray(ca)) return { ...nothing, refs: [...new Set(ca)] };
  return {
    refs: [...new Set(ca.refs)],
    pem: ca.pem ?? null,
    intermediatesPem: ca.intermediates_pem ?? null,
    crlsPem: ca.crls_pem ?? null,
  };
}

function toExpectations(expect: z.infer<typeof expectSchema>): Expectations {
  return {
    emails: expect.emails ?? null,
    spiffeId: expect.spiffe_id ?? null,
    sha256: expect.sha256 ?? null,
    spkiSha256: expect.spki_sha256 ?? null,
    issuerSpkiSha256: expect.issuer_spki_sha256 ?? null,
  };
}

function toPolicy(policy: VerifyRequestBody['policy']): Policy {
  if (policy === undefined) return DEFAULT_POLICY;
  const thresholdOf = (name: 'warn' | 'critical'): ExpiryThreshold | null => {
    const asked = policy[name];
    if (asked === undefined) return policy.profile === 'default' ? DEFAULT_THRESHOLDS[name] : null;
    return asked === null ? null : { days: asked.days ?? MAX_DAYS, percent: asked.percent ?? 100 };
  };
  return {
    profile: policy.profile,
    purpose: policy.purpose,
    minTls: policy.min_tls,
    warn: thresholdOf('warn'),
    critical: thresholdOf('critical'),
    maxIntermediates: policy.max_intermediates,
  };
}
