import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { SECURITY_HEADERS } from '../src/http/answer.ts';
import { MAX_BODY_BYTES } from '../src/http/request-body.ts';
import { problemSchema } from '../src/http/schemas/problem.ts';
import { type RunningServer, startServer } from '../src/server.ts';
import { testApp } from './support/test-app.ts';
import { sampleVerdict } from './support/verdict.ts';

const servers: RunningServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop(0)));
});

type Changes = Parameters<typeof testApp>[0];

async function start(changes: Changes = {}) {
  const { app, lines } = testApp(changes);
  const server = await startServer({ fetch: (request, peer) => app.fetch(request, peer), host: '127.0.0.1', port: 0 });
  servers.push(server);
  const base = `http://127.0.0.1:${server.address.port}`;
  return { server, lines, base, port: server.address.port };
}

/** Everything that the server says on a connection of its own until it closes it. */
async function talk(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(bytes);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  return Buffer.concat(chunks).toString('latin1');
}

const post = (body: string) => ({ method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
const good = JSON.stringify({ host: 'a.example' });

const CHUNKED =
  'POST /verify HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n';

describe('over a socket', () => {
  it('answers POST /verify', async () => {
    const { base } = await start();
    const response = await fetch(`${base}/verify`, post(good));
    expect(response.status).toBe(200);
    expect(response.headers.get('X-Verdict')).toBe('pass');
    expect(await response.json()).toMatchObject({ verdict: 'pass' });
  });

  it('answers HEAD without a body and keeps the connection in order', async () => {
    const { port } = await start();
    const answer = await talk(
      port,
      'HEAD /livez HTTP/1.1\r\nHost: localhost\r\n\r\nGET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    );
    expect(answer.match(/HTTP\/1\.1 200/g)).toHaveLength(2);
    expect(answer.match(/\{"status":"live"\}/g)).toHaveLength(1);
  });

  it.each([
    { path: '/check/a.example/../b.example', status: 400 },
    { path: '/check/a.example/%2e%2E/b.example', status: 400 },
    { path: '/check/a.example/.%2e/b.example', status: 400 },
    { path: '/check/a.example\\..\\b.example', status: 400 },
    { path: '/check/a.example/x/..', status: 400 },
    { path: '/check/a.example/./x', status: 400 },
    { path: 'http://localhost/check/a.example/../b.example', status: 400 },
    { path: '/check/a.example/...', status: 200 },
    { path: '/check/a.example/..x/.well-known/a..b', status: 200 },
    { path: '/check/a.example/x?a=/../b', status: 200 },
  ])('lets no path leave its prefix: $path', async ({ path, status }) => {
    const targets: unknown[] = [];
    const verify = async (request: { target: unknown }) => {
      targets.push(request.target);
      return sampleVerdict();
    };
    const { port } = await start({ verify });
    const answer = await talk(port, `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    expect(answer).toContain(`HTTP/1.1 ${status} `);
    expect(targets).toMatchObject(status === 200 ? [{ host: { text: 'a.example' } }] : []);
  });

  it('answers a check that posts a body which nobody reads, and keeps the connection in order', async () => {
    const { port } = await start();
    const body = 'x'.repeat(300_000);
    const answer = await talk(
      port,
      `POST /check/a.example HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}` +
        'GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    );
    expect(answer.match(/HTTP\/1\.1 200/g)).toHaveLength(2);
  });

  it.each([
    { name: 'HTTP/1.0 without Host', head: 'GET /livez HTTP/1.0\r\n\r\n', status: 200 },
    { name: 'HTTP/1.1 without Host', head: 'GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n', status: 400 },
    { name: 'a Host that is none', head: 'GET /livez HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n', status: 400 },
    {
      name: 'a public Host',
      head: 'GET /livez HTTP/1.1\r\nHost: a.example.com\r\nConnection: close\r\n\r\n',
      status: 421,
    },
    {
      name: 'an absolute URL that contradicts Host',
      head: 'GET http://localhost/livez HTTP/1.1\r\nHost: a.example.com\r\nConnection: close\r\n\r\n',
      status: 421,
    },
    { name: 'OPTIONS *', head: 'OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n', status: 400 },
    {
      name: 'an unknown method',
      head: 'BREW /verify HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
      status: 400,
    },
    {
      name: 'PROPFIND',
      head: 'PROPFIND /verify HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
      status: 405,
    },
    {
      name: '999 short headers',
      head: `GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${'a:\r\n'.repeat(998)}\r\n`,
      status: 200,
    },
    {
      name: '1,001 short headers',
      head: `GET /livez HTTP/1.1\r\nHost: localhost\r\n${'a:\r\n'.repeat(1000)}\r\n`,
      status: 431,
    },
    { name: 'TLS', head: '\x16\x03\x01\x00\x05hello', status: 400 },
    { name: 'CONNECT', head: 'CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n', status: 400 },
    { name: 'CONNECT to a path', head: 'CONNECT /livez HTTP/1.1\r\nHost: localhost\r\n\r\n', status: 400 },
    {
      name: 'a user in an absolute URL',
      head: 'GET http://a:b@localhost/livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
      status: 400,
    },
    {
      name: 'a user behind more slashes than there should be',
      head: 'GET http:///a@localhost/livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
      status: 400,
    },
    {
      name: 'an absolute URL without a user',
      head: 'GET http://localhost/livez?a@b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
      status: 200,
    },
  ])('$name: $status', async ({ head, status }) => {
    const { port } = await start();
    expect(await talk(port, head)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  it('refuses a large body whether announced or not, and lives on', async () => {
    const { base, port } = await start();
    const head = 'POST /verify HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n';
    const announced = await talk(port, `${head}Content-Length: ${MAX_BODY_BYTES + 1}\r\n\r\n{`);
    expect(announced).toMatch(/^HTTP\/1\.1 413 /);
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
    const chunked = await talk(port, `${head}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(34)}0\r\n\r\n`);
    expect(chunked).toMatch(/^HTTP\/1\.1 413 /);
    expect((await fetch(`${base}/livez`)).status).toBe(200);
  });

  it('lets a caller read why its body is too large, although it sends all of it first', async () => {
    const { port } = await start();
    const head = `POST /verify HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${3 << 20}\r\n\r\n`;
    for (let round = 0; round < 10; round++) {
      const socket = connect(port, '127.0.0.1');
      socket.write(head);
      for (let sent = 0; sent < 3 << 20; sent += 1 << 16) {
        if (!socket.write(Buffer.alloc(1 << 16, 'x'))) await once(socket, 'drain');
      }
      let answer = '';
      for await (const chunk of socket) {
        answer += chunk;
        if (answer.includes('payload_too_large')) break;
      }
      expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    }
  });

  it.each([
    { name: 'no request', head: 'hello\r\n\r\n' },
    { name: 'CONNECT', head: 'CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n' },
    { name: 'a chunk that is none', head: `${CHUNKED}hello\r\n` },
  ])('lets a caller read what is wrong although it goes on sending, and not for ever: $name', async ({ head }) => {
    const { port } = await start();
    const ends = Array.from({ length: 20 }, async () => {
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
      const errors: Error[] = [];
      socket.on('error', (error) => errors.push(error));
      const more = () => socket.write(Buffer.alloc(1 << 14, 'x'));
      socket.on('drain', more).write(head);
      for (let sent = 0; sent < 8; sent++) more();
      let answer = '';
      socket.on('data', (chunk) => {
        answer += chunk;
      });
      await once(socket, 'end');
      const before = errors.length;
      const timer = setInterval(more, 5);
      await new Promise((done) => socket.once('close', done));
      clearInterval(timer);
      return { answer, before };
    });
    for (const { answer, before } of await Promise.all(ends)) {
      expect(answer).toMatch(/^HTTP\/1\.1 400 .*"code":"invalid_request"/s);
      expect(before).toBe(0);
    }
  });

  it.each([
    { name: 'one that would be too large', length: MAX_BODY_BYTES + 1, first: '413' },
    { name: 'one that is welcome', length: MAX_BODY_BYTES, first: '100' },
  ])('says before the body comes what becomes of $name: $first', async ({ length, first }) => {
    const { port } = await start();
    const socket = connect(port, '127.0.0.1');
    const lines = [
      'POST /verify HTTP/1.1',
      'Host: localhost',
      'Content-Type: application/json',
      'Expect: 100-continue',
    ];
    socket.write(`${lines.join('\r\n')}\r\nContent-Length: ${length}\r\n\r\n`);
    const [chunk] = await once(socket, 'data');
    expect(String(chunk)).toMatch(new RegExp(`^HTTP/1\\.1 ${first} `));
    socket.destroy();
  });

  it('aborts the work of a caller that goes away', async () => {
    const aborted = Promise.withResolvers<void>();
    const started = Promise.withResolvers<void>();
    const { base } = await start({
      verify: (_request, { signal }) => {
        started.resolve();
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            aborted.resolve();
            reject(signal.reason);
          });
        });
      },
    });
    const caller = httpRequest(`${base}/verify?host=a.example`);
    caller.on('error', () => {});
    caller.end();
    await started.promise;
    caller.destroy();
    await aborted.promise;
  });

  it('ends a connection that asks seventeen times before it has an answer', async () => {
    let asked = 0;
    const { port } = await start({
      verify: () => {
        asked++;
        return new Promise(() => {});
      },
    });
    const ask = 'GET /verify?host=a.example HTTP/1.1\r\nHost: localhost\r\n\r\n';
    const socket = connect(port, '127.0.0.1');
    socket.write(ask.repeat(16));
    await expect.poll(() => asked).toBe(16);
    expect(socket.closed).toBe(false);
    socket.write(ask.repeat(1000));
    let answer = '';
    for await (const chunk of socket) answer += chunk;
    expect(answer).toMatch(/^HTTP\/1\.1 503 .*overloaded.* 16 requests/s);
    expect(asked).toBe(16);
  });

  it('rejects when the port is taken', async () => {
    const { port } = await start();
    const second = startServer({ fetch: () => new Response(), host: '127.0.0.1', port });
    await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});

describe('stopping', () => {
  /** A verification that ends when the test says so. */
  function slow() {
    const started = Promise.withResolvers<void>();
    const finish = Promise.withResolvers<void>();
    let isDraining = false;
    const changes: Changes = {
      isDraining: () => isDraining,
      verify: async (_request, { signal }) => {
        started.resolve();
        signal.addEventListener('abort', () => finish.reject(signal.reason));
        await finish.promise;
        return sampleVerdict();
      },
    };
    const drain = () => {
      isDraining = true;
    };
    return { changes, started: started.promise, finish: finish.resolve, drain };
  }

  it('closes idle connections, finishes work under way, and refuses new connections', async () => {
    const { changes, started, finish, drain } = slow();
    const { server, base, port } = await start(changes);
    const idle = await keptAlive(port);
    const answer = fetch(`${base}/verify`, post(good));
    await started;
    drain();
    const stopped = server.stop(60_000);
    await once(idle, 'close');
    await expect(fetch(`${base}/livez`)).rejects.toThrow();
    finish();
    const response = await answer;
    expect(response.status).toBe(200);
    expect(response.headers.get('Connection')).toBe('close');
    expect(await stopped).toEqual({ wasCut: false });
  });

  it('cuts what outlasts the grace', async () => {
    const { changes, started } = slow();
    const { server, base } = await start(changes);
    const answer = fetch(`${base}/verify`, post(good)).catch((error: Error) => error.name);
    await started;
    expect(await server.stop(10)).toEqual({ wasCut: true });
    expect(await answer).toBe('TypeError');
  });

  it('cuts at once when told to', async () => {
    const { changes, started } = slow();
    const { server, base } = await start(changes);
    const answer = fetch(`${base}/verify`, post(good)).catch((error: Error) => error.name);
    await started;
    const stops = [server.stop(60_000), server.stop(60_000)];
    server.cut();
    expect(await Promise.all(stops)).toEqual([{ wasCut: true }, { wasCut: true }]);
    expect(await answer).toBe('TypeError');
  });

  async function keptAlive(port: number): Promise<Socket> {
    const socket = connect(port, '127.0.0.1');
    socket.write('GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(socket, 'data');
    return socket.resume();
  }
});

describe('what is no request', () => {
  const HEAD = 'POST /verify HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';

  it.each([
    { name: 'a line that is none', sent: 'hello\r\n\r\n', code: 'invalid_request' },
    { name: 'TLS', sent: '\x16\x03\x01\x00\x05hello', code: 'invalid_request' },
    { name: 'the preface of HTTP/2', sent: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', code: 'invalid_request' },
    { name: 'HTTP/3 in words', sent: 'GET /livez HTTP/3.0\r\nHost: localhost\r\n\r\n', code: 'invalid_request' },
    { name: 'two lengths', sent: `${HEAD}Content-Length: 5\r\nContent-Length: 6\r\n\r\n`, code: 'invalid_request' },
    { name: 'a negative length', sent: `${HEAD}Content-Length: -1\r\n\r\n`, code: 'invalid_request' },
    {
      name: 'a length beside chunks, and a request behind them',
      sent: `${HEAD}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n`,
      code: 'invalid_request',
    },
    {
      name: 'chunks that are not the last coding',
      sent: `${HEAD}Transfer-Encoding: chunked, x\r\n\r\n`,
      code: 'invalid_request',
    },
    {
      name: 'a chunk ended by LF',
      sent: `${HEAD}Transfer-Encoding: chunked\r\n\r\n1\n{\r\n0\r\n\r\n`,
      code: 'invalid_request',
    },
    {
      name: 'a chunk of 2^68 octets',
      sent: `${HEAD}Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n`,
      code: 'invalid_request',
    },
    { name: 'lines ended by LF', sent: 'GET /livez HTTP/1.1\nHost: localhost\n\n', code: 'invalid_request' },
    {
      name: 'a folded header',
      sent: 'GET /livez HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\n\r\n',
      code: 'invalid_request',
    },
    {
      name: 'a space before a colon',
      sent: 'GET /livez HTTP/1.1\r\nHost : localhost\r\n\r\n',
      code: 'invalid_request',
    },
    {
      name: 'NUL in a header',
      sent: 'GET /livez HTTP/1.1\r\nHost: localhost\r\nX: a\0\r\n\r\n',
      code: 'invalid_request',
    },
    {
      name: 'a header of 20 KB',
      sent: `GET /livez HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
      code: 'headers_too_large',
    },
    { name: 'a path of 20 KB', sent: `GET /${'x'.repeat(20_000)} HTTP/1.1\r\n\r\n`, code: 'headers_too_large' },
    { name: '4000 headers', sent: `GET / HTTP/1.1\r\n${'a: b\r\n'.repeat(4000)}\r\n`, code: 'headers_too_large' },
    {
      name: 'an extension of a chunk of 20 KB',
      sent: `${HEAD}Transfer-Encoding: chunked\r\n\r\n1;${'x'.repeat(20_000)}\r\n{\r\n0\r\n\r\n`,
      code: 'payload_too_large',
    },
    { name: 'a head that does not end', sent: 'GET /livez HTTP/1.1\r\nHost: localhost\r\n', code: 'request_timeout' },
    { name: 'a body that does not end', sent: `${HEAD}Content-Length: 100\r\n\r\n{`, code: 'request_timeout' },
  ])('$name: $code, and the end of the connection', { timeout: 60_000 }, async ({ sent, code }) => {
    const { port } = await start();
    const [head = '', body = ''] = (await talk(port, sent)).split('\r\n\r\n');
    const { status, ...problem } = problemSchema.parse(JSON.parse(body));
    expect(problem.code).toBe(code);
    expect(head.split('\r\n')[0]).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) expect(head).toContain(`\r\n${name}: ${value}`);
    expect(head).toContain('\r\nContent-Type: application/problem+json');
    expect(head).toContain(`\r\nContent-Length: ${Buffer.byteLength(body)}`);
    expect(head).toContain(`\r\nX-Request-Id: ${problem.request_id}`);
    expect(head).toContain('\r\nConnection: close');
  });

  it.each([
    { name: 'an expectation that nobody knows', head: 'Expect: a-miracle\r\n' },
    { name: 'an upgrade to WebSocket', head: 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n' },
    {
      name: 'an upgrade to HTTP/2',
      head: 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA\r\n',
    },
  ])('passes over $name', async ({ head }) => {
    const { port } = await start();
    const socket = connect(port, '127.0.0.1');
    for (const more of [head, '']) {
      socket.write(`GET /livez HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`);
      const [answer] = await once(socket, 'data');
      expect(String(answer)).toMatch(/^HTTP\/1\.1 200 /);
    }
    socket.destroy();
  });

  it.each([
    { name: 'none', head: 'HTTP/1.1\r\n', status: 400 },
    { name: 'none, in HTTP/1.0', head: 'HTTP/1.0\r\n', status: 200 },
    { name: 'one', head: 'HTTP/1.1\r\nhOST: localhost\r\n', status: 200 },
    { name: 'one, empty', head: 'HTTP/1.1\r\nHost:\r\n', status: 421 },
    { name: 'the same twice', head: 'HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n', status: 400 },
    { name: 'a good one first', head: 'HTTP/1.1\r\nHost: localhost\r\nHost: a.example.com\r\n', status: 400 },
    { name: 'a good one last', head: 'HTTP/1.0\r\nHost: a.example.com\r\nHost: localhost\r\n', status: 400 },
    { name: 'one with a user', head: 'HTTP/1.1\r\nHost: localhost@a.example.com\r\n', status: 400 },
    { name: 'one with a zone', head: 'HTTP/1.1\r\nHost: [fe80::1%25eth0]\r\n', status: 400 },
  ])('Host: $name: $status', async ({ head, status }) => {
    const { port } = await start();
    const answer = await talk(port, `GET /verify?host=a.example ${head}Connection: close\r\n\r\n`);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    for (const name of Object.keys(SECURITY_HEADERS))
      expect(answer.toLowerCase()).toContain(`\r\n${name.toLowerCase()}: `);
    if (status !== 200) expect(answer).toContain('application/problem+json');
  });

  it.each([
    { name: 'of another host', url: 'http://a.example.com/verify?host=a.example', status: 200 },
    { name: 'of a scheme that is none of ours', url: 'ftp://localhost/verify?host=a.example', status: 400 },
    { name: 'with a dot segment', url: 'http://localhost/check/x/../a.example', status: 400 },
  ])('a URL in the request line, $name: $status, whatever Host allows', async ({ url, status }) => {
    const { port } = await start();
    const ask = (host: string) => talk(port, `GET ${url} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    expect(await ask('localhost')).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(await ask('rebound.example.com')).toMatch(/^HTTP\/1\.1 4/);
  });

  it('opens no tunnel', async () => {
    const { port } = await start();
    const answer = await talk(port, 'CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HTTP/1.1\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 400 .*\r\nConnection: close\r\n/s);
    expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  });
});
