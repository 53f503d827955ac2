import { Problem } from '../domain/problem.ts';
import { turns } from '../loop/turns.ts';
import { quoted } from './caller-text.ts';

export const MAX_BODY_BYTES = 2 * 1024 * 1024;
/** Longer ones take milliseconds to be read: those that arrive together would keep the event loop for seconds. */
export const LONG_BODY_BYTES = 16 * 1024;

/**
 * The text of a JSON request body, at most `MAX_BODY_BYTES` of it whether its length was announced or not.
 * Throws `Problem`: `unsupported_media_type`, `payload_too_large`, `invalid_request`.
 */
export async function readJsonText(request: Request): Promise<string> {
  requireUncompressed(request.headers);
  if (!isJson(request.headers)) throw wrongType(request.headers);
  return readUtf8(request);
}

/**
 * The same of a body that may be a list in plain text instead. Plain text is what a page of another site can send
 * without being asked (a "simple" request of Fetch), so that is taken from programs only.
 */
export async function readJsonOrPlainText(
  request: Request,
): Promise<{ readonly type: 'json' | 'plain'; readonly text: string }> {
  const { headers } = request;
  requireUncompressed(headers);
  if (isJson(headers)) return { type: 'json', text: await readUtf8(request) };
  const { mediaType, isUtf8 } = contentTypeOf(headers);
  const isBrowser = headers.has('origin') || headers.has('sec-fetch-site');
  if (mediaType !== 'text/plain' || !isUtf8 || isBrowser) throw wrongType(headers, ', text/plain');
  return { type: 'plain', text: await readUtf8(request) };
}

function requireUncompressed(headers: Headers): void {
  const encoding = headers.get('content-encoding');
  if (encoding === null || encoding.trim().toLowerCase() === 'identity') return;
  throw new Problem('unsupported_media_type', 'Content-Encoding is not supported: send the body uncompressed.', {
    headers: { 'Accept-Encoding': 'identity' },
  });
}

function isJson(headers: Headers): boolean {
  const { mediaType, isUtf8 } = contentTypeOf(headers);
  return (mediaType === 'application/json' || /^application\/[a-z0-9.!#$&^_-]+\+json$/.test(mediaType)) && isUtf8;
}

function contentTypeOf(headers: Headers): { readonly mediaType: string; readonly isUtf8: boolean } {
  const parts = (headers.get('content-type') ?? '').split(';').map((part) => part.trim().toLowerCase());
  const charset = parts.find((parameter) => parameter.startsWith('charset='))?.slice('charset='.length);
  return { mediaType: parts[0] ?? '', isUtf8: charset === undefined || /^"?utf-8"?$/.test(charset) };
}

function wrongType(headers: Headers, alsoAccepted = ''): Problem {
  const contentType = headers.get('content-type');
  const given = contentType === null ? 'No Content-Type was sent' : `Content-Type was ${quoted(contentType)}`;
  return new Problem(
    'unsupported_media_type',
    `${given}; this takes application/json in UTF-8: curl --json '{"host":"wiki.corp.example"}' URL`,
    { headers: { 'Accept-Post': `application/json${alsoAccepted}` } },
  );
}

async function readUtf8(request: Request): Promise<string> {
  const announced = request.headers.get('content-length');
  if (Number(announced ?? 0) > MAX_BODY_BYTES) throw tooLarge();
  // Node's HTTP parser ends a body at its announced length, so this one is bounded already; reading it at once spares
  // the web stream, which costs as much as judging the certificates.
  if (announced !== null) {
    const body = await request.arrayBuffer();
    if (body.byteLength > MAX_BODY_BYTES) throw tooLarge();
    return inTurn(body);
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.byteLength;
    if (length > MAX_BODY_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  return inTurn(Buffer.concat(chunks));
}

/** The text of a body, and with it the processor: one long body in each turn of the event loop. */
async function inTurn(body: ArrayBuffer | Buffer): Promise<string> {
  if (body.byteLength > LONG_BODY_BYTES) await new Promise<void>((resolve) => turns.run(resolve));
  return decodeUtf8(body);
}

/**
 * The connection stays: what is left of the body is taken and thrown away for half a second (the listener sees to it),
 * since a caller that is still sending when its connection is closed never reads why.
 */
function tooLarge(): Problem {
  return new Problem('payload_too_large', `The body is larger than ${MAX_BODY_BYTES} bytes.`);
}

function decodeUtf8(bytes: ArrayBuffer | Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    const detail = 'The body is not UTF-8, which RFC 8259 §8.1 requires of JSON.';
    throw new Problem('invalid_request', detail, { cause, errors: [{ pointer: '', code: 'malformed_json', detail }] });
  }
}
