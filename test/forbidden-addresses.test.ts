import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseHost } from '../src/domain/target.ts';
import { systemConnect } from '../src/net/connect.ts';
import { systemLookUp } from '../src/net/resolve.ts';
import type { World } from '../src/service.ts';
import type { Issued } from './support/issued.ts';
import { intermediate, leaf, root } from './support/pki.ts';
import { type AskedService, startService } from './support/service.ts';
import { postVerify } from './support/test-app.ts';

/** What a caller may write, and the one address that may be dialled for it; null = none. */
const SPELLINGS: readonly { readonly name: string; readonly host: string; readonly reached: string | null }[] = [
  { name: 'an address that may be dialled', host: '192.0.2.1', reached: '192.0.2.1' },
  { name: 'a name of one that may be dialled', host: 'good.example', reached: '192.0.2.1' },
  { name: 'cloud metadata', host: '169.254.169.254', reached: null },
  { name: 'IPv4-mapped', host: '[::ffff:169.254.169.254]', reached: null },
  { name: 'IPv4-mapped, in hexadecimal', host: '[::FFFF:A9FE:A9FE]', reached: null },
  { name: 'IPv4-compatible', host: '[::169.254.169.254]', reached: null },
  { name: 'NAT64', host: '[64:ff9b::a9fe:a9fe]', reached: null },
  { name: 'local-use NAT64', host: '[64:ff9b:1::a9fe:a9fe]', reached: null },
  { name: '6to4', host: '[2002:a9fe:a9fe::]', reached: null },
  { name: 'Teredo', host: '[2001:0:102:304::5601:5601]', reached: null },
  { name: 'AWS metadata over IPv6', host: '[fd00:ec2::254]', reached: null },
  { name: 'link-local with a zone', host: '[fe80::1%25eth0]', reached: null },
  { name: 'this network', host: '0.0.0.0', reached: null },
  { name: 'unspecified', host: '[::]', reached: null },
  { name: 'loopback', host: '127.0.0.1', reached: null },
  { name: 'loopback over IPv6', host: '[::1]', reached: null },
  { name: 'localhost', host: 'localhost', reached: null },
  { name: 'localhost with a trailing dot', host: 'localhost.', reached: null },
  { name: 'an address with a trailing dot', host: '169.254.169.254.', reached: null },
  { name: 'a decimal number', host: '2852039166', reached: null },
  { name: 'octal', host: '0251.0376.0251.0376', reached: null },
  { name: 'hexadecimal', host: '0xa9fea9fe', reached: null },
  { name: 'a short form', host: '127.1', reached: null },
  { name: 'full-width digits', host: '１６９.254.169.254', reached: null },
  { name: 'ideographic stops', host: '169。254。169。254', reached: null },
  { name: 'a name that leads to loopback', host: 'cname-to-loopback.example', reached: null },
  { name: 'a name that leads to a link-local address', host: 'link-local.example', reached: null },
  { name: 'a name with metadata beside a public address', host: 'mixed.example', reached: '192.0.2.1' },
  { name: 'a name that changes its answer', host: 'rebinding.example', reached: '192.0.2.1' },
];

const ANSWERS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'good.example': [['192.0.2.1']],
  'cname-to-loopback.example': [['127.0.0.1', '::1']],
  'link-local.example': [['fe80::1%eth0', '::ffff:169.254.169.254']],
  'mixed.example': [['169.254.169.254', '64:ff9b::a9fe:a9fe', '192.0.2.1', '::1']],
  'rebinding.example': [['192.0.2.1'], ['127.0.0.1', '169.254.169.254']],
};

/** A name server of the table above; whatever is not in it the system is asked for, as it would be without a test. */
function nameServer() {
  const asked: string[] = [];
  const lookUp = async (name: string): Promise<readonly string[]> => {
    const answers = ANSWERS[name];
    const count = asked.filter((each) => each === name).length;
    asked.push(name);
    return answers === undefined ? await systemLookUp(name) : (answers[Math.min(count, answers.length - 1)] ?? []);
  };
  return { lookUp, asked };
}

