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

/** A whole text as an answer; compressed when it is large and the caller takes that. */
export async function largeAnswer(
  request: Request,
  text: string | Buffer<ArrayBuffer>,
  init: { readonly status?: number; readonly headers: Readonly<Record<string, string>> },
): Promise<Response> {
  // Characters are no more than octets, and a short text needs no closer look.
  if (Buffer.byteLength(text) < LEAST_BYTES) return new Response(text, init);
  const headers = { ...init.headers, Vary: 'Accept-Encoding' };
  const encoding = encodingFor(request);
  if (encoding === null) return new Response(text, { ...init, headers });
  const body = await COMPRESS[encoding](text);
  return new Response(new Uint8Array(body), {
    ...init,
    headers: { ...headers, 'Content-Encoding': encoding, 'Content-Length': String(body.byteLength) },
  });
}

/**
 * A body written piece by piece as an answer. What is compressed is flushed after each piece, so that none waits for
 * the next; a slow reader still slows the source, and one that goes away still ends it.
 */
export function streamedAnswer(
  request: Request,
  body: ReadableStream<Uint8Array>,
  headers: Readonly<Record<string, string>>,
): Response {
  const encoding = encodingFor(request);
  if (encoding === null) return new Response(body, { headers: { ...headers, Vary: 'Accept-Encoding' } });
  const compressor =
    encoding === 'br'
      ? createBrotliCompress({ ...BROTLI, flush: constants.BROTLI_OPERATION_FLUSH })
      : createGzip({ ...GZIP, flush: constants.Z_SYNC_FLUSH });
  return new Response(body.pipeThrough(Duplex.toWeb(compressor)), {
    headers: { ...headers, Vary: 'Accept-Encoding', 'Content-Encoding': encoding },
  });
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
