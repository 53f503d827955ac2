import { describe, expect, it } from 'vitest';
import { FINDING_CODES, type FindingCode } from '../src/domain/finding-codes.ts';
import {
  EXPECT_SCENARIOS,
  KEY_SCENARIOS,
  POLICY_SCENARIOS,
  SIGNATURE_SCENARIOS,
  USAGE_SCENARIOS,
} from './every-code/certificate-quality.ts';
import { CHAIN_SCENARIOS, TRUST_SCENARIOS } from './every-code/chain-and-trust.ts';
import { CONNECTION_SCENARIOS } from './every-code/connection.ts';
import { HOSTNAME_SCENARIOS, VALIDITY_SCENARIOS } from './every-code/dates-and-names.ts';
import { PROTOCOL_SCENARIOS } from './every-code/protocol.ts';
import { REVOCATION_SCENARIOS } from './every-code/revocation.ts';
import type { Scenarios } from './every-code/scenario.ts';
import { isMissing } from './support/child-server.ts';

/** One scenario for each code of the schema: the compiler refuses this line while a code has none. */
const SCENARIOS: Scenarios<FindingCode> = {
  ...CONNECTION_SCENARIOS,
  ...PROTOCOL_SCENARIOS,
  ...TRUST_SCENARIOS,
  ...HOSTNAME_SCENARIOS,
  ...VALIDITY_SCENARIOS,
  ...CHAIN_SCENARIOS,
  ...KEY_SCENARIOS,
  ...SIGNATURE_SCENARIOS,
  ...USAGE_SCENARIOS,
  ...REVOCATION_SCENARIOS,
  ...POLICY_SCENARIOS,
  ...EXPECT_SCENARIOS,
};

const codes = Object.keys(FINDING_CODES) as FindingCode[];

describe('every finding code is provoked through the application', () => {
  it('has a scenario for each code and for nothing else', () => {
    expect(Object.keys(SCENARIOS).toSorted()).toEqual(codes.toSorted());
  });

  const missing = new Map<string, boolean>();
  const isSkipped = (program: string | undefined) => {
    if (program === undefined) return false;
    if (!missing.has(program)) missing.set(program, isMissing(program));
    return missing.get(program) === true;
  };

  for (const code of codes) {
    const { program, run } = SCENARIOS[code];
    it.skipIf(isSkipped(program))(code, async () => {
      const verdict = await run();
      const finding = verdict.findings.find((each) => each.code === code);
      expect(verdict.findings.map((each) => each.code)).toContain(code);
      expect(finding).toMatchObject({ check: FINDING_CODES[code].check, docs: `/codes/${code}` });
      expect(finding?.fix).not.toMatch(/\{\w+\}/);
      if (finding?.severity === 'error') expect(verdict.ok).toBe(false);
    });
  }
});
