import { type Check, skip } from '../domain/check.ts';
import type { CheckId } from '../domain/check-id.ts';

/** An area of the verdict that no request can ask for yet. */
function notAsked(id: CheckId): Check {
  return { id, codes: [], run: () => skip };
}

export const ctCheck = notAsked('ct');
