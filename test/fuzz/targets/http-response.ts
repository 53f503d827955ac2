import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { parseDocumentUrl } from '../../../src/net/document-url.ts';
import { exchange } from '../../../src/net/http-exchange.ts';
import { type FuzzTarget, promise } from '../fuzz-target.ts';
import { mutateBytes } from '../mutate-bytes.ts';

const MAX_BYTES = 64;
/** More is given room for when it comes. */
const SMALL_BYTES = 32;

const HEAD = 'HTTP/1.1 200 OK\r\n';
const WORDS = [
  ...[
    '\r\n',
    '\n',
    '\r\n\r\n',
    HEAD,
    'HTTP/1.1 100 Continue\r\n\r\n',
    'HTTP/1.0 200 OK\r\n',
    'HTTP/1.1 101 Switching Protocols\r\n',
  ],
  ...[
    'Content-Length: 5\r\n',
    'Content-Length: -1\r\n',
    'Content-Length: 99999999999999999999\r\n',
    'Content-Length: 65\r\n',
  ],
  ...[
    'Transfer-Encoding: chunked\r\n',
    '5\r\nhello\r\n0\r\n\r\n',
    'ffffffffffffffff\r\n',
    'Content-Encoding: gzip\r\n',
    'Connection: upgrade\r\n',
  ],
  ...[
    'Location: http://a/\r\n',
    'HTTP/1.1 304 Not Modified\r\n',
    'HTTP/1.1 204 No Content\r\n',
    'x'.repeat(80),
    'X: y\r\n',
    '\0',
  ],
].map((text) => Buffer.from(text, 'latin1'));

const URL_ASKED = parseDocumentUrl('http://crl.example/a.crl');

/** The exchange that fetches documents: an answer in one piece or many, then the end of the connection. */
export async function httpResponseTarget(): Promise<FuzzTarget> {
  const corpus = [
    `${HEAD}Content-Length: 5\r\n\r\nhello`,
    `${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
    `${HEAD}\r\nuntil the end`,
    `HTTP/1.1 100 Continue\r\n\r\n${HEAD}Content-Length: 0\r\n\r\n`,
    'HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\n\r\n',
    `${HEAD}Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x1f\x8b`,
    `${HEAD}Content-Length: 64\r\n\r\n${'x'.repeat(64)}`,
  ].map((text) => Buffer.from(text, 'latin1'));
  return { corpus, mutate: (input, random) => mutateBytes(input, random, WORDS), check: checkExchange };
}

/** A connection whose other end says `answer` once it was asked, in pieces of `size` octets. */
class ScriptedConnection extends Duplex {
  readonly #answer: Buffer;
  readonly #size: number;
  #said = 0;
  #isAsked = false;

  constructor(answer: Buffer, size: number) {
    super({ emitClose: true });
    this.#answer = answer;
    this.#size = size;
  }

  override _write(_chunk: Buffer, _encoding: string, done: () => void): void {
    done();
    if (this.#isAsked) return;
    this.#isAsked = true;
    this.#say();
  }

  override _read(): void {
    if (this.#isAsked) this.#say();
  }

  #say(): void {
    const piece = this.#answer.subarray(this.#said, this.#said + this.#size);
    this.#said += piece.length;
    this.push(piece.length === 0 ? null : piece);
  }
}

async function checkExchange(input: Buffer): Promise<string> {
  if ('error' in URL_ASKED) throw new Error('the address is one');
  const size = input.length % 3 === 0 ? 16 : Math.max(1, input.length);
  const socket = new ScriptedConnection(input, size);
  const outcome = await exchange(
    socket as unknown as Socket,
    URL_ASKED,
    { body: null, accept: '*/*', maxBytes: MAX_BYTES },
    { smallBytes: SMALL_BYTES, grow: async () => input.length % 5 !== 0 },
  );
  promise(socket.destroyed, 'the connection is let go of');
  if ('error' in outcome) return `${outcome.error} ${outcome.detail.replace(/\d+/g, '')}`;
  promise(outcome.bytes.length <= MAX_BYTES, 'a document is bounded');
  promise(/^HTTP\/\d\.\d 200\b/m.test(input.toString('latin1')), 'only an answer 200 has a document');
  return `document of ${outcome.bytes.length > 0 ? 'some' : 'no'} octets`;
}
