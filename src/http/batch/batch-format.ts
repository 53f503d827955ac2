import type { BatchResult, BatchSummary } from '../schemas/batch.ts';
import type { BatchItem } from './targets.ts';

/** How results are written, one after another and then the summary. */
export interface BatchFormat {
  /** Text that may be sent now that this result is there. */
  add(result: BatchResult, item: BatchItem): string;
  end(summary: BatchSummary): string;
  isDue(index: number): boolean;
}
