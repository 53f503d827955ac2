import { hash } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import type { AnchorSet } from '../domain/anchor-set.ts';
import { anchorSetOf, isCutOff, readBundle, skippedOf } from './bundle.ts';
import { type CaDirectory, readCaDirectory } from './ca-directory.ts';
import { readSystemBundle } from './system-bundle.ts';

/** All CA references at one moment. A request keeps the snapshot that it began with; nothing in it changes. */
export interface AuthoritySnapshot {
  /** What a request may name, sorted. */
  readonly names: readonly string[];
  /** Null for a name that is not among `names`. */
  find(name: string): AnchorSet | null;
  /** Those of CA_DIR, sorted by name. */
  readonly configured: readonly AnchorSet[];
  /** Why a reserved reference is not among `names`, by name. */
  readonly missing: ReadonlyMap<string, string>;
  /** Entries of CA_DIR that are no authority. */
  readonly ignored: CaDirectory['ignored'];
  /** Files that stop in the middle of a PEM block; what stands before was read. */
  readonly cutOff: readonly string[];
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
  const directory = caDir === null ? NO_DIRECTORY : await readCaDirectory(caDir);
  const system = await readSystemBundle(systemFile);
  const sets = new Map<string, () => AnchorSet>();
  for (const set of directory.authorities) sets.set(set.name, () => set);
  sets.set('public', publicRoots);
  if ('text' in system)
    sets.set(
      'system',
      once(() => fromText('system', system.text)),
    );
  return {
    names: [...sets.keys()].sort(),
    find: (name) => sets.get(name)?.() ?? null,
    missing: new Map('missing' in system ? [['system', system.missing]] : []),
    configured: directory.authorities,
    ignored: directory.ignored,
    cutOff: [...directory.cutOff, ...('text' in system && isCutOff(system.text) ? ['the bundle of the system'] : [])],
  };
}

const NO_DIRECTORY: CaDirectory = { authorities: [], ignored: [], cutOff: [] };
/** They change with Node itself and never while it runs. */
const publicRoots = once(() => fromText('public', rootCertificates.join('\n')));

/** Names of CA_DIR that a snapshot has more, less or otherwise than the one before it. */
export function differenceOf(next: AuthoritySnapshot, previous: AuthoritySnapshot) {
  const before = new Map(previous.configured.map((set) => [set.name, contentOf(set)]));
  const after = new Map(next.configured.map((set) => [set.name, contentOf(set)]));
  return {
    added: [...after.keys()].filter((name) => !before.has(name)),
    removed: [...before.keys()].filter((name) => !after.has(name)),
    changed: [...after].filter(([name, content]) => (before.get(name) ?? content) !== content).map(([name]) => name),
  };
}

/** All that a request can tell two versions of an authority apart by. */
function contentOf({ sha256, intermediates, crls }: AnchorSet): string {
  return JSON.stringify([
    sha256,
    intermediates.map((each) => each.sha256),
    crls.map(({ der }) => hash('sha256', der, 'hex')),
  ]);
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
