import { certificateList } from '../support/crl.ts';
import { type Issued, type IssueOptions, intermediate, issue, leaf, root } from '../support/pki.ts';
import { startNodeTls } from '../support/servers.ts';

/** One host of the demonstration: what it serves, and what the service must say of it. */
export interface DemoHost {
  readonly host: string;
  /** What is set up here, in a few words. */
  readonly about: string;
  readonly port: number;
  /** What a request must ask for, beside host and CA, to learn of it. */
  readonly asking?: { readonly revocation: 'require' };
  /** Codes of its errors and warnings, in the order of the answer; a test holds the service to them. */
  readonly expected: readonly string[];
}

export interface Demo {
  /** PEM of the company's root: the `ca.pem` of every request. */
  readonly caPem: string;
  /** PEM of the issuing CA, which some hosts forget to send: the `ca.intermediates_pem`. */
  readonly intermediatesPem: string;
  /** DER of the CRLs of the root and of the issuing CA, by file name. */
  readonly crls: ReadonlyMap<string, Buffer>;
  readonly hosts: readonly DemoHost[];
  readonly close: () => Promise<void>;
}

const DAY_MS = 86_400_000;
const REVOKED_SERIAL = '5eca11ed';
/** RFC 5280 §5.3.1. */
const KEY_COMPROMISE = 1;

/**
 * A small company on loopback: a root, an issuing CA, and hosts with one fault each (and one with three).
 * Certificates are new at each start, since what expires has to expire by the real clock.
 * @param now milliseconds since the epoch
 */
export async function startDemo(now: number): Promise<Demo> {
  const days = (count: number) => new Date(now + count * DAY_MS);
  const year = { notBefore: days(-30), notAfter: days(335) };
  const authority = { notBefore: days(-365), notAfter: days(3650) };
  const corp = await root('Corp Root', authority);
  const issuing = await intermediate(corp, 'Corp Issuing CA 3', { ...authority, notAfter: days(1800), pathLength: 0 });
  const week = { thisUpdate: days(-1), nextUpdate: days(6) };
  const revoked = { serial: REVOKED_SERIAL, revokedAt: days(-2), reason: KEY_COMPROMISE };
  const strangers = await root('Somebody Else Root', authority);

  const issueFor = (host: string, options: IssueOptions = {}) => leaf(issuing, host, { ...year, ...options });
  const plans: readonly (Omit<DemoHost, 'port'> & { readonly chain: readonly Issued[] })[] = [
    {
      host: 'good.corp.example',
      about: 'all as it should be',
      chain: [await issueFor('good.corp.example'), issuing],
      expected: [],
    },
    {
      host: 'expired.corp.example',
      about: 'expired three days ago',
      chain: [await issueFor('expired.corp.example', { notBefore: days(-93), notAfter: days(-3) }), issuing],
      expected: ['cert_expired'],
    },
    {
      host: 'soon.corp.example',
      about: 'expires in twelve days',
      chain: [await issueFor('soon.corp.example', { notBefore: days(-78), notAfter: days(12) }), issuing],
      expected: ['cert_expires_soon'],
    },
    {
      host: 'name.corp.example',
      about: 'certificate of another host',
      chain: [await issueFor('other.corp.example'), issuing],
      expected: ['name_mismatch'],
    },
    {
      host: 'incomplete.corp.example',
      about: 'intermediate not sent',
      chain: [await issueFor('incomplete.corp.example')],
      expected: ['missing_intermediate'],
    },
    {
      host: 'self-signed.corp.example',
      about: 'self-signed',
      chain: [
        await issue({
          subject: 'CN=self-signed.corp.example',
          dns: ['self-signed.corp.example'],
          keyUsage: ['digital_signature'],
          eku: ['server_auth'],
          ca: false,
          ...year,
        }),
      ],
      expected: ['self_signed'],
    },
    {
      host: 'stranger.corp.example',
      about: 'signed by a CA that is not ours',
      chain: [await leaf(strangers, 'stranger.corp.example', year), strangers],
      expected: ['untrusted_root'],
    },
    {
      host: 'weak.corp.example',
      about: 'RSA key of 1024 bits',
      chain: [
        await issueFor('weak.corp.example', { key: 'rsa-1024', keyUsage: ['digital_signature', 'key_encipherment'] }),
        issuing,
      ],
      expected: ['key_too_small'],
    },
    {
      host: 'order.corp.example',
      about: 'chain in the wrong order',
      chain: [await issueFor('order.corp.example'), corp, issuing],
      expected: ['chain_wrong_order'],
    },
    {
      host: 'three.corp.example',
      about: 'expired, wrong name, intermediate not sent',
      chain: [await issueFor('legacy.corp.example', { notBefore: days(-93), notAfter: days(-3) })],
      expected: ['name_mismatch', 'cert_expired', 'missing_intermediate'],
    },
    {
      host: 'revoked.corp.example',
      about: 'revoked, its key was stolen',
      chain: [await issueFor('revoked.corp.example', { serial: REVOKED_SERIAL }), issuing],
      asking: { revocation: 'require' },
      expected: ['cert_revoked'],
    },
  ];

  const running = await Promise.all(
    plans.map(async ({ chain: [first, ...rest], ...plan }) => {
      if (first === undefined) throw new Error('a host serves at least its leaf');
      const server = await startNodeTls({ leaf: first, chain: rest, ciphers: 'DEFAULT@SECLEVEL=0' });
      return { server, host: { ...plan, port: server.port } };
    }),
  );
  return {
    caPem: corp.pem,
    intermediatesPem: issuing.pem,
    crls: new Map([
      ['root.crl', certificateList({ issuer: corp, ...week })],
      ['issuing.crl', certificateList({ issuer: issuing, entries: [revoked], ...week })],
    ]),
    hosts: running.map(({ host }) => host),
    close: async () => {
      await Promise.all(running.map(({ server }) => server.close()));
    },
  };
}
