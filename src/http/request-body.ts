import { Problem } from '../domain/problem.ts';
import { quoted } from './caller-text.ts';

export const MAX_BODY_BYTES = 2 * 1024 * 1024;

/**
 * The text of a JSON request body, at most `MAX_BODY_BYTES` of it whether its length was announced or not.
 * Throws `Problem`: `unsupported_media_type`, `payload_too_large`, `invalid_request`.
 */
export async function readJsonText(request: Request): Promise<string> {
  requireJson(request.headers);
  const announced = Number(request.headers.get('content-length') ?? 0);
  if (announced > MAX_BODY_BYTES) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.byteLength;
    if (length > MAX_BODY_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  return decodeUtf8(Buffer.concat(chunks));
}

function requireJson(headers: Headers): void {
  const encoding = headers.get('content-encoding');
  if (encoding !== null && encoding.trim().toLowerCase() !== 'identity') {
    throw new Problem('unsupported_media_type', 'Content-Encoding is not supported: send the body uncompressed.', {
      headers: { 'Accept-Encoding': 'identity' },
    });
  }
  const contentType = headers.get('content-type');
  const [mediaType = '', ...parameters] = (contentType ?? '').split(';').map((part) => part.trim().toLowerCase());
  const isJson = mediaType === 'application/json' || /^application\/[a-z0-9.!#$&^_-]+\+json$/.test(mediaType);
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice('charset='.length);
  if (isJson && (charset === undefined || /^"?utf-8"?$/.test(charset))) return;
  const given = contentType === null ? 'No Content-Type was sent' : `Content-Type was ${quoted(contentType)}`;
  throw new Problem(
    'unsupported_media_type',
    `${given}; this takes application/json in UTF-8: curl --json '{"host":"wiki.corp.example"}' URL`,
    { headers: { 'Accept-Post': 'application/json' } },
  );
}

function tooLarge(): Problem {
  // What is left of the body would have to be read before another request on this connection.
  return new Problem('payload_too_large', `The body is larger than ${MAX_BODY_BYTES} bytes.`, {
    headers: { Connection: 'close' },
  });
}

function decodeUtf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    const detail = 'The body is not UTF-8, which RFC 8259 §8.1 requires of JSON.';
    throw new Problem('invalid_request', detail, { cause, errors: [{ pointer: '', code: 'malformed_json', detail }] });
  }
}
