import { always, type Rule } from './rule.ts';

/** Rules that one certificate's bytes keep or break by themselves; the reader in `x509` judges them. */
export const CERTIFICATE_RULES = {
  'der.trailing_bytes': {
    code: 'cert_malformed',
    severity: always('error'),
    requires: 'Nothing follows the outer SEQUENCE.',
    reference: 'RFC 5280 §4.1',
  },
} as const satisfies Record<string, Rule>;
