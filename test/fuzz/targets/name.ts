import type { GeneralName, GeneralSubtree } from '../../../src/domain/certificate.ts';
import { ipAddressFromBytes } from '../../../src/domain/ip-address.ts';
import { matchName } from '../../../src/domain/match-name.ts';
import { formatEndpoint, type Host, parseEndpoint, parseHost } from '../../../src/domain/target.ts';
import { parseTargetPattern, rangeContains, suffixContains } from '../../../src/domain/target-pattern.ts';
import { parseDocumentUrl } from '../../../src/net/document-url.ts';
import { comparableBase, comparableName, isInside, isPartlyInside } from '../../../src/path/name-forms.ts';
import { fromFrames, toFrames } from '../frames.ts';
import { type FuzzTarget, promise } from '../fuzz-target.ts';
import { mutateBytes } from '../mutate-bytes.ts';
import type { Random } from '../random.ts';

const WORDS = [
  ...[
    '.',
    '*',
    '*.',
    '-',
    '_',
    'xn--',
    'example',
    'com',
    'co.uk',
    'ß',
    'İ',
    '。',
    '．',
    'ａ',
    '１',
    '\u00ad',
    '\u200d',
    '\0',
  ],
  ...[
    '1',
    '0x',
    '127.0.0.1',
    '::',
    '::1',
    '[',
    ']',
    ':443',
    '%',
    '/',
    '//',
    '\\',
    '@',
    'http://',
    'spiffe://',
    '#',
    '?',
    ' ',
  ],
].map((text) => Buffer.from(text));

const NAMES: readonly (readonly string[])[] = [
  ['www.example.com', 'www.example.com', '*.example.com', '.example.com', 'example.com'],
  ['bücher.example', 'xn--bcher-kva.example', '*.example', '*.com'],
  ['a.b.co.uk', '*.b.co.uk', '*.co.uk', 'b*.co.uk', 'a.*.uk', '*'],
  ['192.0.2.1', '\xc0\x00\x02\x01', '\xc0\x00\x02\x00\xff\xff\xff\x00', '192.0.2.1'],
  ['[2001:db8::1]:8443', '\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01', '::ffff:192.0.2.1'],
  ['a@example.com', '"a b"@example.com', 'a@[192.0.2.1]', '.example.com'],
  ['spiffe://example.com/ns/a', 'https://a:b@www.example.com:443/x?y#z', 'http://192.0.2.1/', 'urn:x'],
  ['10.0.0.0/8', 'fd00::/8', 'corp.example', '.corp.example', 'http://crl.example:80/a%20b?c=d'],
];

const FORMS = ['dns', 'email', 'uri', 'ip'] as const;

/**
 * Names and addresses of every kind that are read and compared: what the certificate must be for, what it has, what
 * constrains it, what operators and certificates say where to connect.
 */
export async function nameTarget(): Promise<FuzzTarget> {
  return {
    corpus: NAMES.map((names) =>
      toFrames(names.map((name, index) => Buffer.from(name, index === 0 ? 'utf8' : 'latin1'))),
    ),
    mutate: mutateNames,
    check: checkNames,
  };
}

/** Changes one of the names; now and then two are exchanged. */
function mutateNames(input: Buffer, random: Random, donor: Buffer): Buffer {
  const parts = fromFrames(input);
  const at = random.below(parts.length + 1);
  const other = random.pick([...parts, ...fromFrames(donor), Buffer.alloc(0)]);
  parts[at] = random.once(4) ? other : mutateBytes(parts[at] ?? other, random, WORDS);
  return toFrames(parts.slice(0, 8));
}

function checkNames(input: Buffer): string {
  const [first = Buffer.alloc(0), ...others] = fromFrames(input);
  const text = first.toString('utf8');
  const host = parseHost(text);
  const seen = ['error' in host ? 'no host' : `${host.kind} ${checkMatch(host, others)}`];
  if (!('error' in host)) checkHost(host, text);
  seen.push(checkEndpoint(text), checkPattern(text), checkUrl(text));
  for (const form of FORMS) seen.push(checkConstraint(form, first, others[0] ?? first));
  return seen.join(', ');
}

