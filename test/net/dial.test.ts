import { once } from 'node:events';
import { createServer, type Server, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { IpAddress } from '../../src/domain/ip-address.ts';
import type { ParseError } from '../../src/domain/parse-error.ts';
import { parsePortRange } from '../../src/domain/port-range.ts';
import { type AddressFamily, parseHost, type Target } from '../../src/domain/target.ts';
import { parseTargetPattern } from '../../src/domain/target-pattern.ts';
import { createAddressGuard } from '../../src/net/address-guard.ts';
import { createAddressShare } from '../../src/net/address-share.ts';
import { type Connect, systemConnect } from '../../src/net/connect.ts';
import { createDialer } from '../../src/net/dial.ts';
import { createPortGuard } from '../../src/net/port-guard.ts';
import { createResolver, type LookUp } from '../../src/net/resolve.ts';

function parsed<T extends object>(value: T): Exclude<T, ParseError> {
  if ('error' in value) throw new Error(String(value.error));
  return value as Exclude<T, ParseError>;
}

interface Setup {
  share?: number;
  lookUp?: LookUp;
  connect?: Connect;
  loopback?: boolean;
  allow?: string[];
  allowPorts?: string[];
  denyPorts?: string[];
}

function dialer(setup: Setup = {}) {
  return createDialer({
    guard: createAddressGuard({
      allowTargets: (setup.allow ?? []).map((text) => parsed(parseTargetPattern(text))),
      denyTargets: [],
      loopback: setup.loopback ?? true,
    }),
    ports: createPortGuard({
      allowPorts: (setup.allowPorts ?? []).map((text) => parsed(parsePortRange(text))),
      denyPorts: (setup.denyPorts ?? []).map((text) => parsed(parsePortRange(text))),
    }),
    resolver: createResolver({ lookUp: setup.lookUp ?? (async () => ['127.0.0.1']), maxLookUps: 4 }),
    connect: setup.connect ?? systemConnect,
    share: createAddressShare(setup.share ?? 64),
  });
}

function target(host: string, port: number, addressFamily: AddressFamily = 'any'): Target {
  return { host: parsed(parseHost(host)), port, connectTo: null, serverName: null, addressFamily };
}

const patience = () => ({
  caller: 'c',
  signal: new AbortController().signal,
  resolveTimeoutMs: 5000,
  connectTimeoutMs: 5000,
});

const servers: Server[] = [];
const accepted: Socket[] = [];

afterEach(async () => {
  for (const socket of accepted.splice(0)) socket.destroy();
  await Promise.all(servers.splice(0).map((server) => new Promise((done) => server.close(done))));
});

/** A listener on loopback; `received` collects every byte that it got. */
async function listen(address = '127.0.0.1'): Promise<{ port: number; received: Buffer[]; connections: () => number }> {
  const received: Buffer[] = [];
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    accepted.push(socket);
    socket.on('data', (chunk) => received.push(chunk)).on('error', () => {});
  });
  servers.push(server);
  server.listen(0, address);
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('no port');
  return { port: bound.port, received, connections: () => connections };
}

function literal(text: string): IpAddress {
  const host = parsed(parseHost(text));
  if (host.kind !== 'ip') throw new Error('no address');
  return host;
}

/** A port on which nothing listens any more. */
async function closedPort(): Promise<number> {
  const { port } = await listen();
  await Promise.all(servers.splice(0).map((server) => new Promise((done) => server.close(done))));
  return port;
}

/** A socket whose connecting fails with an errno. */
function failingSocket(code: string): Socket {
  const socket = new Socket();
  process.nextTick(() => socket.destroy(Object.assign(new Error(code), { code })));
  return socket;
}

