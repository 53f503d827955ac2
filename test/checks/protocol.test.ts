import { describe, expect, it } from 'vitest';
import type { Fault } from '../../src/domain/fault.ts';
import type { HandshakeRecord } from '../../src/domain/handshake.ts';
import { DEFAULT_POLICY, type Policy } from '../../src/domain/policy.ts';
import { evidence, GOOD_HANDSHAKE, judge } from './evidence.ts';

const TLS12: Partial<HandshakeRecord> = {
  version: 'TLSv1.2',
  cipher: 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
  secureRenegotiation: true,
};

function judgeRecord(changes: Partial<HandshakeRecord>, policy: Partial<Policy> = {}, handshakeFaults: Fault[] = []) {
  const handshake = { ...GOOD_HANDSHAKE, ...changes };
  return judge('protocol', evidence({ handshake, handshakeFaults, policy: { ...DEFAULT_POLICY, ...policy } }));
}

describe('parameters', () => {
  const old = ['tls_version_deprecated:warning', 'tls_version_below_policy:error'];
  const rows: { name: string; record: Partial<HandshakeRecord>; policy?: Partial<Policy>; codes: string[] }[] = [
    { name: 'TLS 1.3', record: {}, codes: [] },
    { name: 'TLS 1.2', record: TLS12, codes: [] },
    {
      name: 'TLS 1.2 where 1.3 is asked for',
      record: TLS12,
      policy: { minTls: '1.3' },
      codes: ['tls_version_below_policy:error'],
    },
    { name: 'TLS 1.1', record: { ...TLS12, version: 'TLSv1.1' }, codes: old },
    { name: 'TLS 1.0', record: { ...TLS12, version: 'TLSv1' }, codes: old },
    { name: 'SSL 3.0', record: { ...TLS12, version: 'SSLv3' }, codes: old },
    {
      name: 'TLS 1.1 where 1.1 is enough',
      record: { ...TLS12, version: 'TLSv1.1' },
      policy: { minTls: '1.1' },
      codes: old.slice(0, 1),
    },
    {
      name: 'TLS 1.0 where 1.1 is asked for',
      record: { ...TLS12, version: 'TLSv1' },
      policy: { minTls: '1.1' },
      codes: old,
    },
    {
      name: 'SSL 3.0 where 1.0 is enough',
      record: { ...TLS12, version: 'SSLv3' },
      policy: { minTls: '1.0' },
      codes: old,
    },
    { name: 'RC4', record: { ...TLS12, cipher: 'TLS_ECDHE_RSA_WITH_RC4_128_SHA' }, codes: ['tls_cipher_weak:warning'] },
    {
      name: '3DES',
      record: { ...TLS12, cipher: 'TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA' },
      codes: ['tls_cipher_weak:warning'],
    },
    {
      name: 'no encryption',
      record: { ...TLS12, cipher: 'TLS_ECDHE_RSA_WITH_NULL_SHA' },
      codes: ['tls_cipher_weak:error'],
    },
    {
      name: 'DES, whose 56 bits anybody can try',
      record: { ...TLS12, cipher: 'TLS_DHE_RSA_WITH_DES_CBC_SHA' },
      codes: ['tls_cipher_weak:error'],
    },
    { name: 'AES in CBC mode', record: { ...TLS12, cipher: 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA' }, codes: [] },
    {
      name: 'RSA key exchange',
      record: { ...TLS12, cipher: 'TLS_RSA_WITH_AES_128_GCM_SHA256', keyExchange: 'key_encipherment' },
      codes: ['tls_no_forward_secrecy:warning'],
    },
    {
      name: 'static ECDH',
      record: { ...TLS12, cipher: 'TLS_ECDH_RSA_WITH_AES_128_GCM_SHA256' },
      codes: ['tls_no_forward_secrecy:warning'],
    },
    {
      name: 'DHE has forward secrecy',
      record: { ...TLS12, cipher: 'TLS_DHE_RSA_WITH_AES_128_GCM_SHA256', dhBits: 2048 },
      codes: [],
    },
    {
      name: 'export',
      record: { ...TLS12, cipher: 'TLS_RSA_EXPORT_WITH_RC4_40_MD5' },
      codes: ['tls_cipher_weak:error', 'tls_no_forward_secrecy:warning'],
    },
    { name: 'DH of 2047 bits', record: { ...TLS12, dhBits: 2047 }, codes: ['tls_dh_weak:warning'] },
    { name: 'DH of 2048 bits', record: { ...TLS12, dhBits: 2048 }, codes: [] },
    {
      name: 'a permissive hello that nothing else explains',
      record: { ...TLS12, hello: 'permissive', cipher: 'TLS_DHE_RSA_WITH_AES_128_GCM_SHA256', dhBits: 2048 },
      codes: ['tls_legacy_hello:warning'],
    },
    {
      name: 'a permissive hello that the key exchange explains',
      record: { ...TLS12, hello: 'permissive', cipher: 'TLS_RSA_WITH_AES_128_GCM_SHA256' },
      codes: ['tls_no_forward_secrecy:warning'],
    },
    {
      name: 'no renegotiation_info',
      record: { ...TLS12, secureRenegotiation: false },
      codes: ['tls_legacy_renegotiation:warning'],
    },
    {
      name: 'a classical group',
      record: { group: 'X25519', postQuantum: false },
      codes: ['tls_not_post_quantum:info'],
    },
    {
      name: 'RSA key exchange',
      record: { group: null, keyExchange: 'key_encipherment', postQuantum: false },
      codes: ['tls_not_post_quantum:info'],
    },
    {
      name: 'no key exchange yet',
      record: { group: null, keyExchange: null, postQuantum: false },
      codes: [],
    },
  ];
  it.each(rows)('$name', ({ record, policy, codes }) => {
    expect(judgeRecord(record, policy).codes).toEqual(codes);
  });
});

describe('how far it came', () => {
  const alert: Fault = { code: 'tls_alert', detail: '' };
  const demanded: Fault = { code: 'tls_client_cert_required', detail: '' };
  const required = { ...GOOD_HANDSHAKE.clientCertificate, requested: true, required: true };
  const rows: { name: string; record: Partial<HandshakeRecord>; faults?: Fault[]; state: string; codes: string[] }[] = [
    { name: 'finished', record: {}, state: 'pass', codes: [] },
    {
      name: 'unfinished with a reason',
      record: { state: 'server_hello' },
      faults: [alert],
      state: 'fail',
      codes: ['tls_alert:error'],
    },
    { name: 'unfinished without a reason', record: { state: 'certificate' }, state: 'unknown', codes: [] },
    { name: 'key proven, never finished', record: { state: 'key_proven' }, state: 'unknown', codes: [] },
    {
      name: 'client certificate demanded after the chain, TLS 1.3',
      record: { clientCertificate: required },
      faults: [demanded],
      state: 'pass',
      codes: ['tls_client_cert_required:info'],
    },
    {
      name: 'client certificate demanded before Finished, TLS 1.2',
      record: { ...TLS12, state: 'key_proven', clientCertificate: required },
      faults: [demanded],
      state: 'pass',
      codes: ['tls_client_cert_required:info'],
    },
    {
      name: 'client certificate demanded, seen only in the record',
      record: { clientCertificate: required },
      state: 'pass',
      codes: ['tls_client_cert_required:info'],
    },
    {
      name: 'client certificate demanded before any certificate',
      record: { state: 'hello_sent', version: null, cipher: null, certificates: [] },
      faults: [demanded],
      state: 'fail',
      codes: ['tls_client_cert_required:error'],
    },
    {
      name: 'a fault of another area is left to it',
      record: {},
      faults: [{ code: 'key_algorithm_unsupported', detail: '' }],
      state: 'pass',
      codes: [],
    },
  ];
  it.each(rows)('$name', ({ record, faults, state, codes }) => {
    expect(judgeRecord(record, {}, faults)).toMatchObject({ state, codes });
  });

  it.each([
    { name: 'no handshake, with a reason', handshakeFaults: [alert], state: 'fail' },
    { name: 'no handshake, no reason', handshakeFaults: [], state: 'unknown' },
  ])('$name', ({ handshakeFaults, state }) => {
    expect(judge('protocol', evidence({ handshake: null, handshakeFaults })).state).toBe(state);
  });
});
