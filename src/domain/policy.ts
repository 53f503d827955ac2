export type Profile = 'default' | 'webpki' | 'rfc5280';
export type Purpose = 'server' | 'client';
export type MinTls = '1.0' | '1.1' | '1.2' | '1.3';

/** An expiry threshold; the smaller remaining time of the two applies. */
export interface ExpiryThreshold {
  readonly days: number;
  /** Of the certificate's whole lifetime. */
  readonly percent: number;
}

/** What a request asks to be judged by, with all defaults filled in. */
export interface Policy {
  readonly profile: Profile;
  readonly purpose: Purpose;
  readonly minTls: MinTls;
  /** null = off (the default under `webpki` and `rfc5280`). */
  readonly warn: ExpiryThreshold | null;
  readonly critical: ExpiryThreshold | null;
  /** Greatest number of intermediates in a path, 0..255; self-issued ones are not counted. */
  readonly maxIntermediates: number;
}

export const DEFAULT_THRESHOLDS = {
  warn: { days: 30, percent: 33 },
  critical: { days: 7, percent: 10 },
} as const satisfies Record<string, ExpiryThreshold>;

export const DEFAULT_POLICY: Policy = {
  profile: 'default',
  purpose: 'server',
  minTls: '1.2',
  ...DEFAULT_THRESHOLDS,
  maxIntermediates: 10,
};
