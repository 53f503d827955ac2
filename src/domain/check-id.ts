/** Names of the areas a verdict is made of, in report order. */
export const CHECK_IDS = [
  'connection',
  'protocol',
  'trust',
  'hostname',
  'validity',
  'chain',
  'key',
  'signature',
  'usage',
  'revocation',
  'policy',
  'ct',
  'expect',
] as const;

export type CheckId = (typeof CHECK_IDS)[number];
