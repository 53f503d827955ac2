import { z } from 'zod';
import { CHECK_IDS } from '../../domain/check-id.ts';

const severity = z.enum(['error', 'warning', 'info', 'off']);

const findingCodeSchema = z
  .looseObject({
    kind: z.literal('finding'),
    code: z.string(),
    check: z.enum(CHECK_IDS).describe('The area that owns the code'),
    severity: z.enum(['error', 'warning', 'info']).describe('Where no rule says otherwise'),
    title: z.string(),
    meaning: z.string(),
    fix: z.string().describe('`{name}` is filled from the evidence of a finding'),
    reference: z.string(),
    also: z.record(z.string(), z.union([z.string(), z.int().min(0).max(999)])).describe('What other programs call it'),
    rules: z
      .array(
        z.looseObject({
          id: z.string(),
          requires: z.string(),
          reference: z.string(),
          severity: z.looseObject({ default: severity, rfc5280: severity, webpki: severity }),
        }),
      )
      .describe('Causes that are told apart within the code, with their severity by profile'),
  })
  .meta({ id: 'FindingCode', description: 'A cause of a finding about a target' });

const problemCodeSchema = z
  .looseObject({
    kind: z.literal('problem'),
    code: z.string(),
    status: z.int().min(400).max(599),
    title: z.string(),
    meaning: z.string(),
    fix: z.string(),
  })
  .meta({ id: 'ProblemCode', description: 'A reason why a request was refused, or the service failed' });

/** GET /codes */
export const codeListSchema = z
  .looseObject({ findings: z.array(findingCodeSchema), problems: z.array(problemCodeSchema) })
  .meta({ id: 'CodeList', description: 'The vocabulary: codes never change their meaning' });

/** GET /codes/{code} */
export const codeSchema = z.union([findingCodeSchema, problemCodeSchema]).meta({ id: 'Code' });

export type FindingCodeDocument = z.infer<typeof findingCodeSchema>;
export type ProblemCodeDocument = z.infer<typeof problemCodeSchema>;
export type CodeList = z.infer<typeof codeListSchema>;
