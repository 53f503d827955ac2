/**
 * A body written piece by piece. `write` resolves when the piece was taken, so that a slow reader slows the work;
 * `signal` aborts when the reader goes away, by cancelling the body or through `caller`.
 * When the work fails the body ends with an error, so that nobody takes it for whole.
 */
export function streamText(
  caller: AbortSignal,
  work: (write: (text: string) => Promise<void>, signal: AbortSignal) => Promise<void>,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const gone = new AbortController();
  const signal = AbortSignal.any([caller, gone.signal]);
  writer.closed.catch((reason: unknown) => gone.abort(reason));
  work((text) => writer.write(encoder.encode(text)), signal)
    .then(() => (signal.aborted ? writer.abort(signal.reason) : writer.close()))
    .catch((error: unknown) => writer.abort(error).catch(() => {}));
  return readable;
}
