import type { Fault } from './fault.ts';

export type TlsVersion = 'SSLv3' | 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';

/** How far the handshake came; each state includes those before it. */
export type HandshakeState = 'connected' | 'hello_sent' | 'server_hello' | 'certificate' | 'key_proven' | 'finished';

/** One entry of the server's Certificate message, exactly as sent. */
export interface CertificateEntry {
  readonly der: Buffer;
  /** OCSPResponse stapled for this certificate (RFC 8446 §4.4.2.1; in TLS 1.2 only for the leaf, RFC 6066 §8). */
  readonly ocspStaple: Buffer | null;
  /** SignedCertificateTimestampList (RFC 6962 §3.3). */
  readonly sctList: Buffer | null;
}

/** The server's CertificateRequest; `null` fields were not observed. */
export interface ClientCertificateRequest {
  readonly requested: boolean | null;
  /** True when the server ended the handshake because none was sent. */
  readonly required: boolean | null;
  /** Whether we showed one. */
  readonly sent: boolean;
  /** Whether the server went on after it, false when it refused it; null when none was sent too. */
  readonly accepted: boolean | null;
  /** DER of each DistinguishedName in certificate_authorities, bounded. */
  readonly authorities: readonly Buffer[];
  readonly signatureSchemes: readonly string[];
}

/** What one handshake showed. Every field that was not reached is `null` or empty; nothing here is a judgement. */
export interface HandshakeRecord {
  /** The hello that got this answer: what a current client sends, or the permissive one tried after it failed. */
  readonly hello: 'modern' | 'permissive';
  readonly state: HandshakeState;
  readonly version: TlsVersion | null;
  /** IANA name, `TLS_AES_256_GCM_SHA384`. */
  readonly cipher: string | null;
  /** Named group of the key exchange: `X25519MLKEM768`, `X25519`, `P-256`, `ffdhe2048`, `DH`; null for RSA key exchange. */
  readonly group: string | null;
  /** Size in bits of a finite-field DH group; null for any other key exchange. */
  readonly dhBits: number | null;
  readonly postQuantum: boolean;
  /** Scheme of CertificateVerify or ServerKeyExchange, `ecdsa_secp256r1_sha256` (RFC 8446 §4.2.3). */
  readonly signatureScheme: string | null;
  /** How the server's key was used; decides which key usage bit it needs (RFC 8446 §4.4.2.2, RFC 5246 §7.4.2). */
  readonly keyExchange: 'signature' | 'key_encipherment' | null;
  readonly alpn: string | null;
  readonly clientCertificate: ClientCertificateRequest;
  readonly certificates: readonly CertificateEntry[];
  /** SCT list sent in the TLS extension of TLS 1.2 (in 1.3 it stands at each certificate). */
  readonly sctList: Buffer | null;
  readonly helloRetryRequest: boolean;
  /** RFC 5746 renegotiation_info in a TLS <= 1.2 ServerHello; null in TLS 1.3. */
  readonly secureRenegotiation: boolean | null;
  /** Alerts received, in order. */
  readonly alerts: readonly { readonly level: number; readonly description: number; readonly name: string }[];
}

/**
 * A handshake with everything it showed.
 * `faults` holds what the TLS room itself saw (alerts, time-outs, a broken key proof); when one of them is why
 * no usable handshake came about, `record.state` is not `finished`.
 */
export interface HandshakeResult {
  readonly record: HandshakeRecord;
  readonly faults: readonly Fault[];
}
