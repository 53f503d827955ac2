import type { Context, Hono } from 'hono';
import type { Logger } from '../../observability/logger.ts';
import type { Metrics } from '../../observability/metrics.ts';
import { chooseMediaType } from '../accept.ts';
import { BATCH_MEDIA_TYPES, batchFormat } from '../batch/formats.ts';
import { runBatch } from '../batch/run-batch.ts';
import { BatchTally } from '../batch/summary.ts';
import { type Batch, type BatchContext, readJsonBatch, readPlainBatch } from '../batch/targets.ts';
import { streamedAnswer } from '../compression.ts';
import type { HttpEnv } from '../http-env.ts';
import { invalid } from '../parse-verify-request.ts';
import type { Verify } from '../ports.ts';
import { parseQuery } from '../query.ts';
import { readJsonOrPlainText } from '../request-body.ts';
import { resource } from '../resource.ts';
import { batchQuerySchema } from '../schemas/batch.ts';
import { streamText } from '../stream-text.ts';

const REPEATABLE = new Set(['ca']);
/** Targets of a batch whose answer is worth compressing. */
const LEAST_COMPRESSED = 8;

/** POST /verify/batch: many targets, answered as they come. */
export function batchRoutes(
  app: Hono<HttpEnv>,
  verify: Verify,
  context: () => Promise<BatchContext>,
  { logger, metrics }: { readonly logger: Logger; readonly metrics: Metrics },
): void {
  resource(app, '/verify/batch', {
    async POST(c) {
      const type = chooseMediaType(c.req.header('Accept'), BATCH_MEDIA_TYPES);
      const batch = await readBatch(c, await context());
      c.get('notes').targets = batch.count;
      const requestId = c.get('requestId');
      const format = batchFormat(type);
      const tally = new BatchTally();
      const startedAt = performance.now();
      const body = streamText(c.req.raw.signal, async (write, signal) => {
        await runBatch(batch.items, {
          verify,
          concurrency: batch.concurrency,
          signal,
          requestId,
          caller: c.get('callerNow'),
          async write(result, item) {
            tally.add(result, item);
            const text = format.add(result, item);
            if (text !== '') await write(text);
          },
          isDue: (index) => format.isDue(index),
          onProblem(problem) {
            metrics.observeProblem(problem.code);
            if (problem.code !== 'internal_error') return;
            logger.error({ request_id: requestId, err: problem.cause ?? problem }, 'unexpected error');
          },
        }).finally(() => {
          const durationMs = Math.round(performance.now() - startedAt);
          const { verdicts, problems } = tally;
          logger.info(
            {
              targets: batch.count,
              verdicts,
              problems,
              duration_ms: durationMs,
              request_id: requestId,
              ...(signal.aborted && { aborted: true }),
            },
            'batch',
          );
        });
        if (!signal.aborted) await write(format.end(tally.summary(performance.now() - startedAt)));
      });
      // A proxy that collects the answer first would undo the stream; nginx obeys this header.
      const headers = { 'Content-Type': type, 'X-Accel-Buffering': 'no' };
      return batch.count < LEAST_COMPRESSED ? { headers, body } : streamedAnswer(c.req.raw, body, headers);
    },
  });
}

async function readBatch(c: Context<HttpEnv>, context: BatchContext): Promise<Batch> {
  const query = parseQuery(c.req.url, batchQuerySchema, REPEATABLE);
  const body = await readJsonOrPlainText(c.req.raw);
  if (body.type === 'plain') return readPlainBatch(body.text, query, context);
  const given = Object.keys(query);
  if (given.length > 0) {
    const detail = 'Belongs to a body in plain text; in JSON it is a member of the body.';
    throw invalid(given.map((name) => ({ pointer: `?${name}`, code: 'conflict', detail })));
  }
  return readJsonBatch(body.text, context);
}
