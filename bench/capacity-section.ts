import type { ResultRow } from './results.ts';

/** The measured row that the reckoning begins with. */
export const CAPACITY_ROW = { name: 'tls-verdict', key: 'ec-p256', concurrency: 16 } satisfies Partial<ResultRow>;

/** Of the time, the part that a core may be busy: the rest is for bursts. */
const BUSY_SHARE = 0.7;
const ANSWER_SECONDS = 0.1;
/** Of one target in the results of a sweep, as the simulation of a fleet measures it. */
const RESULT_KB = 5;

/** How many pods a fleet needs, from the processor time of one verification in milliseconds: a part of docs/scale.md. */
export function capacitySection(cpuMs: number): string {
  return [
    `Reckoned with ${cpuMs.toFixed(2)} ms of processor time for a verification (EC P-256, a chain of two, named CA, warm,`,
    `${CAPACITY_ROW.concurrency} at once over HTTP: measured in [performance](performance.md#results), on a virtual core)`,
    `and with cores that are busy for ${BUSY_SHARE * 100} % of the time:\n`,
    `| targets an hour | a second | cores | pods of one core | under way at ${ANSWER_SECONDS * 1000} ms each | results at ${RESULT_KB} KB each |`,
    '| --- | --- | --- | --- | --- | --- |',
    ...[10_000, 1_000_000, 100_000_000].map((targets) => lineOf(targets, cpuMs)),
    '',
  ].join('\n');
}

function lineOf(targets: number, cpuMs: number): string {
  const perSecond = targets / 3600;
  const cores = (perSecond * cpuMs) / 1000 / BUSY_SHARE;
  const megabytes = (targets * RESULT_KB) / 1000;
  const cells = [
    whole(targets),
    perSecond < 10 ? perSecond.toFixed(1) : whole(perSecond),
    cores < 10 ? cores.toPrecision(2) : whole(cores),
    whole(Math.ceil(cores)),
    whole(Math.ceil(perSecond * ANSWER_SECONDS)),
    megabytes < 1000 ? `${whole(megabytes)} MB` : `${whole(megabytes / 1000)} GB`,
  ];
  return `| ${cells.join(' | ')} |`;
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}