let folder = '';
let corp: Issued;
let issuing: Issued;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tls-verdict-'));
  corp = await root('Corp Root');
  issuing = await intermediate(corp);
  await mkdir(join(folder, 'authorities'));
  await writeFile(join(folder, 'authorities/corp.pem'), corp.pem);
  const writable = SPELLINGS.flatMap(({ host }, index) =>
    'error' in parseHost(host) ? [] : [[presetOf(index), { connect_to: host, port: 443 }] as const],
  );
  await writeFile(join(folder, 'presets.json'), JSON.stringify(Object.fromEntries(writable)));
});
afterAll(() => rm(folder, { recursive: true }));

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const presetOf = (index: number) => `p${index}`;

type App = AskedService['app'];

const encoded = encodeURIComponent;
const get = (app: App, path: string) => app.request(path);
const post = (app: App, path: string, body: object) => app.request(path, postVerify(body));
const plain = (app: App, body: string) =>
  app.request('/verify/batch', { method: 'POST', headers: { 'Content-Type': 'text/plain' }, body });

interface Door {
  readonly door: string;
  readonly ask: (app: App, host: string, preset: string) => Response | Promise<Response>;
  /** Holds only what an operator could write. */
  readonly isPreset?: true;
}

/** Every parameter by which a caller or an operator can say where to dial. */
const DOORS: readonly Door[] = [
  { door: 'host of POST /verify', ask: (app, host) => post(app, '/verify', { host }) },
  { door: 'host of GET /verify', ask: (app, host) => get(app, `/verify?host=${encoded(host)}`) },
  {
    door: 'connect_to of POST /verify',
    ask: (app, host) => post(app, '/verify', { host: 'a.example', connect_to: host }),
  },
  { door: 'the path of /check', ask: (app, host) => get(app, `/check/${encoded(host)}`) },
  { door: 'the path of /check with a port', ask: (app, host) => get(app, `/check/${encoded(host)}:443/behind`) },
  { door: 'connect_to of /check', ask: (app, host) => get(app, `/check/a.example?connect_to=${encoded(host)}`) },
  { door: 'target of /probe', ask: (app, host) => get(app, `/probe?target=${encoded(host)}`) },
  { door: 'a target of a batch', ask: (app, host) => post(app, '/verify/batch', { targets: [{ host }] }) },
  {
    door: 'connect_to of a batch',
    ask: (app, host) => post(app, '/verify/batch', { targets: [{ host: 'a.example', connect_to: host }] }),
  },
  {
    door: 'the defaults of a batch',
    ask: (app, host) => post(app, '/verify/batch', { targets: ['a.example'], defaults: { connect_to: host } }),
  },
  { door: 'a line of a batch', ask: (app, host) => plain(app, host) },
  { door: 'a line of a batch with a port', ask: (app, host) => plain(app, `${host}:443`) },
  {
    door: 'a preset of POST /verify',
    isPreset: true,
    ask: (app, _, preset) => post(app, '/verify', { host: 'a.example', preset }),
  },
  {
    door: 'a preset of GET /verify',
    isPreset: true,
    ask: (app, _, preset) => get(app, `/verify?host=a.example&preset=${preset}`),
  },
  {
    door: 'a preset of a batch',
    isPreset: true,
    ask: (app, _, preset) => post(app, '/verify/batch', { targets: ['a.example'], defaults: { preset } }),
  },
  {
    door: 'a preset of /check',
    isPreset: true,
    ask: (app, _, preset) => get(app, `/check/a.example?preset=${preset}`),
  },
  {
    door: 'a module of /probe',
    isPreset: true,
    ask: (app, _, preset) => get(app, `/probe?target=a.example&module=${preset}`),
  },
];

/** A service that others reach, so that loopback is forbidden. */
async function reachable(world: Partial<World>, settings: Readonly<Record<string, string>> = {}) {
  const files = { CA_DIR: join(folder, 'authorities'), PRESETS_FILE: join(folder, 'presets.json') };
  const service = await startService({ HOST: '0.0.0.0', ...files, ...settings }, world);
  closing.push(() => service[Symbol.asyncDispose]());
  return service;
}

