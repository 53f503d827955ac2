import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** A request as the server saw it. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** What a path answers: bytes with status 200, or whatever the function does. */
export type Answer = Buffer | ((request: SeenRequest, response: ServerResponse) => void);

export interface DocumentServer extends AsyncDisposable {
  readonly port: number;
  /** Address of a path on it. */
  url(path: string): string;
  /** What a path answers from now on; a request behind the path counts as well (OCSP by GET). */
  serve(path: string, answer: Answer): void;
  /** Requests so far to a path or behind it. */
  seen(path: string): readonly SeenRequest[];
  all(): readonly SeenRequest[];
  close(): Promise<void>;
}

/** An HTTP server on an address of loopback that serves documents and counts who asks for them. */
export async function startDocuments(host = '127.0.0.1'): Promise<DocumentServer> {
  const answers = new Map<string, Answer>();
  const requests: SeenRequest[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method = '', url = '', headers } = request;
    const seen = { method, url, headers, body: Buffer.concat(chunks) };
    requests.push(seen);
    const answer = [...answers].find(([path]) => isAt(url, path))?.[1];
    response.on('error', () => {});
    if (answer === undefined) response.writeHead(404).end('not found');
    else if (Buffer.isBuffer(answer)) response.writeHead(200, { 'Content-Length': answer.length }).end(answer);
    else answer(seen, response);
  });
  server.listen(0, host);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return {
    port: address.port,
    url: (path) => `http://${host}:${address.port}${path}`,
    serve: (path, answer) => answers.set(path, answer),
    all: () => requests,
    seen: (path) => requests.filter(({ url }) => isAt(url, path)),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function isAt(url: string, path: string): boolean {
  return url === path || url.startsWith(`${path}/`) || url.startsWith(`${path}?`);
}
