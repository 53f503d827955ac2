/** References that mean something already; an authority of the operator may not have their names. */
const RESERVED_REFERENCES = ['public', 'system', 'inline'] as const;

const AUTHORITY_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Whether a name can stand for a CA in requests, URLs, file names and metrics alike. */
export function isAuthorityName(name: string): boolean {
  return AUTHORITY_NAME.test(name);
}

/** Case is ignored: `Public` beside `public` would only deceive. */
export function isReservedReference(name: string): boolean {
  return RESERVED_REFERENCES.some((reserved) => reserved === name.toLowerCase());
}
