import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundle, type Part } from '../../src/build/bundle.ts';
import { type License, licensesOf, renderLicenses } from '../../src/build/licenses.ts';

const folder = mkdtempSync(join(tmpdir(), 'tls-verdict-bundle-'));
let parts: readonly Part[];

beforeAll(async () => {
  parts = await bundle(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

const partOf = (source: string) => {
  const found = parts.find(({ sources }) => sources.some((path) => path.endsWith(source)));
  if (found === undefined) throw new Error(`${source} is in no part`);
  return found;
};

/** All parts that are loaded before this one runs, and itself. */
function loadedWith(part: Part): Set<Part> {
  const loaded = new Set([part]);
  for (const each of loaded) {
    for (const name of each.needs) {
      const needed = parts.find(({ file }) => file === name);
      if (needed !== undefined) loaded.add(needed);
    }
  }
  return loaded;
}

const packagesOf = (loaded: Iterable<Part>) => licensesOf([...loaded].flatMap(({ sources }) => sources));
const namesOf = (loaded: Iterable<Part>) => packagesOf(loaded).map(({ name }) => name);

describe('the bundle', () => {
  it('is the files that it says, and needs nothing else but Node', () => {
    const files = parts.map(({ file }) => file);
    expect(readdirSync(folder).sort()).toEqual([...files].sort());
    const needed = parts.flatMap(({ needs, loadsLater }) => [...needs, ...loadsLater]);
    expect(needed.filter((name) => !files.includes(name) && !isBuiltin(name))).toEqual([]);
  });

  it.each([
    { program: 'src/main.ts', without: /./, reason: 'an old Node must be told before it stumbles' },
    { program: 'src/commands/listen.ts', without: /^(@peculiar\/.*|reflect-metadata|yaml|openapi3-ts)$/ },
    { program: 'src/commands/supervise.ts', without: /^(zod|hono|tldts|yaml|@peculiar\/.*)$/ },
    { program: 'src/commands/sweep.ts', without: /^(@peculiar\/.*|reflect-metadata|yaml|openapi3-ts)$/ },
  ])('$program is loaded without what it may never need', ({ program, without }) => {
    const loaded = loadedWith(partOf(program));
    expect(loaded.size).toBeGreaterThan(0);
    expect(namesOf(loaded).filter((name) => without.test(name))).toEqual([]);
  });

  it('starts from few files', () => {
    const started = new Set(['src/main.ts', 'src/commands/serve.ts', 'src/commands/listen.ts'].map(partOf));
    expect(new Set([...started].flatMap((part) => [...loadedWith(part)])).size).toBeLessThan(30);
  });
});

describe('the licences of what is in it', () => {
  /** Terms that ask for no more than to be kept with the copy. */
  const PERMISSIVE = ['0BSD', 'Apache-2.0', 'BSD-3-Clause', 'BlueOak-1.0.0', 'ISC', 'MIT'];
  let licenses: readonly License[];
  beforeAll(() => {
    licenses = packagesOf(parts);
  });

  it('name each package, the bundler with its own lines, and nobody else', () => {
    const names = licenses.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['hono', 'zod', '@peculiar/x509', 'rolldown']));
    expect(names).not.toContain('vitest');
  });

  it('are permissive', () => {
    expect(licenses.filter(({ license }) => !PERMISSIVE.includes(license))).toEqual([]);
  });

  it('have their text', () => {
    expect(licenses.filter(({ text }) => text.length < 100).map(({ name }) => name)).toEqual([]);
    const page = renderLicenses(licenses);
    for (const { name, version, text } of licenses) {
      expect(page).toContain(`${name} ${version} (`);
      expect(page).toContain(text);
    }
  });

  it('must be there', () => {
    expect(() => licensesOf([join(folder, 'node_modules/@none/such/index.js')])).toThrow(/such/);
  });
});
