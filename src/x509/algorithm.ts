import type { AlgorithmIdentifier, HashName, PssParameters, SignatureInfo } from '../domain/certificate.ts';
import { checkOpenValue, type DerCursor, DerError, DerSource, readCount, readOid, TAG } from './der.ts';
import { algorithmName, HASHES, MGF1, PSS_WITH_SHAKE, SIGNATURE_ALGORITHMS } from './oids.ts';

/** Reads an AlgorithmIdentifier (RFC 5280 §4.1.1.2). */
export function readAlgorithm(cursor: DerCursor, what: string): AlgorithmIdentifier {
  const { source } = cursor;
  const element = cursor.take(TAG.sequence, what);
  const fields = source.inside(element);
  const oid = readOid(source, fields.take(TAG.oid, `the OID of ${what}`), `the OID of ${what}`);
  const parameters = fields.done ? null : fields.next(`the parameters of ${what}`);
  if (parameters !== null) checkOpenValue(source, parameters, `the parameters of ${what}`);
  fields.finish(what);
  const name = algorithmName(oid);
  return { oid, name, der: source.der(element), parameters: parameters === null ? null : source.der(parameters) };
}

export function isNull(parameters: Buffer): boolean {
  return parameters.length === 2 && parameters[0] === TAG.null && parameters[1] === 0;
}

/** Reports parameters of a signature algorithm that are not those its definition gives it. `offset` is its own. */
export function checkSignatureParameters(source: DerSource, algorithm: AlgorithmIdentifier, offset: number): void {
  const { name, parameters } = algorithm;
  switch (SIGNATURE_ALGORITHMS.get(algorithm.oid)?.scheme) {
    case 'rsa':
      if (parameters !== null && isNull(parameters)) return;
      source.report({
        rule: 'algorithm.parameters_not_null',
        offset,
        detail: `${name} has parameters other than NULL`,
      });
      return;
    case 'ecdsa':
    case 'dsa':
      if (parameters === null) return;
      source.report({ rule: 'algorithm.parameters_unexpected', offset, detail: `${name} has parameters` });
      return;
    case 'eddsa':
    case 'ml-dsa':
    case 'slh-dsa':
      if (parameters === null) return;
      source.report({ rule: 'algorithm.parameters_forbidden', offset, detail: `${name} has parameters` });
      return;
    case 'rsa-pss':
      if (pssParametersOf(algorithm) !== null) return;
      source.report({ rule: 'algorithm.pss_parameters', offset, detail: 'the RSASSA-PSS parameters are not usable' });
      return;
    case undefined:
  }
}

/** A signature with what its algorithm, or the parameters of that, say of digests. */
export function signatureInfo(algorithm: AlgorithmIdentifier, value: Buffer): SignatureInfo {
  const known = SIGNATURE_ALGORITHMS.get(algorithm.oid);
  const pss = known?.scheme === 'rsa-pss' ? pssParametersOf(algorithm) : null;
  return { algorithm, value, hash: pss?.hash ?? known?.hash ?? null, pss };
}

/** The parameters of RSASSA-PSS in a signature or a key; null when there are none, or none that are usable. */
export function pssParametersOf({ oid, parameters }: AlgorithmIdentifier): PssParameters | null {
  const fixed = PSS_WITH_SHAKE.get(oid);
  if (fixed !== undefined) return parameters === null ? fixed : null;
  return parameters === null ? null : readPssParameters(parameters);
}

/** Reads RSASSA-PSS-params; null when they are malformed in any way, or name an unknown hash or mask function. */
function readPssParameters(der: Buffer): PssParameters | null {
  let faulty = false;
  const source = new DerSource(der, () => {
    faulty = true;
  });
  try {
    const parameters = pssFields(source.cursor());
    return faulty ? null : parameters;
  } catch (error) {
    if (error instanceof DerError) return null;
    throw error;
  }
}

function pssFields(outer: DerCursor): PssParameters | null {
  const { source } = outer;
  const fields = outer.enter(TAG.sequence, 'RSASSA-PSS-params');
  outer.finish('RSASSA-PSS-params');
  const field = (number: number): DerCursor | null => {
    const element = fields.takeOptional(0xa0 | number, 'a field of RSASSA-PSS-params');
    return element === null ? null : source.inside(element);
  };
  const number = (cursor: DerCursor | null, otherwise: number): number =>
    cursor === null ? otherwise : readCount(source, cursor.take(TAG.integer, 'a number'), 'a number');

  const hashField = field(0);
  const hash = hashField === null ? 'sha1' : hashOf(readAlgorithm(hashField, 'the hash'));
  const mgfField = field(1);
  const mgf = mgfField === null ? null : readAlgorithm(mgfField, 'the mask generation function');
  const mask = mgf === null ? 'sha1' : mgf1Hash(mgf);
  const saltField = field(2);
  const saltLength = number(saltField, 20);
  const trailerField = field(3);
  const trailer = number(trailerField, 1);
  for (const cursor of [hashField, mgfField, saltField, trailerField]) cursor?.finish('a field of RSASSA-PSS-params');
  fields.finish('RSASSA-PSS-params');
  if (hash === null || mask === null || trailer !== 1) return null;
  return { hash, mask, saltLength };
}

function hashOf({ oid, parameters }: AlgorithmIdentifier): HashName | null {
  // RFC 4055 §2.1: NULL and absent parameters are the same thing.
  if (parameters !== null && !isNull(parameters)) return null;
  return HASHES.get(oid) ?? null;
}

function mgf1Hash({ oid, parameters }: AlgorithmIdentifier): HashName | null {
  if (oid !== MGF1 || parameters === null) return null;
  const source = new DerSource(parameters, (violation) => {
    throw new DerError(violation.rule, violation.offset, violation.detail);
  });
  const cursor = source.cursor();
  const hash = hashOf(readAlgorithm(cursor, 'the hash of MGF1'));
  cursor.finish('the hash of MGF1');
  return hash;
}
