import { z } from 'zod';

/**
 * A string whose known values are listed under a name of their own (`id`), and which may come to have others: what
 * reads answers must be ready for those, and can still be held to spell the known ones right.
 */
export function openEnum(id: string, values: readonly string[], description: string) {
  return z.union([z.enum(values).meta({ id, description }), z.string()]);
}
