import { describe, expect, it } from 'vitest';
import { isReadable } from '../../src/domain/certificate.ts';
import { CERTIFICATE_RULES } from '../../src/domain/certificate-rules.ts';
import type { RuleId } from '../../src/domain/rules.ts';
import { parseCertificate } from '../../src/x509/certificate.ts';
import { type CertificateParts, certificateBytes } from './certificate-bytes.ts';
import { CERTIFICATE_ROWS } from './rules/certificate.ts';
import { ENCODING_ROWS } from './rules/encoding.ts';
import { EXTENSIONS_ROWS } from './rules/extensions.ts';
import { KEYS_ROWS } from './rules/keys.ts';
import { NAME_CONSTRAINTS_ROWS } from './rules/name-constraints.ts';
import { NAMES_ROWS } from './rules/names.ts';
import { dns, good, san } from './rules/rule-row.ts';

const rows = [
  ...ENCODING_ROWS,
  ...CERTIFICATE_ROWS,
  ...NAMES_ROWS,
  ...KEYS_ROWS,
  ...EXTENSIONS_ROWS,
  ...NAME_CONSTRAINTS_ROWS,
];

function faultsOf(der: Buffer): {
  readable: boolean;
  faults: readonly { rule?: RuleId; offset: unknown; code: string }[];
} {
  const read = parseCertificate(der);
  const faults = isReadable(read) ? read.faults : [read.unreadable];
  return {
    readable: isReadable(read),
    faults: faults.map(({ rule, code, evidence }) => ({
      ...(rule === undefined ? {} : { rule }),
      code,
      offset: evidence?.offset,
    })),
  };
}

function bytesOf(input: Buffer | CertificateParts): Buffer {
  return Buffer.isBuffer(input) ? input : certificateBytes(input);
}

describe('certificate rules', () => {
  it.each(rows)('$rule is broken by: $name', ({ rule, bad, at, plus = 0, unreadable }) => {
    const der = bytesOf(bad);
    const { readable, faults } = faultsOf(der);
    const found = faults.filter((fault) => fault.rule === rule);
    expect(faults.map((fault) => fault.rule)).toContain(rule);
    expect(found[0]?.code).toBe(CERTIFICATE_RULES[rule].code);
    expect(readable).toBe(unreadable !== true);
    if (at !== undefined) expect(found[0]?.offset).toBe(der.indexOf(at) + plus);
    expect(found[0]?.offset).toBeLessThanOrEqual(der.length);
  });

  it.each(rows.filter((row) => row.good !== undefined))(
    '$rule is kept by the other side of: $name',
    ({ rule, good }) => {
      const { faults } = faultsOf(bytesOf(good ?? {}));
      expect(faults.map((fault) => fault.rule)).not.toContain(rule);
    },
  );

  it('each have a row that breaks them and a row that keeps them', () => {
    const all = Object.keys(CERTIFICATE_RULES);
    expect(all.filter((rule) => !rows.some((row) => row.rule === rule))).toEqual([]);
  });

  it('are all kept by an ordinary certificate', () => {
    expect(faultsOf(good)).toEqual({ readable: true, faults: [] });
  });

  it('are reported at four places at most, and the others counted', () => {
    const read = parseCertificate(
      certificateBytes({ extensions: [san(...Array.from({ length: 9 }, () => dns('a_b')))] }),
    );
    if (!isReadable(read)) throw new Error(read.unreadable.detail);
    expect(read.faults.map(({ rule }) => rule)).toEqual(Array.from({ length: 4 }, () => 'san.dns_underscore'));
    expect(read.faults.at(-1)?.evidence).toMatchObject({ more_places: 5 });
  });
});
