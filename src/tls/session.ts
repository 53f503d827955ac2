import { invalid } from './abort.ts';
import { ALERT } from './alerts.ts';
import type { ClientHello } from './client-hello.ts';
import type { HandshakeDraft } from './handshake-draft.ts';
import type { Entropy } from './key-exchange.ts';
import type { HandshakeMessage } from './message-assembler.ts';
import type { RecordLayer } from './record-layer.ts';
import type { Transport } from './transport.ts';

/** What the steps of one handshake share. */
export interface Session {
  readonly transport: Transport;
  readonly records: RecordLayer;
  readonly record: HandshakeDraft;
  readonly entropy: Entropy;
  /** The hello that the server is answering: the second one after a HelloRetryRequest. */
  hello: ClientHello;
  /** We answered a CertificateRequest with an empty list; gives alerts that follow their meaning. */
  sentNoCertificate: boolean;
}

/** The message, if it is of the type that is due. */
export function expectMessage(message: HandshakeMessage, type: number, name: string): HandshakeMessage {
  if (message.type === type) return message;
  throw invalid(ALERT.unexpectedMessage, `A handshake message of type ${message.type} where ${name} was due`, {
    message_type: message.type,
    expected: name,
  });
}
