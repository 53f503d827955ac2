import { z } from 'zod';

/** GET /livez and GET /readyz */
export const healthSchema = z
  .looseObject({ status: z.enum(['live', 'ready', 'draining']) })
  .meta({ id: 'Health', description: 'State of the service itself' });
