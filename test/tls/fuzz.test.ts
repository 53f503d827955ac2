import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_CERTIFICATES } from '../../src/tls/certificate-message.ts';
import { mutateBytes } from '../fuzz/mutate-bytes.ts';
import { Random } from '../fuzz/random.ts';
import { leaf, root } from '../support/pki.ts';
import { startNodeTls } from '../support/servers.ts';
import { fixedEntropy, ReplayServer, recordFlights } from './replay.ts';

test.each(['TLSv1.3', 'TLSv1.2'] as const)(
  'no changed flight of %s is an exception or waits for ever',
  async (version) => {
    const options = () => ({ serverName: 'www.example', alpn: [], signal: AbortSignal.timeout(5_000) });
    const entropy = fixedEntropy();
    const identity = await leaf(await root(), ['www.example']);
    await using server = await startNodeTls({ leaf: identity, minVersion: version, maxVersion: version });
    const { flights } = await recordFlights(server.port, options(), entropy);
    const replayer = await ReplayServer.start();
    const [first] = flights;
    if (first === undefined) throw new Error('nothing was recorded');
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const bytes = mutateBytes(first.bytes, new Random(seed, version));
        const { record, faults } = await replayer.replay(
          [{ ...first, bytes }, ...flights.slice(1)],
          options(),
          entropy,
        );
        expect(record.certificates.length).toBeLessThanOrEqual(MAX_CERTIFICATES);
        if (record.state !== 'finished') expect(faults).not.toEqual([]);
        expect(faults.map(({ code }) => code)).not.toContain('tls_timeout');
      }),
      { numRuns: 100 },
    );
    replayer.close();
  },
);
