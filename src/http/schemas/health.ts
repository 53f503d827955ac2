import { z } from 'zod';

const time = z.iso.datetime().describe('RFC 3339, UTC');

/** GET /livez and GET /readyz */
export const healthSchema = z
  .looseObject({
    status: z.enum(['live', 'stalled', 'ready', 'draining']),
    authorities: z
      .looseObject({
        loaded_at: time.describe('When the CA references in force were read'),
        reload_error: z
          .looseObject({ since: time, reason: z.string() })
          .nullable()
          .describe('Why the files as they are now are not in force; null when they are'),
      })
      .optional()
      .describe('In the answer of /readyz'),
    workers: z
      .looseObject({ running: z.int().min(0).max(256), wanted: z.int().min(1).max(256) })
      .optional()
      .describe('In the answer of /readyz where WORKERS is more than 1; one that serves is enough to be ready'),
  })
  .meta({ id: 'Health', description: 'State of the service itself' });

export type Health = z.infer<typeof healthSchema>;
