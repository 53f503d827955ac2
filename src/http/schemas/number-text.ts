import { z } from 'zod';

/** A whole number of a query: decimal, without sign or leading zeros. */
export function numberText(min: number, max: number) {
  return z
    .string()
    .transform((text, context) => {
      const value = /^(?:0|[1-9][0-9]{0,8})$/.test(text) ? Number(text) : Number.NaN;
      if (value >= min && value <= max) return value;
      const message = `must be a number from ${min} to ${max}`;
      context.addIssue({ code: 'custom', message, params: { code: 'out_of_range' } });
      return z.NEVER;
    })
    .meta({ type: 'integer', minimum: min, maximum: max });
}
