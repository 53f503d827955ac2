import { setTimeout as delay } from 'node:timers/promises';
import { type AuthoritySnapshot, type AuthoritySources, readAuthorities } from './authorities.ts';
import { type SourceSignature, signSources } from './source-signature.ts';

/** How long files must have been left alone: a copy that pauses for longer at the end of a certificate is one that ended. */
const SETTLE_MS = 1_000;
/** Looks at files that keep changing before it is given up. */
const MAX_LOOKS = 30;

/** What came of reading, and how the sources looked while they were read. */
export type SettledReading = { readonly signature: SourceSignature } & (
  | { readonly snapshot: AuthoritySnapshot }
  | { readonly error: unknown }
);

export interface SettleOptions {
  /**
   * The wall clock, milliseconds since the epoch: files whose last change is not of the last `settleMs` are at rest
   * already. Left out where a change was noticed, which no difference between two clocks may talk away.
   */
  readonly now?: () => number;
  readonly signal?: AbortSignal;
  readonly settleMs?: number;
}

/**
 * Reads all authorities at a moment when nobody writes to them: they had been left alone for `settleMs` before, and
 * look the same afterwards. So a file that is being copied is not read half, and no set is mixed from two versions.
 * `error` is what `readAuthorities` threw, or says that the files never came to rest. Throws the reason of `signal`.
 */
export async function readSettledAuthorities(
  sources: AuthoritySources,
  { now, signal, settleMs = SETTLE_MS }: SettleOptions,
): Promise<SettledReading> {
  let signature = await signSources(sources);
  for (let looks = 1; looks <= MAX_LOOKS; looks += 1) {
    if (now === undefined || Math.abs(now() - signature.changedAtMs) < settleMs) {
      await delay(settleMs, undefined, { signal });
      const later = await signSources(sources);
      const isAtRest = later.text === signature.text;
      signature = later;
      if (!isAtRest) continue;
    }
    const read = await readAuthorities(sources).then(
      (snapshot) => ({ snapshot }),
      (error: unknown) => ({ error }),
    );
    const after = await signSources(sources);
    if (after.text === signature.text) return { ...read, signature };
    signature = after;
  }
  return { error: new Error(`the files of the authorities keep changing: looked at ${MAX_LOOKS} times`), signature };
}