/** Addresses that lead to a loopback listener, fail with an errno, or swallow everything (`silent`). */
function network(routes: Record<string, number | string>, seen: Socket[] = []): Connect {
  return ({ address, port }) => {
    const route = routes[address] ?? 'ENETUNREACH';
    const socket =
      typeof route === 'number'
        ? systemConnect({ address: '127.0.0.1', port: route })
        : route === 'silent'
          ? new Socket()
          : failingSocket(route);
    seen.push(socket);
    expect(port).toBeGreaterThan(0);
    return socket;
  };
}

describe('open', () => {
  it('connects to a listener and times what it did', async () => {
    const { port } = await listen();
    const report = await dialer().open(target('wiki.corp.example', port), patience());
    expect(report).toMatchObject({
      addresses: ['127.0.0.1'],
      refused: [],
      addressesTotal: 1,
      faults: [],
      connection: { address: { text: '127.0.0.1' }, port },
      attempts: [{ address: '127.0.0.1', error: null }],
    });
    expect(report.resolveMs).not.toBeNull();
    expect(report.connectMs).not.toBeNull();
    report.connection?.socket.destroy();
  });

  it('dials connect_to in place of host and port', async () => {
    const { port } = await listen();
    const connectTo = { host: parsed(parseHost('127.0.0.1')), port };
    const report = await dialer({ lookUp: () => Promise.reject(new Error('not asked')) }).open(
      { ...target('wiki.corp.example', 1), connectTo },
      patience(),
    );
    expect(report.connection?.port).toBe(port);
    expect(report.resolveMs).toBeNull();
    report.connection?.socket.destroy();
  });

  it('says who refused', async () => {
    const port = await closedPort();
    const report = await dialer().open(target('127.0.0.1', port), patience());
    expect(report.connection).toBeNull();
    expect(report.faults).toMatchObject([
      { code: 'connection_refused', evidence: { port, addresses: ['127.0.0.1'], errors: ['ECONNREFUSED'] } },
    ]);
  });

  it.each([
    ['ECONNREFUSED', 'connection_refused'],
    ['ETIMEDOUT', 'connection_timeout'],
    ['EHOSTUNREACH', 'host_unreachable'],
    ['ENETUNREACH', 'host_unreachable'],
    ['EHOSTDOWN', 'host_unreachable'],
    ['EACCES', 'host_unreachable'],
    ['EAFNOSUPPORT', 'host_unreachable'],
  ])('%s is %s', async (error, code) => {
    const report = await dialer({ connect: network({ '192.0.2.1': error }) }).open(
      target('192.0.2.1', 443),
      patience(),
    );
    expect(report.faults).toMatchObject([{ code, evidence: { errors: [error] } }]);
  });

  it.each(['ECONNRESET', 'ECONNABORTED', 'EPIPE'])('%s is a connection that was dropped', async (error) => {
    const connect = network({ '192.0.2.1': error });
    const report = await dialer({ connect }).open(target('192.0.2.1', 443), patience());
    expect(report).toMatchObject({
      faults: [],
      connection: null,
      dropped: { address: { text: '192.0.2.1' }, fault: { code: 'tls_closed', evidence: { closed_by: 'reset' } } },
    });
    const options = { name: null, signal: AbortSignal.timeout(5000), timeoutMs: 1000 };
    const fault = await dialer({ connect }).dial(literal('192.0.2.1'), 443, options);
    expect(fault).toMatchObject({ code: 'tls_closed' });
  });

  it.each(['EMFILE', 'ENFILE', 'ENOBUFS', 'EADDRNOTAVAIL'])("%s is ours, never the target's", async (error) => {
    const opening = dialer({ connect: network({ '192.0.2.1': error }) }).open(target('192.0.2.1', 443), patience());
    await expect(opening).rejects.toMatchObject({
      code: 'overloaded',
      message: expect.stringContaining(error),
      headers: { 'Retry-After': '1' },
    });
  });

  it('takes EADDRNOTAVAIL of an IPv6 address for a machine without IPv6', async () => {
    const connect = network({ '2001:db8::1': 'EADDRNOTAVAIL' });
    const report = await dialer({ connect }).open(target('2001:db8::1', 443), patience());
    expect(report.faults).toMatchObject([{ code: 'host_unreachable' }]);
  });

  it('gives up on silence at its deadline and destroys the socket', async () => {
    const seen: Socket[] = [];
    const report = await dialer({ connect: network({ '192.0.2.1': 'silent' }, seen) }).open(target('192.0.2.1', 443), {
      ...patience(),
      connectTimeoutMs: 30,
    });
    expect(report.faults).toMatchObject([{ code: 'connection_timeout', evidence: { errors: ['TIMEOUT'] } }]);
    expect(seen.map(({ destroyed }) => destroyed)).toEqual([true]);
  });

  it('hands on what the resolver says', async () => {
    const lookUp: LookUp = () => Promise.reject(Object.assign(new Error(), { code: 'ENOTFOUND' }));
    const report = await dialer({ lookUp }).open(target('gone.example', 443), patience());
    expect(report).toMatchObject({ connection: null, connectMs: null, faults: [{ code: 'dns_not_found' }] });
  });

  it('is overloaded when the look-up never had its turn, and dials nothing', async () => {
    const seen: Socket[] = [];
    const crowded = dialer({ lookUp: () => new Promise(() => {}), connect: network({}, seen) });
    const hasty = { ...patience(), resolveTimeoutMs: 50 };
    const held = [1, 2].map((each) =>
      crowded.open(target(`${each}.example`, 443), { ...hasty, resolveTimeoutMs: 200 }),
    );
    await expect(crowded.open(target('late.example', 443), hasty)).rejects.toMatchObject({
      code: 'overloaded',
      headers: { 'Retry-After': '1' },
    });
    expect((await Promise.all(held)).flatMap(({ faults }) => faults.map(({ code }) => code))).toEqual([
      'dns_timeout',
      'dns_timeout',
    ]);
    expect(seen).toEqual([]);
  });

  it('tries the next address when one fails, in order', async () => {
    const { port } = await listen();
    const report = await dialer({
      lookUp: async () => ['2001:db8::1', '192.0.2.1', '192.0.2.2', '192.0.2.3'],
      connect: network({ '192.0.2.1': 'ECONNREFUSED', '192.0.2.2': port, '192.0.2.3': port }),
    }).open(target('a.example', 443), patience());
    expect(report.connection?.address.text).toBe('192.0.2.2');
    expect(report.attempts.map(({ address, error }) => [address, error])).toEqual([
      ['2001:db8::1', 'ENETUNREACH'],
      ['192.0.2.1', 'ECONNREFUSED'],
      ['192.0.2.2', null],
    ]);
    expect(report.faults).toEqual([]);
    report.connection?.socket.destroy();
  });

  it('overtakes a silent address and destroys the attempt', async () => {
    const { port } = await listen();
    const seen: Socket[] = [];
    const report = await dialer({
      lookUp: async () => ['192.0.2.1', '192.0.2.2'],
      connect: network({ '192.0.2.1': 'silent', '192.0.2.2': port }, seen),
    }).open(target('a.example', 443), { ...patience(), connectTimeoutMs: 15_000 });
    expect(report.connection?.address.text).toBe('192.0.2.2');
    expect(report.attempts.map(({ address, error }) => [address, error])).toEqual([
      ['192.0.2.2', null],
      ['192.0.2.1', 'ABANDONED'],
    ]);
    expect(seen[0]?.destroyed).toBe(true);
    expect(seen[1]?.destroyed).toBe(false);
    report.connection?.socket.destroy();
  });

  it('reports each kind of failure once, with its addresses', async () => {
    const report = await dialer({
      lookUp: async () => ['192.0.2.1', '192.0.2.2', '192.0.2.3'],
      connect: network({ '192.0.2.1': 'ECONNREFUSED', '192.0.2.2': 'EHOSTUNREACH', '192.0.2.3': 'ECONNREFUSED' }),
    }).open(target('a.example', 443), patience());
    expect(report.faults).toMatchObject([
      { code: 'connection_refused', evidence: { addresses: ['192.0.2.1', '192.0.2.3'] } },
      { code: 'host_unreachable', evidence: { addresses: ['192.0.2.2'] } },
    ]);
  });
});

