import { createInterface } from 'node:readline';
import { Load } from './load.ts';
import type { Kind, Target } from './targets.ts';

/** One line of input; the answer is one line with the `LoadResult`. */
export type LoadOrder = { readonly mix: readonly Kind[]; readonly durationMs: number } & (
  | { readonly workers: number }
  | { readonly perSecond: number }
);

/**
 * The load as a process of its own, so that what it measures does not wait for what somebody else does. Arguments: the
 * service's port and the targets in JSON. Ends when its input does.
 */
const [port, targets] = [Number(process.argv[2]), JSON.parse(process.argv[3] ?? '[]') as readonly Target[]];
const load = new Load(port);
let turn = 0;

for await (const line of createInterface(process.stdin)) {
  const order = JSON.parse(line) as LoadOrder;
  const choose = (): Target => {
    const kind = order.mix[Math.floor(Math.random() * order.mix.length)];
    const some = targets.filter((target) => target.kind === kind);
    return some[turn++ % some.length] as Target;
  };
  const result =
    'workers' in order
      ? await load.closed(order.workers, order.durationMs, choose)
      : await load.open(order.perSecond, order.durationMs, choose);
  console.log(JSON.stringify(result));
}
load.close();
