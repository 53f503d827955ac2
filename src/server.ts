import { constants } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import {
  createServer as createHttpsServer,
  type ServerOptions as HttpsOptions,
  Server as HttpsServer,
} from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { getRequestListener } from '@hono/node-server';
import type { ServerIdentity } from './access/server-identity.ts';
import { Problem } from './domain/problem.ts';
import { AnswersUnderWay, MAX_PIPELINED } from './http/answers-under-way.ts';
import type { ConnectionLimit } from './http/connection-limit.ts';
import type { Peer } from './http/http-env.ts';
import { addressId } from './http/middleware/identify-caller.ts';
import { toProblem, wholeProblemAnswer } from './http/problem-response.ts';
import type { RefuseEarly } from './http/refuse-early.ts';
import { objectionToHead } from './http/refuse-head.ts';
import { malformedRequest } from './http/refuse-malformed.ts';
import { MAX_BODY_BYTES } from './http/request-body.ts';
import { turns } from './loop/turns.ts';

/** A whole request must arrive within this: two megabytes at the pace of a bad modem, and no slower. */
const REQUEST_TIMEOUT_MS = 15_000;
const HEADERS_TIMEOUT_MS = 5_000;
/** Longer than the 60 s for which common proxies keep a connection, so that it is theirs to close. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;
/** How often Node looks for requests past those limits. */
const TIMEOUT_CHECK_MS = 1_000;
/** Connections that wait to be accepted, one in each turn of the loop; the system may have a lower bound. */
const BACKLOG = 4096;
/** For how long a connection is read on behind its last answer. */
const LINGER_MS = 1_000;
/** While stopping: how often connections that became idle are looked for. */
const IDLE_CHECK_MS = 50;

export interface ServerOptions {
  readonly fetch: (request: Request, peer: Peer) => Response | Promise<Response>;
  /** Address or name to listen on. */
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Share the port with other processes: the kernel deals connections out between their listeners (socket(7)). */
  readonly reusePort?: boolean;
  /** Speak HTTPS as this; null speaks HTTP. */
  readonly identity?: ServerIdentity | null;
  readonly connections?: ConnectionLimit;
  readonly refuseEarly?: RefuseEarly;
}

export interface RunningServer {
  readonly address: AddressInfo;
  /**
   * Shows another certificate from the next connection on. Those that are open stay, unless client certificates are to
   * be of other CAs now: then each ends with the answer that it waits for.
   */
  renew(identity: ServerIdentity): void;
  /**
   * Accepts nothing more, lets requests under way end, and after `graceMs` cuts what is left (which aborts their
   * work). Resolves when every connection is closed, with whether any had to be cut.
   */
  stop(graceMs: number): Promise<{ readonly wasCut: boolean }>;
  /** Ends the grace of a stop. */
  cut(): void;
}

const HTTP_OPTIONS = {
  // The listener does it itself, in words; Node's own refusal is an empty answer.
  requireHostHeader: false,
  requestTimeout: REQUEST_TIMEOUT_MS,
  headersTimeout: HEADERS_TIMEOUT_MS,
  keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
  connectionsCheckingInterval: TIMEOUT_CHECK_MS,
};

