/** Problems of a request or of the service itself (RFC 9457); never about a target. */
export const PROBLEMS = {
  invalid_request: { status: 400, title: 'The request is not valid' },
  target_forbidden: { status: 403, title: 'Target not allowed' },
  port_forbidden: { status: 403, title: 'Port not allowed' },
  cross_site_request: { status: 403, title: 'Requests from other sites are refused' },
  not_found: { status: 404, title: 'No such resource' },
  method_not_allowed: { status: 405, title: 'Method not allowed' },
  not_acceptable: { status: 406, title: 'No acceptable media type' },
  payload_too_large: { status: 413, title: 'Request body too large' },
  unsupported_media_type: { status: 415, title: 'Media type not supported' },
  host_not_allowed: { status: 421, title: 'Host not allowed' },
  invalid_ca: { status: 422, title: 'The CA certificates cannot be used' },
  unknown_ca: { status: 422, title: 'No such CA reference' },
  internal_error: { status: 500, title: 'Internal error' },
} as const satisfies Record<string, { status: number; title: string }>;

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
    super(detail, { cause: options.cause });
    this.name = 'Problem';
    this.code = code;
    this.errors = options.errors ?? [];
    this.headers = options.headers ?? {};
  }

  get status(): number {
    return PROBLEMS[this.code].status;
  }
}
