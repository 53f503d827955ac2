import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, faultsOf, type RunningDemo, requestFor, startDemoService } from './service.ts';

const PLANNED = [
  'good',
  'expired',
  'soon',
  'name',
  'incomplete',
  'self-signed',
  'stranger',
  'weak',
  'order',
  'three',
  'revoked',
].map((name) => `${name}.corp.example`);

describe('the hosts of the demonstration', () => {
  let running: RunningDemo;
  beforeAll(async () => {
    running = await startDemoService({ PORT: '0', LOG_LEVEL: 'warn' });
  });
  afterAll(() => running[Symbol.asyncDispose]());

  const find = (name: string) => {
    const host = running.demo.hosts.find((each) => each.host === name);
    if (host === undefined) throw new Error(`there is no ${name}`);
    return host;
  };

  it('are all here', () => expect(running.demo.hosts.map(({ host }) => host)).toEqual(PLANNED));

  it.each(PLANNED)('%s has the faults it was built with, by the CA of the service', async (name) => {
    const host = find(name);
    const verdict = await ask(running.origin, requestFor(host));
    expect(faultsOf(verdict).map(({ code }) => code)).toEqual(host.expected);
    expect(faultsOf(verdict).every(({ fix }) => fix !== '' && !fix.includes('{'))).toBe(true);
    const worst = faultsOf(verdict).some(({ severity }) => severity === 'error') ? 'fail' : 'warn';
    expect(verdict.verdict).toBe(host.expected.length === 0 ? 'pass' : worst);
  });

  it.each(PLANNED.filter((name) => !name.startsWith('revoked')))('%s has them by a CA in the request', async (name) => {
    const host = find(name);
    const ca = { pem: running.demo.caPem, intermediates_pem: running.demo.intermediatesPem };
    const verdict = await ask(running.origin, requestFor(host, ca));
    expect(faultsOf(verdict).map(({ code }) => code)).toEqual(host.expected);
  });
});

describe('npm run demo', () => {
  function runDemo(...args: string[]) {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'run.ts'), ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, PORT: '0' },
    });
    const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
    return { child, exited };
  }

  it('prints a table with every host, code and remedy, and exits 0', async () => {
    const { child, exited } = runDemo();
    const printed = await text(child.stdout);
    expect(await exited).toBe(0);
    for (const host of PLANNED) expect(printed).toContain(host);
    expect(printed).toMatch(/name_mismatch +Add three\.corp\.example/);
    expect(printed).toContain(`${PLANNED.length} of ${PLANNED.length} hosts`);
  });

  it('keeps the hosts up with --serve, and prints requests that are answered', async () => {
    const { child, exited } = runDemo('--serve');
    let printed = '';
    for await (const chunk of child.stdout) {
      printed += chunk;
      if (printed.includes('revoked.corp.example",')) break;
    }
    const line = /curl -s --json '(\{"host":"three[^']+)' (\S+)\/verify/.exec(printed);
    const verdict = await ask(line?.[2] ?? '', JSON.parse(line?.[1] ?? ''));
    expect(faultsOf(verdict)).toHaveLength(3);
    child.kill('SIGTERM');
    expect(await exited).toBe(0);
  });
});