/** Listens with an application behind it. Rejects when the address cannot be had. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { fetch, host, port, reusePort = false, identity = null, connections, refuseEarly } = options;
  let stopped: Promise<void> | null = null;
  /**
   * Why connections are too many, by the address and port of the other end: HTTPS shows another socket than TCP.
   */
  const surplus = new Map<string, string>();
  // HTTP/1.0 has no Host; such a caller is no browser and cannot be misled by one.
  const application = getRequestListener((request, { incoming }) => fetch(request, peerOf(incoming.socket)), {
    hostname: 'localhost',
    errorHandler: answerError,
  });
  const answers = new AnswersUnderWay();
  const listener = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const { socket } = incoming;
    // Of what was read before the connection was ended.
    if (!socket.writable) return;
    if (!answers.add(socket, outgoing)) {
      endConnection(socket, tooManyAtOnce());
      return;
    }
    const problem =
      objectionToHead(incoming) ??
      refuseEarly?.({
        method: incoming.method ?? '',
        url: incoming.url ?? '',
        authorization: incoming.headers.authorization,
        peerAddress: incoming.socket.remoteAddress,
        surplus: surplus.size > 0 ? (surplus.get(endOf(incoming.socket)) ?? null) : null,
      });
    if (problem) answerAtOnce(outgoing, problem, stopped !== null);
    else void application(incoming, outgoing);
  };
  const server =
    identity === null
      ? createServer(HTTP_OPTIONS, listener)
      : createHttpsServer(
          { ...HTTP_OPTIONS, handshakeTimeout: HEADERS_TIMEOUT_MS, ...secureOptions(identity) },
          listener,
        );
  // Who asks first whether to send (curl does from a megabyte on) is told before it has sent anything.
  server.on('checkContinue', (incoming: IncomingMessage, outgoing: ServerResponse) => {
    if (Number(incoming.headers['content-length'] ?? 0) <= MAX_BODY_BYTES) outgoing.writeContinue();
    listener(incoming, outgoing);
  });
  // What an Expect header asks for beyond 100-continue may be passed over (RFC 9110 §10.1.1).
  server.on('checkExpectation', listener);
  const ended = new WeakSet<Socket>();
  const endConnection = (socket: Socket, problem: Problem): void => {
    // Each further octet is an error again.
    if (ended.has(socket)) return;
    ended.add(socket);
    // In the middle of an answer nothing else can be said.
    const isCut = answers.firstOf(socket)?.headersSent === true;
    if (socket.writable && !isCut) answerLast(socket, problem);
    else socket.destroy();
  };
  server.on('clientError', (error, socket: Socket) => endConnection(socket, malformedRequest(error)));
  // Without a listener Node would close the connection without a word.
  server.on('connect', (_incoming, socket: Socket) => {
    socket.on('error', () => {});
    endConnection(socket, new Problem('invalid_request', 'CONNECT asks a proxy for a tunnel, and this is none.'));
  });
  // Node leaves this to the listener above too, and there an answer would wait for the end of a handshake that never ends.
  server.on('tlsClientError', (_error, socket: TLSSocket) => socket.destroy());
  let clientCa = identity?.clientCa ?? null;
  /** Connections whose client certificate was judged. */
  const judged = new Set<TLSSocket>();
  if (clientCa !== null) {
    server.on('secureConnection', (socket: TLSSocket) => {
      judged.add(socket);
      socket.once('close', () => judged.delete(socket));
    });
  }
  const endJudged = (): void => {
    for (const socket of judged) endAfterAnswer(socket, answers.lastOf(socket));
  };
  /** Those of TCP: Node's own list has none that is in a TLS handshake, or that sent what is no request. */
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    turns.arrived();
    const held = connections?.take(addressId(socket.remoteAddress));
    if (held === null || held?.surplus) server.closeIdleConnections();
    if (held === null) {
      socket.destroy();
      return;
    }
    const end = endOf(socket);
    open.add(socket);
    if (held?.surplus) surplus.set(end, held.surplus);
    socket.once('close', () => {
      open.delete(socket);
      surplus.delete(end);
      held?.release();
    });
  });
  server.listen({ port, host, reusePort, backlog: BACKLOG });
  await once(server, 'listening');

  let wasCut = false;
  const cut = () => {
    wasCut = true;
    for (const socket of open) socket.destroy();
  };
  return {
    address: server.address() as AddressInfo,
    renew(next) {
      if (server instanceof HttpsServer) server.setSecureContext(secureOptions(next));
      if (next.clientCa === clientCa) return;
      clientCa = next.clientCa;
      endJudged();
      // Handshakes that were under way may still end by the CAs before.
      setTimeout(endJudged, HEADERS_TIMEOUT_MS).unref();
    },
    async stop(graceMs) {
      if (stopped === null) {
        stopped = once(server, 'close').then(() => undefined);
        const deadline = setTimeout(cut, graceMs);
        // A connection kept alive by an answer from before the stop becomes idle only now.
        const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS);
        server.close(() => {
          answers.close();
          clearTimeout(deadline);
          clearInterval(idle);
        });
      }
      await stopped;
      return { wasCut };
    },
    cut,
  };
}

/** A refusal that costs a tenth of an answer of the application. What is left of the body is discarded by Node. */
function answerAtOnce(outgoing: ServerResponse, problem: Problem, isLast: boolean): void {
  const { headers, body } = wholeProblemAnswer(problem);
  if (isLast) headers.Connection = 'close';
  outgoing.writeHead(problem.status, headers).end(body);
}

function tooManyAtOnce(): Problem {
  return new Problem(
    'overloaded',
    `This connection has ${MAX_PIPELINED} requests without an answer, all that one may have: read one, or open another connection.`,
    { headers: { 'Retry-After': '1' } },
  );
}

/**
 * The end of a connection on which nobody knows where the next request would begin: a problem like any other. Closed
 * while the other end sends, TCP would reset it, and the sender might never read the answer (RFC 9112 §9.6).
 */
function answerLast(socket: Duplex, problem: Problem): void {
  const { headers, body } = wholeProblemAnswer(problem);
  const lines = Object.entries({ ...headers, Connection: 'close' }).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n${lines.join('')}\r\n`;
  if (socket.readableEnded) {
    socket.end(head + body, () => socket.destroy());
    return;
  }
  socket.end(head + body);
  const deadline = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(deadline));
  socket.once('end', () => socket.destroy());
  socket.resume();
}

/** Idle connections end at once. */
function endAfterAnswer(socket: TLSSocket, answer: ServerResponse | undefined): void {
  if (answer === undefined) {
    socket.destroy();
    return;
  }
  answer.shouldKeepAlive = false;
  answer.once('finish', () => socket.destroySoon());
}

function endOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

/** What never reached the application: a request line or a Host that make no URL. */
function answerError(error: unknown): Response {
  const isRequest = error instanceof Error && error.name === 'RequestError';
  const problem = isRequest
    ? new Problem('invalid_request', 'The request line and the Host header make no URL.', { cause: error })
    : toProblem(error);
  return withoutApplication(problem);
}

function withoutApplication(problem: Problem): Response {
  const { headers, body } = wholeProblemAnswer(problem);
  return new Response(body, { status: problem.status, headers });
}

/**
 * A client certificate is asked for and never read: Node's getters for it are not safe. Without tickets no session
 * is resumed, since a resumed one counts as verified although it shows no certificate.
 */
function secureOptions({ cert, key, clientCa }: ServerIdentity): HttpsOptions {
  return {
    cert,
    key,
    minVersion: 'TLSv1.2',
    secureOptions: constants.SSL_OP_NO_TICKET,
    ...(clientCa !== null && { ca: clientCa, requestCert: true, rejectUnauthorized: false }),
  };
}

function peerOf(socket: Socket | TLSSocket): Peer {
  const isCertified = 'authorized' in socket && socket.authorized && !socket.isSessionReused();
  return { peerAddress: socket.remoteAddress, isCertified };
}
