import { rootCertificates } from 'node:tls';
import type { AnchorSet } from '../domain/anchor-set.ts';
import { anchorSetOf, readBundle, skippedOf } from './bundle.ts';
import { type CaDirectory, readCaDirectory } from './ca-directory.ts';
import { readSystemBundle } from './system-bundle.ts';

/** All CA references at one moment. A request keeps the snapshot that it began with; nothing in it changes. */
export interface AuthoritySnapshot {
  /** What a request may name, sorted. */
  readonly names: readonly string[];
  /** Null for a name that is not among `names`. */
  find(name: string): AnchorSet | null;
  /** Why a reserved reference is not among `names`, by name. */
  readonly missing: ReadonlyMap<string, string>;
  /** Entries of CA_DIR that are no authority. */
  readonly ignored: CaDirectory['ignored'];
}

/** The references in force; `replace` exchanges all of them at once. */
export interface Authorities {
  current(): AuthoritySnapshot;
  replace(next: AuthoritySnapshot): void;
}

export interface AuthoritySources {
  /** Directory of the operator's authorities; null = none. */
  readonly caDir: string | null;
  /** The file behind `system`; null = the usual places. */
  readonly systemFile: string | null;
}

export function createAuthorities(first: AuthoritySnapshot): Authorities {
  let snapshot = first;
  return {
    current: () => snapshot,
    replace(next) {
      snapshot = next;
    },
  };
}

/**
 * Reads every source. Throws when CA_DIR cannot be used (see `readCaDirectory`); a system without a bundle is only
 * a reference less. The large public sets are read from memory when they are first asked for.
 */
export async function readAuthorities({ caDir, systemFile }: AuthoritySources): Promise<AuthoritySnapshot> {
  const directory = caDir === null ? { authorities: [], ignored: [] } : await readCaDirectory(caDir);
  const system = await readSystemBundle(systemFile);
  const sets = new Map<string, () => AnchorSet>();
  for (const set of directory.authorities) sets.set(set.name, () => set);
  sets.set(
    'public',
    once(() => fromText('public', rootCertificates.join('\n'))),
  );
  if ('text' in system)
    sets.set(
      'system',
      once(() => fromText('system', system.text)),
    );
  return {
    names: [...sets.keys()].sort(),
    find: (name) => sets.get(name)?.() ?? null,
    missing: new Map('missing' in system ? [['system', system.missing]] : []),
    ignored: directory.ignored,
  };
}

function fromText(name: string, text: string): AnchorSet {
  const { certificates, defects } = readBundle(text);
  return anchorSetOf(name, { anchors: certificates, skipped: skippedOf(defects) });
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
