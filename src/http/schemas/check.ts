import { z } from 'zod';
import { numberText } from './number-text.ts';
import { verdictQueryShape } from './verify-request.ts';

/** A verdict an hour old says little more than none; a caller that wants that can keep it itself. */
const MAX_AGE_SECONDS = 3600;

/** The query of /check/{target}. */
export const checkQuerySchema = z.strictObject({
  ca: verdictQueryShape.ca,
  connect_to: verdictQueryShape.connect_to,
  client_certificate: verdictQueryShape.client_certificate,
  preset: verdictQueryShape.preset,
  timeout_ms: numberText(100, 60_000)
    .optional()
    .describe('Until the answer, which comes in time whatever the target does'),
  max_age_seconds: numberText(0, MAX_AGE_SECONDS)
    .optional()
    .describe('A verdict of at most this age may answer; default 0. Equal requests under way always share one'),
  warn_status: z
    .enum(['200', '429'])
    .default('200')
    .describe('Status of `warn`; 429 is what Consul reads as a warning'),
  fail_status: z
    .enum(['403', '424', '500', '502', '503'])
    .optional()
    .describe('Status of `fail` and `unreachable`, which have 502 and 504 by default'),
});

export type CheckQuery = z.output<typeof checkQuerySchema>;

const status = z.enum(['pass', 'warn', 'fail']);

/** `application/health+json` (draft-inadarei-api-health-check §3). */
export const healthCheckSchema = z
  .looseObject({
    status: status.describe('`unreachable` is `fail`'),
    version: z.string(),
    serviceId: z.string().describe('`host:port`'),
    description: z.string(),
    output: z.string().optional().describe('The reason, unless `pass`'),
    checks: z.record(
      z.string(),
      z.array(
        z.looseObject({
          status,
          time: z.iso.datetime(),
          output: z.string().optional(),
          observedValue: z.int().optional(),
          observedUnit: z.string().optional(),
        }),
      ),
    ),
  })
  .meta({ id: 'HealthCheck', description: 'A verdict in the form of health checks' });

export type HealthCheck = z.infer<typeof healthCheckSchema>;
