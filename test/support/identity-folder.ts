import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle, type Issued } from './issued.ts';

/** A folder of its own for one test. */
export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'tls-verdict-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

/** Writes `IDENTITY_DIR/NAME/`. */
export async function writeIdentity(
  directory: string,
  name: string,
  { shown, chain = [], targets }: { shown: Issued; chain?: readonly Issued[]; targets: readonly string[] },
): Promise<void> {
  const folder = join(directory, name);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'cert.pem'), bundle(shown, ...chain));
  await writeFile(join(folder, 'key.pem'), shown.keyPem);
  await writeFile(join(folder, 'targets'), targets.map((target) => `${target}\n`).join(''));
}

/** CA_DIR with one authority and IDENTITY_DIR with one identity, as settings of a service. */
export async function mutualSettings(
  folder: string,
  authority: { readonly name: string; readonly pem: string },
  identity: { name: string; shown: Issued; chain?: readonly Issued[]; targets: readonly string[] },
): Promise<Record<string, string>> {
  const [caDir, identityDir] = [join(folder, 'ca'), join(folder, 'identities')];
  await mkdir(caDir);
  await mkdir(identityDir);
  await writeFile(join(caDir, `${authority.name}.pem`), authority.pem);
  await writeIdentity(identityDir, identity.name, identity);
  return { CA_DIR: caDir, DEFAULT_CA: authority.name, IDENTITY_DIR: identityDir };
}
