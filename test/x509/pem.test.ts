import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPem, toPem } from '../../src/x509/pem.ts';

const one = toPem(Buffer.from('first certificate, of any bytes at all: the reader does not look into them'));
const two = toPem(Buffer.from('second'));

function summary(text: string, maxBlocks?: number): unknown {
  const { blocks, errors } = readPem(text, maxBlocks);
  return {
    blocks: blocks.map(({ label, der, position, line }) => [label, der.toString().slice(0, 6), position, line]),
    errors: errors.map(({ fault, position, line }) => [fault, position, line]),
  };
}

const both = {
  blocks: [
    ['CERTIFICATE', 'first ', 0, 1],
    ['CERTIFICATE', 'second', 1, 5],
  ],
  errors: [],
};

describe('readPem', () => {
  it.each([
    ['two blocks', one + two],
    ['CRLF', (one + two).replaceAll('\n', '\r\n')],
    ['CR', (one + two).replaceAll('\n', '\r')],
    ['a byte order mark', `\ufeff${one}${two}`],
    ['space at the ends of lines', (one + two).replaceAll('\n', ' \t\n')],
    ['indented lines', (one + two).replaceAll(/^/gm, '  ')],
    ['no line end at the end', (one + two).trimEnd()],
  ])('takes %s', (_, text) => {
    expect(summary(text)).toEqual(both);
  });

  it('takes text between blocks, and other labels as they are', () => {
    const text = `Bag Attributes\n  friendlyName: x\n-- not a boundary --\n${two}subject=/CN=x\n${toPem(Buffer.from('second'), 'X509 CRL')}`;
    expect(summary(text)).toEqual({
      blocks: [
        ['CERTIFICATE', 'second', 0, 4],
        ['X509 CRL', 'second', 1, 8],
      ],
      errors: [],
    });
  });

  it('finds nothing in text without PEM', () => {
    expect(summary('hello')).toEqual({ blocks: [], errors: [] });
    expect(summary('')).toEqual({ blocks: [], errors: [] });
  });

  it.each([
    ['a private key', toPem(Buffer.from('secret'), 'PRIVATE KEY'), 'private_key', 1],
    ['an RSA private key', toPem(Buffer.from('secret'), 'RSA PRIVATE KEY'), 'private_key', 1],
    ['an encrypted private key', toPem(Buffer.from('secret'), 'ENCRYPTED PRIVATE KEY'), 'private_key', 1],
    ['an OpenSSH private key', toPem(Buffer.from('secret'), 'OPENSSH PRIVATE KEY'), 'private_key', 1],
    [
      'a private key with headers',
      '-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END RSA PRIVATE KEY-----\n',
      'private_key',
      1,
    ],
    ['a private key without an end', '-----BEGIN PRIVATE KEY-----\nAAAA\n', 'private_key', 1],
    ['a private key with a malformed end', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END\n', 'private_key', 1],
    ['a private key on one line', '-----BEGIN PRIVATE KEY-----AAAA-----END PRIVATE KEY-----\n', 'private_key', 1],
    ['the end of a private key', 'AAAA\n-----END PRIVATE KEY-----\n', 'private_key', 2],
    ['no END line', two.replace(/-----END.*\n/, ''), 'unterminated', 1],
    ['no BEGIN line', two.replace(/-----BEGIN.*\n/, ''), 'unopened', 2],
    ['labels that differ', two.replace('END CERTIFICATE', 'END X509 CRL'), 'label_mismatch', 1],
    ['everything on one line', two.replaceAll('\n', ''), 'boundary_malformed', 1],
    ['escaped line ends', two.replaceAll('\n', '\\n'), 'boundary_malformed', 1],
    ['a character that is not base64', two.replace('c2Vj', 'c2V*'), 'base64_invalid', 1],
    ['base64 cut short', two.replace('c2Vj', 'c2V'), 'base64_invalid', 1],
    [
      'padding in the middle',
      '-----BEGIN CERTIFICATE-----\nAA==\nAAAA\n-----END CERTIFICATE-----\n',
      'base64_invalid',
      1,
    ],
    ['headers in a certificate', two.replace('\n', '\nProc-Type: 4,CLEAR\n\n'), 'base64_invalid', 1],
    ['nothing between the lines', '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n', 'base64_invalid', 1],
  ])('names %s, and reads the block after it', (_, text, fault, line) => {
    const alone = readPem(text);
    expect(alone.errors[0]).toMatchObject({ fault, position: 0, line });
    expect(alone.blocks).toEqual([]);
    const { blocks } = readPem(`${text}\n${one}`);
    expect(blocks.map(({ der }) => der.toString().slice(0, 5))).toEqual(['first']);
    expect(JSON.stringify(alone.errors)).not.toContain('c2Vj');
  });

  it('stops at the limit of blocks and says so', () => {
    expect(summary(one + two, 2)).toEqual(both);
    expect(summary(one + two + two, 2)).toEqual({ ...both, errors: [['too_many_blocks', 2, 8]] });
  });

  it('gives back what toPem made of any bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 5 }), (all) => {
        const { blocks, errors } = readPem(all.map((bytes) => toPem(Buffer.from(bytes))).join('text\n'));
        expect(errors).toEqual([]);
        expect(blocks.map(({ der }) => [...der])).toEqual(all.map((bytes) => [...bytes]));
      }),
    );
  });

  it('never throws and never returns a private key, for any mixture of lines', () => {
    const line = fc.constantFrom(
      '-----BEGIN CERTIFICATE-----',
      '-----END CERTIFICATE-----',
      '-----BEGIN EC PRIVATE KEY-----',
      '-----END EC PRIVATE KEY-----',
      'AAAA',
      '-----',
      '',
      '-----BEGIN',
      'text =',
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), (lines) => {
        const { blocks } = readPem(lines.join('\n'));
        expect(blocks.filter(({ label }) => label.includes('PRIVATE'))).toEqual([]);
      }),
    );
  });
});
