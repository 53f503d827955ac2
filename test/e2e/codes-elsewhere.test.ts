import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FINDING_CODES, type FindingCode, type FindingCodeEntry } from '../../src/domain/finding-codes.ts';
import { appearances } from '../../src/domain/other-programs.ts';
import { freePort, isMissing, type TestServer } from '../support/child-server.ts';
import { certificateList, crlPem } from '../support/crl.ts';
import { type Issued, issue, intermediate as issueIntermediate, leaf as issueLeaf, root } from '../support/pki.ts';
import { startNodeTls, startOpenssl, startRawTcp } from '../support/servers.ts';

/**
 * What /codes says of other programs, compared with these programs: each meets a server with the fault, and has to
 * write what the vocabulary says that it writes.
 */

const HOST = 'old.corp.example';
const DAY_MS = 86_400_000;
const NOW = Date.now();
const days = (from: number, to: number) => ({
  notBefore: new Date(NOW + from * DAY_MS),
  notAfter: new Date(NOW + to * DAY_MS),
});
const current = days(-100, 100);

/** Certificates that are valid today: programs cannot be told another day. */
const ca = await root('Corp Root', current);
const rsaCa = await root('Corp RSA Root', { ...current, key: 'rsa-2048' });
const stranger = await root('Other Root', current);
const intermediate = (issuer: Issued, name = 'Corp Issuing CA', options = {}) =>
  issueIntermediate(issuer, name, { ...current, ...options });
const leaf = (issuer: Issued, options = {}) => issueLeaf(issuer, HOST, { ...days(-60, 60), ...options });
const issuing = await intermediate(ca);
const below =
  (name: string, options = {}, under: Issued = ca) =>
  async () => {
    const middle = await intermediate(under, name, options);
    return await serve(await leaf(middle), middle);
  };

/** The leaf and what it sends; old signatures are let through by the server, and only by it. */
const serve = (certificate: Issued, ...chain: readonly Issued[]) =>
  startNodeTls({ leaf: certificate, chain, ciphers: 'DEFAULT@SECLEVEL=0' });
const openssl = async (...args: readonly string[]) =>
  startOpenssl({ leaf: await leaf(issuing), chain: [issuing], args });

/** permittedSubtrees of one dNSName. */
function permitted(name: string) {
  const text = Buffer.from(name);
  const wrap = (tag: number, ...parts: readonly Buffer[]) => {
    const content = Buffer.concat(parts);
    return Buffer.concat([Buffer.of(tag, content.length), content]);
  };
  return { oid: '2.5.29.30', critical: true, value: wrap(0x30, wrap(0xa0, wrap(0x30, wrap(0x82, text)))) };
}

const crlOf = (issuer: Issued, options: Partial<Parameters<typeof certificateList>[0]> = {}) =>
  crlPem(certificateList({ issuer, thisUpdate: days(-1, 0).notBefore, nextUpdate: days(0, 7).notAfter, ...options }));

interface Case {
  readonly code: FindingCode;
  readonly start: () => Promise<TestServer>;
  /** Options that make a program look at it at all. */
  readonly with?: { readonly openssl?: readonly string[]; readonly curl?: readonly string[]; readonly crl?: string };
}

const revokedLeaf = await leaf(ca, { serial: '42' });

