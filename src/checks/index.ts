import type { Check } from '../domain/check.ts';
import { chainCheck } from './chain.ts';
import { connectionCheck } from './connection.ts';
import { expectCheck } from './expect.ts';
import { hostnameCheck } from './hostname.ts';
import { keyCheck } from './key.ts';
import { ctCheck } from './not-asked.ts';
import { policyCheck } from './policy.ts';
import { protocolCheck } from './protocol.ts';
import { revocationCheck } from './revocation.ts';
import { signatureCheck } from './signature.ts';
import { trustCheck } from './trust.ts';
import { usageCheck } from './usage.ts';
import { validityCheck } from './validity.ts';

/** Every area, in report order. */
export const CHECKS: readonly Check[] = [
  connectionCheck,
  protocolCheck,
  trustCheck,
  hostnameCheck,
  validityCheck,
  chainCheck,
  keyCheck,
  signatureCheck,
  usageCheck,
  revocationCheck,
  policyCheck,
  ctCheck,
  expectCheck,
];
