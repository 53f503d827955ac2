import { readPem, toPem } from '../../../src/x509/pem.ts';
import { fixedPki } from '../fixed-pki.ts';
import { type FuzzTarget, promise } from '../fuzz-target.ts';
import { mutateBytes } from '../mutate-bytes.ts';

const MAX_BLOCKS = 8;

const WORDS = [
  ...['-----BEGIN CERTIFICATE-----\n', '-----END CERTIFICATE-----\n', '-----BEGIN PRIVATE KEY-----\n', '-----BEGIN '],
  ...[
    '-----END PRIVATE KEY-----\n',
    '-----END ',
    '-----',
    '\r',
    '\n',
    '\r\n',
    '\ufeff',
    '=',
    '==',
    ' ',
    '\t',
    'MAA=\n',
  ],
  ...['EC PRIVATE KEY', 'private key', 'Proc-Type: 4,ENCRYPTED\n', '\0', '# text\n'],
].map((text) => Buffer.from(text));

/** The PEM reader. */
export async function pemTarget(): Promise<FuzzTarget> {
  const { server, issuing } = await fixedPki();
  const small = toPem(Buffer.from('3000', 'hex'));
  return {
    corpus: [
      server.pem,
      small,
      `${small}text\n${small}`,
      server.keyPem,
      `\ufeff${small.replaceAll('\n', '\r\n')}`,
      issuing.pem,
    ].map((text) => Buffer.from(text)),
    mutate: (input, random) => mutateBytes(input, random, WORDS),
    check: checkPem,
  };
}

function checkPem(input: Buffer): string {
  const text = input.toString('utf8');
  const { blocks, errors } = readPem(text, MAX_BLOCKS);
  const positions = [...blocks, ...errors].map(({ position }) => position).toSorted((one, other) => one - other);
  promise(
    positions.every((position, index) => position === index),
    'blocks and errors are numbered without a gap',
  );
  promise(blocks.length <= MAX_BLOCKS, 'blocks are bounded');
  const lines = text.split(/\r\n|\n|\r/).length;
  promise(
    [...blocks, ...errors].every(({ line }) => line >= 1 && line <= lines),
    'each stands on a line of the text',
  );
  for (const { label, der } of blocks) {
    promise(!/private key/i.test(label), 'no private key is given');
    promise(der.length > 0, 'a block has octets');
    const [again, ...more] = readPem(toPem(der, label)).blocks;
    promise(
      more.length === 0 && again?.label === label && again.der.equals(der),
      'what is read can be written and read',
    );
  }
  if (/^-----BEGIN (?:EC |RSA |ENCRYPTED )?PRIVATE KEY-----$/m.test(text)) {
    promise(
      errors.some(({ fault }) => fault === 'private_key' || fault === 'too_many_blocks'),
      'a private key is named',
    );
  }
  return `${blocks.length} ${errors.map(({ fault }) => fault).join(' ')}`;
}
