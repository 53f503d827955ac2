import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Verdict } from '../domain/verdict.ts';
import { VERSION } from '../domain/version.ts';
import type { MetricsSnapshot } from './merge-metrics.ts';

/** From a handshake on the same machine to the longest time that a request may ask for. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

const METHODS = new Set(['GET', 'HEAD', 'POST', 'OPTIONS']);

/** What is read at the moment of a scrape. */
export interface Readings {
  readonly queued: () => number;
  readonly inFlight: () => number;
  /** Steps of verifications under way that wait for their turn of the event loop. */
  readonly stepsWaiting: () => number;
  /** Connections of callers that are open, and those closed at once since the start. */
  readonly connections: () => number;
  readonly connectionsClosed: () => number;
  /** Milliseconds since the epoch. */
  readonly authoritiesLoadedAt: () => number;
  /** Whether the files hold something else, which cannot be used. */
  readonly authoritiesStale: () => boolean;
  /** As those of the authorities; null without IDENTITY_DIR. */
  readonly identities: { readonly loadedAt: () => number; readonly stale: () => boolean } | null;
  readonly fetchCache: () => FetchCacheReading;
}

/** The cache of CRLs and OCSP responses: questions since the start, and what it holds. */
export interface FetchCacheReading {
  readonly hits: number;
  readonly joins: number;
  readonly misses: number;
  readonly entries: number;
  readonly bytes: number;
}

/**
 * The service's own metrics. No label is ever made of what a caller or a target sent: their values are routes, codes,
 * phases and states, all of which the code names.
 */
export class Metrics {
  readonly contentType: string;
  readonly #registry = new Registry();
  readonly #requests: Counter<'route' | 'method' | 'status'>;
  readonly #requestSeconds: Histogram<'route'>;
  readonly #problems: Counter<'code'>;
  readonly #verdicts: Counter<'verdict'>;
  readonly #findings: Counter<'code' | 'severity'>;
  readonly #seconds: Histogram;
  readonly #phases: Histogram<'phase'>;
  readonly #waits: Histogram;

