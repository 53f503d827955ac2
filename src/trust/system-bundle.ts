import { existsSync } from 'node:fs';
import { readBundleFile } from './bundle-file.ts';

/** Where operating systems keep all their trusted roots in one file. */
const USUAL_FILES = [
  '/etc/ssl/certs/ca-certificates.crt', // Debian, Ubuntu, Arch, Alpine
  '/etc/pki/tls/certs/ca-bundle.crt', // Fedora, RHEL
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem', // RHEL and its likes
  '/etc/ssl/ca-bundle.pem', // SUSE
  '/etc/ssl/cert.pem', // macOS, OpenBSD, Alpine
  '/usr/local/share/certs/ca-root-nss.crt', // FreeBSD
];

/** The file that `readSystemBundle` reads; null when there is none. */
export function systemBundleFile(file: string | null, usual: readonly string[] = USUAL_FILES): string | null {
  return file ?? usual.find((each) => existsSync(each)) ?? null;
}

/**
 * The text of the operating system's bundle, or why there is none. `file` (SSL_CERT_FILE, as OpenSSL reads it) stands
 * for itself: when it cannot be read there is no looking elsewhere, which would trust what nobody named.
 */
export async function readSystemBundle(
  file: string | null,
  usual: readonly string[] = USUAL_FILES,
): Promise<{ readonly text: string } | { readonly missing: string }> {
  const path = systemBundleFile(file, usual);
  if (path === null) return { missing: 'this system has no CA bundle in any of the usual places' };
  try {
    return { text: await readBundleFile(path) };
  } catch (error) {
    return { missing: error instanceof Error ? error.message : String(error) };
  }
}
