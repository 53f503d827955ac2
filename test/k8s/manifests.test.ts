import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';

const ROOT = new URL('../../', import.meta.url).pathname;
const K8S = join(ROOT, 'k8s');

interface Manifest {
  readonly file: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly document: Record<string, unknown>;
}

function read(file: string): Manifest[] {
  return parseAllDocuments(readFileSync(join(K8S, file), 'utf8')).map((document) => {
    expect(document.errors, file).toEqual([]);
    const value = document.toJS() as Record<string, unknown>;
    return { file, apiVersion: String(value.apiVersion), kind: String(value.kind), document: value };
  });
}

const files = readdirSync(K8S, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.yaml'));
const manifests = files.flatMap(read);
/** Kinds of other projects, which Kubernetes' own schemas do not know. */
const FOREIGN = ['Kustomization', 'Bundle', 'ServiceMonitor', 'Probe', 'PrometheusRule'];
const own = manifests.filter(({ kind }) => !FOREIGN.includes(kind));

async function validator(apiVersion: string, kind: string) {
  const module = await import(`kubernetes-models/${apiVersion}/${kind}`);
  return module[kind] as new (
    data: unknown,
  ) => { validate(): void };
}

function find(kind: string): Record<string, unknown> {
  const found = own.find((manifest) => manifest.kind === kind);
  if (!found) throw new Error(`no ${kind} among the manifests`);
  return found.document;
}

interface Container {
  image: string;
  ports: { name: string; containerPort: number }[];
  env: { name: string; value: string }[];
  startupProbe: { httpGet: { path: string; port: string } };
  readinessProbe: { httpGet: { path: string; port: string } };
  livenessProbe: { httpGet: { path: string; port: string } };
  lifecycle: { preStop: { sleep: { seconds: number } } };
  resources: { limits: { memory: string } };
}

interface PodSpec {
  containers: Container[];
  securityContext: { runAsUser: number; runAsGroup: number };
  terminationGracePeriodSeconds: number;
  automountServiceAccountToken: boolean;
}

interface Spec {
  paths: Record<string, unknown>;
}

const pod = (find('Deployment') as { spec: { template: { spec: PodSpec } } }).spec.template.spec;
const container = pod.containers[0] as Container;
const dockerfile = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');

describe('the manifests of k8s/', () => {
  it('are found', () => expect(own.length).toBeGreaterThanOrEqual(6));

  it.each(own.map((manifest) => [`${manifest.file} ${manifest.kind}`, manifest] as const))(
    'fit the Kubernetes API schema: %s',
    async (_, { apiVersion, kind, document }) => {
      const Model = await validator(apiVersion, kind);
      expect(() => new Model(document).validate()).not.toThrow();
      expect(() => new Model({ ...document, metadata: 'no object' }).validate(), 'the schema refuses').toThrow();
    },
  );

  it('are all named by a kustomization, examples aside', () => {
    const referenced = files
      .filter((file) => file.endsWith('kustomization.yaml'))
      .flatMap((file) => {
        const folder = file.slice(0, -'kustomization.yaml'.length);
        const document = read(file)[0]?.document ?? {};
        return (document.resources as string[])
          .filter((resource) => resource.endsWith('.yaml'))
          .map((resource) => `${folder}${resource}`);
      });
    const expected = files.filter((file) => !file.endsWith('kustomization.yaml') && !file.startsWith('examples/'));
    expect(referenced.toSorted()).toEqual(expected.toSorted());
  });
});

describe('the Deployment agrees with the image and the code', () => {
  it('listens where the image and the probes say', () => {
    expect(dockerfile).toContain(`EXPOSE ${container.ports[0]?.containerPort}`);
    expect(container.env.find(({ name }) => name === 'PORT')?.value).toBe(String(container.ports[0]?.containerPort));
    for (const probe of [container.startupProbe, container.readinessProbe, container.livenessProbe]) {
      expect(probe.httpGet.port).toBe(container.ports[0]?.name);
    }
  });

  it('runs as the user of the image', () => {
    const { runAsUser, runAsGroup } = pod.securityContext;
    expect(dockerfile).toContain(`USER ${runAsUser}:${runAsGroup}`);
  });

  it('names only settings that exist', async () => {
    const { SETTINGS } = await import('../../src/config.ts');
    const known = Object.values(SETTINGS).map(({ variable }) => variable);
    for (const { name } of container.env) expect(known).toContain(name);
  });

  it('leaves time for preStop and the drain before the kill', () => {
    const drain = Number(container.env.find(({ name }) => name === 'SHUTDOWN_GRACE_MS')?.value) / 1000;
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(container.lifecycle.preStop.sleep.seconds + drain);
  });

  it('leaves the heap to the image, which takes its part of whatever the limit is', () => {
    expect(container.resources.limits.memory).toMatch(/^\d+Gi$/);
    expect(container.env.map(({ name }) => name)).not.toContain('NODE_OPTIONS');
    expect(JSON.parse(/^CMD (\[.*\])$/m.exec(dockerfile)?.[1] ?? '[]')).toContain('--max-old-space-size-percentage=50');
  });

  it('does not hand the pod a token', () => expect(pod.automountServiceAccountToken).toBe(false));

  it('keeps the metadata addresses of the guard out of reach', async () => {
    const { ADDRESS_TABLE } = await import('../../src/net/address-table.ts');
    const policy = JSON.stringify(find('NetworkPolicy'));
    const metadata = ADDRESS_TABLE.filter(({ name, rule }) => rule === 'refused' && /metadata|WireServer/i.test(name));
    expect(metadata.length).toBeGreaterThan(5);
    for (const { range } of metadata) expect(policy).toContain(range.text);
  });
});

describe('the CronJob of k8s/fleet', () => {
  interface Job {
    completions: number;
    parallelism: number;
    completionMode: string;
    backoffLimit?: number;
    podFailurePolicy: { rules: { onExitCodes?: { containerName: string; values: number[] } }[] };
    template: { spec: PodSpec & { restartPolicy: string; volumes: { name: string }[] } };
  }
  const job = (find('CronJob') as { spec: { jobTemplate: { spec: Job } } }).spec.jobTemplate.spec;
  const [sweep] = job.template.spec.containers as [Container & { args: string[]; volumeMounts: { name: string }[] }];

  it('gives each index one part, and there is an index for each part', async () => {
    const { parseSweepArguments } = await import('../../src/sweep/options.ts');
    expect(job.completionMode).toBe('Indexed');
    expect(job.parallelism).toBeLessThanOrEqual(job.completions);
    const args = sweep.args
      .slice(1)
      .map((arg) => arg.replace('$(JOB_COMPLETION_INDEX)', '7').replace(/\$\(\w+\)/, 'x'));
    expect(parseSweepArguments(args, 128)).toMatchObject({ shard: { index: 7, of: job.completions }, exitZero: true });
    const named = sweep.args.flatMap((arg) => Array.from(arg.matchAll(/\$\((\w+)\)/g), ([, name]) => name));
    expect(sweep.env.map(({ name }) => name)).toEqual(expect.arrayContaining(named));
  });

  it('lets a policy for failed pods stand, which needs pods that are not restarted in place', () => {
    expect(job.template.spec.restartPolicy).toBe('Never');
    const [container] = job.podFailurePolicy.rules.flatMap(({ onExitCodes }) => onExitCodes ?? []);
    expect(container).toMatchObject({ containerName: 'sweep', values: [3] });
  });

  it('runs the program of the image as its user, within its limits', () => {
    const command = /^CMD (\[.*\])$/m.exec(dockerfile)?.[1] ?? '[]';
    expect((sweep as unknown as { command: string[] }).command).toEqual(JSON.parse(command));
    expect(sweep.image).toBe(container.image);
    const { runAsUser, runAsGroup } = job.template.spec.securityContext;
    expect(dockerfile).toContain(`USER ${runAsUser}:${runAsGroup}`);
    expect(sweep.volumeMounts.map(({ name }) => name).toSorted()).toEqual(
      job.template.spec.volumes.map(({ name }) => name).toSorted(),
    );
  });

  it('may go where the service may', () => {
    const egress = own
      .filter(({ kind }) => kind === 'NetworkPolicy')
      .map(({ document }) => (document.spec as { egress: unknown }).egress);
    expect(egress).toHaveLength(2);
    expect(egress[0]).toEqual(egress[1]);
  });
});

describe('the examples for the Prometheus Operator', () => {
  const example = (kind: string) => {
    const found = manifests.find((manifest) => manifest.kind === kind);
    if (!found) throw new Error(`no ${kind} among the examples`);
    expect(found.apiVersion).toBe('monitoring.coreos.com/v1');
    return found.document.spec as Record<string, unknown>;
  };
  const service = find('Service') as { metadata: { name: string; labels: object }; spec: { ports: object[] } };
  const paths = Object.keys((JSON.parse(readFileSync(join(ROOT, 'openapi/openapi.json'), 'utf8')) as Spec).paths);

  it('scrape a port and a path that the Service has', () => {
    const { selector, endpoints } = example('ServiceMonitor') as {
      selector: { matchLabels: object };
      endpoints: { port: string; path: string }[];
    };
    expect(service.metadata.labels).toMatchObject(selector.matchLabels);
    expect(service.spec.ports).toContainEqual(expect.objectContaining({ name: endpoints[0]?.port }));
    expect(paths).toContain(endpoints[0]?.path);
  });

  it('probe through the Service, in the time that Prometheus gives', () => {
    const { prober, interval, scrapeTimeout } = example('Probe') as {
      prober: { url: string; path: string };
      interval: string;
      scrapeTimeout: string;
    };
    const { namespace } = read('overlays/ha/kustomization.yaml')[0]?.document ?? {};
    expect(prober.url).toBe(`${service.metadata.name}.${namespace}.svc:80`);
    expect(service.spec.ports).toContainEqual(expect.objectContaining({ port: 80 }));
    expect(paths).toContain(prober.path);
    expect([interval, scrapeTimeout]).toEqual([expect.stringMatching(/^\d+m$/), expect.stringMatching(/^\d+s$/)]);
  });

  it('alert on metrics and codes that exist', async () => {
    const { PROBLEMS } = await import('../../src/domain/problem.ts');
    const { groups } = example('PrometheusRule') as { groups: { rules: { expr: string }[] }[] };
    const expressions = groups.flatMap(({ rules }) => rules.map(({ expr }) => expr));
    expect(expressions.length).toBeGreaterThan(3);
    const source = ['metrics', 'probe-metrics']
      .map((name) => readFileSync(join(ROOT, `src/observability/${name}.ts`), 'utf8'))
      .join('');
    for (const expression of expressions) {
      const [metric = 'none'] = /\b(?:probe|tls_verdict)_[a-z_]+/.exec(expression) ?? [];
      expect(source).toContain(`'${metric}'`);
      const code = /code="([a-z_]+)"/.exec(expression)?.[1];
      if (code !== undefined) expect(Object.keys(PROBLEMS)).toContain(code);
    }
  });
});

const kubectl = spawnSync('kubectl', ['version', '--client']).status === 0;
if (!kubectl) console.warn('kubectl is not installed: the overlays are not rendered');

describe.skipIf(!kubectl)('kubectl kustomize', () => {
  it('renders the fleet, with the list in a ConfigMap', () => {
    const rendered = execFileSync('kubectl', ['kustomize', join(K8S, 'fleet')], { encoding: 'utf8' });
    const kinds = parseAllDocuments(rendered).map((document) => (document.toJS() as { kind: string }).kind);
    expect(kinds.toSorted()).toEqual(['ConfigMap', 'CronJob', 'NetworkPolicy', 'PersistentVolumeClaim']);
  });

  it.each(['small', 'ha'])('renders the overlay %s', (overlay) => {
    const rendered = execFileSync('kubectl', ['kustomize', join(K8S, 'overlays', overlay)], { encoding: 'utf8' });
    const kinds = parseAllDocuments(rendered).map((document) => (document.toJS() as { kind: string }).kind);
    expect(kinds).toContain('Deployment');
    expect(kinds.includes('HorizontalPodAutoscaler')).toBe(overlay === 'ha');
    expect(rendered.includes('replicas: 1')).toBe(overlay === 'small');
  });
});
