import type { CheckId } from '../domain/check-id.ts';
import type { ClientIdentity } from '../domain/client-identity.ts';
import type { Fault } from '../domain/fault.ts';
import type { HandshakeRecord } from '../domain/handshake.ts';
import { invalid } from './abort.ts';
import { ALERT, type ClientAnswer } from './alerts.ts';
import type { ClientHello } from './client-hello.ts';
import type { HandshakeDraft } from './handshake-draft.ts';
import type { Entropy } from './key-exchange.ts';
import type { HandshakeMessage } from './message-assembler.ts';
import type { RecordLayer } from './record-layer.ts';
import type { Transport } from './transport.ts';

/** A client certificate for one handshake. */
export interface OfferedIdentity extends Pick<ClientIdentity, 'name' | 'chain' | 'key'> {
  /**
   * Areas in which the server is not good enough to be shown it; none = it is. Asked only once the server has asked for
   * a certificate and has proven its key.
   */
  readonly objections: (record: HandshakeRecord) => Promise<readonly CheckId[]>;
}

/** What the steps of one handshake share. */
export interface Session {
  readonly transport: Transport;
  readonly records: RecordLayer;
  readonly record: HandshakeDraft;
  readonly entropy: Entropy;
  /** The hello that the server is answering: the second one after a HelloRetryRequest. */
  hello: ClientHello;
  /** To be shown where the server asks for a certificate. */
  readonly identity: OfferedIdentity | null;
  /** How we answered a CertificateRequest; gives alerts that follow their meaning. */
  clientAnswer: ClientAnswer;
  /** What was seen to be wrong without ending the handshake. */
  readonly faults: Fault[];
  /** From our hello to the answer; 0 before. */
  roundTripMs: number;
}

/** The message, if it is of the type that is due. */
export function expectMessage(message: HandshakeMessage, type: number, name: string): HandshakeMessage {
  if (message.type === type) return message;
  throw invalid(ALERT.unexpectedMessage, `A handshake message of type ${message.type} where ${name} was due`, {
    message_type: message.type,
    expected: name,
  });
}
