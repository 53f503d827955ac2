import { Problem } from '../domain/problem.ts';

/** What is wrong with a request that Node's parser does not take. */
export function malformedRequest(error: Error): Problem {
  switch ('code' in error ? error.code : undefined) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Problem(
        'request_timeout',
        'The request did not arrive in time: 5 s for its head, 15 s for all of it.',
      );
    case 'HPE_HEADER_OVERFLOW':
      return new Problem(
        'headers_too_large',
        'The request line and the headers have more than 16 KiB, or more than 1,000 header fields.',
      );
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new Problem('payload_too_large', 'The extensions of a chunk have more than 16 KiB.');
    default:
      return new Problem('invalid_request', 'This is no request of HTTP/1.1 (RFC 9112).', { cause: error });
  }
}