  constructor() {
    const registers = [this.#registry];
    this.contentType = this.#registry.contentType;
    this.#requests = new Counter({
      name: 'tls_verdict_http_requests_total',
      help: 'Requests answered, by route, method and status',
      labelNames: ['route', 'method', 'status'],
      registers,
    });
    this.#requestSeconds = new Histogram({
      name: 'tls_verdict_http_request_duration_seconds',
      help: 'Time to the head of the answer, by route',
      labelNames: ['route'],
      buckets: SECONDS,
      registers,
    });
    this.#problems = new Counter({
      name: 'tls_verdict_problems_total',
      help: 'Requests, and targets of batches, refused or failed, by code',
      labelNames: ['code'],
      registers,
    });
    this.#verdicts = new Counter({
      name: 'tls_verdict_verifications_total',
      help: 'Verdicts given',
      labelNames: ['verdict'],
      registers,
    });
    this.#findings = new Counter({
      name: 'tls_verdict_findings_total',
      help: 'Verdicts with this finding',
      labelNames: ['code', 'severity'],
      registers,
    });
    this.#seconds = new Histogram({
      name: 'tls_verdict_verification_duration_seconds',
      help: 'Time of a whole verification',
      buckets: SECONDS,
      registers,
    });
    this.#phases = new Histogram({
      name: 'tls_verdict_phase_duration_seconds',
      help: 'Time of the phases of a verification',
      labelNames: ['phase'],
      buckets: SECONDS,
      registers,
    });
    this.#waits = new Histogram({
      name: 'tls_verdict_wait_duration_seconds',
      help: 'Time that verifications waited before they began',
      buckets: SECONDS,
      registers,
    });
    for (const verdict of ['pass', 'warn', 'fail', 'unreachable']) this.#verdicts.inc({ verdict }, 0);
  }

  /** Adds what the process and the running service tell when they are asked. */
  watch(readings: Readings): void {
    collectDefaultMetrics({ register: this.#registry });
    /** `aggregator` says what several workers show together. */
    const gauge = (name: string, help: string, read: () => number, aggregator: 'sum' | 'min' | 'max' = 'sum') =>
      new Gauge({
        name,
        help,
        aggregator,
        registers: [this.#registry],
        collect() {
          this.set(read());
        },
      });
    gauge('tls_verdict_verifications_in_flight', 'Verifications under way', readings.inFlight);
    gauge('tls_verdict_verifications_queued', 'Verifications that wait for a place', readings.queued);
    gauge('tls_verdict_steps_waiting', 'Steps of verifications that wait for the processor', readings.stepsWaiting);
    gauge('tls_verdict_connections', 'Connections of callers that are open', readings.connections);
    const closed = new Counter({
      name: 'tls_verdict_connections_closed_total',
      help: 'Connections of callers closed at once, since there were too many',
      registers: [this.#registry],
      collect() {
        this.reset();
        this.inc(readings.connectionsClosed());
      },
    });
    closed.inc(0);
    gauge(
      'tls_verdict_authorities_loaded_timestamp_seconds',
      'When the CA references in force were read',
      () => Math.floor(readings.authoritiesLoadedAt() / 1000),
      'min',
    );
    gauge(
      'tls_verdict_authorities_stale',
      '1 while the files of the authorities cannot be used and older ones are',
      () => Number(readings.authoritiesStale()),
      'max',
    );
    const { fetchCache, identities } = readings;
    if (identities !== null) {
      gauge(
        'tls_verdict_identities_loaded_timestamp_seconds',
        'When the client certificates in force were read',
        () => Math.floor(identities.loadedAt() / 1000),
        'min',
      );
      gauge(
        'tls_verdict_identities_stale',
        '1 while the files of the client certificates cannot be used and older ones are',
        () => Number(identities.stale()),
        'max',
      );
    }
    gauge('tls_verdict_fetch_cache_entries', 'Fetched CRLs and OCSP responses kept', () => fetchCache().entries);
    gauge('tls_verdict_fetch_cache_bytes', 'Memory of those, as CACHE_MB bounds it', () => fetchCache().bytes);
    new Counter({
      name: 'tls_verdict_fetch_cache_requests_total',
      help: 'Questions for a CRL or an OCSP response: kept (hit), being fetched (joined), to be fetched (miss)',
      labelNames: ['result'],
      registers: [this.#registry],
      collect() {
        const { hits, joins, misses } = fetchCache();
        this.reset();
        this.inc({ result: 'hit' }, hits);
        this.inc({ result: 'joined' }, joins);
        this.inc({ result: 'miss' }, misses);
      },
    });
    const build = new Gauge({
      name: 'tls_verdict_build_info',
      help: 'Which version runs; always 1',
      labelNames: ['version'],
      aggregator: 'first',
      registers: [this.#registry],
    });
    build.set({ version: VERSION }, 1);
  }

  /** @param route the pattern of the path, never the path */
  observeRequest(route: string, method: string, status: number, seconds: number): void {
    this.#requests.inc({ route, method: METHODS.has(method) ? method : 'other', status: String(status) });
    this.#requestSeconds.observe({ route }, seconds);
  }

  /** Adds so many that were refused with this code before they were read: they have taken no time worth a histogram. */
  observeRefusals(route: string, method: string, status: number, code: string, count: number): void {
    this.#requests.inc({ route, method: METHODS.has(method) ? method : 'other', status: String(status) }, count);
    this.#problems.inc({ code }, count);
  }

  /** @param seconds from the claim to the begin of a verification */
  observeWait(seconds: number): void {
    this.#waits.observe(seconds);
  }

  observeProblem(code: string): void {
    this.#problems.inc({ code });
  }

  observeVerdict({ verdict, findings, timing, duration_ms }: Verdict): void {
    this.#verdicts.inc({ verdict });
    const distinct = new Map(findings.map((finding) => [`${finding.code} ${finding.severity}`, finding]));
    for (const { code, severity } of distinct.values()) this.#findings.inc({ code, severity });
    this.#seconds.observe(duration_ms / 1000);
    for (const [name, ms] of Object.entries(timing)) {
      if (typeof ms === 'number') this.#phases.observe({ phase: name.replace(/_ms$/, '') }, ms / 1000);
    }
  }

  /** All of it as it is at this moment, to be added to that of other workers. */
  snapshot(): Promise<MetricsSnapshot> {
    return this.#registry.getMetricsAsJSON();
  }

  /** All of it in Prometheus's text format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }
}