const CASES: readonly Case[] = [
  { code: 'self_signed', start: async () => serve(await issue({ subject: `CN=${HOST}`, dns: [HOST], ...current })) },
  { code: 'untrusted_root', start: async () => serve(await leaf(stranger), stranger) },
  { code: 'issuer_not_found', start: below('Other Issuing CA', {}, stranger) },
  {
    code: 'signature_invalid',
    async start() {
      const twin = await intermediate(ca, 'Corp Issuing CA', { ski: false });
      return await serve(await leaf(twin, { aki: false }), await intermediate(ca, 'Corp Issuing CA', { ski: false }));
    },
  },
  { code: 'issuer_not_ca', start: below('Server', { ca: false, keyUsage: undefined }) },
  { code: 'issuer_cannot_sign', start: below('Signer of CRLs', { keyUsage: ['crl_sign'] }) },
  {
    code: 'path_length_exceeded',
    async start() {
      const upper = await intermediate(ca, 'Upper', { pathLength: 0 });
      const lower = await intermediate(upper, 'Lower');
      return await serve(await leaf(lower), lower, upper);
    },
  },
  { code: 'name_constraint_violation', start: below('Constrained', { extensions: [permitted('other.example')] }) },
  {
    code: 'unknown_critical_extension',
    async start() {
      const unknown = { oid: '1.2.3.4', critical: true, value: Buffer.from('0500', 'hex') };
      return await serve(await leaf(issuing, { extensions: [unknown] }), issuing);
    },
  },
  { code: 'name_mismatch', start: async () => serve(await leaf(issuing, { dns: ['legacy.corp.example'] }), issuing) },
  {
    code: 'wildcard_not_allowed',
    start: async () => serve(await leaf(issuing, { dns: ['o*.corp.example'] }), issuing),
  },
  { code: 'name_only_in_cn', start: async () => serve(await leaf(issuing, { dns: [] }), issuing) },
  { code: 'cert_expired', start: async () => serve(await leaf(issuing, days(-60, -3)), issuing) },
  { code: 'cert_not_yet_valid', start: async () => serve(await leaf(issuing, days(1, 60)), issuing) },
  { code: 'chain_cert_expired', start: below('Old CA', days(-90, -3)) },
  { code: 'chain_cert_not_yet_valid', start: below('New CA', days(1, 90)) },
  { code: 'missing_intermediate', start: async () => serve(await leaf(issuing)) },
  { code: 'eku_not_server_auth', start: async () => serve(await leaf(issuing, { eku: ['client_auth'] }), issuing) },
  { code: 'signature_algorithm_weak', start: below('SHA-1 CA', { hash: 'sha1' }, rsaCa) },
  { code: 'key_too_small', start: async () => serve(await leaf(issuing, { key: 'rsa-1024' }), issuing) },
  {
    code: 'key_identifier_missing',
    start: async () => serve(await leaf(issuing, { aki: false }), issuing),
    with: { openssl: ['-x509_strict'] },
  },
  {
    code: 'email_mismatch',
    start: async () => serve(await leaf(issuing), issuing),
    with: { openssl: ['-verify_email', 'a@corp.example'] },
  },
  {
    code: 'cert_revoked',
    start: () => serve(revokedLeaf),
    with: { crl: crlOf(ca, { entries: [{ serial: '42' }] }) },
  },
  { code: 'revocation_unknown', start: async () => serve(await leaf(ca)), with: { crl: crlOf(stranger) } },
  {
    code: 'crl_expired',
    start: async () => serve(await leaf(ca)),
    with: { crl: crlOf(ca, { nextUpdate: days(0, -0.5).notAfter }) },
  },
  { code: 'connection_refused', start: closedPort },
  { code: 'tls_not_spoken', start: () => startRawTcp((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')) },
  { code: 'tls_closed', start: () => startRawTcp((socket) => socket.once('data', () => socket.end())) },
  {
    code: 'tls_name_unrecognized',
    start: () => openssl('-servername', 'x.example', '-servername_fatal', '-cert2', 'leaf.pem', '-key2', 'key.pem'),
  },
  { code: 'tls_version_deprecated', start: () => openssl('-tls1_1', '-cipher', 'DEFAULT@SECLEVEL=0') },
  { code: 'tls_no_common_cipher', start: () => openssl('-tls1_2', '-cipher', 'ECDHE-RSA-AES128-GCM-SHA256') },
];

async function closedPort(): Promise<TestServer> {
  const port = await freePort();
  return { port, log: () => '', close: async () => {}, [Symbol.asyncDispose]: async () => {} };
}

const GO = `package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
)

func main() {
	pem, _ := os.ReadFile("roots.pem")
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	_, err := tls.Dial("tcp", os.Args[1], &tls.Config{RootCAs: roots, ServerName: os.Args[2]})
	fmt.Println(err)
}
`;

const NODE = `
  const [port, servername, crl] = process.argv.slice(1);
  const read = (file) => require('node:fs').readFileSync(file);
  require('node:tls')
    .connect({ port, host: '127.0.0.1', servername, ca: read('roots.pem'), ...(crl && { crl: read(crl) }) })
    .on('error', (error) => console.log(error.code))
    .on('secureConnect', () => process.exit());`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tls-verdict-'));
  writeFileSync(join(folder, 'roots.pem'), ca.pem + rsaCa.pem);
  writeFileSync(join(folder, 'probe.go'), GO);
  if (!isMissing('go')) {
    const { stderr } = spawnSync('go', ['build', '-o', 'probe', 'probe.go'], { cwd: folder, encoding: 'utf8' });
    if (stderr !== '') throw new Error(stderr);
  }
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true }));

