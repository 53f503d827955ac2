import { connect } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import type { WireRequest } from './wire-requests.ts';

/**
 * For so long nothing may come before the sender gives up and says that it sends no more: longer than a head may take,
 * or a batch waits before it asks again.
 */
const PATIENCE_MS = 7_000;

/** Sends the octets on a connection of their own; resolves with all that came back once it is closed. */
export async function exchange(port: number, { parts, end, from }: WireRequest): Promise<Buffer> {
  const socket = connect({ port, host: '127.0.0.1', localAddress: from, allowHalfOpen: true });
  // A server that closes while more is being sent resets the connection; what it said before counts.
  socket.on('error', () => {});
  const chunks: Buffer[] = [];
  socket.setTimeout(PATIENCE_MS, () => (socket.writableEnded ? socket.destroy() : socket.end()));
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('end', () => socket.end());
  const closed = new Promise((resolve) => socket.once('close', resolve));
  for (const part of parts) {
    if (socket.destroyed || socket.writableEnded) break;
    socket.write(part);
    await nextTurn();
  }
  if (end === 'half-closes') socket.end();
  if (end === 'resets') socket.resetAndDestroy();
  await closed;
  return Buffer.concat(chunks);
}

/** An answer as it stood on the wire. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

/**
 * Reads the answers to requests of these methods one after another (RFC 9112 §6.3), interim ones left out. Throws when
 * there is anything that is none; octets behind an answer that closes the connection do not count.
 * @param mayBeTorn the last one need not be whole
 */
export function readAnswers(bytes: Buffer, methods: readonly string[], mayBeTorn: boolean): WireAnswer[] {
  const answers: WireAnswer[] = [];
  let rest = bytes;
  while (rest.length > 0) {
    const read = readAnswer(rest, methods[answers.length] ?? 'GET');
    if (read === null) {
      if (mayBeTorn) break;
      throw new Error(`an answer that does not end: ${rest.subarray(0, 2000).toString('latin1')}`);
    }
    rest = read.rest;
    if (read.answer.status >= 200) answers.push(read.answer);
    if (read.answer.headers.get('connection') === 'close') break;
  }
  return answers;
}

function readAnswer(bytes: Buffer, method: string): { answer: WireAnswer; rest: Buffer } | null {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd < 0) return null;
  const [line = '', ...lines] = bytes.toString('latin1', 0, headEnd).split('\r\n');
  const status = /^HTTP\/1\.1 (\d{3}) [ -~]*$/.exec(line)?.[1];
  if (status === undefined) throw new Error(`no status line: ${line}`);
  const headers = new Headers();
  for (const each of lines) {
    const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*([\t -~\x80-\xff]*)$/.exec(each) ?? [];
    if (name === undefined || value === undefined) throw new Error(`no header: ${each}`);
    headers.append(name, value);
  }
  const content = bytes.subarray(headEnd + 4);
  const hasNone = method === 'HEAD' || Number(status) < 200 || status === '204' || status === '304';
  const body = hasNone ? { octets: Buffer.alloc(0), length: 0 } : bodyOf(content, headers);
  if (body === null) return null;
  const answer = { status: Number(status), headers, body: decoded(body.octets, headers) };
  return { answer, rest: content.subarray(body.length) };
}

/** Null when it is not whole. */
function bodyOf(content: Buffer, headers: Headers): { octets: Buffer; length: number } | null {
  if (headers.get('transfer-encoding') === 'chunked') return joinChunks(content);
  const announced = headers.get('content-length');
  if (announced === null) {
    if (headers.get('connection') !== 'close') throw new Error('an answer without a length');
    return { octets: content, length: content.length };
  }
  const length = Number(announced);
  return content.length < length ? null : { octets: content.subarray(0, length), length };
}

function joinChunks(content: Buffer): { octets: Buffer; length: number } | null {
  const chunks: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = content.indexOf('\r\n', at);
    if (lineEnd < 0) return null;
    const text = content.toString('latin1', at, lineEnd);
    if (!/^[0-9a-f]+$/i.test(text)) throw new Error(`no size of a chunk: ${text}`);
    const size = Number.parseInt(text, 16);
    const end = lineEnd + 2 + size;
    if (content.length < end + 2) return null;
    if (size === 0) return { octets: Buffer.concat(chunks), length: end + 2 };
    chunks.push(content.subarray(lineEnd + 2, end));
    at = end + 2;
  }
}

function decoded(octets: Buffer, headers: Headers): Buffer {
  switch (octets.length === 0 ? null : headers.get('content-encoding')) {
    case 'br':
      return brotliDecompressSync(octets);
    case 'gzip':
      return gunzipSync(octets);
    default:
      return octets;
  }
}
