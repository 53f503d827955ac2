/** PEM text (RFC 7468 §2) of DER bytes. */
export function toPem(der: Buffer, label = 'CERTIFICATE'): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

export type PemFault =
  /** A private key of any kind, encrypted or not: it does not belong here. */
  | 'private_key'
  /** A BEGIN line without its END line, or another BEGIN line first. */
  | 'unterminated'
  /** An END line that no BEGIN line opened. */
  | 'unopened'
  /** The labels of the BEGIN and END line differ. */
  | 'label_mismatch'
  /** A BEGIN or END line that has other text on it, or a label that is none. */
  | 'boundary_malformed'
  /** What stands between the lines is not base64, or empty. */
  | 'base64_invalid'
  /** More blocks than the caller takes; the rest was not read. */
  | 'too_many_blocks';

export interface PemBlock {
  /** `CERTIFICATE`, `X509 CRL` … as written. */
  readonly label: string;
  readonly der: Buffer;
  /** Number of the block in the text, from 0, faulty ones counted. */
  readonly position: number;
  /** Line of its BEGIN line, from 1. */
  readonly line: number;
}

export interface PemError {
  readonly fault: PemFault;
  /** Number of the block, from 0. */
  readonly position: number;
  /** Line of its BEGIN line, from 1; where there is none, the line itself. */
  readonly line: number;
  /** One sentence for people; never holds content of the block. */
  readonly detail: string;
}

export interface PemDocument {
  readonly blocks: readonly PemBlock[];
  readonly errors: readonly PemError[];
}

/** Blocks read from one text when the caller names no other limit. */
const MAX_PEM_BLOCKS = 10_000;

const LF = 10;
const CR = 13;

const BOUNDARY = /^-----(BEGIN|END) ([\x21-\x2c\x2e-\x7e](?:[- ]?[\x21-\x2c\x2e-\x7e])*)-----$/;
const PRIVATE_KEY = /PRIVATE KEY/i;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

interface OpenBlock {
  readonly label: string;
  readonly line: number;
  readonly base64: string[];
}

/**
 * Every PEM block of a text, in order, and everything that is wrong with it. Text between blocks, CRLF, a byte order
 * mark, and space at the ends of lines are taken as RFC 7468 §2 allows. Private keys are never returned, only named.
 * Linear in the length of the text, which the caller bounds.
 */
export function readPem(text: string, maxBlocks: number = MAX_PEM_BLOCKS): PemDocument {
  const reader = new PemReader(maxBlocks);
  let number = 0;
  // Without a list of the lines: a megabyte may have a million, all of them empty.
  for (let start = text.startsWith('\ufeff') ? 1 : 0; start <= text.length; ) {
    const end = endOfLine(text, start);
    number++;
    if (end > start && !reader.line(text.slice(start, end).trim(), number)) break;
    start = end + (text.startsWith('\r\n', end) ? 2 : 1);
  }
  return reader.end(number);
}

/** Where the CR or LF stands that ends the line, or the end of the text. */
function endOfLine(text: string, start: number): number {
  let end = start;
  while (end < text.length && text.charCodeAt(end) !== LF && text.charCodeAt(end) !== CR) end++;
  return end;
}

class PemReader {
  readonly #blocks: PemBlock[] = [];
  readonly #errors: PemError[] = [];
  readonly #maxBlocks: number;
  #position = 0;
  #open: OpenBlock | null = null;

  constructor(maxBlocks: number) {
    this.#maxBlocks = maxBlocks;
  }

  /** Takes one line; false when no more will be taken. */
  line(line: string, number: number): boolean {
    if (!line.startsWith('-----')) {
      if (this.#open === null || line === '') return true;
      this.#open.base64.push(line);
      return true;
    }
    const boundary = BOUNDARY.exec(line);
    if (boundary === null) {
      if (/^-----(BEGIN|END)/.test(line)) this.#badBoundary(line, number);
      else if (this.#open !== null) this.#open.base64.push(line);
      return true;
    }
    const [, kind, label = ''] = boundary;
    return kind === 'BEGIN' ? this.#begin(label, number) : this.#finish(label, number);
  }

  end(lastLine: number): PemDocument {
    if (this.#open !== null) this.#fail('unterminated', lastLine, 'the text ends before its END line');
    return { blocks: this.#blocks, errors: this.#errors };
  }

  #begin(label: string, number: number): boolean {
    if (this.#open !== null) this.#fail('unterminated', number, 'another BEGIN line stands before its END line');
    if (this.#position >= this.#maxBlocks) {
      this.#fail('too_many_blocks', number, `the text has more than ${this.#maxBlocks} blocks`);
      return false;
    }
    this.#open = { label, line: number, base64: [] };
    return true;
  }

  #finish(label: string, number: number): boolean {
    const open = this.#open;
    if (open === null) {
      this.#fail('unopened', number, 'an END line has no BEGIN line', label);
    } else if (label !== open.label) {
      this.#fail('label_mismatch', number, 'the labels of the BEGIN and END line differ');
    } else if (PRIVATE_KEY.test(label)) {
      this.#fail('private_key', number, 'a private key stands here');
    } else {
      const der = decodeBase64(open.base64.join(''));
      if (der === null) {
        this.#fail('base64_invalid', number, 'what stands between the BEGIN and END line is not base64');
      } else {
        this.#blocks.push({ label, der, position: this.#position, line: open.line });
        this.#position++;
        this.#open = null;
      }
    }
    return true;
  }

  #badBoundary(line: string, number: number): void {
    const detail = 'a BEGIN or END line has a malformed label or other text on the same line';
    this.#fail('boundary_malformed', number, detail, `${this.#open?.label ?? ''} ${line}`);
  }

  /** Records what is wrong with the current block and leaves it. A private key is named as such, whatever else is. */
  #fail(fault: PemFault, line: number, detail: string, label: string = this.#open?.label ?? ''): void {
    const isKey = PRIVATE_KEY.test(label);
    this.#errors.push({
      fault: isKey ? 'private_key' : fault,
      position: this.#position,
      line: this.#open?.line ?? line,
      detail: isKey ? 'a private key stands here' : detail,
    });
    this.#position++;
    this.#open = null;
  }
}

function decodeBase64(text: string): Buffer | null {
  const compact = text.replace(/[ \t]/g, '');
  if (compact === '' || compact.length % 4 !== 0 || !BASE64.test(compact)) return null;
  return Buffer.from(compact, 'base64');
}
