import { readdirSync, readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';

/** Whose lines are in a bundle, and what they may be used for. */
export interface License {
  readonly name: string;
  readonly version: string;
  /** As its package.json has it: an SPDX expression. */
  readonly license: string;
  /** What its licence wants kept with every copy. */
  readonly text: string;
}

/** The bundler, whose own lines stand under names that are no files. */
const BUNDLER = join(import.meta.dirname, '../../node_modules/rolldown');

/** Files that hold terms, or names of those who set them. */
const TERMS = /^(licen[cs]e|copying|notice|third-party-licen[cs]e)\b/i;

/**
 * The licences of all packages that sources come from, by name. Throws for one that does not say what it is under.
 * @param sources absolute paths; what is none is the bundler's own
 */
export function licensesOf(sources: readonly string[]): readonly License[] {
  const folders = new Set(sources.map(packageFolder).filter((folder) => folder !== null));
  const all = Array.from(folders, readLicense);
  return all.sort((a, b) => (a.name === b.name ? 0 : a.name < b.name ? -1 : 1));
}

/** One text of all, for people. */
export function renderLicenses(licenses: readonly License[]): string {
  const rule = '-'.repeat(80);
  const sections = licenses.map(
    ({ name, version, license, text }) => `${rule}\n${name} ${version} (${license})\n${rule}\n\n${text}\n`,
  );
  return `This program contains code of the packages below, each under its own terms.\n\n${sections.join('\n')}`;
}

/** `…/node_modules/@scope/name` of a file in it; null for a source of this program. */
function packageFolder(source: string): string | null {
  if (!isAbsolute(source)) return BUNDLER;
  return /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(source)?.[0] ?? null;
}

function readLicense(folder: string): License {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as License;
  if (typeof license !== 'string' || license === '') throw new Error(`${folder} names no licence`);
  const texts = readdirSync(folder)
    .filter((file) => TERMS.test(file))
    .sort()
    .map((file) => readFileSync(join(folder, file), 'utf8').trim());
  return { name, version, license, text: texts.join('\n\n') };
}
