import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isMissing, startCommand, type TestServer } from '../support/child-server.ts';
import { intermediate, leaf, root } from '../support/pki.ts';
import { startNodeTls } from '../support/servers.ts';

/**
 * The README says what other programs report of one host with three faults; here they are asked again. Every text in
 * backticks of a program's row has to occur in what it prints.
 */
const README = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
const HOST = 'old.corp.example';
const DAY_MS = 86_400_000;

let folder: string;
let server: TestServer;
beforeAll(async () => {
  const dates = (from: number, to: number) => ({
    notBefore: new Date(Date.now() + from * DAY_MS),
    notAfter: new Date(Date.now() + to * DAY_MS),
  });
  const authority = await root('Corp Root', dates(-100, 100));
  const issuing = await intermediate(authority, 'Corp Issuing CA', dates(-100, 100));
  const host = await leaf(issuing, 'wiki.corp.example', dates(-60, -3));
  folder = mkdtempSync(join(tmpdir(), 'tls-verdict-'));
  writeFileSync(join(folder, 'root.pem'), authority.pem);
  server = await startNodeTls({ leaf: host });
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

/** What the row of the README promises of a program. */
function promised(program: string): string[] {
  const row = README.split('\n').find((line) => line.startsWith(`| ${program} |`));
  const cell = row?.split('|')[2] ?? '';
  const texts = Array.from(cell.matchAll(/`([^`]+)`/g), ([, text = '']) => text);
  if (texts.length === 0) throw new Error(`the README has no row for ${program}`);
  return texts;
}

function run(program: string, args: readonly string[]): Promise<{ output: string; status: number }> {
  return new Promise((resolve) => {
    const child = execFile(program, args, { cwd: folder, timeout: 15_000 }, (error, stdout, stderr) => {
      resolve({ output: stdout + stderr, status: error === null ? 0 : Number(error.code ?? 1) });
    });
    child.stdin?.end();
  });
}

function expectAll(output: string, program: string): void {
  for (const text of promised(program)) expect(output).toContain(text);
}

it.skipIf(isMissing('curl'))('curl reports one fault', async () => {
  const target = `https://${HOST}:${server.port}/`;
  const { output, status } = await run('curl', [
    ...['-sS', '--cacert', 'root.pem', '--resolve', `${HOST}:${server.port}:127.0.0.1`, target],
  ]);
  expectAll(output, 'curl');
  expect(status).toBe(60);
});

it.skipIf(isMissing('openssl'))('openssl s_client prints four errors and exits with 0', async () => {
  const { output, status } = await run('openssl', [
    ...['s_client', '-connect', `127.0.0.1:${server.port}`, '-CAfile', 'root.pem'],
    ...['-servername', HOST, '-verify_hostname', HOST],
  ]);
  expectAll(output, '`openssl s_client`');
  expect(status).toBe(0);
});

describe.skipIf(isMissing('python3'))('Python', () => {
  it('reports one fault through ssl', async () => {
    const script = `
import socket, ssl
context = ssl.create_default_context(cafile='root.pem')
context.wrap_socket(socket.create_connection(('127.0.0.1', ${server.port})), server_hostname='${HOST}')`;
    const { output, status } = await run('python3', ['-c', script]);
    expectAll(output, 'Python `ssl`');
    expect(status).toBe(1);
  });

  it('reports one fault through requests', async ({ skip }) => {
    const { status: importStatus } = await run('python3', ['-c', 'import requests']);
    if (importStatus !== 0) console.warn('SKIPPED: requests is not installed on this machine');
    skip(importStatus !== 0);
    const script = `import requests; requests.get('https://localhost:${server.port}/', verify='root.pem')`;
    const { output, status } = await run('python3', ['-c', script]);
    expectAll(output, 'Python `requests`');
    expect(status).toBe(1);
  });
});

it('Node reports one fault', async () => {
  const script = `
    require('node:tls')
      .connect({ port: ${server.port}, host: '127.0.0.1', servername: '${HOST}', ca: require('node:fs').readFileSync('root.pem') })
      .on('error', (error) => console.log(error.code));`;
  const { output } = await run(process.execPath, ['-e', script]);
  expectAll(output, 'Node `tls`');
});

it.skipIf(isMissing('prometheus-blackbox-exporter'))('blackbox_exporter reports no fault, and no date', async () => {
  const modules = `modules: { host: { prober: tcp, tcp: { tls: true, tls_config: { ca_file: root.pem, server_name: ${HOST} } } } }`;
  await using exporter = await startCommand({
    program: 'prometheus-blackbox-exporter',
    files: () => ({ 'modules.yaml': modules, 'root.pem': readFileSync(join(folder, 'root.pem'), 'utf8') }),
    args: (_folder, port) => ['--config.file=modules.yaml', `--web.listen-address=127.0.0.1:${port}`],
  });
  const response = await fetch(`http://127.0.0.1:${exporter.port}/probe?module=host&target=127.0.0.1:${server.port}`);
  const metrics = await response.text();
  expectAll(metrics, 'blackbox_exporter');
  expect(metrics).not.toContain('probe_ssl_');
});
