import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');

interface Locked {
  readonly resolved?: string;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
}

const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> };
const installed = Object.entries(packages).filter(([path]) => path !== '');
const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
/** The packages of the first column of the decision's table. */
const reasoned = Array.from(read('docs/decisions/006-dependencies.md').matchAll(/^\| ([^|]+) \|/gm), ([, names]) =>
  String(names).split(', '),
).flat();

describe('the lockfile', () => {
  it('has no package that runs a program when it is installed', () => {
    expect(installed.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => path)).toEqual([]);
  });

  it('takes every package from the registry of whoever installs, and knows its hash', () => {
    expect(installed.length).toBeGreaterThan(50);
    for (const [path, { resolved, integrity }] of installed) {
      expect(resolved, path).toBeUndefined();
      expect(integrity, path).toMatch(/^sha512-/);
    }
  });
});

describe('a dependency of the service', () => {
  it.each(Object.entries(dependencies))('%s has one version and a reason', (name, version) => {
    expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(reasoned).toContain(name);
  });
});