describe('the guard', () => {
  it('never dials a refused address, and dials the allowed one beside it', async () => {
    const { port } = await listen();
    const dialled: string[] = [];
    const report = await dialer({
      lookUp: async () => ['169.254.169.254', '::ffff:169.254.169.254', '127.0.0.1'],
      connect: (to) => {
        dialled.push(to.address);
        return systemConnect(to);
      },
    }).open(target('a.example', port), patience());
    expect(dialled).toEqual(['127.0.0.1']);
    expect(report.refused).toEqual(['169.254.169.254', '::ffff:169.254.169.254']);
    report.connection?.socket.destroy();
  });

  it.each<[name: string, host: string, answer: string[], mentions: string[]]>([
    ['a literal', '169.254.169.254', [], ['169.254.169.254', '169.254.0.0/16', 'ALLOW_TARGETS']],
    ['a name', 'a.example', ['127.0.0.1'], ['127.0.0.1', 'a.example', '127.0.0.0/8', 'ALLOW_TARGETS']],
    ['all of several', 'a.example', ['::1', '0.0.0.0'], ['::1', 'a.example', 'ALLOW_TARGETS']],
  ])('refuses %s', async (_, host, answer, mentions) => {
    const setup: Setup = {
      loopback: false,
      lookUp: async () => answer,
      connect: () => {
        throw new Error('dialled');
      },
    };
    const problem = await dialer(setup)
      .open(target(host, 443), patience())
      .catch((error: unknown) => error);
    expect(problem).toMatchObject({ code: 'target_forbidden', status: 403 });
    for (const part of mentions) expect(String(problem)).toContain(part);
  });

  it('judges the connected peer again: no byte reaches a rebound address', async () => {
    const { port, received, connections } = await listen();
    const seen: Socket[] = [];
    const rebinding = dialer({
      loopback: false,
      lookUp: async () => ['192.0.2.1'],
      connect: network({ '192.0.2.1': port }, seen),
    });
    await expect(rebinding.open(target('a.example', 443), patience())).rejects.toMatchObject({
      code: 'target_forbidden',
      message: expect.stringContaining('127.0.0.1'),
    });
    expect(seen.map(({ destroyed }) => destroyed)).toEqual([true]);
    while (connections() === 0) await new Promise((done) => setTimeout(done, 5));
    expect(Buffer.concat(received)).toHaveLength(0);
  });

  it('is asked for a single dial and a redial too', async () => {
    const { port } = await listen();
    const loopback = literal('127.0.0.1');
    const options = { name: null, signal: new AbortController().signal, timeoutMs: 5000 };
    await expect(dialer({ loopback: false }).dial(loopback, port, options)).rejects.toMatchObject({
      code: 'target_forbidden',
    });
    let leadsTo = '127.0.0.1';
    const shifting = dialer({
      loopback: false,
      allow: ['127.0.0.1', '192.0.2.1'],
      connect: () => systemConnect({ address: leadsTo, port }),
    });
    const report = await shifting.open(target('192.0.2.1', port), patience());
    report.connection?.socket.destroy();
    const again = await report.connection?.redial(options);
    expect(again).toBeInstanceOf(Socket);
    if (again instanceof Socket) again.destroy();
    const elsewhere = await listen('127.0.0.2');
    leadsTo = '127.0.0.2';
    await expect(
      dialer({
        allow: ['127.0.0.1'],
        loopback: false,
        connect: () => systemConnect({ address: leadsTo, port: elsewhere.port }),
      }).dial(loopback, port, options),
    ).rejects.toMatchObject({ code: 'target_forbidden' });
  });

  it.each<[allow: string[], deny: string[], port: number, allowed: boolean]>([
    [[], [], 22, true],
    [['443'], [], 443, true],
    [['443'], [], 444, false],
    [['8000-8010'], [], 8000, true],
    [['8000-8010'], [], 8010, true],
    [['8000-8010'], [], 7999, false],
    [['8000-8010'], [], 8011, false],
    [[], ['25'], 25, false],
    [[], ['25'], 26, true],
    [['25'], ['25'], 25, false],
  ])('ALLOW_PORTS %j and DENY_PORTS %j: port %i', async (allowPorts, denyPorts, port, allowed) => {
    const connect = network({ '192.0.2.1': 'ECONNREFUSED' });
    const opening = dialer({ allowPorts, denyPorts, connect }).open(target('192.0.2.1', port), patience());
    if (allowed) expect((await opening).faults).toHaveLength(1);
    else await expect(opening).rejects.toMatchObject({ code: 'port_forbidden', status: 403 });
  });
});

