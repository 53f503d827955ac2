import type { ClientCertificateRequest, HandshakeRecord } from '../domain/handshake.ts';

/** A record while its handshake goes on. */
export type HandshakeDraft = {
  -readonly [K in keyof HandshakeRecord]: HandshakeRecord[K] extends readonly (infer T)[] ? T[] : HandshakeRecord[K];
};

const NOT_OBSERVED: ClientCertificateRequest = {
  requested: null,
  required: null,
  sent: false,
  accepted: null,
  authorities: [],
  signatureSchemes: [],
};

/** The record of a connection on which nothing has happened yet. */
export function handshakeDraft(hello: HandshakeRecord['hello']): HandshakeDraft {
  return {
    hello,
    state: 'connected',
    version: null,
    cipher: null,
    group: null,
    dhBits: null,
    postQuantum: false,
    signatureScheme: null,
    keyExchange: null,
    alpn: null,
    clientCertificate: NOT_OBSERVED,
    certificates: [],
    sctList: null,
    helloRetryRequest: false,
    secureRenegotiation: null,
    alerts: [],
  };
}
