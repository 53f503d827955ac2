import { isUtf8 } from 'node:buffer';
import { type GeneralName, SMTP_UTF8_MAILBOX } from '../domain/certificate.ts';
import { contextConstructed, contextPrimitive, type DerCursor, DerError, type Element, readOid, TAG } from './der.ts';
import { readName } from './name.ts';

const GENERAL_NAME = {
  other: contextConstructed(0),
  email: contextPrimitive(1),
  dns: contextPrimitive(2),
  x400: contextConstructed(3),
  directory: contextConstructed(4),
  edi: contextConstructed(5),
  uri: contextPrimitive(6),
  ip: contextPrimitive(7),
  registeredId: contextPrimitive(8),
} as const;

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROL = /[\u0000-\u001f\u007f]/;
const NOT_ASCII = /[\u0080-\u00ff]/;

/**
 * Reads one GeneralName (RFC 5280 §4.2.1.6). What a form demands of its content (lengths, syntax) differs between
 * names and constraints and is the caller's to judge; `what` names the field that holds it.
 */
export function readGeneralName(cursor: DerCursor, what: string): { name: GeneralName; element: Element } {
  const { source } = cursor;
  if (cursor.tag === GENERAL_NAME.directory) {
    const element = cursor.next(what);
    const inner = source.inside(element);
    const value = readName(inner, `a directoryName of ${what}`);
    inner.finish(`a directoryName of ${what}`);
    return { name: { type: 'directory', value }, element };
  }
  const element = cursor.next(what);
  switch (element.tag) {
    case GENERAL_NAME.dns:
      return { name: { type: 'dns', value: readAscii(cursor, element, `a dNSName of ${what}`) }, element };
    case GENERAL_NAME.email:
      return { name: { type: 'email', value: readAscii(cursor, element, `an rfc822Name of ${what}`) }, element };
    case GENERAL_NAME.uri:
      return { name: { type: 'uri', value: readAscii(cursor, element, `a URI of ${what}`) }, element };
    case GENERAL_NAME.ip:
      return { name: { type: 'ip', value: source.content(element) }, element };
    case GENERAL_NAME.registeredId:
      return { name: { type: 'registered_id', value: readOid(source, element, `a registeredID of ${what}`) }, element };
    case GENERAL_NAME.other:
      return {
        name: { type: 'other', ...readOtherName(cursor, element, what), der: source.der(element) },
        element,
      };
    case GENERAL_NAME.x400:
      return { name: { type: 'x400', der: source.der(element) }, element };
    case GENERAL_NAME.edi:
      return { name: { type: 'edi', der: source.der(element) }, element };
    default:
      throw new DerError(
        'der.unexpected_tag',
        element.start,
        `${what} has a name of no known form (tag ${element.tag.toString(16)})`,
      );
  }
}

/** Reads the rest of a cursor as GeneralNames. */
export function readGeneralNames(cursor: DerCursor, what: string): GeneralName[] {
  const names: GeneralName[] = [];
  while (!cursor.done) names.push(readGeneralName(cursor, what).name);
  return names;
}

/** IMPLICIT IA5String, one character an octet; octets that it cannot have are reported and kept. */
function readAscii(cursor: DerCursor, element: Element, what: string): string {
  const { source } = cursor;
  const value = source.bytes.toString('latin1', element.content, element.end);
  if (NOT_ASCII.test(value)) {
    source.report({ rule: 'general_name.alphabet', offset: element.start, detail: `${what} has octets above 7F` });
  }
  if (CONTROL.test(value)) {
    const detail = `${what} has control characters`;
    source.report({ rule: 'general_name.control_character', offset: element.start, detail });
  }
  return value;
}

/** OtherName ::= SEQUENCE { type-id, value [0] EXPLICIT ANY }. */
function readOtherName(
  cursor: DerCursor,
  element: Element,
  what: string,
): { readonly typeId: string; readonly mailbox: string | null } {
  const { source } = cursor;
  const fields = source.inside(element);
  const typeId = readOid(
    source,
    fields.take(TAG.oid, `the type of an otherName of ${what}`),
    `an otherName of ${what}`,
  );
  const value = fields.enter(contextConstructed(0), `the value of an otherName of ${what}`);
  const content = value.next(`the value of an otherName of ${what}`);
  value.finish(`the value of an otherName of ${what}`);
  fields.finish(`an otherName of ${what}`);
  const isMailbox = typeId === SMTP_UTF8_MAILBOX && content.tag === TAG.utf8String && isUtf8(source.content(content));
  return { typeId, mailbox: isMailbox ? source.content(content).toString('utf8') : null };
}
