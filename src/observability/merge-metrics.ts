import { AggregatorRegistry, type MetricObjectWithValues, type MetricValue } from 'prom-client';

/** The metrics of one process at one moment, as they go from process to process. */
export type MetricsSnapshot = readonly MetricObjectWithValues<MetricValue<string>>[];

/**
 * Several processes as one, in Prometheus's text format: added up, unless a metric says otherwise (`aggregator`).
 */
export function mergeMetrics(snapshots: readonly MetricsSnapshot[]): Promise<string> {
  return merge(snapshots).metrics();
}

/**
 * What processes that are gone have counted. Without it a total would fall when one is replaced, which Prometheus takes
 * for a restart, and `rate()` would count everything again.
 */
export async function addCounts(snapshots: readonly MetricsSnapshot[]): Promise<MetricsSnapshot> {
  const metrics: MetricsSnapshot = await merge(snapshots).getMetricsAsJSON();
  // prom-client names the types in its declarations by numbers and in its objects by words.
  return metrics.filter(({ type }) => ['counter', 'histogram'].includes(String(type)));
}

function merge(snapshots: readonly MetricsSnapshot[]) {
  return AggregatorRegistry.aggregate(snapshots.map((metrics) => [...metrics]));
}
