import type { Caller } from '../domain/caller.ts';
import type { Verdict } from '../domain/verdict.ts';

/** What a route tells the access log about its request, beside what every request has. */
export interface RequestNotes {
  /** `host:port`, as parsed. */
  target?: string;
  verdict?: Verdict['verdict'];
  codes?: readonly string[];
  timing?: Verdict['timing'];
  problem?: string;
  /** Of a batch: how many. */
  targets?: number;
}

/** What the listener knows of the connection. */
export interface Peer {
  /** Of the other end: a caller or the proxy before it. Absent where there is no socket. */
  readonly peerAddress?: string | undefined;
  /** Whether the other end has shown a client certificate of the operator's CA. */
  readonly isCertified?: boolean;
}

/** Hono's environment of our application. */
export interface HttpEnv {
  Bindings: Peer;
  Variables: {
    requestId: string;
    /** True once the process was told to stop. */
    isDraining: () => boolean;
    caller: Caller;
    /**
     * The caller as its token is now, for work that goes on for long: its grant may be another one by then. Throws
     * `Problem` `unauthorized` once the token is withdrawn.
     */
    callerNow: () => Caller;
    notes: RequestNotes;
  };
}
