import type { DistinguishedName } from '../domain/certificate.ts';
import { rdnKey } from '../x509/name.ts';

/** A directoryName as a path from the root of the directory, of which any upper part can be cut off without copying. */
export interface DirectoryPath {
  /** The keys of its relative distinguished names, each with a comma behind it: a key says itself where it ends. */
  readonly text: string;
  /** How much of `text` the first n relative distinguished names take, for every n from 0. */
  readonly ends: readonly number[];
}

export function directoryPath({ rdns }: DistinguishedName): DirectoryPath {
  const ends = [0];
  let text = '';
  for (const rdn of rdns) {
    text += `${rdnKey(rdn)},`;
    ends.push(text.length);
  }
  return { text, ends };
}

/** Whether `upper` is `path` or stands above it: its RDNs are the first ones of `path` (RFC 5280 §4.2.1.10). */
export function isUpperPart(upper: DirectoryPath, path: DirectoryPath): boolean {
  return path.ends[upper.ends.length - 1] === upper.text.length && path.text.startsWith(upper.text);
}

/**
 * Paths of which one may stand above another. Looked up once for each length that occurs, instead of compared with each:
 * names that differ in their last part only are as long to compare as they are.
 */
export class DirectoryPaths {
  readonly #byLength = new Map<number, Set<string>>();

  add({ text, ends }: DirectoryPath): void {
    const length = ends.length - 1;
    const same = this.#byLength.get(length);
    if (same === undefined) this.#byLength.set(length, new Set([text]));
    else same.add(text);
  }

  /** Whether one of them is `path` or stands above it. */
  haveUpperPartOf({ text, ends }: DirectoryPath): boolean {
    for (const [length, texts] of this.#byLength) {
      const end = ends[length];
      if (end !== undefined && texts.has(text.slice(0, end))) return true;
    }
    return false;
  }
}
