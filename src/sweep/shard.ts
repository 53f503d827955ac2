import { hash } from 'node:crypto';
import type { ParseError } from '../domain/parse-error.ts';

/** One part of a list of targets. */
export interface Shard {
  /** From 0, as Kubernetes counts the pods of an indexed Job. */
  readonly index: number;
  readonly of: number;
}

const MAX_SHARDS = 100_000;

/** Reads `I/N`, I from 0 to N - 1. */
export function parseShard(text: string): Shard | ParseError {
  const [, index = '', of = ''] = /^(0|[1-9][0-9]{0,5})\/([1-9][0-9]{0,5})$/.exec(text) ?? [];
  const shard = { index: Number(index), of: Number(of) };
  if (index === '' || shard.of > MAX_SHARDS) return { error: `is not I/N with N from 1 to ${MAX_SHARDS}, such as 0/8` };
  return shard.index < shard.of ? shard : { error: `has no part ${shard.index}: they are 0 to ${shard.of - 1}` };
}

/**
 * The part that a host belongs to: the first four octets of its SHA-256, as a number, modulo the count. The same for
 * every port of it, so that what one host is asked to bear is counted by one process; and for every version of this
 * program, since a list may be finished by another one.
 */
export function shardOf(host: string, of: number): number {
  return hash('sha256', host, 'buffer').readUInt32BE(0) % of;
}
