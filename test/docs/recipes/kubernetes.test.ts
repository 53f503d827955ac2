import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { isMissing } from '../../support/child-server.ts';
import { type Company, startCompany } from './company.ts';
import { blockOf, placed, readPage, run } from './page.ts';

let company: Company;
beforeAll(async () => {
  company = await startCompany();
});
afterAll(() => company[Symbol.asyncDispose]());

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: { readonly analysis?: { readonly webhooks: readonly { readonly url: string }[] } };
}

const documents = (text: string) => parseAllDocuments(text).map((document) => document.toJS() as Manifest);
const example = (name: string) => readFileSync(join(import.meta.dirname, '../../../k8s/examples', name), 'utf8');

const manifests = [
  ...readPage('kubernetes.md').flatMap(({ text }) => documents(text)),
  ...['probe.yaml', 'servicemonitor.yaml', 'prometheusrule.yaml'].flatMap((name) => documents(example(name))),
];

/** Who publishes the schemas of a group of kinds; for Flagger nobody does. */
function schemasOf(apiVersion: string): string | null {
  if (apiVersion.startsWith('flagger.app/')) return null;
  return apiVersion.startsWith('monitoring.coreos.com/')
    ? '@kubernetes-models/prometheus-operator'
    : 'kubernetes-models';
}

describe('the manifests', () => {
  it('are found', () => {
    expect(manifests.map(({ kind }) => kind).toSorted()).toEqual(
      ['Canary', 'ConfigMap', 'CronJob', 'Pod', 'Probe', 'PrometheusRule', 'ServiceMonitor'].toSorted(),
    );
  });

  it.each(manifests.filter(({ apiVersion }) => schemasOf(apiVersion) !== null))(
    'fit the schema: $kind',
    async (manifest) => {
      const { apiVersion, kind } = manifest;
      const module = await import(`${schemasOf(apiVersion)}/${apiVersion}/${kind}`);
      const Model = module[kind] as new (data: unknown) => { validate(): void };
      expect(() => new Model(manifest).validate()).not.toThrow();
      expect(() => new Model({ ...manifest, metadata: 'no object' }).validate(), 'the schema refuses').toThrow();
    },
  );
});

/** The script of the first container below a manifest that has one. */
function scriptOf(heading: string): string {
  const [, script = ''] = /args:\n\s+- \|\n((?: {10,}.*\n)+)/.exec(blockOf('kubernetes.md', heading, 'yaml')) ?? [];
  if (script === '') throw new Error(`no script under ${heading}`);
  return placed(script, company.port);
}

const isUnable = ['busybox', 'curl'].map(isMissing).includes(true);

describe.skipIf(isUnable)('the nightly job', () => {
  const job = (hosts: string) =>
    run('busybox', ['sh', '-c', scriptOf('A nightly job').replace('/hosts/', '')], { files: { 'hosts.txt': hosts } });

  it('succeeds when all hosts are good, and tells of each', async () => {
    const [map] = documents(blockOf('kubernetes.md', 'A nightly job', 'yaml'));
    const { status, stdout } = await job(map?.data?.['hosts.txt'] ?? '');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^wiki\.corp\.example:443 is valid [\s\S]*^ldap\.corp\.example:636 is valid /m);
  });

  it('fails when one is not, and goes on to the next', async () => {
    const { status, stdout } = await job('old.corp.example\nwiki.corp.example\n');
    expect(status).toBe(1);
    expect(stdout).toMatch(/^old\.corp\.example:443: [\s\S]*^wiki\.corp\.example:443 is valid /m);
  });
});

it.skipIf(isUnable)('the init container waits for a good certificate', async () => {
  await company.replace('wiki.corp.example', 'expired');
  let isDone = false;
  const waiting = run('busybox', ['sh', '-c', scriptOf('Wait for a good certificate').replace('sleep 10', 'sleep 1')]);
  void waiting.then(() => {
    isDone = true;
  });
  await delay(1500);
  expect(isDone).toBe(false);
  await company.replace('wiki.corp.example', 'good');
  const { status, stdout } = await waiting;
  expect(status).toBe(0);
  expect(stdout).toMatch(/cert_expired[\s\S]*^wiki\.corp\.example:443 is valid /m);
});

it.each([
  { host: 'wiki.corp.example', isGood: true },
  { host: 'old.corp.example', isGood: false },
])('Flagger would let traffic to $host: $isGood', async ({ host, isGood }) => {
  const [canary] = documents(blockOf('kubernetes.md', 'Flagger', 'yaml'));
  const url = canary?.spec?.analysis?.webhooks[0]?.url ?? '';
  const response = await fetch(placed(url, company.port).replace('wiki.corp.example', host), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ name: 'wiki', namespace: 'default', phase: 'Progressing', metadata: {} }),
  });
  expect(response.ok).toBe(isGood);
});