function run(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    const child = execFile(program, args, { cwd: folder, timeout: 15_000 }, (_error, stdout, stderr) => {
      resolve(stdout + stderr);
    });
    child.stdin?.end();
  });
}

const ASK: Readonly<Record<string, (port: number, options: NonNullable<Case['with']>) => Promise<string>>> = {
  OpenSSL: (port, { openssl: args = [], crl }) =>
    run('openssl', [
      ...['s_client', '-connect', `127.0.0.1:${port}`, '-CAfile', 'roots.pem', '-servername', HOST],
      ...['-verify_hostname', HOST, ...(crl === undefined ? [] : ['-crl_check', '-CRL', 'crl.pem']), ...args],
    ]),
  curl: (port, { curl: args = [], crl }) =>
    run('curl', [
      ...['-sS', '--cacert', 'roots.pem', '--resolve', `${HOST}:${port}:127.0.0.1`, ...args],
      ...[...(crl === undefined ? [] : ['--crlfile', 'crl.pem']), `https://${HOST}:${port}/`],
    ]),
  Node: (port, { crl }) =>
    run(process.execPath, ['-e', NODE, '--', String(port), HOST, ...(crl === undefined ? [] : ['crl.pem'])]),
  Go: (port) => run('./probe', [`127.0.0.1:${port}`, HOST]),
};

const COMMANDS: Readonly<Record<string, string>> = { OpenSSL: 'openssl', curl: 'curl', Go: 'go' };

describe.each(Object.keys(ASK))('%s', (program) => {
  const command = COMMANDS[program];
  it.skipIf(command !== undefined && isMissing(command)).each(CASES)('says so of $code', async (each) => {
    const entry: FindingCodeEntry = FINDING_CODES[each.code];
    const expected = appearances(entry.also).find((row) => row.program === program)?.text;
    if (expected === undefined) return;
    const { with: options = {}, start } = each;
    if (options.crl !== undefined) writeFileSync(join(folder, 'crl.pem'), options.crl);
    await using server = await start();
    expect(await ASK[program]?.(server.port, options)).toContain(expected);
  });
});

const LIBRARY = `
import ctypes, sys
text = ctypes.CDLL('libcrypto.so.3').X509_verify_cert_error_string
text.restype = ctypes.c_char_p
print('\\n'.join(text(int(number)).decode() for number in sys.argv[1:]))`;

it.skipIf(isMissing('python3'))("has OpenSSL's own text for each of its numbers", async ({ skip }) => {
  const numbers = Object.values(FINDING_CODES).flatMap(({ also }: FindingCodeEntry) => also.openssl ?? []);
  const output = await run('python3', ['-c', LIBRARY, ...numbers.map(String)]);
  if (output.includes('OSError')) console.warn('SKIPPED: OpenSSL 3 is no shared library on this machine');
  skip(output.includes('OSError'));
  const texts = numbers.map((number) => appearances({ openssl: number })[0]?.text);
  expect(texts).toEqual(
    output
      .trimEnd()
      .split('\n')
      .map((text, index) => `verify error:num=${numbers[index]}:${text}`),
  );
});
