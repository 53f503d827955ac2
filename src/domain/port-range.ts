import type { ParseError } from './parse-error.ts';
import { parsePort } from './target.ts';

/** Ports from `first` to `last`, both included. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** Reads `443` or `8000-8999`. */
export function parsePortRange(text: string): PortRange | ParseError {
  const dash = text.indexOf('-');
  const first = parsePort(dash < 0 ? text : text.slice(0, dash));
  const last = dash < 0 ? first : parsePort(text.slice(dash + 1));
  if (first === null || last === null) return { error: 'is not a port from 1 to 65535, nor two of them with a hyphen' };
  return first <= last ? { first, last } : { error: 'is a range whose end is below its beginning' };
}
