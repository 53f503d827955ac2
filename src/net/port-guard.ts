import type { PortRange } from '../domain/port-range.ts';
import { Problem } from '../domain/problem.ts';

export interface PortGuard {
  /** Throws the problem `port_forbidden` when the operator does not let this port be dialled. */
  check(port: number): void;
}

/** `allowPorts` empty allows every port; `denyPorts` wins. */
export function createPortGuard(options: {
  allowPorts: readonly PortRange[];
  denyPorts: readonly PortRange[];
}): PortGuard {
  const holds = (ranges: readonly PortRange[], port: number): boolean =>
    ranges.some(({ first, last }) => first <= port && port <= last);
  return {
    check(port) {
      if (holds(options.denyPorts, port)) throw new Problem('port_forbidden', `Port ${port} is refused by DENY_PORTS.`);
      if (options.allowPorts.length > 0 && !holds(options.allowPorts, port)) {
        throw new Problem('port_forbidden', `Port ${port} is not among those that an operator named in ALLOW_PORTS.`);
      }
    },
  };
}
