import type { BatchFormat } from './batch-format.ts';
import { JunitReport } from './junit.ts';

export const BATCH_MEDIA_TYPES = ['application/x-ndjson', 'application/json', 'application/junit+xml'] as const;

export function batchFormat(type: (typeof BATCH_MEDIA_TYPES)[number]): BatchFormat {
  switch (type) {
    case 'application/x-ndjson':
      return lines();
    case 'application/json':
      return orderedArray();
    case 'application/junit+xml':
      return new JunitReport();
  }
}

/** One JSON text a line, in order of completion (github.com/ndjson/ndjson-spec). */
function lines(): BatchFormat {
  return {
    add: (result) => `${JSON.stringify(result)}\n`,
    end: (summary) => `${JSON.stringify({ summary })}\n`,
    isDue: () => true,
  };
}

/** How far a target may run ahead of the first one that is not written: what then waits in memory is bounded by it. */
const WINDOW = 256;

/** One array in the order of the targets, the summary last. */
function orderedArray(): BatchFormat {
  const waiting = new Map<number, string>();
  let next = 0;
  return {
    add(result) {
      waiting.set(result.index, JSON.stringify(result));
      let text = '';
      for (let line = waiting.get(next); line !== undefined; line = waiting.get(next)) {
        waiting.delete(next);
        text += next === 0 ? `[${line}` : `,\n${line}`;
        next++;
      }
      return text;
    },
    end: (summary) => `,\n${JSON.stringify({ summary })}]\n`,
    isDue: (index) => index < next + WINDOW,
  };
}
