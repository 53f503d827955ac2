/** Bound on a string from a peer, in octets of UTF-8, when it is shown. */
export const MAX_TEXT_BYTES = 1024;

const ELLIPSIS = '…';
/**
 * What a terminal, a log or a page would act upon: C0 and C1 controls, DEL, bidirectional marks and overrides,
 * line and paragraph separators, invisible characters, tags, and halves of surrogate pairs.
 */
const UNSAFE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is the purpose
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}\p{Surrogate}]/gu;
const PLAIN = /^[\u0020-\u007e]*$/;

/**
 * A string from a peer made fit to be shown: unsafe characters become U+FFFD, and what is longer than `maxBytes`
 * (octets of UTF-8) is cut at a character and ends with an ellipsis.
 */
export function cleanText(value: string, maxBytes: number = MAX_TEXT_BYTES): string {
  // A character is at least one octet, so nothing beyond maxBytes + 1 code units can matter.
  const bounded = value.length > maxBytes ? value.slice(0, maxBytes + 1) : value;
  if (PLAIN.test(bounded)) return bounded.length > maxBytes ? cut(bounded, maxBytes) : bounded;
  const cleaned = bounded.replace(UNSAFE, '\ufffd');
  return Buffer.byteLength(cleaned) > maxBytes ? cut(cleaned, maxBytes) : cleaned;
}

function cut(value: string, maxBytes: number): string {
  let room = maxBytes - Buffer.byteLength(ELLIPSIS);
  let end = 0;
  for (const character of value) {
    room -= Buffer.byteLength(character);
    if (room < 0) break;
    end += character.length;
  }
  return value.slice(0, end) + ELLIPSIS;
}
