import { connect, type Socket } from 'node:net';

/** How one request ended. */
export interface Answer {
  /** 0 = no whole answer. */
  readonly status: number;
  /** X-Verdict, or the code of the problem; of no answer, why. */
  readonly outcome: string;
}

const HEAD_END = '\r\n\r\n';

/**
 * One kept connection with one request at a time, and just enough HTTP for this service's answers: Node's own client
 * needs as much processor time for a request as the service for a refusal, and would measure itself.
 */
export class HttpConnection {
  readonly #socket: Socket;
  #received = '';
  #onAnswer: ((answer: Answer) => void) | null = null;
  #isOpen = true;

  /** @param from the address to connect from */
  constructor(port: number, from: string) {
    this.#socket = connect({ host: '127.0.0.1', port, localAddress: from, noDelay: true });
    this.#socket.setEncoding('latin1');
    this.#socket.on('data', (text: string) => this.#onData(text));
    this.#socket.on('error', (error: NodeJS.ErrnoException) => this.#end(0, error.code ?? error.message));
    this.#socket.on('close', () => this.#end(0, 'closed'));
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  ask(request: string): Promise<Answer> {
    return new Promise((resolve) => {
      this.#onAnswer = resolve;
      if (this.#isOpen) this.#socket.write(request, 'latin1');
      else this.#end(0, 'closed');
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #onData(text: string): void {
    this.#received += text;
    const headEnd = this.#received.indexOf(HEAD_END);
    if (headEnd < 0) return;
    const head = this.#received.slice(0, headEnd);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    if (length === undefined) {
      this.close();
      this.#end(0, 'no Content-Length');
      return;
    }
    const bodyAt = headEnd + HEAD_END.length;
    if (this.#received.length < bodyAt + Number(length)) return;
    const body = this.#received.slice(bodyAt);
    this.#received = '';
    if (/\r\nconnection: *close/i.test(head)) this.#isOpen = false;
    const verdict = /\r\nx-verdict: *(\w+)/i.exec(head)?.[1];
    this.#answer({
      status: Number(head.slice(9, 12)),
      outcome: verdict ?? /"code":"(\w+)"/.exec(body)?.[1] ?? 'none',
    });
  }

  #end(status: number, outcome: string): void {
    this.#isOpen = false;
    this.#answer({ status, outcome });
  }

  #answer(answer: Answer): void {
    const onAnswer = this.#onAnswer;
    this.#onAnswer = null;
    onAnswer?.(answer);
  }
}
