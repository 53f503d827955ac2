const MAX_SHOWN = 64;

/** What a terminal, a log or a page would act upon: controls, bidirectional marks, separators, halves of surrogates. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** A caller's text fit to stand in an answer or a log: cut, and with unsafe characters replaced. */
export function shown(text: string, maxLength: number = MAX_SHOWN): string {
  const cut = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
  return cut.replace(UNSAFE, '\ufffd');
}

/** The same in double quotes. */
export function quoted(text: string): string {
  return JSON.stringify(shown(text));
}

/** A JSON pointer (RFC 6901 §3) to a place in a request body; callers write its tokens, so each is made fit to show. */
export function jsonPointer(path: readonly PropertyKey[]): string {
  return path.map((token) => `/${shown(String(token)).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
