import { CERTIFICATE_RULES } from './certificate-rules.ts';
import { PROFILE_RULES } from './profile-rules.ts';
import { REVOCATION_RULES } from './revocation-rules.ts';

/** Every rule that can stand behind a fault, by id. */
export const RULES = { ...CERTIFICATE_RULES, ...PROFILE_RULES, ...REVOCATION_RULES };

export type RuleId = keyof typeof RULES;