describe('the signal', () => {
  it('leaves no socket when it aborts before, during and after', async () => {
    const reason = new Error('client gone');
    const seen: Socket[] = [];
    const silent = dialer({ connect: network({ '192.0.2.1': 'silent' }, seen) });
    await expect(
      silent.open(target('192.0.2.1', 443), { ...patience(), signal: AbortSignal.abort(reason) }),
    ).rejects.toBe(reason);
    expect(seen).toEqual([]);

    const during = new AbortController();
    const opening = silent.open(target('192.0.2.1', 443), { ...patience(), signal: during.signal });
    setTimeout(() => during.abort(reason), 10);
    await expect(opening).rejects.toBe(reason);
    expect(seen.map(({ destroyed }) => destroyed)).toEqual([true]);

    const { port } = await listen();
    const after = new AbortController();
    const report = await dialer().open(target('127.0.0.1', port), { ...patience(), signal: after.signal });
    expect(report.connection?.socket.destroyed).toBe(false);
    after.abort(reason);
    expect(report.connection?.socket.destroyed).toBe(true);
  });

  it('ends every attempt of a race', async () => {
    const seen: Socket[] = [];
    const controller = new AbortController();
    const opening = dialer({
      lookUp: async () => ['192.0.2.1', '192.0.2.2', '192.0.2.3'],
      connect: network({ '192.0.2.1': 'silent', '192.0.2.2': 'silent', '192.0.2.3': 'silent' }, seen),
    }).open(target('a.example', 443), { ...patience(), signal: controller.signal });
    while (seen.length < 2) await new Promise((done) => setTimeout(done, 10));
    controller.abort();
    await expect(opening).rejects.toThrow();
    await new Promise((done) => setTimeout(done, 300));
    expect(seen.map(({ destroyed }) => destroyed)).toEqual([true, true]);
  });
});

describe('a peer', () => {
  it('that speaks first is heard by whoever takes the socket', async () => {
    const server = createServer((socket) => {
      accepted.push(socket);
      socket.write('220 mail.example ESMTP\r\n');
    });
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const bound = server.address();
    if (bound === null || typeof bound === 'string') throw new Error('no port');
    const report = await dialer().open(target('127.0.0.1', bound.port), patience());
    await new Promise((done) => setTimeout(done, 50));
    const socket = report.connection?.socket;
    if (socket === undefined) throw new Error('not connected');
    const [greeting] = await once(socket, 'data');
    expect(String(greeting)).toContain('ESMTP');
    socket.destroy();
  });

  it('that resets before anybody listens does not end the process', async () => {
    const server = createServer((socket) => setTimeout(() => socket.resetAndDestroy(), 20));
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const bound = server.address();
    if (bound === null || typeof bound === 'string') throw new Error('no port');
    const report = await dialer().open(target('127.0.0.1', bound.port), patience());
    report.connection?.socket.resume();
    await new Promise((done) => setTimeout(done, 100));
    expect(report.connection?.socket.destroyed).toBe(true);
  });
});
