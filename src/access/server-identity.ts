import { createPrivateKey, X509Certificate } from 'node:crypto';

/** What the service shows as a TLS server, and whose client certificates it accepts. */
export interface ServerIdentity {
  /** PEM, leaf first. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
  /** PEM of the CAs that issue to callers; null when no certificate is asked for. */
  readonly clientCa: string | null;
}

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/**
 * Checks what Node would take only to fail at the first handshake. Throws an Error that names the setting; nothing of
 * the key is in it.
 */
export function readServerIdentity(texts: { cert: string; key: string; clientCa: string | null }): ServerIdentity {
  const [leaf] = readCertificates('TLS_CERT_FILE', texts.cert);
  if (leaf?.checkPrivateKey(readKey(texts.key)) !== true) {
    throw new Error('TLS_KEY_FILE is not the key of the first certificate in TLS_CERT_FILE');
  }
  if (texts.clientCa !== null) readCertificates('TLS_CLIENT_CA_FILE', texts.clientCa);
  return texts;
}

function readCertificates(setting: string, text: string): X509Certificate[] {
  const blocks = text.match(BLOCK) ?? [];
  if (blocks.length === 0) throw new Error(`${setting} has no PEM certificate`);
  return blocks.map((block, index) => {
    try {
      return new X509Certificate(block);
    } catch {
      throw new Error(`${setting} has a certificate that cannot be read, number ${index + 1}`);
    }
  });
}

function readKey(text: string) {
  try {
    return createPrivateKey(text);
  } catch {
    throw new Error('TLS_KEY_FILE has no PEM private key that can be read without a passphrase');
  }
}
