import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { startServer } from '../../src/server.ts';
import { isMissing, startCommand } from '../support/child-server.ts';
import { issue, leaf, root } from '../support/pki.ts';
import { startNodeTls } from '../support/servers.ts';
import { startService } from '../support/service.ts';

const FOLDER = join(import.meta.dirname, '../../docs/prometheus');
const read = (name: string) => readFileSync(join(FOLDER, name), 'utf8');

interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string; readonly expr: string }[] }[];
}

const rules = parse(read('alerts.yaml')) as Rules;

const EXPIRED_AT = new Date('2026-05-01T00:00:00Z');

/** Label names that Prometheus adds itself. */
const ADDED = new Set(['instance', 'job', 'le']);

/** A good host, an expired one, and the whole service that probes them by the preset `corp`. */
async function startHosts() {
  const ca = await root('Prometheus Root');
  const past = { notBefore: new Date('2026-01-01T00:00:00Z'), notAfter: EXPIRED_AT };
  const good = await startNodeTls({ leaf: await leaf(ca, ['localhost']) });
  const expired = await startNodeTls({
    leaf: await issue({ issuer: ca, subject: 'CN=old', dns: ['localhost'], ...past }),
  });
  const folder = await mkdtemp(join(tmpdir(), 'tls-verdict-'));
  const presets = join(folder, 'presets.json');
  await writeFile(presets, JSON.stringify({ corp: { ca: { pem: ca.pem } } }));
  const service = await startService({ PRESETS_FILE: presets });
  const server = await startServer({
    fetch: (request, peer) => service.app.fetch(request, peer),
    host: '127.0.0.1',
    port: 0,
  });
  return {
    good: `localhost:${good.port}`,
    expired: `localhost:${expired.port}`,
    base: `127.0.0.1:${server.address.port}`,
    async [Symbol.asyncDispose]() {
      await server.stop(0);
      await service[Symbol.asyncDispose]();
      await Promise.all([good.close(), expired.close()]);
      await rm(folder, { recursive: true });
    },
  };
}

