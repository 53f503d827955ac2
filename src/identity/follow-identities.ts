import { follow } from '../files/follow-files.ts';
import { type Identities, NO_IDENTITIES, readIdentities } from './identities.ts';
import { readIdentityDirectory } from './identity-directory.ts';

/** What is told of the identities; pino's logger is one. */
export interface IdentityLog {
  info(about: object, message: string): void;
  warn(about: object, message: string): void;
  error(about: object, message: string): void;
}

export interface FollowedIdentities {
  readonly isConfigured: boolean;
  current(): Identities;
  /** Whether those in force are what the files hold; milliseconds since the epoch. */
  status(): IdentityStatus;
  close(): void;
}

interface IdentityStatus {
  readonly loadedAtMs: number;
  readonly refusal: { readonly sinceMs: number; readonly reason: string } | null;
}

export interface FollowIdentitiesOptions {
  /** IDENTITY_DIR; null = none. */
  readonly directory: string | null;
  /** The wall clock, milliseconds since the epoch. */
  readonly now: () => number;
  readonly logger: IdentityLog;
  readonly pollMs?: number;
}

/**
 * The identities as their files are, now and from now on, exchanged whole. Throws when they cannot be used at first;
 * later the last good ones stay, also when the directory is gone.
 */
export async function followIdentities(options: FollowIdentitiesOptions): Promise<FollowedIdentities> {
  const { directory, now, logger, pollMs } = options;
  let loadedAtMs = now();
  let refusedAtMs = 0;
  if (directory === null) {
    const status = () => ({ loadedAtMs, refusal: null });
    return { isConfigured: false, current: () => NO_IDENTITIES, status, close() {} };
  }
  const followed = await follow({
    look: () => readIdentityDirectory(directory),
    read: readIdentities,
    onChange(next) {
      loadedAtMs = now();
      logger.info({ identities: next.all.map(({ name }) => name) }, 'IDENTITY_DIR reloaded');
      tellOf(next, options);
    },
    onRefusal(reason) {
      refusedAtMs = now();
      logger.error({ reason }, 'IDENTITY_DIR not reloaded: the last good identities stay');
    },
    ...(pollMs !== undefined && { pollMs }),
  });
  tellOf(followed.current(), options);
  return {
    isConfigured: true,
    current: followed.current,
    status() {
      const reason = followed.refusal();
      return { loadedAtMs, refusal: reason === null ? null : { sinceMs: refusedAtMs, reason } };
    },
    close: followed.close,
  };
}

/** What an operator may not expect of what is in force. */
function tellOf({ all, ignored }: Identities, { logger, now }: FollowIdentitiesOptions): void {
  for (const { entry, reason } of ignored) logger.warn({ entry, reason }, 'IDENTITY_DIR entry ignored');
  for (const { name, notAfter } of all) {
    // NaN for a date that cannot be read, which no server will take either.
    if (notAfter >= now()) continue;
    const not_after = Number.isNaN(notAfter) ? null : new Date(notAfter).toISOString();
    logger.warn({ identity: name, not_after }, 'client certificate has expired');
  }
}
