import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { startCommand, type TestServer } from './child-server.ts';
import { bundle, type Issued } from './issued.ts';

/** Who the server claims to be. */
export interface ServerIdentity {
  readonly leaf: Pick<Issued, 'pem' | 'keyPem'>;
  /** Sent after the leaf, in this order. */
  readonly chain?: readonly { readonly pem: string }[];
}

/**
 * `openssl s_server`: one connection at a time. `args` are its own options (`['-tls1_2', '-cipher', 'AES128-SHA']`).
 */
export async function startOpenssl(
  identity: ServerIdentity & { readonly args?: readonly string[]; readonly files?: Readonly<Record<string, string>> },
): Promise<TestServer> {
  const { leaf, chain = [], args = [], files = {} } = identity;
  return await startCommand({
    program: 'openssl',
    files: () => ({ 'leaf.pem': leaf.pem, 'key.pem': leaf.keyPem, 'chain.pem': bundle(...chain), ...files }),
    args: () => [
      ...['s_server', '-accept', '127.0.0.1:0', '-cert', 'leaf.pem', '-key', 'key.pem'],
      ...(chain.length > 0 ? ['-cert_chain', 'chain.pem'] : []),
      ...args,
    ],
    announces: /ACCEPT 127\.0\.0\.1:(\d+)/,
  });
}

/** nginx with one TLS server block; `directives` stand in it (`['ssl_protocols TLSv1.2;']`). */
export async function startNginx(
  identity: ServerIdentity & {
    readonly directives?: readonly string[];
    readonly files?: Readonly<Record<string, string>>;
  },
): Promise<TestServer> {
  const { leaf, chain = [], directives = [], files = {} } = identity;
  return await startCommand({
    program: 'nginx',
    files: (_folder, port) => ({
      'chain.pem': bundle(leaf, ...chain),
      'key.pem': leaf.keyPem,
      'nginx.conf': nginxConfiguration(port, directives),
      ...files,
    }),
    args: (folder) => ['-p', folder, '-c', 'nginx.conf', '-e', 'stderr'],
  });
}

function nginxConfiguration(port: number, directives: readonly string[]): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
    daemon off; master_process off; pid nginx.pid; error_log stderr info;
    events { worker_connections 64; }
    http {
      access_log off;
      ${temporary.map((name) => `${name}_temp_path ${name};`).join(' ')}
      server {
        listen 127.0.0.1:${port} ssl;
        ssl_certificate chain.pem; ssl_certificate_key key.pem;
        ${directives.join('\n')}
        location / { return 200 "ok"; }
      }
    }`;
}

/** HAProxy with one TLS frontend; `bind` are options of its bind line (`['ssl-min-ver', 'TLSv1.3']`). */
export async function startHaproxy(
  identity: ServerIdentity & { readonly bind?: readonly string[]; readonly files?: Readonly<Record<string, string>> },
): Promise<TestServer> {
  const { leaf, chain = [], bind = [], files = {} } = identity;
  return await startCommand({
    program: 'haproxy',
    files: (_folder, port) => ({
      'bundle.pem': bundle(leaf, ...chain, { pem: leaf.keyPem }),
      'haproxy.cfg': [
        'global',
        '  log stdout format raw local0 info',
        'defaults',
        '  log global',
        '  mode http',
        '  timeout connect 5s\n  timeout client 5s\n  timeout server 5s',
        'frontend tls',
        `  bind 127.0.0.1:${port} ssl crt bundle.pem ${bind.join(' ')}`,
        '  http-request return status 200 content-type text/plain string ok',
        '',
      ].join('\n'),
      ...files,
    }),
    args: () => ['-db', '-f', 'haproxy.cfg'],
  });
}

/** gnutls-serv, which listens on every address of the machine: it has no option for one. */
export async function startGnutls(
  identity: ServerIdentity & { readonly args?: readonly string[]; readonly files?: Readonly<Record<string, string>> },
): Promise<TestServer> {
  const { leaf, chain = [], args = [], files = {} } = identity;
  return await startCommand({
    program: 'gnutls-serv',
    files: () => ({ 'chain.pem': bundle(leaf, ...chain), 'key.pem': leaf.keyPem, ...files }),
    args: (_folder, port) => [
      ...['--port', String(port), '--http', '--x509certfile', 'chain.pem', '--x509keyfile', 'key.pem'],
      ...args,
    ],
  });
}

/**
 * A TLS server of Node itself; its log holds a line for each handshake that failed. `staple` is asked for an OCSP
 * response at each.
 */
export async function startNodeTls(
  identity: ServerIdentity & TlsOptions & { readonly staple?: () => Buffer | null },
): Promise<TestServer> {
  const { leaf, chain = [], staple, ...options } = identity;
  const server = createTlsServer({ cert: bundle(leaf, ...chain), key: leaf.keyPem, ...options });
  const lines: string[] = [];
  if (staple) {
    server.on('OCSPRequest', (_leaf, _issuer, respond) => respond(null, staple() ?? Buffer.alloc(0)));
  }
  server.on('tlsClientError', (error) => lines.push(`tlsClientError ${error.message}`));
  server.on('secureConnection', (socket) => {
    lines.push(`secureConnection ${socket.getProtocol()}`);
    socket.on('error', (error) => lines.push(`error ${error.message}`));
    socket.resume();
  });
  return await listening(server, lines);
}

/** A TCP server that does with each connection what it is told. */
export async function startRawTcp(onSocket: (socket: Socket) => void): Promise<TestServer> {
  const lines: string[] = [];
  const server = createServer((socket) => {
    lines.push('connection');
    socket.on('error', (error) => lines.push(`error ${error.message}`));
    onSocket(socket);
  });
  return await listening(server, lines);
}

async function listening(server: Server, lines: readonly string[]): Promise<TestServer> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const close = async () => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return { port: address.port, close, log: () => lines.join('\n'), [Symbol.asyncDispose]: close };
}
