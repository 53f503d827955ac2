import { startTimer } from '../loop/timer.ts';
import { HandshakeAbort } from './abort.ts';
import { CONTENT_TYPE } from './registry.ts';
import type { Session } from './session.ts';

/**
 * How long we listen after our Finished, on top of the time that the server's hello took to come. To judge a certificate
 * takes a server longer than to miss one, and most say something as soon as they have (a ticket).
 */
const ANSWER_MS = { empty: 150, identity: 500 } as const;
const MAX_ROUND_TRIP_MS = 1000;

/**
 * A server of TLS 1.3 says only after its own Finished that it insists on a client certificate, or refuses the one that
 * it was shown. A ticket or application data mean that it goes on; so does silence where none was shown. Silence behind
 * one that was, and our deadline, leave the question open. A close without a word leaves it open where none was shown;
 * behind one that was it is how some servers refuse, and rejects.
 */
export async function awaitCertificateAnswer(session: Session): Promise<void> {
  const { record, clientAnswer, roundTripMs } = session;
  const hasShown = clientAnswer === 'identity';
  const goesOn = (): void => {
    const known = hasShown ? { accepted: true } : { required: false };
    record.clientCertificate = { ...record.clientCertificate, ...known };
  };
  const stop = startTimer(answerPatienceMs(hasShown ? 'identity' : 'empty', roundTripMs), () =>
    session.transport.interrupt(SILENCE),
  );
  try {
    await session.records.readMessage();
    goesOn();
  } catch (reason) {
    const heard = heardIn(reason);
    if (heard === 'data' || (heard === 'silence' && !hasShown)) goesOn();
    else if (heard === 'other' || (heard === 'close' && hasShown)) throw reason;
  } finally {
    stop();
  }
}

/** @param roundTripMs as the server's hello took; an unhurried server is not waited for longer than some networks take */
export function answerPatienceMs(answer: keyof typeof ANSWER_MS, roundTripMs: number): number {
  return ANSWER_MS[answer] + Math.min(roundTripMs, MAX_ROUND_TRIP_MS);
}

const SILENCE = Symbol('no answer to our flight');

function heardIn(reason: unknown): 'silence' | 'data' | 'close' | 'deadline' | 'other' {
  if (reason === SILENCE) return 'silence';
  if (!(reason instanceof HandshakeAbort)) return 'other';
  const { code, evidence } = reason.fault;
  if (evidence?.record_type === CONTENT_TYPE.applicationData) return 'data';
  if (code === 'tls_timeout') return 'deadline';
  return code === 'tls_closed' ? 'close' : 'other';
}
