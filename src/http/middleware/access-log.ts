import type { Logger } from '../../observability/logger.ts';
import { shown } from '../caller-text.ts';
import type { Observer } from './observe.ts';

/** W3C Trace Context §3.2.2, any version but the forbidden ff. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}(?:-|$)/;
const MAX_PATH_LENGTH = 200;
const PROBES = new Set(['/livez', '/readyz']);

/**
 * One line a request. It has the path without its query and nothing of a body; what a caller wrote is cleaned.
 * Health probes are logged at `debug`: a kubelet asks every few seconds.
 */
export function accessLog(logger: Logger): Observer {
  return (c, durationMs) => {
    const isAborted = c.req.raw.signal.aborted;
    const traceparent = c.req.header('traceparent');
    const trace = traceparent === undefined ? null : TRACEPARENT.exec(traceparent);
    const line = {
      method: c.req.method,
      path: shown(c.req.path, MAX_PATH_LENGTH),
      status: c.res.status,
      duration_ms: Math.round(durationMs),
      ...c.get('notes'),
      caller: c.get('caller')?.id,
      request_id: c.get('requestId'),
      ...(trace !== null && { trace_id: trace[1], parent_span_id: trace[2] }),
      ...(isAborted && { aborted: true }),
    };
    if (PROBES.has(c.req.path)) logger.debug(line, 'request');
    // What fails because the caller went away is no fault of ours.
    else if (c.get('notes').problem === 'internal_error' && !isAborted) logger.error(line, 'request');
    else logger.info(line, 'request');
  };
}
