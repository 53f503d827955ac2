import { Socket } from 'node:net';
import type { Connect } from '../../src/net/connect.ts';
import type { LookUp } from '../../src/net/resolve.ts';
import { startRawTcp } from '../support/servers.ts';
import { askVerdict } from '../support/service.ts';
import { HOST, type Scenarios } from './scenario.ts';

const request = { host: HOST, timeout_ms: 400 };

/** DNS answers and connect errors are the only things that are injected. */
export const CONNECTION_SCENARIOS: Scenarios<
  | 'dns_not_found'
  | 'dns_failure'
  | 'dns_timeout'
  | 'address_family_missing'
  | 'connection_refused'
  | 'connection_timeout'
  | 'host_unreachable'
> = {
  dns_not_found: { run: () => askVerdict(request, { lookUp: failingLookUp('ENOTFOUND') }) },
  dns_failure: { run: () => askVerdict(request, { lookUp: failingLookUp('EAI_AGAIN') }) },
  dns_timeout: { run: () => askVerdict(request, { lookUp: () => new Promise(() => {}) }) },
  address_family_missing: {
    run: () => askVerdict({ ...request, address_family: 'ipv6' }, { lookUp: async () => ['10.0.0.1'] }),
  },
  connection_refused: {
    async run() {
      const { port, close } = await startRawTcp(() => {});
      await close();
      return await askVerdict({ host: '127.0.0.1', port });
    },
  },
  connection_timeout: {
    run: () => askVerdict({ ...request, host: '10.0.0.1' }, { connect: () => new Socket() }),
  },
  host_unreachable: {
    run: () => askVerdict({ ...request, host: '10.0.0.1' }, { connect: failingConnect('EHOSTUNREACH') }),
  },
};

function failingLookUp(code: string): LookUp {
  return async () => {
    throw Object.assign(new Error(code), { code });
  };
}

function failingConnect(code: string): Connect {
  return () => new Socket().destroy(Object.assign(new Error(code), { code }));
}
