/** What other programs call a fault: numbers, names and the words by which their output can be searched. */
export interface OtherPrograms {
  /** X509_V_ERR number. */
  readonly openssl?: number;
  readonly node?: string;
  readonly curl_exit?: number;
  readonly chrome?: string;
  /** What the error of crypto/tls, crypto/x509 or net holds. */
  readonly go?: string;
}

/** Texts of X509_verify_cert_error_string in OpenSSL 3, of the numbers that the vocabulary names. */
const OPENSSL_TEXTS: Readonly<Record<number, string>> = {
  3: 'unable to get certificate CRL',
  6: 'unable to decode issuer public key',
  7: 'certificate signature failure',
  8: 'CRL signature failure',
  9: 'certificate is not yet valid',
  10: 'certificate has expired',
  12: 'CRL has expired',
  13: "format error in certificate's notBefore field",
  18: 'self-signed certificate',
  19: 'self-signed certificate in certificate chain',
  20: 'unable to get local issuer certificate',
  21: 'unable to verify the first certificate',
  22: 'certificate chain too long',
  23: 'certificate revoked',
  25: 'path length constraint exceeded',
  26: 'unsuitable certificate purpose',
  30: 'authority and subject key identifier mismatch',
  32: 'key usage does not include certificate signing',
  34: 'unhandled critical extension',
  43: 'no explicit policy',
  47: 'permitted subtree violation',
  51: 'unsupported name constraint type',
  62: 'hostname mismatch',
  63: 'email address mismatch',
  66: 'EE certificate key too weak',
  68: 'CA signature digest algorithm too weak',
  79: 'invalid CA certificate',
  80: 'Path length invalid for non-CA cert',
  85: 'Missing Authority Key Identifier',
};

/** The error that OpenSSL finds before this one: s_client goes on after it, curl does not. */
const FOUND_FIRST: Readonly<Record<number, number>> = { 21: 20, 32: 79 };

const CURL_TEXTS: Readonly<Record<number, string>> = {
  6: ' Could not resolve host',
  7: ' Failed to connect to',
};

/** How it looks in each program that reports it, by the words that stay the same. */
export function appearances(also: OtherPrograms): readonly { readonly program: string; readonly text: string }[] {
  return [
    { program: 'OpenSSL', text: also.openssl === undefined ? null : opensslText(also.openssl) },
    { program: 'curl', text: also.curl_exit === undefined ? null : curlText(also.curl_exit, also.openssl) },
    { program: 'Node', text: also.node ?? null },
    { program: 'Chrome', text: also.chrome === undefined ? null : `net::${also.chrome}` },
    { program: 'Go', text: also.go ?? null },
  ].flatMap(({ program, text }) => (text === null ? [] : [{ program, text }]));
}

/** As `openssl s_client` writes it. */
function opensslText(number: number): string {
  return `verify error:num=${number}:${OPENSSL_TEXTS[number] ?? ''}`;
}

/** As curl with OpenSSL writes it: for a certificate in OpenSSL's words, but for the name, which it compares itself. */
function curlText(exit: number, openssl = 62): string {
  if (exit !== 60) return `curl: (${exit})${CURL_TEXTS[exit] ?? ''}`;
  if (openssl === 62) return 'curl: (60) SSL: no alternative certificate subject name matches target host name';
  return `curl: (60) SSL certificate problem: ${OPENSSL_TEXTS[FOUND_FIRST[openssl] ?? openssl] ?? ''}`;
}
