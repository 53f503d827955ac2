import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { isMissing, startCommand } from '../../support/child-server.ts';
import { type Company, startCompany } from './company.ts';
import { blockOf } from './page.ts';

const HOST = 'wiki.corp.example';

let company: Company;
beforeAll(async () => {
  company = await startCompany();
});
afterAll(() => company[Symbol.asyncDispose]());

describe.skipIf(isMissing('haproxy'))('HAProxy', () => {
  /** States of the servers by their names, as `show servers state` tells them: 0 is down, 2 is up. */
  async function states(socketPath: string): Promise<Record<string, string>> {
    let text = '';
    const socket = connect(socketPath);
    socket.end('show servers state\n');
    for await (const chunk of socket) text += chunk;
    const rows = text.split('\n').map((line) => line.split(' '));
    return Object.fromEntries(
      rows.flatMap(([, backend, , name = '', , state]) =>
        backend === 'wiki' && state !== undefined ? [[name, { 0: 'DOWN', 2: 'UP' }[state] ?? state]] : [],
      ),
    );
  }

  async function until(socketPath: string, wanted: Readonly<Record<string, string>>): Promise<void> {
    let found: Record<string, string> = {};
    for (let attempt = 0; attempt < 150; attempt++) {
      found = await states(socketPath);
      if (JSON.stringify(found) === JSON.stringify(wanted)) return;
      await delay(100);
    }
    expect(found).toEqual(wanted);
  }

  it('takes a server out while its certificate is bad, and no other', { timeout: 60_000 }, async () => {
    const [good, gone] = [company.addressOf(HOST), company.addressOf('gone.corp.example')];
    const backend = blockOf('load-balancers.md', 'HAProxy', 'haproxy')
      .replace('127.0.0.1 port 8080', `127.0.0.1 port ${company.port}`)
      .replaceAll('10.0.3.7', good)
      .replaceAll('10.0.3.8', gone)
      .replace('inter 30s', 'inter 200ms');
    let socketPath = '';
    await using _haproxy = await startCommand({
      program: 'haproxy',
      files(folder, port) {
        socketPath = join(folder, 'stats');
        const head = [
          ...['global', `  stats socket ${socketPath}`, 'defaults', '  mode http'],
          ...['  timeout connect 5s', '  timeout client 5s', '  timeout server 5s'],
          ...['frontend http', `  bind 127.0.0.1:${port}`, '  default_backend wiki'],
        ];
        return { 'haproxy.cfg': `${head.join('\n')}\n${backend}`, 'corp-root.pem': company.caPem };
      },
      args: () => ['-db', '-f', 'haproxy.cfg'],
    });
    await until(socketPath, { [good]: 'UP', [gone]: 'DOWN' });
    await company.replace(HOST, 'expired');
    await until(socketPath, { [good]: 'DOWN', [gone]: 'DOWN' });
    await company.replace(HOST, 'good');
    await until(socketPath, { [good]: 'UP', [gone]: 'DOWN' });
  });
});

describe.skipIf(isMissing('nginx'))('nginx', () => {
  /** nginx with the locations of the page, in front of a host of the company. */
  const startProxy = (host: string) =>
    startCommand({
      program: 'nginx',
      files: (folder, port) => ({
        'nginx.conf': [
          'daemon off; master_process off; pid nginx.pid; error_log stderr info;',
          'events { worker_connections 64; }',
          'http { access_log off;',
          ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${name};`),
          `server { listen unix:${folder}/host; return 200 "through"; }`,
          `server { listen 127.0.0.1:${port};`,
          blockOf('load-balancers.md', 'nginx', 'nginx')
            .replace(`https://${HOST}`, `http://unix:${folder}/host`)
            .replace('127.0.0.1:8080', `127.0.0.1:${company.port}`)
            .replace(HOST, host),
          '} }',
        ].join('\n'),
      }),
      args: (folder) => ['-p', folder, '-c', 'nginx.conf', '-e', 'stderr'],
    });
  const asBrowser = { Origin: 'https://wiki.corp.example', 'Sec-Fetch-Site': 'cross-site', Cookie: 'session=1' };

  it.each([
    { host: HOST, status: 200 },
    { host: 'old.corp.example', status: 403 },
    { host: 'gone.corp.example', status: 403 },
  ])('answers $status in front of $host, whatever a browser sends', async ({ host, status }) => {
    await using proxy = await startProxy(host);
    for (const init of [{}, { headers: asBrowser }, { method: 'POST', body: 'text', headers: asBrowser }]) {
      expect((await fetch(`http://127.0.0.1:${proxy.port}/any/path?query`, init)).status).toBe(status);
    }
  });
});

describe('Envoy', () => {
  const { clusters } = parse(blockOf('load-balancers.md', 'Envoy', 'yaml')) as {
    clusters: { name: string; health_checks: { http_health_check: { host: string; path: string } }[] }[];
  };
  const { host, path } = clusters[0]?.health_checks[0]?.http_health_check ?? { host: '', path: '' };

  /** Sends the request of a health check. fetch would not let the Host be chosen. */
  async function check(hostHeader: string): Promise<string> {
    const socket = connect(company.port, '127.0.0.1');
    const url = path.replace('10.0.3.7', company.addressOf(HOST));
    socket.write(`GET ${url} HTTP/1.1\r\nhost: ${hostHeader}\r\nuser-agent: Envoy/HC\r\nconnection: close\r\n\r\n`);
    let text = '';
    for await (const chunk of socket) text += chunk;
    return /^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? text;
  }

  it.each([
    { name: 'the host of the page', hostHeader: host, status: '200' },
    { name: 'a cluster with one label', hostHeader: 'wiki', status: '200' },
    { name: 'a cluster with dots', hostHeader: 'wiki.corp.example', status: '421' },
    { name: 'a cluster of a mesh', hostHeader: 'outbound|443||wiki', status: '400' },
  ])('would get $status with $name', async ({ hostHeader, status }) => {
    expect(await check(hostHeader)).toBe(status);
  });
});
