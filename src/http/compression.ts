import { Duplex } from 'node:stream';
import { promisify } from 'node:util';
import {
  type BrotliOptions,
  brotliCompress,
  constants,
  createBrotliCompress,
  createGzip,
  gzip,
  type ZlibOptions,
} from 'node:zlib';
import { qualityIn } from './accept.ts';
import type { Answer } from './answer.ts';

/**
 * Answers, compressed where that is worth it (RFC 9110 §12.5.3). Compressing next to a secret can tell it to whoever
 * chooses the rest of the text and sees its length (BREACH); no answer of this service holds one, neither token nor
 * key, and requests that another site's page makes are refused.
 */

/** Shorter ones go out in a few packets as they are; a usual verdict is shorter. */
const LEAST_BYTES = 16 * 1024;

/** Best first, of those that a caller likes equally. */
const ENCODINGS = ['br', 'gzip'] as const;
type Encoding = (typeof ENCODINGS)[number];

/** A few milliseconds of a pool thread for a large answer; Brotli's own default (11) takes seconds for some per cent. */
const BROTLI: BrotliOptions = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };
const GZIP: ZlibOptions = { level: 5 };
const COMPRESS = {
  br: (text: string | Buffer) => promisify<Buffer | string, BrotliOptions, Buffer>(brotliCompress)(text, BROTLI),
  gzip: (text: string | Buffer) => promisify<Buffer | string, ZlibOptions, Buffer>(gzip)(text, GZIP),
};

/** Whole texts at a time, each with a thread of the pool and a megabyte of memory. */
const MAX_UNDER_WAY = 16;
let underWay = 0;

/** A whole text as an answer; compressed when it is large, the caller takes that, and there is room for it now. */
export function largeAnswer(
  request: Request,
  text: string | Buffer<ArrayBuffer>,
  head: Omit<Answer, 'body'>,
): Answer | Promise<Answer> {
  if (Buffer.byteLength(text) < LEAST_BYTES) return { ...head, body: text };
  const headers = { ...head.headers, Vary: 'Accept-Encoding' };
  const encoding = encodingFor(request);
  const goesAsItIs = encoding === null || underWay >= MAX_UNDER_WAY;
  return goesAsItIs ? { ...head, headers, body: text } : compressed(encoding, text, { ...head, headers });
}

async function compressed(encoding: Encoding, text: string | Buffer, head: Omit<Answer, 'body'>): Promise<Answer> {
  underWay++;
  const body = new Uint8Array(await COMPRESS[encoding](text).finally(() => underWay--));
  const headers = { ...head.headers, 'Content-Encoding': encoding, 'Content-Length': String(body.byteLength) };
  return { ...head, headers, body };
}

/**
 * A body written piece by piece as an answer. What is compressed is flushed after each piece, so that none waits for
 * the next; a slow reader still slows the source, and one that goes away still ends it.
 */
export function streamedAnswer(
  request: Request,
  body: ReadableStream<Uint8Array>,
  headers: Readonly<Record<string, string>>,
): Answer {
  const encoding = encodingFor(request);
  if (encoding === null) return { headers: { ...headers, Vary: 'Accept-Encoding' }, body };
  const compressor =
    encoding === 'br'
      ? createBrotliCompress({ ...BROTLI, flush: constants.BROTLI_OPERATION_FLUSH })
      : createGzip({ ...GZIP, flush: constants.Z_SYNC_FLUSH });
  return {
    headers: { ...headers, Vary: 'Accept-Encoding', 'Content-Encoding': encoding },
    body: body.pipeThrough(Duplex.toWeb(compressor)),
  };
}

/** What the caller likes best of what we have; null sends it as it is, which is never refused. */
export function encodingFor(request: Request): Encoding | null {
  const accepted = request.headers.get('Accept-Encoding');
  if (accepted === null) return null;
  let best: { readonly encoding: Encoding; readonly quality: number } | null = null;
  for (const encoding of ENCODINGS) {
    const quality = qualityIn(accepted, [encoding, ...(encoding === 'gzip' ? ['x-gzip'] : []), '*']);
    if (quality > (best?.quality ?? 0)) best = { encoding, quality };
  }
  // Identity is acceptable unless it is excluded, and preferred only by a weight of its own.
  return best !== null && best.quality >= qualityIn(accepted, ['identity']) ? best.encoding : null;
}
