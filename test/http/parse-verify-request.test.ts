import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Problem } from '../../src/domain/problem.ts';
import { parseVerifyRequest } from '../../src/http/parse-verify-request.ts';
import { REQUEST_ERROR_CODES } from '../../src/http/schemas/problem.ts';

const defaults = { timeoutMs: 10_000, presets: new Map() };
const PEM = '-----BEGIN CERTIFICATE-----';

function parse(body: unknown) {
  return parseVerifyRequest(typeof body === 'string' ? body : JSON.stringify(body), defaults);
}

function errorsOf(body: unknown): string[] {
  try {
    parse(body);
  } catch (error) {
    if (error instanceof Problem && error.code === 'invalid_request') {
      return error.errors.map(({ pointer, code }) => `${pointer} ${code}`);
    }
    throw error;
  }
  return [];
}

const withHost = (fields: object) => ({ host: 'a.example', ...fields });

describe('bodies that are refused, each wrong place with its pointer and code', () => {
  const rows: { name: string; body: unknown; errors: string[] }[] = [
    { name: 'nothing at all', body: '', errors: [' empty_body'] },
    { name: 'white space only', body: ' \n', errors: [' empty_body'] },
    { name: 'not JSON', body: '{"host"', errors: ['/host malformed_json'] },
    { name: 'a trailing comma', body: '{"host":"a.example",}', errors: [' malformed_json'] },
    { name: 'two values', body: '{} {}', errors: [' malformed_json'] },
    { name: 'single quotes', body: "{'host':'a'}", errors: [' malformed_json'] },
    { name: 'a number with a leading zero', body: '{"port":0443}', errors: [' malformed_json'] },
    { name: 'NaN', body: '{"port":NaN}', errors: ['/port malformed_json'] },
    { name: 'a raw control character', body: '{"host":"a\u0001"}', errors: ['/host malformed_json'] },
    { name: 'an unknown escape', body: '{"host":"\\x41"}', errors: ['/host malformed_json'] },
    { name: 'an open string', body: '{"host":"a', errors: ['/host malformed_json'] },
    { name: 'an array', body: [], errors: [' wrong_type'] },
    { name: 'null', body: 'null', errors: [' wrong_type'] },
    { name: 'a string', body: '"a.example"', errors: [' wrong_type'] },
    { name: 'no host', body: {}, errors: ['/host required'] },
    { name: 'null for a host', body: { host: null }, errors: ['/host wrong_type'] },
    { name: 'a URL for a host', body: { host: 'https://a.example/' }, errors: ['/host invalid_host'] },
    { name: 'a port in the host', body: { host: 'a.example:443' }, errors: ['/host invalid_host'] },
    { name: 'octal digits', body: { host: '0177.0.0.1' }, errors: ['/host invalid_host'] },
    { name: 'a wildcard', body: { host: '*.example' }, errors: ['/host invalid_host'] },
    { name: 'a NUL', body: { host: 'a\0.example' }, errors: ['/host invalid_host'] },
    { name: 'a host past the bound', body: { host: 'a'.repeat(1025) }, errors: ['/host too_long'] },
    { name: 'port 0', body: withHost({ port: 0 }), errors: ['/port out_of_range'] },
    { name: 'port 65536', body: withHost({ port: 65_536 }), errors: ['/port out_of_range'] },
    { name: 'a port in quotes', body: withHost({ port: '443' }), errors: ['/port wrong_type'] },
    { name: 'half a port', body: withHost({ port: 443.5 }), errors: ['/port wrong_type'] },
    { name: 'a misspelt field', body: withHost({ polcy: {} }), errors: ['/polcy unknown_field'] },
    { name: 'a later field', body: withHost({ starttls: 'smtp' }), errors: ['/starttls unknown_field'] },
    { name: 'expecting nothing', body: withHost({ expect: {} }), errors: ['/expect required'] },
    { name: 'an empty list', body: withHost({ expect: { sha256: [] } }), errors: ['/expect/sha256 too_few_items'] },
    {
      name: 'expectations of wrong form',
      body: withHost({ expect: { emails: ['a'], sha256: ['00'], spiffe_id: 'spiffe://a' } }),
      errors: [
        '/expect/emails/0 invalid_email',
        '/expect/spiffe_id invalid_spiffe_id',
        '/expect/sha256/0 invalid_sha256',
      ],
    },
    {
      name: '33 mailboxes',
      body: withHost({ expect: { emails: Array(33).fill('a@b.example') } }),
      errors: ['/expect/emails too_many_items'],
    },
    { name: 'a misspelt pin', body: withHost({ expect: { spki: [] } }), errors: ['/expect/spki unknown_field'] },
    { name: '__proto__', body: '{"host":"a.example","__proto__":{}}', errors: ['/__proto__ unknown_field'] },
    { name: 'constructor', body: '{"host":"a.example","constructor":1}', errors: ['/constructor unknown_field'] },
    { name: 'a slash and a tilde in a name', body: withHost({ 'a/b~c': 1 }), errors: ['/a~1b~0c unknown_field'] },
    { name: 'a key twice', body: '{"host":"a.example","host":"b.example"}', errors: ['/host duplicate_key'] },
    {
      name: 'an inner key twice, spelt with an escape',
      body: '{"host":"a.example","policy":{"profile":"webpki","pro\\u0066ile":"default"}}',
      errors: ['/policy/profile duplicate_key'],
    },
    { name: 'an empty CA name', body: withHost({ ca: '' }), errors: ['/ca too_short'] },
    { name: 'no CA at all', body: withHost({ ca: [] }), errors: ['/ca too_few_items'] },
    { name: 'too many CAs', body: withHost({ ca: Array(17).fill('a') }), errors: ['/ca too_many_items'] },
    { name: 'a number among CAs', body: withHost({ ca: ['a', 1] }), errors: ['/ca/1 wrong_type'] },
    { name: 'a number as CA', body: withHost({ ca: 5 }), errors: ['/ca wrong_type'] },
    { name: 'null as CA', body: withHost({ ca: null }), errors: ['/ca wrong_type'] },
    { name: 'an empty CA object', body: withHost({ ca: {} }), errors: ['/ca required'] },
    {
      name: 'an unknown CA field',
      body: withHost({ ca: { pem: PEM, file: 'x' } }),
      errors: ['/ca/file unknown_field'],
    },
    { name: 'PEM that is no text', body: withHost({ ca: { pem: 1 } }), errors: ['/ca/pem wrong_type'] },
    {
      name: 'an IP address as SNI',
      body: withHost({ server_name: '10.0.0.1' }),
      errors: ['/server_name invalid_server_name'],
    },
    { name: 'a bad endpoint', body: withHost({ connect_to: 'a:b' }), errors: ['/connect_to invalid_endpoint'] },
    {
      name: 'an unknown family',
      body: withHost({ address_family: 'ipv5' }),
      errors: ['/address_family not_allowed_value'],
    },
    { name: 'an empty protocol name', body: withHost({ alpn: [''] }), errors: ['/alpn/0 invalid_format'] },
    { name: 'a long protocol name', body: withHost({ alpn: ['a'.repeat(256)] }), errors: ['/alpn/0 too_long'] },
    { name: 'too many protocols', body: withHost({ alpn: Array(17).fill('h2') }), errors: ['/alpn too_many_items'] },
    {
      name: 'an unknown profile',
      body: withHost({ policy: { profile: 'strict' } }),
      errors: ['/policy/profile not_allowed_value'],
    },
    {
      name: 'a version as number',
      body: withHost({ policy: { min_tls: 1.2 } }),
      errors: ['/policy/min_tls not_allowed_value'],
    },
    {
      name: 'negative days',
      body: withHost({ policy: { warn: { days: -1 } } }),
      errors: ['/policy/warn/days out_of_range'],
    },
    {
      name: 'percent past 100',
      body: withHost({ policy: { critical: { percent: 100.1 } } }),
      errors: ['/policy/critical/percent out_of_range'],
    },
    { name: 'an empty threshold', body: withHost({ policy: { warn: {} } }), errors: ['/policy/warn required'] },
    {
      name: 'a misspelt threshold',
      body: withHost({ policy: { warn: { day: 1 } } }),
      errors: ['/policy/warn/day unknown_field'],
    },
    {
      name: '256 intermediates',
      body: withHost({ policy: { max_intermediates: 256 } }),
      errors: ['/policy/max_intermediates out_of_range'],
    },
    {
      name: 'revocation of no known mode',
      body: withHost({ revocation: 'hard' }),
      errors: ['/revocation not_allowed_value'],
    },
    { name: 'aia as text', body: withHost({ aia: 'yes' }), errors: ['/aia wrong_type'] },
    { name: 'February 30', body: withHost({ at: '2026-02-30T00:00:00Z' }), errors: ['/at invalid_time'] },
    { name: 'a time before 1970', body: withHost({ at: '1969-12-31T23:59:59Z' }), errors: ['/at invalid_time'] },
    { name: '99 ms', body: withHost({ timeout_ms: 99 }), errors: ['/timeout_ms out_of_range'] },
    { name: '60001 ms', body: withHost({ timeout_ms: 60_001 }), errors: ['/timeout_ms out_of_range'] },
    { name: 'an unknown inclusion', body: withHost({ include: ['key'] }), errors: ['/include/0 not_allowed_value'] },
    {
      name: 'ways to connect beside chain_pem',
      body: { chain_pem: PEM, connect_to: '10.0.0.1', alpn: ['h2'], server_name: null },
      errors: ['/connect_to conflict', '/server_name conflict', '/alpn conflict'],
    },
    { name: 'a port without a host', body: { chain_pem: PEM, port: 443 }, errors: ['/port conflict'] },
    {
      name: 'everything wrong at once',
      body: '{"host":"a b","port":0,"port":0,"hots":1,"ca":{"refs":[]},"policy":{"warn":{}}}',
      errors: [
        '/port duplicate_key',
        '/host invalid_host',
        '/port out_of_range',
        '/ca/refs too_few_items',
        '/hots unknown_field',
        '/policy/warn required',
      ],
    },
  ];
  it.each(rows)('$name', ({ body, errors }) => {
    expect(errorsOf(body).toSorted()).toEqual(errors.toSorted());
  });

  it('names the nearest known field', () => {
    for (const [written, meant] of [
      ['serverName', 'server_name'],
      ['hots', 'host'],
      ['Timeout-MS', 'timeout_ms'],
      ['chainpem', 'chain_pem'],
    ]) {
      try {
        parse(withHost({ [String(written)]: 1 }));
      } catch (error) {
        expect((error as Problem).errors[0]?.detail).toContain(`"${meant}"`);
      }
    }
  });

  it('lists at most 100 places and shows at most a little of a long name', () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`unknown${index}`, 1]));
    expect(errorsOf(withHost(many))).toHaveLength(100);
    expect(errorsOf(withHost({ ['x'.repeat(10_000)]: 1 }))[0]?.length).toBeLessThan(100);
    expect(errorsOf(withHost({ '\u202e\u009b': 1 }))).toEqual(['/\ufffd\ufffd unknown_field']);
  });
});

