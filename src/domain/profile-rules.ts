import { always, type Rule } from './rule.ts';

/** Rules that a profile or a threshold adds; the checks judge them on the certificates of the chosen path. */
export const PROFILE_RULES = {
  'expiry.critical': {
    code: 'cert_expires_soon',
    severity: always('error'),
    requires: 'The remaining time is above the critical threshold.',
    reference: 'policy.critical',
  },
} as const satisfies Record<string, Rule>;