describe('what docs/prometheus has', () => {
  it('names metrics and labels that exist, in every rule and panel', async () => {
    await using hosts = await startHosts();
    const probe = await fetch(`http://${hosts.base}/probe?target=${hosts.expired}&module=corp`);
    const own = await fetch(`http://${hosts.base}/metrics`);
    const text = `${await probe.text()}\n${await own.text()}`;
    const known = new Map<string, Set<string>>();
    for (const [, name = '', labels = ''] of text.matchAll(/^(\w+)(?:\{(.*)\})? /gm)) {
      const names = known.get(name) ?? new Set<string>();
      for (const [, label = ''] of labels.matchAll(/(?:^|,)(\w+)="/g)) names.add(label);
      known.set(name, names);
    }
    // Counted only once there was one.
    known.set('tls_verdict_problems_total', new Set(['code']));
    const panels = JSON.parse(read('dashboard.json')).panels as { targets: { expr: string; legendFormat: string }[] }[];
    const targets = panels.flatMap((panel) => panel.targets);
    const expressions = [
      ...rules.groups.flatMap((group) => group.rules.map(({ expr }) => expr)),
      ...targets.map(({ expr }) => expr),
    ];
    expect(expressions.length).toBeGreaterThan(15);
    for (const expression of expressions) {
      for (const [, name = '', matchers = ''] of expression.matchAll(
        /\b((?:tls_verdict|probe|nodejs)_\w+)(?:\{(.*?)\})?/g,
      )) {
        expect([...known.keys()], expression).toContain(name);
        for (const [, label = ''] of matchers.matchAll(/(\w+)\s*=~?/g)) {
          expect([...(known.get(name) ?? []), ...ADDED], expression).toContain(label);
        }
      }
    }
    const labels = new Set([...[...known.values()].flatMap((each) => [...each]), ...ADDED]);
    for (const { legendFormat } of targets) {
      for (const [, label] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) expect(labels).toContain(label);
    }
  });

  it.skipIf(isMissing('promtool'))('passes promtool', () => {
    for (const args of [
      ['check', 'rules', join(FOLDER, 'alerts.yaml')],
      ['check', 'config', join(FOLDER, 'prometheus.yaml')],
    ]) {
      const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' });
      expect(status, stdout + stderr).toBe(0);
    }
  });
});

describe.skipIf(isMissing('promtool'))('the fleet of http_sd', () => {
  it('gives each host to exactly one of the Prometheus servers, with its preset', { timeout: 60_000 }, async () => {
    const listing = createServer((_request, response) => {
      response.setHeader('Content-Type', 'application/json').end(read('http_sd.json'));
    }).listen(0, '127.0.0.1');
    await once(listing, 'listening');
    const folder = await mkdtemp(join(tmpdir(), 'tls-verdict-'));
    const { port } = listing.address() as AddressInfo;
    const found = [];
    for (const shard of ['0', '1', '2', '3']) {
      const config = read('prometheus.yaml')
        .replace('localhost:8081', `127.0.0.1:${port}`)
        .replace('regex: "0" # (**)', `regex: "${shard}"`)
        .replace('- alerts.yaml', '');
      await writeFile(join(folder, 'prometheus.yaml'), config);
      const args = ['check', 'service-discovery', '--timeout=5s', join(folder, 'prometheus.yaml'), 'tls-fleet'];
      const { stdout } = await promisify(execFile)('promtool', args);
      found.push(...(JSON.parse(stdout) as { labels: Record<string, string> }[]).map(({ labels }) => labels));
    }
    listing.close();
    await rm(folder, { recursive: true });
    const kept = found.filter((labels) => labels !== null && 'instance' in labels);
    expect(kept.map(({ instance }) => instance).toSorted()).toEqual([
      'ldap.corp.example:636',
      'shop.example.com',
      'wiki.corp.example',
    ]);
    expect(kept.find(({ instance }) => instance === 'wiki.corp.example')).toMatchObject({
      __param_target: 'wiki.corp.example',
      __param_module: 'corp',
      team: 'platform',
    });
  });
});

describe.skipIf(isMissing('prometheus'))('a real Prometheus', () => {
  it('shows probe_success and the expiry of an expired host, and its alert fires', { timeout: 60_000 }, async () => {
    await using hosts = await startHosts();
    await using prometheus = await startCommand({
      program: 'prometheus',
      files: () => ({
        'prometheus.yaml': read('prometheus.yaml')
          .replace(/wiki\.corp\.example\b/, hosts.good)
          .replace(/ldap\.corp\.example:636/, hosts.expired)
          .replaceAll('localhost:8080', hosts.base)
          .replace(/# params:\n\s*#\s*module:/, 'params:\n      module:')
          .replace(/(scrape_interval|evaluation_interval): \w+/g, '$1: 1s')
          .replaceAll('scrape_timeout: 15s', 'scrape_timeout: 1s'),
        'alerts.yaml': read('alerts.yaml').replace(/for: \w+/g, 'for: 1s'),
      }),
      args: (folder, port) => [
        `--config.file=${folder}/prometheus.yaml`,
        `--storage.tsdb.path=${folder}/data`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
    });
    const query = async (expr: string): Promise<Record<string, string>> => {
      const response = await fetch(
        `http://127.0.0.1:${prometheus.port}/api/v1/query?query=${encodeURIComponent(expr)}`,
      );
      // It answers 503 until it has read its storage.
      if (!response.ok) return {};
      const { data } = (await response.json()) as {
        data: { result: { metric: Record<string, string>; value: [number, string] }[] };
      };
      return Object.fromEntries(data.result.map(({ metric, value }) => [metric.instance ?? '', value[1]]));
    };
    const until = async (expr: string, isThere: (result: Record<string, string>) => boolean) => {
      for (let attempt = 0; attempt < 200; attempt++) {
        const result = await query(expr);
        if (isThere(result)) return result;
        await delay(200);
      }
      throw new Error(`${expr} never came: ${JSON.stringify(await query(expr))}\n${prometheus.log().slice(-2000)}`);
    };
    const both = (result: Record<string, string>) => hosts.good in result && hosts.expired in result;
    expect(await until('probe_success', both)).toEqual({ [hosts.good]: '1', [hosts.expired]: '0' });
    expect((await until('probe_ssl_earliest_cert_expiry', both))[hosts.expired]).toBe(
      String(EXPIRED_AT.getTime() / 1000),
    );
    const firing = await until(
      'ALERTS{alertname="TlsBroken",alertstate="firing"}',
      (result) => Object.keys(result).length > 0,
    );
    expect(Object.keys(firing)).toEqual([hosts.expired]);
    expect(await until('tls_verdict_build_info', (result) => hosts.base in result)).toEqual({ [hosts.base]: '1' });
  });
});
