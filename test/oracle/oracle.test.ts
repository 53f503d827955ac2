import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isMissing } from '../support/child-server.ts';
import { askVerdict } from '../support/service.ts';
import { HOST, type OracleChain, oracleChains } from './chains.ts';
import { VALIDATORS } from './validators.ts';

/**
 * The same chains, judged by us and by implementations that share nothing with us. Every difference stands in
 * docs/divergences.md with who is right and why, and nothing else does.
 */
const DIVERGENCES = readFileSync(join(import.meta.dirname, '../../docs/divergences.md'), 'utf8');

interface Row {
  readonly chain: string;
  readonly ours: string;
  /** `OpenSSL passes, GnuTLS passes`. */
  readonly others: string;
  readonly reason: string;
}

/** Rows of the table under "Other validators". */
function listed(): Row[] {
  const [, section = ''] = DIVERGENCES.split(/^## Other validators$/m);
  return section
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| ---') && !line.startsWith('| chain |'))
    .map((line) => {
      const [, chain = '', ours = '', others = '', reason = ''] = line.split('|').map((cell) => cell.trim());
      return { chain, ours, others, reason };
    });
}

let folder: string;
let chains: readonly OracleChain[];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tls-verdict-'));
  chains = await oracleChains();
});
afterAll(() => rmSync(folder, { recursive: true }));

async function weAccept({ chain, anchor, host = HOST }: OracleChain): Promise<boolean> {
  const { ok } = await askVerdict({
    host,
    chain_pem: chain.map(({ pem }) => pem).join(''),
    ca: { pem: anchor.pem },
    policy: { profile: 'rfc5280' },
  });
  return ok;
}

const word = (accepted: boolean) => (accepted ? 'pass' : 'fail');

describe.each(VALIDATORS)('$name', ({ name, program, accepts }) => {
  it.skipIf(isMissing(program))(
    'differs from us only where docs/divergences.md says so',
    { timeout: 60_000 },
    async () => {
      const differences: string[] = [];
      for (const chain of chains) {
        const ours = await weAccept(chain);
        const theirs = await accepts(chain, folder);
        if (ours !== theirs) differences.push(`${chain.name}: ours ${word(ours)}`);
      }
      const expected = listed()
        .filter(({ others }) => others.includes(name))
        .map(({ chain, ours }) => `${chain}: ours ${ours}`);
      expect(differences.toSorted()).toEqual(expected.toSorted());
    },
  );
});

it('gives a reason for each difference', () => {
  expect(listed().filter(({ reason }) => reason === '')).toEqual([]);
});

it('compares dozens of chains, each under a name of its own', () => {
  expect(chains.length).toBeGreaterThan(50);
  expect(new Set(chains.map(({ name }) => name)).size).toBe(chains.length);
});
