import { STATUS_CODES } from 'node:http';
import { Problem } from '../domain/problem.ts';
import { problemAnswer } from './problem-response.ts';

/**
 * The answer to a request that Node's parser does not take, as it goes to the socket: a problem like any other, and the
 * end of the connection, since nobody knows where the next request would begin.
 */
export function malformedAnswer(error: Error): string {
  const problem = problemOf(error);
  const { headers, body } = problemAnswer(problem);
  const lines = Object.entries({ ...headers, Connection: 'close' }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n${lines.join('')}\r\n${body}`;
}

function problemOf(error: Error): Problem {
  switch ('code' in error ? error.code : undefined) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Problem(
        'request_timeout',
        'The request did not arrive in time: 5 s for its head, 15 s for all of it.',
      );
    case 'HPE_HEADER_OVERFLOW':
      return new Problem('headers_too_large', 'The request line and the headers have more than 16 KiB.');
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new Problem('payload_too_large', 'The extensions of a chunk have more than 16 KiB.');
    default:
      return new Problem('invalid_request', 'This is no request of HTTP/1.1 (RFC 9112).', { cause: error });
  }
}
