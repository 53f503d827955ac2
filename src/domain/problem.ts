/** One problem code. Never changes meaning within a major version. */
export interface ProblemEntry {
  readonly status: number;
  /** In one line, for people. */
  readonly title: string;
  /** When it comes. */
  readonly meaning: string;
  /** What the caller (or the operator) can do. */
  readonly fix: string;
}

/** Problems of a request or of the service itself (RFC 9457); never about a target. */
export const PROBLEMS = {
  invalid_request: {
    status: 400,
    title: 'The request is not valid',
    meaning: 'The body or the query does not have the form that the API document describes. Nothing was dialled.',
    fix: 'Correct every place listed in errors; each says what would be right.',
  },
  unauthorized: {
    status: 401,
    title: 'A token is needed',
    meaning: 'The operator gives access by bearer tokens, and the request has none that is known. Nothing was dialled.',
    fix: 'Send Authorization: Bearer TOKEN with a token of the operator, who names them in API_TOKENS_FILE.',
  },
  not_granted: {
    status: 403,
    title: 'The token does not allow this',
    meaning:
      'The token is limited to certain targets, CA references or client certificates, and this is another. Nothing was dialled.',
    fix: 'Ask within the limits of the token, or ask the operator for another one.',
  },
  client_certificate_required: {
    status: 403,
    title: 'A client certificate is needed',
    meaning: 'The operator gives access by client certificates. Nothing was dialled.',
    fix: 'Connect with a certificate of a CA that the operator has in TLS_CLIENT_CA_FILE.',
  },
  client_certificate_forbidden: {
    status: 403,
    title: 'Client certificate not allowed for this target',
    meaning: 'The operator bound the identity to other hosts than the one of the request. Nothing was dialled.',
    fix: 'Name an identity that is for this host; an operator lists its hosts in IDENTITY_DIR/NAME/targets.',
  },
  target_forbidden: {
    status: 403,
    title: 'Target not allowed',
    meaning: 'Every address of the target is one that this service does not dial. Nothing was dialled.',
    fix: 'Name another target; an operator may name this one in ALLOW_TARGETS.',
  },
  port_forbidden: {
    status: 403,
    title: 'Port not allowed',
    meaning: 'The operator of this service does not let it dial this port. Nothing was dialled.',
    fix: 'Name another port; an operator may change ALLOW_PORTS and DENY_PORTS.',
  },
  cross_site_request: {
    status: 403,
    title: 'Requests from other sites are refused',
    meaning: 'A browser sent this request on behalf of a page of another site.',
    fix: 'Call the service from a program or from its own page.',
  },
  not_found: {
    status: 404,
    title: 'No such resource',
    meaning: 'There is nothing at this path.',
    fix: 'See /openapi.json for the paths there are.',
  },
  method_not_allowed: {
    status: 405,
    title: 'Method not allowed',
    meaning: 'The path exists, but not for this method.',
    fix: 'Use one of the methods in the Allow header.',
  },
  not_acceptable: {
    status: 406,
    title: 'No acceptable media type',
    meaning: 'The Accept header allows none of the types that this resource has.',
    fix: 'Accept application/json, or leave the header out.',
  },
  request_timeout: {
    status: 408,
    title: 'The request did not arrive in time',
    meaning:
      'The head of the request took longer than 5 seconds, or the whole of it longer than 15. Nothing was dialled.',
    fix: 'Send the request in one go, and as soon as the connection is there.',
  },
  payload_too_large: {
    status: 413,
    title: 'Request body too large',
    meaning: 'The body is larger than 2 MiB.',
    fix: 'Send only the certificates that this one verification needs.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'Media type not supported',
    meaning: 'The body is not announced as JSON in UTF-8, or is compressed.',
    fix: 'Send Content-Type: application/json, as curl --json does.',
  },
  host_not_allowed: {
    status: 421,
    title: 'Host not allowed',
    meaning: 'The Host header is a public name that this service does not know as its own.',
    fix: 'Call the service by its address; an operator may name the host in ALLOWED_HOSTS.',
  },
  invalid_ca: {
    status: 422,
    title: 'The CA certificates cannot be used',
    meaning:
      'PEM of the request, or every certificate of a named authority, cannot be read; or a private key was sent.',
    fix: 'Send PEM certificates only; errors says which block is wrong. A private key that was sent is compromised.',
  },
  unknown_ca: {
    status: 422,
    title: 'No such CA reference',
    meaning: 'The request names a CA that this service does not have.',
    fix: 'Name one that GET /authorities lists, or send the CA as PEM in ca.pem.',
  },
  unknown_client_certificate: {
    status: 422,
    title: 'No such client certificate',
    meaning: 'The request names an identity that this service does not have. Nothing was dialled.',
    fix: 'Name one that detail lists; an operator configures them in IDENTITY_DIR.',
  },
  unknown_preset: {
    status: 422,
    title: 'No such preset',
    meaning: 'The request names a preset that this service does not have. Nothing was dialled.',
    fix: 'Name one that detail lists; an operator configures them in PRESETS_FILE.',
  },
  rate_limited: {
    status: 429,
    title: 'Too many requests of this caller',
    meaning:
      'The caller has had as many verifications in this minute as the operator allows to one. Nothing was dialled.',
    fix: 'Wait as long as Retry-After says; an operator may change RATE_LIMIT.',
  },
  target_limited: {
    status: 429,
    title: 'Too many verifications of this target',
    meaning: 'The target has as many verifications under way or in this minute as one may have. Nothing was dialled.',
    fix: 'Wait as long as Retry-After says; an operator may change TARGET_LIMIT.',
  },
  headers_too_large: {
    status: 431,
    title: 'Request headers too large',
    meaning:
      'The request line and the headers have more than 16 KiB together, or more than 1,000 header fields. Nothing was dialled.',
    fix: 'Leave out headers that this service does not need; send what is long in the body of POST /verify.',
  },
  internal_error: {
    status: 500,
    title: 'Internal error',
    meaning: 'The service failed. It says nothing about the target.',
    fix: 'Try again; give the operator the request_id, under which the log has the cause.',
  },
  overloaded: {
    status: 503,
    title: 'Too much to do',
    meaning:
      'Every place is taken and the queue has none left, none came free in time or could be expected to, the look-up of the name never had its turn, or there are too many connections. Nothing was dialled.',
    fix: 'Try again as Retry-After says; an operator may add replicas, or change MAX_IN_FLIGHT, MAX_QUEUE, QUEUE_TIMEOUT_MS, UV_THREADPOOL_SIZE and MAX_CONNECTIONS.',
  },
} as const satisfies Record<string, ProblemEntry>;

export type ProblemCode = keyof typeof PROBLEMS;

/** One wrong place in a request body or query. */
export interface ProblemError {
  /** JSON pointer (RFC 6901) into the body, or `?name` for a query parameter. */
  readonly pointer: string;
  /** Stable word for the kind of mistake: `unknown_field`, `out_of_range`. */
  readonly code: string;
  /** What is wrong and what would be right. */
  readonly detail: string;
}

/** Thrown wherever a request turns out to be one we refuse; `http` turns it into `application/problem+json`. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly errors: readonly ProblemError[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: ProblemCode,
    detail: string,
    options: { errors?: readonly ProblemError[]; headers?: Readonly<Record<string, string>>; cause?: unknown } = {},
  ) {
    // Expected, so nobody reads where it was thrown; to write that down would be half of the price of a refusal.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(detail, { cause: options.cause });
    Error.stackTraceLimit = stackTraceLimit;
    this.name = 'Problem';
    this.code = code;
    this.errors = options.errors ?? [];
    this.headers = options.headers ?? {};
  }

  get status(): number {
    return PROBLEMS[this.code].status;
  }
}
