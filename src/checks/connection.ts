import { type Check, judged, skip, unknown } from '../domain/check.ts';

/** Was there a TCP connection? */
export const connectionCheck: Check = {
  id: 'connection',
  codes: [
    'dns_not_found',
    'dns_failure',
    'dns_timeout',
    'address_family_missing',
    'connection_refused',
    'connection_timeout',
    'host_unreachable',
  ],
  run: ({ mode, connection }) => {
    if (mode === 'chain') return skip;
    if (connection === null) return unknown();
    // Without an address and without a reason nothing is known; never good.
    if (connection.address === null && connection.faults.length === 0) return unknown();
    return judged(connection.faults);
  },
};
