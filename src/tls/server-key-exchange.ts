import { invalid } from './abort.ts';
import { ALERT } from './alerts.ts';
import { hexCode } from './registry.ts';
import { WireReader } from './wire.ts';

/** ServerKeyExchange of TLS 1.2 with ECDHE (RFC 8422 §5.4). */
export interface EcdheParameters {
  readonly group: number;
  readonly point: Buffer;
  /** ServerECDHParams as signed. */
  readonly signed: Buffer;
  readonly scheme: number;
  readonly signature: Buffer;
}

const NAMED_CURVE = 3;

export function readEcdheParameters(body: Buffer): EcdheParameters {
  const reader = new WireReader(body, 'ServerKeyExchange');
  const curveType = reader.uint8();
  if (curveType !== NAMED_CURVE) {
    throw invalid(ALERT.illegalParameter, `ServerKeyExchange with curve type ${hexCode(curveType)}`);
  }
  const group = reader.uint16();
  const point = reader.vector(1, 1);
  const signed = body.subarray(0, reader.offset);
  const scheme = reader.uint16();
  const signature = reader.vector(2);
  reader.end();
  return { group, point, signed, scheme, signature };
}