/** Where the service would have gone: nobody listens where it is led. */
function nowhere() {
  const dialled: string[] = [];
  const connect: World['connect'] = ({ address }) => {
    dialled.push(address);
    return systemConnect({ address: '127.0.0.1', port: 1 });
  };
  return { connect, dialled };
}

/** Of the request, or of its only target. */
async function statusOf(response: Response): Promise<number> {
  const [line = ''] = (await response.text()).split('\n');
  if (response.headers.get('Content-Type') !== 'application/x-ndjson') return response.status;
  return (JSON.parse(line) as { problem?: { status: number } }).problem?.status ?? 200;
}

describe.each(DOORS)('$door', ({ ask, isPreset }) => {
  const tried = SPELLINGS.map((each, index) => ({ ...each, preset: presetOf(index) })).filter(
    ({ host }) => isPreset === undefined || !('error' in parseHost(host)),
  );

  it.each(tried)('leads with $name to $reached', async ({ host, preset, reached }) => {
    const { connect, dialled } = nowhere();
    const { app } = await reachable({ connect, lookUp: nameServer().lookUp });
    const status = await statusOf(await ask(app, host, preset));
    expect(new Set(dialled)).toEqual(new Set(reached === null ? [] : [reached]));
    if (reached === null) expect([400, 403]).toContain(status);
    else expect([200, 504]).toContain(status);
  });
});

/** URLs that certificates carry. All may be fetched as far as FETCH_ALLOW goes, so that only the guard stands before them. */
const URLS = [
  { door: 'the address of a CRL', of: (url: string) => ({ crlUrls: [url] }), sent: 'whole' },
  { door: 'the address of an OCSP responder', of: (url: string) => ({ ocspUrls: [url] }), sent: 'whole' },
  { door: 'the address of an issuer', of: (url: string) => ({ issuerUrls: [url] }), sent: 'leaf alone' },
] as const;

describe.each(URLS)('$door', ({ of, sent }) => {
  // In a certificate there is nothing but ASCII.
  it.each(SPELLINGS.filter(({ host }) => /^[!-~]+$/.test(host)))('leads with $name to $reached', async (spelling) => {
    const { host, reached } = spelling;
    const server = await leaf(issuing, 'a.example', of(`http://${host}/x`));
    const { connect, dialled } = nowhere();
    const { ask } = await reachable({ connect, lookUp: nameServer().lookUp }, { FETCH_ALLOW: '0.0.0.0/0,::/0' });
    const chain_pem = sent === 'whole' ? server.pem + issuing.pem : server.pem;
    const { verdict } = await ask({ host: 'a.example', chain_pem, ca: 'corp', revocation: 'require' });
    expect(new Set(dialled)).toEqual(new Set(reached === null ? [] : [reached]));
    expect(verdict).not.toBe('pass');
  });
});

describe('a name that changes its answer', () => {
  it('between the first connection and the second, for an older handshake, is not asked again', async () => {
    const first = await dropping('127.0.0.1');
    const other = await dropping('127.0.0.2', first.port);
    const { asked, lookUp } = nameServer();
    const { ask } = await reachable(
      {
        lookUp: async (name) => ((await lookUp(name)).length > 0 && asked.length === 1 ? ['127.0.0.1'] : ['127.0.0.2']),
      },
      { ALLOW_TARGETS: '127.0.0.1' },
    );
    const { verdict } = await ask({ host: 'good.example', port: first.port });
    expect(verdict).not.toBe('pass');
    expect(asked).toEqual(['good.example']);
    expect(first.connections()).toBeGreaterThan(1);
    expect(other.connections()).toBe(0);
  });
});

/** Answers every hello with a fatal alert, so that an older one is tried on a connection of its own. */
async function dropping(address: string, port = 0) {
  let connections = 0;
  const server = createServer((socket: Socket) => {
    connections++;
    socket.on('error', () => {});
    // handshake_failure
    socket.once('data', () => socket.end(Buffer.from('15030300020228', 'hex')));
  });
  server.listen(port, address);
  await once(server, 'listening');
  closing.push(() => server.close());
  return { port: (server.address() as AddressInfo).port, connections: () => connections };
}
