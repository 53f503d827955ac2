import { isUtf8 } from 'node:buffer';
import { type DerSource, type Element, TAG } from './der.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the alphabet of IA5String begins at zero
const IA5 = /^[\u0000-\u007f]*$/;

/** Alphabets of the restricted types (X.680 §41); the others are bounded by their encoding alone. */
const ALPHABETS: ReadonlyMap<number, RegExp> = new Map([
  [TAG.numericString, /^[0-9 ]*$/],
  [TAG.printableString, /^[A-Za-z0-9 '()+,\-./:=?]*$/],
  [TAG.ia5String, IA5],
  [TAG.visibleString, /^[\u0020-\u007e]*$/],
]);

/**
 * Reads a character string of any of the types that names use. TeletexString is read as Latin-1, as every reader does.
 * Reports characters outside the alphabet, invalid encodings and control characters; the value is then what could
 * be made of it. Null when the element is no string type.
 */
export function readString(source: DerSource, element: Element, what: string): string | null {
  const value = decode(source, element, what);
  if (value === null) return null;
  const alphabet = ALPHABETS.get(element.tag);
  if (alphabet !== undefined && !alphabet.test(value)) {
    const detail = `${what} has characters that its string type does not have`;
    source.report({ rule: 'name.string_alphabet', offset: element.start, detail });
  }
  if (CONTROL.test(value)) {
    source.report({ rule: 'name.control_character', offset: element.start, detail: `${what} has control characters` });
  }
  return value;
}

function decode(source: DerSource, element: Element, what: string): string | null {
  const { bytes } = source;
  switch (element.tag) {
    case TAG.utf8String: {
      const octets = source.content(element);
      if (!isUtf8(octets)) reportEncoding(source, element, what, 'UTF-8');
      return octets.toString('utf8');
    }
    case TAG.numericString:
    case TAG.printableString:
    case TAG.teletexString:
    case TAG.ia5String:
    case TAG.visibleString:
      return bytes.toString('latin1', element.content, element.end);
    case TAG.bmpString:
      return decodeUnits(source, element, what, 2);
    case TAG.universalString:
      return decodeUnits(source, element, what, 4);
    default:
      return null;
  }
}

/** BMPString (2 octets a character, no surrogates) and UniversalString (4 octets a character). */
function decodeUnits(source: DerSource, element: Element, what: string, width: 2 | 4): string {
  const { bytes } = source;
  let value = '';
  let valid = (element.end - element.content) % width === 0;
  for (let offset = element.content; offset + width <= element.end; offset += width) {
    const point = bytes.readUIntBE(offset, width);
    const isCharacter = point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
    if (!isCharacter) valid = false;
    value += isCharacter ? String.fromCodePoint(point) : '\ufffd';
  }
  if (!valid) reportEncoding(source, element, what, width === 2 ? 'BMPString' : 'UniversalString');
  return value;
}

function reportEncoding(source: DerSource, element: Element, what: string, charset: string): void {
  source.report({ rule: 'name.string_encoding', offset: element.start, detail: `${what} is not valid ${charset}` });
}
