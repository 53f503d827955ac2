/** Why a text was not understood: one clause that follows the name of the thing ("host: …"), without the text itself. */
export interface ParseError {
  readonly error: string;
}

/** `U+0020`: how a reason names a character, so that nothing unprintable is echoed. */
export function codePointName(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}