describe('bounds of the JSON text', () => {
  const nested = (depth: number) => `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`;
  it('allows 16 levels and refuses 17', () => {
    expect(errorsOf(nested(15))).toContain('/a unknown_field');
    expect(errorsOf(nested(16))[0]).toMatch(/ too_deep$/);
    expect(errorsOf('['.repeat(1_000_000))[0]).toMatch(/ too_deep$/);
  });
  it('allows 4096 values and refuses 4097', () => {
    expect(errorsOf(withHost({ a: Array(4093).fill(1) }))).toEqual(['/a unknown_field']);
    expect(errorsOf(withHost({ a: Array(4094).fill(1) }))[0]).toMatch(/ too_many_values$/);
  });
  it('reads two megabytes of one string', () => {
    const pem = 'a\n"\\'.repeat(500_000);
    expect(parse(withHost({ ca: { pem } })).ca?.pem).toBe(pem);
  });
});

describe('bodies that are accepted', () => {
  it('fills in every default', () => {
    expect(parse({ host: 'Wiki.Corp.Example.' })).toEqual({
      target: {
        host: { kind: 'dns', text: 'wiki.corp.example' },
        port: 443,
        connectTo: null,
        serverName: { kind: 'dns', text: 'wiki.corp.example' },
        addressFamily: 'any',
      },
      chainPem: null,
      ca: null,
      policy: {
        profile: 'default',
        purpose: 'server',
        minTls: '1.2',
        warn: { days: 30, percent: 33 },
        critical: { days: 7, percent: 10 },
        maxIntermediates: 10,
      },
      revocation: 'soft',
      aia: true,
      at: null,
      alpn: [],
      clientCertificate: null,
      timeoutMs: 10_000,
      expect: null,
      include: new Set(),
      preset: null,
    });
  });

  it('sends no SNI for an address, a given one as given, none for null', () => {
    expect(parse({ host: '10.0.0.1' }).target?.serverName).toBeNull();
    expect(parse({ host: '[::1]', server_name: 'A.example' }).target?.serverName?.text).toBe('a.example');
    expect(parse({ host: 'a.example', server_name: null }).target?.serverName).toBeNull();
  });

  it('dials connect_to at its own port or that of the target', () => {
    const connectTo = (connect_to: string | null) => parse(withHost({ port: 8443, connect_to })).target?.connectTo;
    expect(connectTo('[2001:db8::1]:444')).toMatchObject({ host: { text: '2001:db8::1' }, port: 444 });
    expect(connectTo('10.0.0.1')).toMatchObject({ host: { text: '10.0.0.1' }, port: 8443 });
    expect(connectTo('b.example:1')).toMatchObject({ host: { text: 'b.example' }, port: 1 });
    expect(connectTo(null)).toBeNull();
  });

  it('reads every form of ca', () => {
    const inline = { pem: null, intermediatesPem: null, crlsPem: null };
    const ca = (value: unknown) => parse(withHost({ ca: value })).ca;
    expect(ca('a')).toEqual({ ...inline, refs: ['a'] });
    expect(ca(['a', 'b', 'a'])).toEqual({ ...inline, refs: ['a', 'b'] });
    expect(ca({ pem: 'P' })).toEqual({ ...inline, refs: [], pem: 'P' });
    expect(ca({ refs: ['a'], pem: 'P', intermediates_pem: 'I' })).toEqual({
      refs: ['a'],
      pem: 'P',
      intermediatesPem: 'I',
      crlsPem: null,
    });
  });

  it('requires revocation when it brings CRLs, unless told otherwise', () => {
    const asked = (body: object) => parse(withHost({ ca: { crls_pem: 'C' }, ...body })).revocation;
    expect(asked({})).toBe('require');
    expect(asked({ revocation: 'soft' })).toBe('soft');
  });

  it('names no anchor when only intermediates are given, so that the default judges', () => {
    const { ca } = parse(withHost({ ca: { intermediates_pem: 'I' } }));
    expect(ca).toEqual({ refs: [], pem: null, intermediatesPem: 'I', crlsPem: null });
  });

  it('has thresholds off under the standards unless given', () => {
    const policy = (value: object) => parse(withHost({ policy: value })).policy;
    expect(policy({ profile: 'webpki' })).toMatchObject({ warn: null, critical: null });
    expect(policy({ profile: 'rfc5280', warn: { days: 1, percent: 2 } }).warn).toEqual({ days: 1, percent: 2 });
    expect(policy({ warn: null })).toMatchObject({ warn: null, critical: { days: 7, percent: 10 } });
  });

  it('lets a threshold of days alone be limited by nothing else, and the other way round', () => {
    const warn = (value: object) => parse(withHost({ policy: { warn: value } })).policy.warn;
    expect(warn({ days: 60 })).toEqual({ days: 60, percent: 100 });
    expect(warn({ percent: 50 })).toEqual({ days: 36_500, percent: 50 });
  });

  it.each([
    { name: 'both ends of port', body: [{ port: 1 }, { port: 65_535 }] },
    { name: 'both ends of timeout_ms', body: [{ timeout_ms: 100 }, { timeout_ms: 60_000 }] },
    {
      name: 'both ends of max_intermediates',
      body: [{ policy: { max_intermediates: 0 } }, { policy: { max_intermediates: 255 } }],
    },
    {
      name: 'both ends of percent',
      body: [{ policy: { warn: { percent: 0 } } }, { policy: { warn: { percent: 100 } } }],
    },
    {
      name: 'every mode of revocation',
      body: [{ revocation: 'off' }, { revocation: 'soft' }, { revocation: 'require' }],
    },
    { name: 'aia on and off', body: [{ aia: false }, { aia: true }] },
    { name: 'sixteen CAs and protocols', body: [{ ca: Array(16).fill('a'), alpn: Array(16).fill('h2') }] },
  ])('$name', ({ body }) => {
    for (const fields of body) expect(errorsOf(withHost(fields))).toEqual([]);
  });

  it('judges a chain without or with a host', () => {
    expect(parse({ chain_pem: PEM })).toMatchObject({ target: null, chainPem: PEM });
    expect(parse({ chain_pem: PEM, host: 'a.example', port: 8443 }).target?.port).toBe(8443);
  });
});

