import { z } from 'zod';

const time = z.iso.datetime().describe('RFC 3339, UTC');

const filesState = z.looseObject({
  loaded_at: time.describe('When what is in force was read'),
  reload_error: z
    .looseObject({ since: time, reason: z.string() })
    .nullable()
    .describe('Why the files as they are now are not in force; null when they are'),
});

/** GET /livez and GET /readyz */
export const healthSchema = z
  .looseObject({
    status: z.enum(['live', 'stalled', 'ready', 'draining']),
    authorities: filesState.optional().describe('The CA references, in the answer of /readyz'),
    identities: filesState.optional().describe('The client certificates, in the answer of /readyz with IDENTITY_DIR'),
    workers: z
      .looseObject({ running: z.int().min(0).max(256), wanted: z.int().min(1).max(256) })
      .optional()
      .describe('In the answer of /readyz where WORKERS is more than 1; one that serves is enough to be ready'),
  })
  .meta({ id: 'Health', description: 'State of the service itself' });

export type Health = z.infer<typeof healthSchema>;
