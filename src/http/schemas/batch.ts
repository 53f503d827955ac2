import { z } from 'zod';
import { findingCodeText, type Verdict, verdictSchema } from '../../domain/verdict.ts';
import { numberText } from './number-text.ts';
import { type ProblemDocument, problemSchema } from './problem.ts';
import { KNOWN_FIELDS, verdictQueryShape, verifyDefaultsSchema, verifyRequestSchema } from './verify-request.ts';

/** Verifications of one batch under way at once, when the request says nothing. */
export const DEFAULT_CONCURRENCY = 64;
const MAX_CONCURRENCY = 256;

const concurrency = z
  .int()
  .min(1)
  .max(MAX_CONCURRENCY)
  .default(DEFAULT_CONCURRENCY)
  .describe('Verifications under way at once; of one host and port never more than 4');

const batchShape = {
  targets: z
    .array(z.union([z.string().describe('`host`, `host:port` or `[v6]:port`'), verifyRequestSchema]))
    .min(1)
    .describe('At most MAX_BATCH (1000 unless the operator says otherwise); a wrong one does not fail the others'),
  defaults: verifyDefaultsSchema
    .optional()
    .describe('Members that each target has unless it has its own; those of `policy` one by one, any other as a whole'),
  concurrency,
};

/** The body of POST /verify/batch, as the API document shows it. */
export const batchRequestSchema = z
  .strictObject(batchShape)
  .meta({ id: 'BatchRequest', description: 'Many targets in one request' });

/** The same as it is parsed: each target is judged on its own, so that a wrong one is no mistake of the others. */
export const batchEnvelopeSchema = z.strictObject({ ...batchShape, targets: z.array(z.unknown()).min(1) });

/** Names that an object of the body may have, by its JSON pointer; those of a target are not among them. */
export const KNOWN_BATCH_FIELDS: Readonly<Record<string, readonly string[]>> = {
  '': Object.keys(batchShape),
  ...Object.fromEntries(Object.entries(KNOWN_FIELDS).map(([pointer, names]) => [`/defaults${pointer}`, names])),
  '/defaults': Object.keys(verifyDefaultsSchema.shape),
};

/** The query of POST /verify/batch: for a body in plain text, which has no room for it. */
export const batchQuerySchema = z.strictObject({
  ca: verdictQueryShape.ca,
  client_certificate: verdictQueryShape.client_certificate,
  preset: verdictQueryShape.preset,
  concurrency: numberText(1, MAX_CONCURRENCY).optional().describe('With a text/plain body: 1 to 256, default 64'),
});

export type BatchQuery = z.output<typeof batchQuerySchema>;

const count = z.int().min(0).max(1_000_000);
const hosts = z.array(z.string()).describe('`host:port` of each, in the order of the targets');

export const batchSummarySchema = z
  .looseObject({
    ok: z.boolean().describe('Every target has a verdict of pass or warn'),
    exit_code: z.int().min(0).max(3).describe('The worst of all verdicts; 3 when a target could not be asked'),
    targets: count,
    verdicts: z.looseObject({ pass: count, warn: count, fail: count, unreachable: count }),
    problems: count.describe('Targets that could not be asked: wrong or refused'),
    codes: z.record(z.string(), count).describe('Targets with this finding, infos not counted'),
    breaks_at: z
      .looseObject({ time: z.iso.datetime(), code: findingCodeText, host: z.string() })
      .nullable()
      .describe('The first of all'),
    groups: z
      .looseObject({
        certificates: z.array(z.looseObject({ sha256: z.string(), subject: z.string().nullable(), hosts })),
        issuers: z.array(z.looseObject({ issuer: z.string(), hosts })),
        faults: z.array(
          z.looseObject({
            code: findingCodeText,
            sha256: z.string().nullable().describe('The CA certificate at fault; null when each host has its own'),
            hosts,
          }),
        ),
      })
      .describe('What at least two targets share, largest groups first, at most 100 of a kind'),
    duration_ms: count,
  })
  .meta({ id: 'BatchSummary' });

const target = z
  .string()
  .nullable()
  .describe('`host:port`; of one that cannot be read what was written, and null where there is no host');

/** One line of the stream. */
export const batchLineSchema = z
  .union([
    z.looseObject({ index: count, target, verdict: verdictSchema }),
    z.looseObject({ index: count, target, problem: problemSchema }),
    z.looseObject({ summary: batchSummarySchema }),
  ])
  .meta({
    id: 'BatchLine',
    description:
      'Of target `index`, counted from 0, in order of completion; the summary is last, else the answer was cut',
  });

/** The lines as one array, in the order of the targets. */
export const batchArraySchema = z.array(batchLineSchema).meta({ id: 'BatchAnswer' });

export type BatchSummary = z.infer<typeof batchSummarySchema>;
/** What became of one target. */
export type BatchResult =
  | { readonly index: number; readonly target: string | null; readonly verdict: Verdict }
  | { readonly index: number; readonly target: string | null; readonly problem: ProblemDocument };
