import { describe, expect, it } from 'vitest';
import type { FaultEvidence } from '../../src/domain/fault.ts';
import { FINDING_CODES, type FindingCode } from '../../src/domain/finding-codes.ts';
import { renderFix } from '../../src/domain/render-fix.ts';

const CODES = Object.keys(FINDING_CODES) as FindingCode[];

describe('a remedy', () => {
  it('is filled from the evidence', () => {
    const evidence = { reference: 'old.corp.example', name_type: 'dNSName', nearest: 'legacy.corp.example' };
    expect(renderFix('name_mismatch', evidence)).toBe(
      'Add old.corp.example to the subjectAltName as dNSName, or call the host by legacy.corp.example.',
    );
  });

  it('states the rule that was broken', () => {
    expect(renderFix('cert_malformed', {}, 'der.trailing_bytes')).toContain('Nothing follows the outer SEQUENCE.');
  });

  it.each(['cert_not_yet_valid', 'chain_cert_not_yet_valid'] as const)('%s names the clock', (code) => {
    expect(renderFix(code, {})).toMatch(/clock/);
  });

  it.each(CODES)('%s stays whole without any evidence', (code) => {
    const text = renderFix(code, {});
    expect(text).not.toMatch(/[{}]|undefined|null| {2}/);
    expect(text).toMatch(/\.$/);
  });

  const rows: { name: string; value: FaultEvidence[string]; expected: RegExp }[] = [
    { name: 'null falls back', value: null, expected: /Remove this certificate from/ },
    { name: 'an object falls back', value: { a: 1 }, expected: /Remove this certificate from/ },
    { name: 'an empty string falls back', value: '', expected: /Remove this certificate from/ },
    { name: 'a number is written', value: 7, expected: /Remove 7 from/ },
    {
      name: 'a list is joined and cut',
      value: ['a', 'b', 'c', 'd', 'e', 'f', 'g'],
      expected: /a, b, c, d, e and 2 more from/,
    },
    { name: 'placeholders of a peer stay text', value: '{subject}{pem}', expected: /Remove \{subject\}\{pem\} from/ },
    { name: 'replacement patterns of a peer stay text', value: "$& $1 $'", expected: /Remove \$& \$1 \$' from/ },
    { name: 'controls are replaced', value: 'a\u001b[2J\u202eb', expected: /Remove a\ufffd\[2J\ufffdb from/ },
    { name: 'length is bounded', value: 'x'.repeat(100_000), expected: /^.{0,300}$/ },
  ];
  it.each(rows)('$name', ({ value, expected }) => {
    expect(renderFix('chain_includes_root', { subject: value })).toMatch(expected);
  });

  it('takes nothing from the prototype', () => {
    expect(renderFix('tls_alert', Object.create({ alert_name: 'inherited' }) as FaultEvidence)).not.toContain(
      'inherited',
    );
  });
});
