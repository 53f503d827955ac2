import type { CheckId } from './check-id.ts';
import type { OtherPrograms } from './other-programs.ts';

export type Severity = 'error' | 'warning' | 'info';

/** One finding code: a distinct cause with distinct advice. Never changes meaning within a major version. */
export interface FindingCodeEntry {
  /** The area that owns the code. */
  readonly check: CheckId;
  /** Severity where no rule says otherwise. */
  readonly severity: Severity;
  /** The fault in one line, for people. */
  readonly title: string;
  /** What it means and who is affected. */
  readonly meaning: string;
  /** What to change and where; `{name}` is filled from the evidence of the finding. */
  readonly fix: string;
  /** The rule: `RFC 5280 §4.1.2.5`. */
  readonly reference: string;
  readonly also: OtherPrograms;
}

/** The vocabulary, declared once; the API document and docs/codes.md are generated from it. */
export const FINDING_CODES = {
  // Connection: nothing can be said of the target.
  dns_not_found: {
    check: 'connection',
    severity: 'error',
    title: 'The name does not exist in DNS',
    meaning:
      'The resolver of this service answered that there is no address for the name. Nobody who asks the same resolver can reach the host.',
    fix: 'Create an A or AAAA record for {host}, or correct the name; if the record exists elsewhere (split DNS), let this service use the resolver that has it, or give the address in connect_to.',
    reference: 'RFC 1035 §4.1.1; RFC 2308',
    also: { node: 'ENOTFOUND', curl_exit: 6, chrome: 'ERR_NAME_NOT_RESOLVED', go: 'no such host' },
  },
  dns_failure: {
    check: 'connection',
    severity: 'error',
    title: 'The DNS look-up failed',
    meaning:
      'A name server was asked and answered with a failure, or could not be asked. Whether the name exists is not known.',
    fix: 'Check the name servers of the zone of {host} and the resolver of this service (dig {host} from where it runs); SERVFAIL is often a broken DNSSEC signature or a dead secondary.',
    reference: 'RFC 1035 §4.1.1',
    also: { node: 'EAI_AGAIN', curl_exit: 6, chrome: 'ERR_NAME_RESOLUTION_FAILED', go: 'server misbehaving' },
  },
  dns_timeout: {
    check: 'connection',
    severity: 'error',
    title: 'The DNS look-up timed out',
    meaning: 'No name server answered within the time that the verification gives to the look-up.',
    fix: 'Let this service reach its resolver on port 53 (a firewall or network policy often blocks it), or raise timeout_ms if the resolver of {host} is known to be slow.',
    reference: 'RFC 1035',
    also: { curl_exit: 28, chrome: 'ERR_TIMED_OUT', go: 'i/o timeout' },
  },
  address_family_missing: {
    check: 'connection',
    severity: 'error',
    title: 'The name has no address of the wanted family',
    meaning: 'The name exists, but only with addresses of the other family than the one that was asked for.',
    fix: 'Add the missing record ({record}) for {host}, or ask with address_family "any".',
    reference: 'RFC 8305',
    also: { node: 'ENOTFOUND', curl_exit: 6, chrome: 'ERR_NAME_NOT_RESOLVED', go: 'no suitable address found' },
  },
  connection_refused: {
    check: 'connection',
    severity: 'error',
    title: 'The connection was refused',
    meaning: 'The host is up and says that nothing listens on this port, or a firewall answers in its name.',
    fix: 'Start the server on {addresses} port {port} and let it listen on that address, not only on loopback; or correct the port.',
    reference: 'RFC 9293 §3.10.7',
    also: { node: 'ECONNREFUSED', curl_exit: 7, chrome: 'ERR_CONNECTION_REFUSED', go: 'connect: connection refused' },
  },
  connection_timeout: {
    check: 'connection',
    severity: 'error',
    title: 'The connection timed out',
    meaning:
      'No answer came to the connection attempt. A firewall that drops packets, a wrong route or a dead host looks like this.',
    fix: 'Let packets from this service through to {addresses} port {port} in every firewall, security group and network policy on the way, or correct the address.',
    reference: 'RFC 9293 §3.8.3',
    also: { node: 'ETIMEDOUT', curl_exit: 28, chrome: 'ERR_CONNECTION_TIMED_OUT', go: 'i/o timeout' },
  },
  host_unreachable: {
    check: 'connection',
    severity: 'error',
    title: 'There is no route to the host',
    meaning: 'A router, or the system that this service runs on, reported that the address cannot be reached.',
    fix: 'Add a route from this service to {addresses} (for an IPv6 address: give the service IPv6), or withdraw the address from DNS.',
    reference: 'RFC 1122 §4.2.3.9',
    also: { node: 'EHOSTUNREACH', curl_exit: 7, chrome: 'ERR_ADDRESS_UNREACHABLE', go: 'connect: no route to host' },
  },
  // TLS handshake.
  tls_not_spoken: {
    check: 'protocol',
    severity: 'error',
    title: 'The port does not speak TLS',
    meaning:
      'Something answered, but not with TLS. Most often the port is the one for plain text, or a proxy in front answers first.',
    fix: 'Point the check at the TLS port, or switch TLS on for this one: what answered looks like {first_bytes_class}.',
    reference: 'RFC 8446 §5.1',
    also: {
      node: 'ERR_SSL_WRONG_VERSION_NUMBER',
      curl_exit: 35,
      chrome: 'ERR_SSL_PROTOCOL_ERROR',
      go: 'tls: first record does not look like a TLS handshake',
    },
  },
  tls_version_unsupported: {
    check: 'protocol',
    severity: 'error',
    title: 'The server supports no TLS version that we do',
    meaning:
      'The server refused every version from TLS 1.0 to TLS 1.3. It speaks SSL only, or its list of protocols is empty.',
    fix: 'Enable TLS 1.2 and TLS 1.3 on the server (nginx: ssl_protocols TLSv1.2 TLSv1.3), and update its TLS library if it has neither.',
    reference: 'RFC 8446 §4.2.1, §6.2',
    also: {
      node: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
      curl_exit: 35,
      chrome: 'ERR_SSL_VERSION_OR_CIPHER_MISMATCH',
      go: 'remote error: tls: protocol version not supported',
    },
  },
  tls_no_common_cipher: {
    check: 'protocol',
    severity: 'error',
    title: 'Client and server have no cipher suite, group or signature algorithm in common',
    meaning:
      'The server ended the handshake at our first message. Besides disjoint lists of cipher suites or groups, a server without any usable certificate for the name answers like this.',
    fix: 'Enable ECDHE suites with AES-GCM and the groups X25519 and P-256 on the server, and check that it has a certificate configured for {server_name}.',
    reference: 'RFC 8446 §4.1.1, §6.2',
    also: {
      node: 'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE',
      curl_exit: 35,
      chrome: 'ERR_SSL_VERSION_OR_CIPHER_MISMATCH',
      go: 'remote error: tls: handshake failure',
    },
  },
  tls_name_unrecognized: {
    check: 'protocol',
    severity: 'error',
    title: 'The server does not know the name it was asked for',
    meaning:
      "The server has no virtual host for the server name (SNI) in our hello and refuses to answer with another one's certificate.",
    fix: 'Add a virtual host with a certificate for {server_name} on the server, or ask for a name that it serves (server_name).',
    reference: 'RFC 6066 §3',
    also: { curl_exit: 35, chrome: 'ERR_SSL_UNRECOGNIZED_NAME_ALERT', go: 'remote error: tls: unrecognized name' },
  },
  tls_client_cert_required: {
    check: 'protocol',
    severity: 'info',
    title: 'The server requires a client certificate',
    meaning:
      'The server ended the handshake because the client showed no certificate (mutual TLS). Its own chain is judged all the same when it was sent first; behind it nothing was tried.',
    fix: 'If every client is meant to have a certificate, nothing is wrong; otherwise make it optional on the server (nginx: ssl_verify_client optional; Envoy: require_client_certificate false).',
    reference: 'RFC 8446 §4.3.2, §6.2',
    also: {
      node: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
      curl_exit: 56,
      chrome: 'ERR_SSL_CLIENT_AUTH_CERT_NEEDED',
      go: 'remote error: tls: certificate required',
    },
  },
  tls_client_cert_rejected: {
    check: 'protocol',
    severity: 'error',
    title: 'The server refuses the client certificate',
    meaning:
      'The server was shown the identity that the request names (client_certificate) and ended the connection with an alert about it. A server that lets the handshake pass and refuses in HTTP (nginx does) is not seen here.',
    fix: "Give the identity a certificate that the server takes: of a CA that it trusts for clients, valid now, for client authentication, with the intermediates behind it in cert.pem. The alert was {alert_name}; the server's log has the reason.",
    reference: 'RFC 8446 §4.4.2.4, §6.2',
    also: { curl_exit: 56, chrome: 'ERR_BAD_SSL_CLIENT_AUTH_CERT', go: 'remote error: tls:' },
  },
  tls_client_cert_withheld: {
    check: 'protocol',
    severity: 'error',
    title: 'The client certificate was not shown to this server',
    meaning:
      'The server asked for a client certificate and the request names one (client_certificate), but it is shown only where every client would show it: to a server with a modern handshake whose certificate is valid now, for host, and trusted by a named CA reference, whatever else the request judges by.',
    fix: 'Correct what this server shows in {failed}, or name the CA reference that it is meant to be trusted by; then ask again.',
    reference: 'RFC 8446 appendix C.2',
    also: {},
  },
  tls_client_cert_unusable: {
    check: 'protocol',
    severity: 'error',
    title: "The server takes no signature of the client's key",
    meaning:
      'The server asked for a client certificate and named the signatures that it takes; the key of the identity that the request names (client_certificate) can make none of them, so that it was not shown.',
    fix: 'Give the identity a certificate with another kind of key than {key_type} (most servers take EC P-256 and RSA), or let the server take more signature algorithms.',
    reference: 'RFC 8446 §4.3.2, §4.4.3; RFC 5246 §7.4.4',
    also: {},
  },
  tls_alert: {
    check: 'protocol',
    severity: 'error',
    title: 'The server ended the handshake with an alert',
    meaning: 'The server gave up and said so with an alert that has no code of its own here.',
    fix: "Look in the server's error log at this moment for the cause of the alert {alert_name}.",
    reference: 'RFC 8446 §6',
    also: { curl_exit: 35, chrome: 'ERR_SSL_PROTOCOL_ERROR', go: 'remote error: tls:' },
  },
  tls_closed: {
    check: 'protocol',
    severity: 'error',
    title: 'The server closed the connection during the handshake',
    meaning:
      'The TCP connection came about, then the server (or something before it) closed it without an alert. Load balancers without a healthy backend, servers without a certificate for the name and firewalls that inspect TLS behave like this.',
    fix: 'Look in the logs of the server and of every load balancer or firewall before it for why a connection was closed in the state {state}.',
    reference: 'RFC 8446 §6.1',
    also: { curl_exit: 35, chrome: 'ERR_CONNECTION_CLOSED', go: 'EOF' },
  },
  tls_timeout: {
    check: 'protocol',
    severity: 'error',
    title: 'The server did not finish the handshake in time',
    meaning:
      'The connection was accepted, but the handshake did not come to its end. The server is overloaded, waits for something else (a plain-text protocol, a PROXY protocol header), or stalls on purpose.',
    fix: 'Check that the port expects TLS from the first byte and no PROXY protocol header, and that the server has capacity left; raise timeout_ms only if it is known to be slow. It stopped in the state {state}.',
    reference: 'timeout_ms of the request',
    also: { curl_exit: 28, chrome: 'ERR_TIMED_OUT', go: 'TLS handshake timeout' },
  },
  tls_version_deprecated: {
    check: 'protocol',
    severity: 'warning',
    title: 'The server chose a deprecated TLS version',
    meaning:
      'SSL 3.0, TLS 1.0 and TLS 1.1 are withdrawn: their handshakes rest on MD5 and SHA-1. Current browsers and OpenSSL at its default level refuse them.',
    fix: 'Enable TLS 1.2 and TLS 1.3 on the server and switch {version} off.',
    reference: 'RFC 8996; RFC 7568',
    also: {
      curl_exit: 35,
      chrome: 'ERR_SSL_VERSION_OR_CIPHER_MISMATCH',
      go: 'tls: protocol version not supported',
    },
  },
  tls_cipher_weak: {
    check: 'protocol',
    severity: 'warning',
    title: 'The server chose a weak cipher suite',
    meaning:
      'The suite has no encryption, no authentication, or less than 128 bits of strength, or its cipher is broken.',
    fix: "Remove {cipher} from the server's cipher list and offer ECDHE suites with AES-GCM or ChaCha20-Poly1305.",
    reference: 'RFC 9325 §4.1-4.2',
    also: { curl_exit: 35, chrome: 'ERR_SSL_OBSOLETE_CIPHER' },
  },
  tls_no_forward_secrecy: {
    check: 'protocol',
    severity: 'warning',
    title: 'The key exchange has no forward secrecy',
    meaning: "Who records the traffic now and gets the server's private key later can read all of it.",
    fix: "Put ECDHE suites before {cipher} in the server's list, and remove the suites with static RSA or static Diffie-Hellman key exchange.",
    reference: 'RFC 9325 §4.1',
    also: {},
  },
  tls_legacy_renegotiation: {
    check: 'protocol',
    severity: 'warning',
    title: 'The server lacks secure renegotiation',
    meaning:
      "The server does not know the renegotiation_info extension of 2010, so a third party can splice its own data before a client's. OpenSSL 3 refuses to talk to such servers.",
    fix: "Update the server's TLS library to one that knows RFC 5746; if a device in between ends TLS, update that.",
    reference: 'RFC 5746',
    also: { node: 'ERR_SSL_UNSAFE_LEGACY_RENEGOTIATION_DISABLED', curl_exit: 35 },
  },
  tls_legacy_hello: {
    check: 'protocol',
    severity: 'warning',
    title: 'The server answers only what old clients offer',
    meaning:
      'The server refused a hello with the versions, suites, groups and signatures that clients should use today, and agreed only when older ones (CBC suites, finite-field Diffie-Hellman, signatures with SHA-1, uncommon curves) were offered as well. Current clients refuse some of these.',
    fix: 'Enable on the server what clients use today: ECDHE with X25519 or P-256, AES-GCM or ChaCha20-Poly1305, and signatures with SHA-256. It agreed only on {cipher} with {group}, signed with {signature_scheme}.',
    reference: 'RFC 9325 §4.1-4.2; RFC 9155',
    also: { chrome: 'ERR_SSL_VERSION_OR_CIPHER_MISMATCH' },
  },
  tls_chain_too_large: {
    check: 'protocol',
    severity: 'error',
    title: "The server's certificate message is too large to be read",
    meaning:
      'The list of certificates exceeds the bytes that are read of any server. Clients stop far earlier (OpenSSL at about 100 KB).',
    fix: 'Send only the server certificate and its intermediates: a whole bundle of CAs was probably configured as the chain.',
    reference: 'RFC 8446 §4.4.2; limit of this service',
    also: { node: 'ERR_SSL_EXCESSIVE_MESSAGE_SIZE', curl_exit: 35 },
  },
  tls_handshake_invalid: {
    check: 'protocol',
    severity: 'error',
    title: 'The handshake broke the rules of TLS',
    meaning:
      'The server sent a message that does not decode, stands in the wrong place, or carries a signature or checksum that is wrong; so it did not prove that it holds the private key.',
    fix: "Check that certificate and private key on the server belong together and that nothing between changes the traffic, then update the server's TLS library. The detail says what was wrong.",
    reference: 'RFC 8446 §4, §6.2',
    also: { curl_exit: 35, chrome: 'ERR_SSL_PROTOCOL_ERROR' },
  },
  tls_certificate_missing: {
    check: 'protocol',
    severity: 'error',
    title: 'The server sent no certificate',
    meaning: 'The handshake went on without a certificate, or with an empty list: nothing says who the server is.',
    fix: "Configure a certificate and key for this virtual host, and remove anonymous and pre-shared-key suites from the server's list.",
    reference: 'RFC 8446 §4.4.2',
    also: { curl_exit: 35 },
  },
  tls_dh_weak: {
    check: 'protocol',
    severity: 'warning',
    title: 'The Diffie-Hellman group is too small',
    meaning:
      'Groups under 2048 bits can be broken by those who can spend the money; OpenSSL at its default level refuses them.',
    fix: 'Replace the group of {dh_bits} bits by ffdhe2048 or larger (nginx: ssl_dhparam; HAProxy: tune.ssl.default-dh-param), or prefer ECDHE.',
    reference: 'RFC 9325 §4.5',
    also: { curl_exit: 35 },
  },
  tls_version_below_policy: {
    check: 'protocol',
    severity: 'error',
    title: 'The TLS version is below the wanted minimum',
    meaning: 'The server chose a version below policy.min_tls of this request.',
    fix: 'Enable {min_tls} or newer on the server, or lower policy.min_tls in the request if {version} is acceptable.',
    reference: 'policy.min_tls of the request',
    also: { curl_exit: 35 },
  },
  tls_not_post_quantum: {
    check: 'protocol',
    severity: 'info',
    title: 'The key exchange is not post-quantum',
    meaning: 'Traffic recorded today could be read once large quantum computers exist. Nothing is wrong today.',
    fix: 'Enable the hybrid group X25519MLKEM768 (OpenSSL 3.5, Go 1.24, BoringSSL or newer); {group} was agreed on.',
    reference: 'draft-ietf-tls-ecdhe-mlkem',
    also: {},
  },
  alpn_no_overlap: {
    check: 'protocol',
    severity: 'warning',
    title: 'The server speaks none of the offered application protocols',
    meaning:
      'The server refused the list of protocols (ALPN) that the request offers. Clients that offer the same list fail.',
    fix: 'Enable one of the offered protocols on the server (for HTTP: h2 and http/1.1), or correct alpn in the request.',
    reference: 'RFC 7301 §3.2',
    also: {
      node: 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL',
      chrome: 'ERR_ALPN_NEGOTIATION_FAILED',
      go: 'remote error: tls: no application protocol',
    },
  },
  // Is there a path to a trust anchor?
  self_signed: {
    check: 'trust',
    severity: 'error',
    title: 'The server certificate is self-signed',
    meaning:
      'The certificate is its own issuer, so no CA vouches for it. Whoever can put themselves in between can make one that looks the same.',
    fix: 'Replace {subject} by a certificate from your CA; if this very certificate is to be trusted, give it as ca.pem or add it to the named authority.',
    reference: 'RFC 5280 §3.2, §6.1',
    also: {
      openssl: 18,
      node: 'DEPTH_ZERO_SELF_SIGNED_CERT',
      curl_exit: 60,
      chrome: 'ERR_CERT_AUTHORITY_INVALID',
      go: 'x509: certificate signed by unknown authority',
    },
  },
  untrusted_root: {
    check: 'trust',
    severity: 'error',
    title: 'The chain ends in a root that is not trusted',
    meaning:
      'Every signature up to the root holds, but this root is not among the anchors of the CA that was asked for.',
    fix: 'If {subject} is your own root, name its authority in ca or give it in ca.pem; otherwise obtain the server certificate from the CA that you do trust.',
    reference: 'RFC 5280 §6.1.1(d)',
    also: {
      openssl: 19,
      node: 'SELF_SIGNED_CERT_IN_CHAIN',
      curl_exit: 60,
      chrome: 'ERR_CERT_AUTHORITY_INVALID',
      go: 'x509: certificate signed by unknown authority',
    },
  },
  issuer_not_found: {
    check: 'trust',
    severity: 'error',
    title: 'The issuer of a certificate is not known',
    meaning:
      'Neither what the server sent nor the anchors nor any other source has the certificate that issued this one.',
    fix: "Find the certificate of {issuer} at its CA: if it is an intermediate, append it to the server's certificate file; if it is your root, give it in ca.pem or name its authority in ca.",
    reference: 'RFC 5280 §6.1',
    also: {
      openssl: 20,
      node: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
      curl_exit: 60,
      chrome: 'ERR_CERT_AUTHORITY_INVALID',
      go: 'x509: certificate signed by unknown authority',
    },
  },
  signature_invalid: {
    check: 'trust',
    severity: 'error',
    title: 'A signature in the chain does not verify',
    meaning:
      "A certificate of the issuer's name is there, but its key did not make this signature: the CA has a new key, another CA has the same name, or the certificate was altered.",
    fix: 'Put the certificate of {issuer} that has the right key next to {subject} (compare authorityKeyIdentifier and subjectKeyIdentifier); if there is none, have {subject} issued anew.',
    reference: 'RFC 5280 §6.1.3(a)(1)',
    also: {
      openssl: 7,
      node: 'CERT_SIGNATURE_FAILURE',
      curl_exit: 35,
      chrome: 'ERR_CERT_INVALID',
      go: 'x509: ECDSA verification failure',
    },
  },
  issuer_not_ca: {
    check: 'trust',
    severity: 'error',
    title: "A certificate was issued by one that is not a CA's",
    meaning:
      'The issuing certificate does not say that it may issue (basicConstraints cA). If this were accepted, every owner of a certificate could issue for any name.',
    fix: 'Have the certificate below issued by a CA certificate; if {subject} is meant to be a CA, reissue it with basicConstraints critical, cA TRUE.',
    reference: 'RFC 5280 §4.2.1.9, §6.1.4(k)',
    also: {
      openssl: 79,
      node: 'INVALID_PURPOSE',
      curl_exit: 60,
      chrome: 'ERR_CERT_INVALID',
      go: 'x509: invalid signature: parent certificate cannot sign this kind of certificate',
    },
  },
  issuer_cannot_sign: {
    check: 'trust',
    severity: 'error',
    title: 'A CA certificate may not sign certificates',
    meaning: "The issuer's keyUsage lacks keyCertSign, so what it signs counts for nothing.",
    fix: 'Reissue {subject} with keyCertSign in its keyUsage (the key may stay), and replace it on the server or among the anchors.',
    reference: 'RFC 5280 §4.2.1.3, §6.1.4(n)',
    also: {
      openssl: 32,
      node: 'UNSPECIFIED',
      curl_exit: 60,
      chrome: 'ERR_CERT_INVALID',
      go: 'x509: invalid signature: parent certificate cannot sign this kind of certificate',
    },
  },
  path_length_exceeded: {
    check: 'trust',
    severity: 'error',
    title: 'There are more intermediates than a CA allows',
    meaning:
      'A CA certificate limits how many CAs may stand between it and the server certificate (pathLenConstraint), and the chain has more.',
    fix: 'Have the server certificate issued by a CA higher up, or reissue {subject} with a pathLenConstraint that allows the intermediates below it.',
    reference: 'RFC 5280 §4.2.1.9, §6.1.4(l)-(m)',
    also: {
      openssl: 25,
      node: 'PATH_LENGTH_EXCEEDED',
      curl_exit: 60,
      chrome: 'ERR_CERT_INVALID',
      go: 'x509: too many intermediates for path length constraint',
    },
  },
  name_constraint_violation: {
    check: 'trust',
    severity: 'error',
    title: 'A name is outside what a CA may issue for',
    meaning:
      'A CA above is limited to certain names (nameConstraints), and a certificate below it has a name that is excluded or not permitted.',
    fix: 'Remove {name} from the certificate, or have it issued by a CA whose nameConstraints allow it; the limit stands in {constrained_by}.',
    reference: 'RFC 5280 §4.2.1.10, §6.1.3(b)-(c)',
    also: {
      openssl: 47,
      node: 'UNSPECIFIED',
      curl_exit: 60,
      chrome: 'ERR_CERT_NAME_CONSTRAINT_VIOLATION',
      go: 'x509: a root or intermediate certificate is not authorized to sign for this name',
    },
  },
  policy_constraint_violation: {
    check: 'trust',
    severity: 'error',
    title: 'The certificate policies of the chain do not agree',
    meaning:
      'A CA above requires a policy that the certificates below do not carry, or forbids the mapping that would give it.',
    fix: 'Reissue the certificates below {subject} with a policy that it asserts, or reissue it without requireExplicitPolicy.',
    reference: 'RFC 5280 §6.1.3(d)-(f), §6.1.5(g)',
    also: { openssl: 43, node: 'UNSPECIFIED', curl_exit: 60, chrome: 'ERR_CERT_INVALID' },
  },
  unknown_critical_extension: {
    check: 'trust',
    severity: 'error',
    title: 'A certificate has a critical extension that nobody processes',
    meaning:
      'The issuer marked an extension as one that must be understood, and we do not know it; by the RFC the certificate must be refused.',
    fix: 'Reissue {subject} with the extension {oid} not critical, or without it.',
    reference: 'RFC 5280 §4.2, §6.1.4(o), §6.1.5(f)',
    also: {
      openssl: 34,
      node: 'UNSPECIFIED',
      curl_exit: 60,
      chrome: 'ERR_CERT_INVALID',
      go: 'x509: unhandled critical extension',
    },
  },
  cert_malformed: {
    check: 'trust',
    severity: 'error',
    title: 'A certificate is malformed',
    meaning:
      'The bytes break the encoding or the structure of certificates, so that programs may read different things in them or refuse them.',
    fix: 'Have the certificate issued anew by software that keeps to the rule: {rule}. The fault is at octet {offset}.',
    reference: 'RFC 5280 §4.1-4.2',
    also: {
      openssl: 13,
      node: 'ERROR_IN_CERT_NOT_BEFORE_FIELD',
      curl_exit: 60,
      chrome: 'ERR_SSL_SERVER_CERT_BAD_FORMAT',
    },
  },
  chain_too_long: {
    check: 'trust',
    severity: 'error',
    title: 'The chain is too long to be judged',
    meaning:
      'There are more certificates than are looked at, or more intermediates in the path than policy.max_intermediates allows. What lies beyond the limit is not known, so the verdict cannot be good.',
    fix: 'Send only the server certificate and the intermediates of one path; if the path itself is that long on purpose, raise policy.max_intermediates.',
    reference: 'limit of this service; policy.max_intermediates',
    also: { openssl: 22, node: 'CERT_CHAIN_TOO_LONG', curl_exit: 60, chrome: 'ERR_CERT_INVALID' },
  },
  budget_exhausted: {
    check: 'trust',
    severity: 'error',
    title: 'Judging the chain took more work than is allowed',
    meaning:
      'The search for a path, or the comparison of names with constraints, reached its limit. Chains that do so are built to waste the time of clients.',
    fix: 'Remove what makes the chain costly: CAs that certify each other in circles, many CAs of one name, or thousands of names under thousands of constraints.',
    reference: 'limit of this service',
    also: {},
  },
  leaf_is_anchor: {
    check: 'trust',
    severity: 'info',
    title: "The server's own certificate is the trust anchor",
    meaning:
      'The certificate itself was given as the CA, so it is trusted without any issuer. It must be given anew each time that it changes.',
    fix: 'Nothing has to change; a small CA whose root you give instead would spare you the update at each renewal of {subject}.',
    reference: 'RFC 5280 §6.1.1(d)',
    also: {},
  },
  // Names.
  name_mismatch: {
    check: 'hostname',
    severity: 'error',
    title: 'The certificate is not for this host',
    meaning:
      "None of the names in the certificate's subjectAltName is the one that was called. Every client that checks names refuses it.",
    fix: 'Add {reference} to the subjectAltName as {name_type}, or call the host by {nearest}.',
    reference: 'RFC 9525 §6',
    also: {
      openssl: 62,
      node: 'ERR_TLS_CERT_ALTNAME_INVALID',
      curl_exit: 60,
      chrome: 'ERR_CERT_COMMON_NAME_INVALID',
      go: 'x509: certificate is valid for',
    },
  },
  name_only_in_cn: {
    check: 'hostname',
    severity: 'error',
    title: 'The host name is only in the common name',
    meaning:
      'The name stands in the subject, where clients no longer look; the subjectAltName has no name of this kind.',
    fix: 'Reissue the certificate with {reference} in the subjectAltName as {name_type}; with openssl: -addext subjectAltName=DNS:name (IP:address).',
    reference: 'RFC 9525 §2',
    also: {
      chrome: 'ERR_CERT_COMMON_NAME_INVALID',
      go: 'x509: certificate relies on legacy Common Name field, use SANs instead',
    },
  },
  wildcard_not_allowed: {
    check: 'hostname',
    severity: 'error',
    title: 'The name is covered only by a wildcard of a kind that is not allowed',
    meaning:
      'A wildcard counts only as the whole left-most label, with at least two labels after it. One directly before a public suffix would cover the sites of strangers.',
    fix: 'Replace {wildcard} in the subjectAltName by {reference} itself, or by a wildcard for its own domain.',
    reference: 'RFC 9525 §6.3',
    also: { curl_exit: 60, chrome: 'ERR_CERT_COMMON_NAME_INVALID', go: 'x509: certificate is valid for' },
  },
  // Dates.
  cert_expired: {
    check: 'validity',
    severity: 'error',
    title: 'The server certificate has expired',
    meaning: 'Its notAfter has passed. Every client refuses it.',
    fix: 'Renew {subject} and reload the server; then find out why the renewal did not happen by itself.',
    reference: 'RFC 5280 §4.1.2.5, §6.1.3(a)(2)',
    also: {
      openssl: 10,
      node: 'CERT_HAS_EXPIRED',
      curl_exit: 60,
      chrome: 'ERR_CERT_DATE_INVALID',
      go: 'x509: certificate has expired or is not yet valid',
    },
  },
  cert_not_yet_valid: {
    check: 'validity',
    severity: 'error',
    title: 'The server certificate is not valid yet',
    meaning:
      'Its notBefore lies ahead. Nearly always a clock is wrong: that of the CA, of the server, or of the machine that checks.',
    fix: 'Check the clock of this service first (the moment judged for is {at}), then those of the server and of the CA; if all are right, serve the previous certificate until {not_before}.',
    reference: 'RFC 5280 §4.1.2.5, §6.1.3(a)(2)',
    also: {
      openssl: 9,
      node: 'CERT_NOT_YET_VALID',
      curl_exit: 60,
      chrome: 'ERR_CERT_DATE_INVALID',
      go: 'x509: certificate has expired or is not yet valid',
    },
  },
  cert_expires_soon: {
    check: 'validity',
    severity: 'warning',
    title: 'The server certificate expires soon',
    meaning:
      'Less time is left than policy.warn (a warning) or policy.critical (an error) asks for; the smaller of days and share of the lifetime counts.',
    fix: 'Renew {subject} before {not_after}, and check that automatic renewal runs; or change the threshold of {threshold} in policy.',
    reference: 'policy.warn and policy.critical of the request',
    also: {},
  },
  chain_cert_expired: {
    check: 'validity',
    severity: 'error',
    title: 'A CA certificate of the chain has expired',
    meaning:
      'An intermediate, or a root that is not trusted, has passed its notAfter. Clients that find no other path refuse the server.',
    fix: "Replace {subject} in the server's certificate file by its current certificate; its CA publishes it. The server certificate itself may stay.",
    reference: 'RFC 5280 §6.1.3(a)(2)',
    also: {
      openssl: 10,
      node: 'CERT_HAS_EXPIRED',
      curl_exit: 60,
      chrome: 'ERR_CERT_DATE_INVALID',
      go: 'x509: certificate has expired or is not yet valid',
    },
  },
  chain_cert_not_yet_valid: {
    check: 'validity',
    severity: 'error',
    title: 'A CA certificate of the chain is not valid yet',
    meaning:
      "The notBefore of a certificate above the server's lies ahead: a CA that was made just now, or a wrong clock.",
    fix: "Check the clocks of this service (the moment judged for is {at}) and of the CA that made {subject}; if both are right, use the CA's previous certificate until {not_before}.",
    reference: 'RFC 5280 §6.1.3(a)(2)',
    also: {
      openssl: 9,
      node: 'CERT_NOT_YET_VALID',
      curl_exit: 60,
      chrome: 'ERR_CERT_DATE_INVALID',
      go: 'x509: certificate has expired or is not yet valid',
    },
  },
  chain_cert_expires_soon: {
    check: 'validity',
    severity: 'warning',
    title: 'A CA certificate of the chain expires soon',
    meaning: 'When it ends, every certificate below it ends with it, whatever their own dates say.',
    fix: 'Get the successor of {subject} from its CA and install it in the chain (or among the anchors) before {not_after}.',
    reference: 'policy.warn and policy.critical of the request',
    also: {},
  },
  trust_anchor_expired: {
    check: 'validity',
    severity: 'error',
    title: 'The trust anchor has expired',
    meaning:
      'The root to which the chain leads has passed its notAfter. The RFC leaves the dates of an anchor aside, but OpenSSL, Go and others look at them and refuse.',
    fix: "Replace {subject} in the CA bundle by the root's successor, and move the servers below it to a chain that leads there.",
    reference: 'RFC 5280 §6.1.1(d)',
    also: { openssl: 10, node: 'CERT_HAS_EXPIRED', curl_exit: 60, chrome: 'ERR_CERT_DATE_INVALID' },
  },
  issuer_expires_before_leaf: {
    check: 'validity',
    severity: 'warning',
    title: 'A CA certificate ends before the server certificate',
    meaning:
      'The server certificate promises to be valid longer than the chain above it is; it breaks at the earlier date.',
    fix: 'Plan the renewal for {not_after}, when {subject} ends, and issue from a CA certificate that outlives what it issues.',
    reference: 'RFC 5280 §6.1.3(a)(2)',
    also: {},
  },
  // What the server sends.
  missing_intermediate: {
    check: 'chain',
    severity: 'error',
    title: 'The server does not send an intermediate certificate',
    meaning:
      'The chain could be completed only from elsewhere. Clients that have not met the intermediate before (curl, most programs, fresh browser profiles) refuse the server.',
    fix: "Append evidence.pem ({missing_subject}) to the server's certificate file, after the server certificate (nginx: ssl_certificate; Apache: SSLCertificateFile).",
    reference: 'RFC 8446 §4.4.2; RFC 5280 §4.2.2.1',
    also: {
      openssl: 21,
      node: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      curl_exit: 60,
      go: 'x509: certificate signed by unknown authority',
    },
  },
  chain_wrong_order: {
    check: 'chain',
    severity: 'warning',
    title: 'The certificates are sent in the wrong order',
    meaning:
      'The server certificate comes first, and each next one certifies the one before it. Many clients sort the list themselves, some embedded ones do not.',
    fix: "Sort the server's certificate file: server certificate, then its issuer, then that one's issuer. Present positions along the path, from 0: {order}.",
    reference: 'RFC 8446 §4.4.2; RFC 5246 §7.4.2',
    also: {},
  },
  chain_extra_certs: {
    check: 'chain',
    severity: 'info',
    title: 'The server sends certificates that the path does not need',
    meaning: 'They cost every client bytes; a cross-sign for older clients is a good reason for one.',
    fix: "Remove from the server's certificate file what no client needs: {subjects}.",
    reference: 'RFC 8446 §4.4.2',
    also: {},
  },
  chain_includes_root: {
    check: 'chain',
    severity: 'info',
    title: 'The server sends the root certificate',
    meaning: 'A client that trusts the root has it; to any other the copy proves nothing.',
    fix: "Remove {subject} from the server's certificate file.",
    reference: 'RFC 8446 §4.4.2',
    also: {},
  },
  chain_duplicate_certs: {
    check: 'chain',
    severity: 'info',
    title: 'A certificate is sent more than once',
    meaning: 'Often the server certificate stands in the chain file as well as in its own.',
    fix: "Keep one copy of {subject} in the server's certificate file (positions from 0: {positions}).",
    reference: 'RFC 8446 §4.4.2',
    also: {},
  },
  // Public keys.
  key_compromised: {
    check: 'key',
    severity: 'error',
    title: 'The private key must be taken for known',
    meaning:
      'The key is on the list of compromised keys, or its modulus can be factored by a known method. Whoever has the private key can pose as the holder of the certificate.',
    fix: 'Make a new key with a sound generator, reissue {subject} for it, have the old certificate revoked for key compromise. The key {problem}.',
    reference: 'CA/B BR §4.9.1.1, §6.1.1.3',
    also: {},
  },
  key_too_small: {
    check: 'key',
    severity: 'error',
    title: 'A public key is too small',
    meaning:
      'The private key to it can be computed with means that exist or soon will. OpenSSL at its default level and all browsers refuse it.',
    fix: 'Make a new key for {subject} (EC P-256, or RSA with 2048 bits or more) and have its certificate issued for it; it has {bits} bits now.',
    reference: 'CA/B BR §6.1.5; RFC 9325 §4.5',
    also: { openssl: 66, node: 'UNSPECIFIED', curl_exit: 60, chrome: 'ERR_CERT_WEAK_KEY' },
  },
  key_invalid: {
    check: 'key',
    severity: 'error',
    title: 'A public key is not a valid key',
    meaning:
      'A number of the key breaks the rules of its algorithm: anyone may be able to sign for it (RSA exponent 1), or programs read different keys in it.',
    fix: 'Throw the key of {subject} away, make a new one with current software, and have the certificate issued for that; find out what made the old one.',
    reference: 'RFC 8017 §3.1; RFC 5480 §2.1.1',
    also: { openssl: 6, node: 'UNSPECIFIED', curl_exit: 60, chrome: 'ERR_CERT_INVALID' },
  },
  key_algorithm_unsupported: {
    check: 'key',
    severity: 'error',
    title: 'The algorithm of a public key is not supported',
    meaning: 'We cannot use a key of this kind, and most clients cannot either; so nothing signed by it was verified.',
    fix: 'Use a key of a common algorithm for {subject}: EC P-256 or P-384, RSA, or Ed25519 where all clients are your own.',
    reference: 'RFC 5280 §4.1.2.7',
    also: {
      openssl: 6,
      node: 'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
      curl_exit: 60,
      chrome: 'ERR_SSL_BAD_PEER_PUBLIC_KEY',
    },
  },
  key_type_not_allowed: {
    check: 'key',
    severity: 'error',
    title: 'The kind of a public key is not allowed',
    meaning:
      'The key may be sound, but it is not of a kind that clients of this profile take: the Web PKI knows RSA (a multiple of 8 bits) and the curves P-256, P-384 and P-521; DSA is gone from TLS 1.3; X25519, X448 and ML-KEM keys cannot sign at all.',
    fix: 'Replace the {key} key of {subject} by RSA with 2048, 3072 or 4096 bits or by EC P-256, P-384 or P-521, and reissue the certificate.',
    reference: 'CA/B BR §6.1.5',
    also: {},
  },
  // Signatures on certificates.
  signature_algorithm_weak: {
    check: 'signature',
    severity: 'error',
    title: 'A certificate is signed with a weak algorithm',
    meaning:
      'For MD5 and SHA-1 two certificates with the same signature can be made, so the signature does not say which one the CA meant.',
    fix: 'Have {issuer} issue {subject} anew with SHA-256 or stronger instead of {algorithm}; for a private CA, change its signing configuration first.',
    reference: 'RFC 8446 §4.4.2.4; RFC 9325 §4.5',
    also: {
      openssl: 68,
      node: 'UNSPECIFIED',
      curl_exit: 60,
      chrome: 'ERR_CERT_WEAK_SIGNATURE_ALGORITHM',
      go: 'x509: cannot verify signature: insecure algorithm',
    },
  },
  signature_algorithm_unusual: {
    check: 'signature',
    severity: 'warning',
    title: 'A certificate is signed in a way that few clients know',
    meaning:
      'The signature verifies and its digest is not known to be weak. But TLS and the Web PKI use SHA-256, SHA-384 and SHA-512 alone, for RSASSA-PSS the same one in MGF1 and a salt as long; browsers and Go refuse what is signed otherwise.',
    fix: 'Have {issuer} issue {subject} anew with SHA-256, SHA-384 or SHA-512 instead of {algorithm}; with OpenSSL, leave out rsa_mgf1_md and use rsa_pss_saltlen:digest.',
    reference: 'RFC 8446 §4.2.3; CA/B BR §7.1.3.2',
    also: {},
  },
  // Purpose and key usage.
  eku_not_server_auth: {
    check: 'usage',
    severity: 'error',
    title: 'A certificate is not meant for servers',
    meaning:
      'Its extendedKeyUsage lists purposes, and server authentication is not one of them; in a CA certificate this limits everything below.',
    fix: "Reissue {subject} with serverAuth (1.3.6.1.5.5.7.3.1) in its extendedKeyUsage; if it is a client or e-mail certificate, install the server's own.",
    reference: 'RFC 5280 §4.2.1.12',
    also: {
      openssl: 26,
      node: 'INVALID_PURPOSE',
      curl_exit: 60,
      chrome: 'ERR_CERT_INVALID',
      go: 'x509: certificate specifies an incompatible key usage',
    },
  },
  eku_not_client_auth: {
    check: 'usage',
    severity: 'error',
    title: 'A certificate is not meant for clients',
    meaning:
      'The request judges a client\'s chain (policy.purpose "client"), and an extendedKeyUsage in it does not list client authentication.',
    fix: 'Reissue {subject} with clientAuth (1.3.6.1.5.5.7.3.2) in its extendedKeyUsage, or judge it with policy.purpose "server" if it is a server\'s.',
    reference: 'RFC 5280 §4.2.1.12',
    also: { openssl: 26, node: 'INVALID_PURPOSE' },
  },
  eku_profile_violation: {
    check: 'usage',
    severity: 'error',
    title: 'An extendedKeyUsage breaks the profile of the CA/Browser Forum',
    meaning:
      'Server certificates of the Web PKI have the extension, not critical and without anyExtendedKeyUsage; roots do not have it. Clients mostly accept the rest.',
    fix: 'Change the profile by which the CA issues {subject}: a server certificate gets a non-critical extendedKeyUsage with serverAuth, a root gets none. This one {problem}.',
    reference: 'CA/B BR §7.1.2.7.6, §7.1.2.1.2',
    also: {},
  },
  key_usage_incompatible: {
    check: 'usage',
    severity: 'error',
    title: 'The key usage does not allow what the key is used for',
    meaning:
      'TLS 1.3 and ECDHE suites need digitalSignature, RSA key exchange needs keyEncipherment. Browsers refuse a mismatch, OpenSSL-based clients often do not.',
    fix: 'Reissue {subject} with {needed} in its keyUsage, or remove the cipher suites that use the key otherwise.',
    reference: 'RFC 8446 §4.4.2.2; RFC 5280 §4.2.1.3',
    also: { curl_exit: 35, chrome: 'ERR_SSL_KEY_USAGE_INCOMPATIBLE' },
  },
  // Revocation.
  cert_revoked: {
    check: 'revocation',
    severity: 'error',
    title: 'The server certificate is revoked',
    meaning:
      'Its CA has withdrawn the certificate before its end: the key may be in other hands, or the name no longer belongs to the server.',
    fix: 'Take {subject} out of service: issue a certificate with a new key, install it, and reload the server (reason given by the CA: {revocation_reason}).',
    reference: 'RFC 5280 §6.3; RFC 6960 §2.2',
    also: { openssl: 23, node: 'CERT_REVOKED', curl_exit: 60, chrome: 'ERR_CERT_REVOKED' },
  },
  chain_cert_revoked: {
    check: 'revocation',
    severity: 'error',
    title: 'A CA certificate of the chain is revoked',
    meaning: 'Everything that was issued under this CA certificate is worthless with it.',
    fix: "Have the server certificate issued by another CA than {subject}, and send that CA's certificates instead.",
    reference: 'RFC 5280 §6.3; RFC 6960 §2.2',
    also: { openssl: 23, node: 'CERT_REVOKED', curl_exit: 60, chrome: 'ERR_CERT_REVOKED' },
  },
  revocation_unknown: {
    check: 'revocation',
    severity: 'warning',
    title: 'Whether the certificate is revoked could not be determined',
    meaning:
      'The certificate names sources that say whether it is revoked, or CRLs were given, and none of them could be used.',
    fix: 'Make one source of {subject} usable: {remedy}.',
    reference: 'RFC 5280 §6.3.3; RFC 6960 §2.2, §4.2.2.3',
    also: { openssl: 3, node: 'UNABLE_TO_GET_CRL', curl_exit: 60, chrome: 'ERR_CERT_UNABLE_TO_CHECK_REVOCATION' },
  },
  revocation_not_published: {
    check: 'revocation',
    severity: 'info',
    title: 'The CA publishes no revocation for the certificate',
    meaning:
      'The certificate names neither a CRL nor an OCSP responder, so nobody can learn of its revocation. Usual for certificates that live some days.',
    fix: 'Let the profile that issues {subject} name a CRL (crlDistributionPoints), give its CRL in ca.crls_pem or CA_DIR/NAME/crls, or issue for a few days only.',
    reference: 'RFC 5280 §4.2.1.13, §4.2.2.1',
    also: { chrome: 'ERR_CERT_NO_REVOCATION_MECHANISM' },
  },
  crl_expired: {
    check: 'revocation',
    severity: 'warning',
    title: 'The CRL is out of date',
    meaning: 'The CA should have published a newer list by now; who was revoked since is not known.',
    fix: 'Publish a new CRL of {crl_issuer}, and look why its job or its upload stopped (nextUpdate: {next_update}).',
    reference: 'RFC 5280 §5.1.2.5, §6.3.3',
    also: { openssl: 12, node: 'CRL_HAS_EXPIRED', curl_exit: 60 },
  },
  crl_invalid: {
    check: 'revocation',
    severity: 'warning',
    title: 'The CRL cannot be relied on',
    meaning:
      'It cannot be read, is not signed by the CA, does not cover the certificate, or departs from the profile of CRLs.',
    fix: 'Issue and publish the CRL of {crl_issuer} anew; the rule is: {rule}.',
    reference: 'RFC 5280 §5, §6.3.3',
    also: { openssl: 8, node: 'CRL_SIGNATURE_FAILURE', curl_exit: 60 },
  },
  ocsp_response_invalid: {
    check: 'revocation',
    severity: 'warning',
    title: 'The OCSP response cannot be relied on',
    meaning:
      'It cannot be read, is out of date, is about another certificate, or is not signed by the CA or a responder that the CA appointed.',
    fix: 'Correct the OCSP responder of {issuer}, and let the server fetch its staple anew if it staples; the rule is: {rule}.',
    reference: 'RFC 6960 §3.2, §4.2.2.2',
    also: { curl_exit: 91, chrome: 'ERR_CERT_UNABLE_TO_CHECK_REVOCATION' },
  },
  revocation_signature_weak: {
    check: 'revocation',
    severity: 'warning',
    title: 'A revocation document is signed with SHA-1',
    meaning:
      'Two documents with the same SHA-1 signature can be made by whoever has a say in what is signed. The CRL or OCSP response is relied on all the same, since nothing better is there.',
    fix: 'Let the CA or its responder sign with SHA-256 or stronger instead of {algorithm} (openssl ca: default_md, openssl ocsp: -rmd), and publish anew.',
    reference: 'RFC 6194; CA/B BR §7.1.3.2.1',
    also: { openssl: 68 },
  },
  must_staple_missing: {
    check: 'revocation',
    severity: 'error',
    title: 'The certificate demands a staple that the server does not send',
    meaning:
      'The certificate has the TLS feature status_request ("must-staple"). Clients that heed it refuse a server that sends no OCSP response of use.',
    fix: 'Let the server staple (nginx: ssl_stapling on; Apache: SSLUseStapling on; haproxy: an .ocsp file), or reissue {subject} without the TLS feature.',
    reference: 'RFC 7633 §4; RFC 6066 §8',
    also: { curl_exit: 91 },
  },

  // Certificate profile.
  validity_too_long: {
    check: 'policy',
    severity: 'warning',
    title: 'The server certificate is valid for longer than allowed',
    meaning:
      "Browsers refuse certificates under public roots that live longer than the CA/Browser Forum's limit at their day of issue: 398 days, 200 from 2026-03-15, 100 from 2027-03-15, 47 from 2029-03-15. Private CAs are free, though Apple's systems refuse more than 825 days.",
    fix: 'Have {subject} issued for at most {limit_days} days, and renew it automatically.',
    reference: 'CA/B BR §6.3.2',
    also: { chrome: 'ERR_CERT_VALIDITY_TOO_LONG' },
  },
  serial_invalid: {
    check: 'policy',
    severity: 'warning',
    title: 'A serial number is not valid',
    meaning:
      'Serial numbers are positive and have at most 20 octets. Revocation lists find a certificate by its number, and some libraries refuse the rest.',
    fix: 'Let the CA of {subject} draw serial numbers at random with 64 to 159 bits (openssl ca: -rand_serial), and reissue.',
    reference: 'RFC 5280 §4.1.2.2',
    also: {},
  },
  key_identifier_missing: {
    check: 'policy',
    severity: 'info',
    title: 'A key identifier is missing',
    meaning:
      'Key identifiers tell CA certificates of one name apart. Without them clients must try all, and some find no path.',
    fix: "Reissue {subject} with the {missing} (openssl: subjectKeyIdentifier=hash, authorityKeyIdentifier=keyid in the extensions of the CA's configuration).",
    reference: 'RFC 5280 §4.2.1.1, §4.2.1.2',
    also: { openssl: 85 },
  },
  aki_issuer_and_serial: {
    check: 'policy',
    severity: 'error',
    title: 'A root names its issuer by name and serial number',
    meaning:
      'The CA/Browser Forum allows a root only the keyIdentifier in its authorityKeyIdentifier; name and serial number break as soon as the root is cross-signed.',
    fix: 'Reissue {subject} with authorityKeyIdentifier=keyid and not issuer (openssl: without ",issuer:always").',
    reference: 'CA/B BR §7.1.2.1.3',
    also: {},
  },
  aki_mismatch: {
    check: 'policy',
    severity: 'error',
    title: 'A root names the key of another certificate as its issuer',
    meaning:
      'The authorityKeyIdentifier of a root is the identifier of its own key. One that differs sends clients in search of an issuer that does not exist.',
    fix: 'Reissue {subject} with authorityKeyIdentifier=keyid after subjectKeyIdentifier=hash, both from the key of the root itself.',
    reference: 'CA/B BR §7.1.2.1.3',
    also: { openssl: 30, node: 'AKID_SKID_MISMATCH' },
  },
  cn_not_in_san: {
    check: 'policy',
    severity: 'info',
    title: 'The common name is not a name of the certificate',
    meaning:
      'Clients look only at the subjectAltName; a host name that stands in the common name alone misleads people who read it.',
    fix: 'Copy {common_name} to the subjectAltName exactly as it stands, or leave the common name out.',
    reference: 'CA/B BR §7.1.4.3',
    also: {},
  },
  name_constraint_malformed: {
    check: 'policy',
    severity: 'warning',
    title: 'The name constraints of a CA certificate are malformed',
    meaning: 'Clients read such constraints differently: some ignore them, some refuse everything below.',
    fix: 'Reissue {subject} with nameConstraints that keep to the rule: {rule}.',
    reference: 'RFC 5280 §4.2.1.10',
    also: { openssl: 51, node: 'UNSPECIFIED', curl_exit: 60 },
  },
  ca_extension_invalid: {
    check: 'policy',
    severity: 'warning',
    title: 'An extension that only CA certificates have is not valid',
    meaning:
      "The extensions basicConstraints, keyUsage and those of policies contradict each other, are not critical where they must be, or stand in a certificate that is not a CA's. Strict clients refuse.",
    fix: "Correct the extensions in the CA's profile for {subject} and reissue it; the rule is {rule}.",
    reference: 'RFC 5280 §4.2.1.3, §4.2.1.9',
    also: { openssl: 80, node: 'UNSPECIFIED', curl_exit: 60 },
  },
  leaf_is_ca: {
    check: 'policy',
    severity: 'info',
    title: 'The server uses a CA certificate',
    meaning:
      "Whoever gets the server's key can issue certificates with it, if anyone trusts the certificate as a CA. Self-signed certificates often come out like this.",
    fix: 'Reissue {subject} with basicConstraints cA FALSE (openssl req -x509: -addext basicConstraints=critical,CA:FALSE), and keep CA keys off servers.',
    reference: 'CA/B BR §7.1.2.7.8',
    also: {},
  },
  version_not_3: {
    check: 'policy',
    severity: 'info',
    title: 'A certificate is not of version 3',
    meaning: 'Versions 1 and 2 have no extensions: no names that clients look at, no mark of a CA.',
    fix: 'Reissue {subject} as version 3, which any extension brings about (openssl x509 -req: -extfile, or -copy_extensions).',
    reference: 'CA/B BR §7.1.1',
    also: {},
  },
  // What the caller expects.
  pin_mismatch: {
    check: 'expect',
    severity: 'error',
    title: 'A pinned key or certificate is not there',
    meaning:
      'The request names fingerprints, and none of them is that of the certificate or key they are for. After a renewal with a new key this is expected; without one it can be an attack.',
    fix: 'Find out whether the certificate was renewed on purpose; if so, add its fingerprint to expect.{pin}, and if not, look who answers in the place of the host.',
    reference: 'RFC 7469 §2.4',
    also: { curl_exit: 90, chrome: 'ERR_SSL_PINNED_KEY_NOT_IN_CERT_CHAIN' },
  },
  email_mismatch: {
    check: 'expect',
    severity: 'error',
    title: 'An expected mailbox is not in the certificate',
    meaning:
      'The subjectAltName has no such rfc822Name (or SmtpUTF8Mailbox, RFC 9598); who checks the identity of a client by its mailbox will turn it away. Mailboxes in the subject alone do not count.',
    fix: 'Reissue {subject} with {email} as an rfc822Name of its subjectAltName, or correct expect.emails.',
    reference: 'RFC 5280 §4.2.1.6, §7.5',
    also: { openssl: 63 },
  },
  spiffe_id_mismatch: {
    check: 'expect',
    severity: 'error',
    title: 'The certificate is not that of the expected workload',
    meaning:
      'An X509-SVID has exactly one URI, its SPIFFE ID, and is no CA certificate. Peers in the mesh refuse anything else.',
    fix: 'Register the workload for {spiffe_id} and let its agent fetch a new SVID, or correct expect.spiffe_id.',
    reference: 'SPIFFE X509-SVID §2, §4; RFC 5280 §4.2.1.6',
    also: {},
  },
} as const satisfies Record<string, FindingCodeEntry>;

export type FindingCode = keyof typeof FINDING_CODES;
