import { createHash, timingSafeEqual } from 'node:crypto';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { isAuthorityName } from '../domain/authority-name.ts';
import type { Caller } from '../domain/caller.ts';
import { parseTargetPattern } from '../domain/target-pattern.ts';

/** Who a presented token belongs to. */
export interface ApiTokens {
  /** Null for a token that is not in the file. Takes as long for every token of the same length. */
  find(token: string): Caller | null;
  /** For the log: names alone. */
  readonly names: readonly string[];
}

const target = z.string().transform((text, context) => {
  const pattern = parseTargetPattern(text);
  if (!('error' in pattern)) return pattern;
  context.addIssue({ code: 'custom', message: pattern.error });
  return z.NEVER;
});

const token = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'has other characters than letters, digits, . _ -'),
  sha256: z.string().regex(/^[0-9a-fA-F]{64}$/, 'is not a SHA-256 of 64 hex digits'),
  targets: z.array(target).optional(),
  authorities: z.array(z.string().refine(isAuthorityName, 'is not the name of a CA reference')).optional(),
  identities: z.array(z.string().refine(isAuthorityName, 'is not the name of an identity')).optional(),
});

const file = z.strictObject({
  tokens: z
    .array(token)
    .min(1, 'has no token, so that nobody could ask anything')
    .max(1000)
    .refine((tokens) => isUnique(tokens.map(({ name }) => name)), 'has a name twice')
    .refine((tokens) => isUnique(tokens.map(({ sha256 }) => sha256.toLowerCase())), 'has a token twice'),
});

/**
 * Reads a token file, YAML or JSON: `tokens`, each with `name`, the `sha256` of the token in hex, and where it is to
 * be limited `targets` (as ALLOW_TARGETS), `authorities` and `identities`. Throws an Error that names every wrong
 * place; no value of the file is repeated in it, since one may be a token that somebody forgot to hash.
 */
export function readApiTokens(text: string): ApiTokens {
  const result = file.safeParse(readYaml(text));
  if (!result.success) {
    throw new Error(
      result.error.issues.map(({ path, message }) => `${path.join('.') || 'the file'}: ${message}`).join('; '),
    );
  }
  const entries = result.data.tokens.map(({ name, sha256, targets = null, authorities = null, identities = null }) => {
    const isLimited = targets !== null || authorities !== null || identities !== null;
    const grant = isLimited ? { targets, authorities, identities } : null;
    return { digest: Buffer.from(sha256, 'hex'), caller: { id: `token:${name}`, grant } };
  });
  return {
    find(presented) {
      const digest = createHash('sha256').update(presented).digest();
      let found: Caller | null = null;
      // To the end whatever was found: the time must not say where in the file a token stands.
      for (const entry of entries) if (timingSafeEqual(digest, entry.digest)) found = entry.caller;
      return found;
    },
    names: result.data.tokens.map(({ name }) => name),
  };
}

function readYaml(text: string): unknown {
  try {
    // Duplicate keys are errors there, as they are in requests.
    return parseYaml(text, { maxAliasCount: 0, prettyErrors: false });
  } catch (error) {
    throw new Error(`is not YAML: ${error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'}`);
  }
}

function isUnique(values: readonly string[]): boolean {
  return new Set(values).size === values.length;
}
