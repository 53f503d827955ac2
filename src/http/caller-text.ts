import { cleanText } from '../domain/clean-text.ts';

/** Octets of UTF-8 of a caller's text that are repeated to it: enough to find the place. */
const MAX_SHOWN_BYTES = 64;

/** A caller's text fit to stand in an answer or a log: cut, and with unsafe characters replaced. */
export function shown(text: string, maxBytes: number = MAX_SHOWN_BYTES): string {
  return cleanText(text, maxBytes);
}

/** The same in double quotes. */
export function quoted(text: string): string {
  return JSON.stringify(shown(text));
}

/** A JSON pointer (RFC 6901 §3) to a place in a request body; callers write its tokens, so each is made fit to show. */
export function jsonPointer(path: readonly PropertyKey[]): string {
  return path.map((token) => `/${shown(String(token)).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