function checkHost(host: Host, text: string): void {
  const again = parseHost(host.text);
  promise(
    !('error' in again) && again.kind === host.kind && again.text === host.text,
    'a host is read as it is written',
  );
  if (host.kind === 'ip') {
    promise(ipAddressFromBytes(host.bytes)?.text === host.text, 'octets and text of an address say the same');
    return;
  }
  promise(host.text.length <= 253, 'a name has at most 253 octets');
  const labels = host.text.split('.');
  promise(
    labels.every((label) => /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/.test(label)),
    'a name has labels of letters and digits',
  );
  const url = `http://${text}/`;
  // What a browser connects to under the same text must not be another host.
  if (!URL.canParse(url)) return;
  const { hostname } = new URL(url);
  promise(hostname.replace(/\.$/, '') === host.text, `browsers read the host as ${hostname}`);
}

function checkMatch(host: Host, others: readonly Buffer[]): string {
  const names = others.map((octets, index) =>
    nameOf(index % 2 === 0 || octets.length % 4 !== 0 ? 'dns' : 'ip', octets),
  );
  const { relation, name } = matchName(host, names);
  promise(matchName(host, names.toReversed()).relation === relation, 'the order of names does not matter');
  promise((name === null) === (relation === 'none'), 'there is a name exactly when one is near');
  const isExact = names.some((each) =>
    host.kind === 'ip'
      ? each.type === 'ip' && each.value.equals(host.bytes)
      : each.type === 'dns' && each.value.toLowerCase() === host.text,
  );
  promise((relation === 'exact') === isExact, 'only an equal name matches exactly');
  if (relation === 'wildcard') {
    const [, ...parents] = host.text.split('.');
    const pattern = name?.type === 'dns' ? name.value.toLowerCase() : '';
    promise(
      host.kind === 'dns' && pattern === `*.${parents.join('.')}` && parents.length > 1,
      'a wildcard is one label',
    );
  }
  return relation;
}

function checkEndpoint(text: string): string {
  const endpoint = parseEndpoint(text);
  if ('error' in endpoint) return 'no endpoint';
  const port = endpoint.port ?? 443;
  const again = parseEndpoint(formatEndpoint(endpoint.host, port));
  promise(
    !('error' in again) && again.host.text === endpoint.host.text && again.port === port,
    'an endpoint is read as written',
  );
  return endpoint.port === null ? 'host' : 'host and port';
}

function checkPattern(text: string): string {
  const pattern = parseTargetPattern(text);
  if ('error' in pattern) return 'no pattern';
  const again = parseTargetPattern(pattern.text);
  promise(
    !('error' in again) && again.kind === pattern.kind && again.text === pattern.text,
    'a pattern is read as written',
  );
  if (pattern.kind === 'range') promise(rangeContains(pattern, pattern.base), 'a block holds its first address');
  else promise(suffixContains(pattern, `a.${pattern.text}`), 'a name holds those below it');
  return pattern.kind;
}

function checkUrl(text: string): string {
  const url = parseDocumentUrl(text);
  if ('error' in url) return url.error;
  promise(/^\/[!-~]*$/.test(url.path) && /^[!-~]+$/.test(url.authority), 'what is sent of a URL is printable ASCII');
  const again = parseDocumentUrl(`http://${url.authority}${url.path}`);
  promise(
    !('error' in again) && again.path === url.path && again.host.text === url.host.text,
    'a URL is read as it is sent',
  );
  return 'url';
}

function checkConstraint(form: (typeof FORMS)[number], named: Buffer, based: Buffer): string {
  const name = comparableName(nameOf(form, named));
  const base = comparableBase({ ...nameOf(form, based), hasDistance: false } as GeneralSubtree);
  if (name === null || base === null) return `${form} not comparable`;
  const inside = isInside(name, base);
  promise(!inside || isPartlyInside(name, base), 'what is inside is partly inside');
  if (name.form === 'uri') requireSameHost(named.toString('latin1'), name.host.slice(1));
  if (inside && name.form === 'dns' && base.form === 'dns') {
    const wide = base.suffix.slice(base.suffix.indexOf('.', 1));
    promise(!wide.startsWith('.') || name.host.endsWith(wide), 'what is inside is inside of the domain above');
  }
  return `${form} ${inside ? 'inside' : 'outside'}`;
}

/** Whoever follows the URI must not reach another host than the one that was compared. */
function requireSameHost(text: string, host: string): void {
  if (!URL.canParse(text)) return;
  const { hostname } = new URL(text);
  promise(
    hostname === '' || hostname.toLowerCase().replace(/\.$/, '') === host,
    `URL parsers read the host as ${hostname}`,
  );
}

function nameOf(form: (typeof FORMS)[number], octets: Buffer): GeneralName {
  return form === 'ip' ? { type: 'ip', value: octets } : { type: form, value: octets.toString('latin1') };
}
