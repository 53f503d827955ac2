import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OracleChain } from './chains.ts';
import { HOST } from './chains.ts';

/** Another implementation: whether it accepts the chain for a TLS server of that name, now. */
export interface Validator {
  readonly name: string;
  readonly program: string;
  readonly accepts: (chain: OracleChain, folder: string) => Promise<boolean>;
}

export const VALIDATORS: readonly Validator[] = [
  {
    name: 'OpenSSL',
    program: 'openssl',
    async accepts(chain, folder) {
      const { leaf, untrusted, anchor } = writeChain(chain, folder);
      const host = chain.host ?? HOST;
      return await succeeds('openssl', [
        'verify',
        // Every given certificate is an anchor, and the profile of RFC 5280 is checked: as we do.
        ...['-partial_chain', '-x509_strict', '-auth_level', '2', '-purpose', 'sslserver'],
        ...['-no-CApath', '-no-CAstore', '-CAfile', anchor],
        ...(chain.chain.length > 1 ? ['-untrusted', untrusted] : []),
        ...(isAddress(host) ? ['-verify_ip', host] : ['-verify_hostname', host]),
        leaf,
      ]);
    },
  },
  {
    name: 'GnuTLS',
    program: 'certtool',
    async accepts(chain, folder) {
      const { all, anchor } = writeChain(chain, folder);
      return await succeeds('certtool', [
        ...['--verify', '--verify-profile=medium', '--verify-purpose=1.3.6.1.5.5.7.3.1'],
        ...[`--verify-hostname=${chain.host ?? HOST}`, `--load-ca-certificate=${anchor}`, `--infile=${all}`],
      ]);
    },
  },
];

function writeChain({ chain, anchor }: OracleChain, folder: string) {
  const pems = chain.map((certificate) => certificate.pem);
  const write = (name: string, text: string) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  return {
    leaf: write('leaf.pem', pems[0] ?? ''),
    untrusted: write('untrusted.pem', pems.slice(1).join('')),
    all: write('all.pem', pems.join('')),
    anchor: write('anchor.pem', anchor.pem),
  };
}

const isAddress = (host: string) => /^[0-9.]+$/.test(host);

function succeeds(program: string, args: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: 15_000 }, (error) => resolve(error === null));
  });
}
