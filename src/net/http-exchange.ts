import { type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import type { DocumentUrl } from './document-url.ts';

/** Header fields of a response, in octets. */
const MAX_HEADER_BYTES = 8 * 1024;
const FIRST_CAPACITY = 64 * 1024;

export interface HttpRequest {
  /** Sent by POST; null asks by GET. */
  readonly body: { readonly type: string; readonly bytes: Buffer } | null;
  readonly accept: string;
  readonly maxBytes: number;
}

/** `unusable`: there was an answer, and it is not what was asked for. */
export type HttpOutcome =
  | { readonly bytes: Buffer }
  | { readonly error: 'unreachable' | 'unusable'; readonly detail: string };

/**
 * One request over a connected socket, which is then destroyed: nothing is followed, kept alive or decompressed.
 * Ends when the socket does, so whoever holds its signal decides how long it may take.
 */
export function exchange(
  socket: Socket,
  url: DocumentUrl,
  { body, accept, maxBytes }: HttpRequest,
): Promise<HttpOutcome> {
  const { promise, resolve } = Promise.withResolvers<HttpOutcome>();
  const settle = (outcome: HttpOutcome): void => {
    resolve(outcome);
    socket.destroy();
  };
  const sent = request({
    createConnection: () => socket,
    method: body === null ? 'GET' : 'POST',
    path: url.path,
    maxHeaderSize: MAX_HEADER_BYTES,
    setHost: false,
    headers: {
      Host: url.authority,
      'User-Agent': 'tls-verdict',
      Accept: accept,
      'Accept-Encoding': 'identity',
      Connection: 'close',
      ...(body && { 'Content-Type': body.type, 'Content-Length': body.bytes.length }),
    },
  });
  // Once there is a response, its own end says what became of it.
  let answered = false;
  const onEnd = (outcome: HttpOutcome): void => {
    if (!answered) settle(outcome);
  };
  sent.on('error', (error: NodeJS.ErrnoException) => onEnd(failure(error)));
  sent.on('close', () => onEnd({ error: 'unreachable', detail: 'the connection ended without an answer' }));
  // 1xx responses carry nothing for us, however many come: the socket's end bounds them.
  sent.on('response', (response) => {
    answered = true;
    const refusal = judgeHead(response, maxBytes);
    if (refusal === null) receive(response, maxBytes, settle);
    else settle({ error: 'unusable', detail: refusal });
  });
  sent.end(body?.bytes);
  return promise;
}

/** A peer that breaks HTTP did answer. */
function failure({ code = '' }: NodeJS.ErrnoException): HttpOutcome {
  return code.startsWith('HPE_')
    ? { error: 'unusable', detail: 'the answer is not HTTP' }
    : { error: 'unreachable', detail: `the connection failed (${code || 'ended'})` };
}

function judgeHead({ statusCode = 0, headers }: IncomingMessage, maxBytes: number): string | null {
  if (statusCode >= 300 && statusCode < 400) return `it is a redirect (${statusCode}), which is not followed`;
  if (statusCode !== 200) return `the status is ${statusCode}`;
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') return 'it is compressed, although that was not accepted';
  if (Number(headers['content-length'] ?? 0) > maxBytes) return `it is longer than ${maxBytes} octets`;
  return null;
}

/** Collects the body into one buffer that grows as it comes, so that little is held twice. */
function receive(response: IncomingMessage, maxBytes: number, settle: (outcome: HttpOutcome) => void): void {
  const announced = Number(response.headers['content-length'] ?? maxBytes);
  let buffer = Buffer.allocUnsafeSlow(Math.min(announced, FIRST_CAPACITY));
  let length = 0;
  response.on('data', (chunk: Buffer) => {
    if (length + chunk.length > maxBytes) {
      settle({ error: 'unusable', detail: `it is longer than ${maxBytes} octets` });
      return;
    }
    if (length + chunk.length > buffer.length) {
      const capacity = Math.min(
        Math.max(buffer.length * 2, length + chunk.length),
        Math.max(announced, length + chunk.length),
      );
      const grown = Buffer.allocUnsafeSlow(capacity);
      buffer.copy(grown, 0, 0, length);
      buffer = grown;
    }
    chunk.copy(buffer, length);
    length += chunk.length;
  });
  response.on('end', () => settle({ bytes: buffer.subarray(0, length) }));
  const cut = (): void => settle({ error: 'unusable', detail: 'it was cut before its end' });
  response.on('error', cut).on('close', cut);
}
