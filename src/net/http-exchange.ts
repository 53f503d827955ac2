import { type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import type { DocumentUrl } from './document-url.ts';

/** Header fields of a response, in octets. */
const MAX_HEADER_BYTES = 8 * 1024;
/** Interim responses that are passed over. */
const MAX_INTERIM = 16;
const FIRST_CAPACITY = 64 * 1024;

export interface HttpRequest {
  /** Sent by POST; null asks by GET. */
  readonly body: { readonly type: string; readonly bytes: Buffer } | null;
  readonly accept: string;
  readonly maxBytes: number;
}

/** `unusable`: there was an answer, and it is not what was asked for. `overloaded`: there is no room for it here now. */
export type HttpOutcome =
  | { readonly bytes: Buffer }
  | { readonly error: 'unreachable' | 'unusable' | 'overloaded'; readonly detail: string };

/** What an answer may hold in memory: `smallBytes` at once, more after `grow`, which is false when that cannot be had. */
export interface Room {
  readonly smallBytes: number;
  readonly grow: () => Promise<boolean>;
}

/**
 * One request over a connected socket, which is then destroyed: nothing is followed, kept alive or decompressed.
 * Ends when the socket does, so whoever holds its signal decides how long it may take.
 */
export function exchange(
  socket: Socket,
  url: DocumentUrl,
  { body, accept, maxBytes }: HttpRequest,
  room: Room,
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
  let interim = 0;
  sent.on('information', () => {
    if (++interim > MAX_INTERIM) onEnd({ error: 'unusable', detail: `more than ${MAX_INTERIM} interim responses` });
  });
  sent.on('response', (response) => {
    answered = true;
    const refusal = judgeHead(response, maxBytes);
    if (refusal !== null) settle({ error: 'unusable', detail: refusal });
    else void receive(response, maxBytes, room).then(settle);
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

/**
 * Reads the body into one buffer: of twice the size whenever it is full while the answer is small, and of all the
 * octets that it may have as soon as it may be large, which the system gives as they are written. So nothing of many
 * megabytes is ever copied, and nothing held because of what a peer announced. Rejects never.
 */
async function receive(response: IncomingMessage, maxBytes: number, room: Room): Promise<HttpOutcome> {
  const announced = Math.min(maxBytes, Number(response.headers['content-length'] ?? maxBytes));
  let buffer = Buffer.allocUnsafeSlow(Math.min(announced, FIRST_CAPACITY));
  let length = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      const needed = length + chunk.length;
      if (needed > maxBytes) return { error: 'unusable', detail: `it is longer than ${maxBytes} octets` };
      if (needed > room.smallBytes && buffer.length <= room.smallBytes && !(await room.grow())) {
        return { error: 'overloaded', detail: 'too many large documents are being fetched' };
      }
      if (needed > buffer.length) {
        const doubled = Math.min(announced, Math.max(needed, buffer.length * 2));
        buffer = moved(buffer, length, needed > room.smallBytes ? announced : doubled);
      }
      chunk.copy(buffer, length);
      length = needed;
    }
  } catch {
    return { error: 'unusable', detail: 'it was cut before its end' };
  }
  // What is small and kept for an hour should not hold the room that it did not need.
  const hasSlack = length < buffer.length && length <= room.smallBytes;
  return { bytes: hasSlack ? moved(buffer, length, length) : buffer.subarray(0, length) };
}

function moved(buffer: Buffer, length: number, capacity: number): Buffer<ArrayBuffer> {
  const larger = Buffer.allocUnsafeSlow(capacity);
  buffer.copy(larger, 0, 0, length);
  return larger;
}