describe('any JSON whatever', () => {
  it('is accepted, or refused with codes of the list', () => {
    const names = fc.constantFrom('host', 'port', 'ca', 'policy', 'at', 'chain_pem', 'alpn', 'include', '__proto__');
    const bodies = fc.oneof(
      fc.json(),
      fc.string(),
      fc.dictionary(names, fc.jsonValue()).map((body) => JSON.stringify(body)),
    );
    fc.assert(
      fc.property(bodies, (body) => {
        for (const error of errorsOf(body)) {
          expect(REQUEST_ERROR_CODES).toContain(error.split(' ').at(-1));
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('a body that is sent again', () => {
  const hostOf = (text: string) => parseVerifyRequest(text, defaults).target?.host;
  const ofLength = (length: number) => JSON.stringify({ host: 'again.example' }).padEnd(length);
  const others = (count: number) => {
    for (let port = 1; port <= count; port++) parse(withHost({ port }));
  };

  it.each<{ name: string; text: string; between: number; isRemembered: boolean }>([
    { name: 'is remembered', text: ofLength(0), between: 0, isRemembered: true },
    { name: 'is remembered with 512 characters', text: ofLength(512), between: 0, isRemembered: true },
    { name: 'is read anew with one more', text: ofLength(513), between: 0, isRemembered: false },
    { name: 'is remembered behind 2,047 others', text: ofLength(101), between: 2047, isRemembered: true },
    { name: 'is forgotten behind 2,048 others', text: ofLength(102), between: 2048, isRemembered: false },
  ])('$name', ({ text, between, isRemembered }) => {
    const first = hostOf(text);
    others(between);
    expect(hostOf(text)).toEqual(first);
    expect(hostOf(text) === first).toBe(isRemembered);
  });

  it('has the time that is the default now', () => {
    const text = JSON.stringify({ host: 'time.example' });
    const timeOf = (timeoutMs: number) => parseVerifyRequest(text, { ...defaults, timeoutMs }).timeoutMs;
    expect([timeOf(10_000), timeOf(5_000)]).toEqual([10_000, 5_000]);
  });

  it('has the preset as it is now', () => {
    const text = JSON.stringify({ host: 'preset.example', preset: 'corp' });
    const portOf = (presets: Map<string, Record<string, unknown>>) =>
      parseVerifyRequest(text, { timeoutMs: 1_000, presets }).target?.port;
    expect(portOf(new Map([['corp', { port: 636 }]]))).toBe(636);
    expect(portOf(new Map([['corp', { port: 993 }]]))).toBe(993);
    expect(() => portOf(new Map())).toThrow(/No preset is called "corp"/);
  });

  it('is refused each time for what is wrong with it', () => {
    const text = '{"host":"a.example","host":"b.example"}';
    expect([errorsOf(text), errorsOf(text)]).toEqual([['/host duplicate_key'], ['/host duplicate_key']]);
  });
});
