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

/** Hono's environment of our application. */
export interface HttpEnv {
  Variables: {
    requestId: string;
    notes: RequestNotes;
  };
}
