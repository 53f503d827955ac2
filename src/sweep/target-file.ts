import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { formatEndpoint, parseEndpoint } from '../domain/target.ts';
import { shown } from '../http/caller-text.ts';

/** So much is read in one turn of the event loop: some milliseconds of looking for targets. */
const CHUNK_BYTES = 64 * 1024;
/** Longer than any host and port; what follows on such a line is not looked at. */
const MAX_LINE_LENGTH = 4096;
const MAX_LABEL_BYTES = 256;

/** A line that names a target, or is meant to. */
export interface TargetLine {
  readonly text: string;
  /** What it is sharded by. */
  readonly host: string;
  /** `host:port`, the same for each way to write it; of a line that is no target, what is written there. */
  readonly label: string;
}

/**
 * A list of targets, one `host[:port]` a line. Empty lines and those that begin with `#` do not count; a byte order mark
 * and carriage returns are passed over. It is read in parts and as often as is wanted, always the same opened file.
 */
export class TargetFile {
  readonly #descriptor: number;
  readonly #defaultPort: number;

  /** @param defaultPort of a line without a port */
  constructor(path: string, defaultPort: number) {
    this.#descriptor = openSync(path, 'r');
    this.#defaultPort = defaultPort;
  }

  /** The targets in their order, and null now and then: whoever looks for few among many should let others have a turn. */
  *lines(): Generator<TargetLine | null> {
    for (const text of linesOf(this.#chunks())) yield text === null ? null : this.#read(text);
  }

  /** Octets of the file, and their SHA-256 in hex. Rejects with the signal's reason. */
  async measure(signal: AbortSignal): Promise<{ readonly bytes: number; readonly sha256: string }> {
    const digest = createHash('sha256');
    let bytes = 0;
    for (const chunk of this.#chunks()) {
      digest.update(chunk);
      bytes += chunk.length;
      await nextTurn();
      signal.throwIfAborted();
    }
    return { bytes, sha256: digest.digest('hex') };
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  /** Read synchronously: a part comes from the page cache, in less time than a promise for each line would take. */
  *#chunks(): Generator<Buffer> {
    const buffer = Buffer.alloc(CHUNK_BYTES);
    for (let position = 0; ; ) {
      const count = readSync(this.#descriptor, buffer, 0, CHUNK_BYTES, position);
      if (count === 0) return;
      position += count;
      yield buffer.subarray(0, count);
    }
  }

  #read(text: string): TargetLine {
    const endpoint = parseEndpoint(text);
    if ('error' in endpoint) {
      const label = shown(text, MAX_LABEL_BYTES);
      return { text, host: label, label };
    }
    const { host, port } = endpoint;
    return { text, host: host.text, label: formatEndpoint(host, port ?? this.#defaultPort) };
  }
}

/** Lines that may name a target, and null after each chunk. */
function* linesOf(chunks: Iterable<Buffer>): Generator<string | null> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let isFirst = true;
  for (const chunk of chunks) {
    let text = decoder.write(chunk);
    if (isFirst) text = text.replace(/^\ufeff/, '');
    isFirst = false;
    const lines = (rest + text).split('\n');
    rest = (lines.pop() ?? '').slice(0, MAX_LINE_LENGTH);
    for (const line of lines) if (isTarget(line)) yield line.trim().slice(0, MAX_LINE_LENGTH);
    yield null;
  }
  if (isTarget(rest)) yield rest.trim();
}

function isTarget(line: string): boolean {
  return /^\s*[^\s#]/.test(line);
}
