import { ConnectionError } from "../../net/errors.ts";
import { DotEncoder } from "../../wire/dot-stuffing.ts";
import type { EnvelopeRecipient } from "../envelope.ts";
import type { SmtpReply } from "../reply.ts";
import type { OutgoingMessage } from "./message.ts";
import { mailCommand, rcptCommand } from "./parameters.ts";
import type { SmtpClientSession } from "./session.ts";

/** What MAIL says of a message whose octets and recipients are still to come. */
export type MessageAhead = Omit<OutgoingMessage, "octets" | "toSevenBit">;

/**
 * A message handed over while it comes in, command by command: each answer is needed before the next step. Every function
 * may throw ConnectionError, DeadlineError or InterruptedError; the session cannot be used any more then.
 */
export class StreamedTransaction {
  readonly #session: SmtpClientSession;
  readonly #encoder = new DotEncoder(true);
  /** Octets of the message so far. */
  #octets = 0;
  /** The end of the message was sent: from now on the server may have taken it. */
  hasEnded = false;

  constructor(session: SmtpClientSession) {
    this.#session = session;
  }

  mail(message: MessageAhead): Promise<SmtpReply> {
    const { dialogue, steps, extensions } = this.#session;
    return dialogue.ask(steps.mail, mailCommand(extensions, { ...message, octets: () => [] }));
  }

  rcpt(recipient: EnvelopeRecipient): Promise<SmtpReply> {
    const { dialogue, steps, extensions } = this.#session;
    return dialogue.ask(steps.rcpt, rcptCommand(extensions, recipient));
  }

  /** The server's word to begin, 354, or its refusal. */
  data(): Promise<SmtpReply> {
    const { dialogue, steps } = this.#session;
    return dialogue.ask(steps.data, "DATA");
  }

  /**
   * Passes octets on, without dot-stuffing; they are the caller's again afterwards. A promise: wait before giving more.
   * @throws BareLineEndError before anything is passed on that could end the data early; the message cannot go on then
   */
  write(octets: Uint8Array): Promise<void> | void {
    const { dialogue: { connection }, timeouts } = this.#session;
    this.#octets += octets.length;
    // What the connection has not sent yet must stay as it is.
    this.#encoder.encode(octets.slice(), (piece) => connection.write(piece));
    if (connection.wantsFlush) return connection.flush(timeouts.dataMs, "the server to take the message");
  }

  /** Ends the message; gives the final reply. */
  async end(): Promise<SmtpReply> {
    const { dialogue, steps } = this.#session;
    dialogue.log.note(`(${this.#octets} octets of message)`);
    dialogue.connection.write(this.#encoder.end());
    this.hasEnded = true;
    const final = await dialogue.reply(steps.message);
    if (final.code >= 300 && final.code < 400) {
      throw new ConnectionError(`the server answered ${steps.message.name} with ${final.code}`);
    }
    if (final.code < 300) dialogue.log.messages++;
    return final;
  }

  /** Gives up a message whose data has not begun; the session can be used for another. */
  async reset(): Promise<void> {
    const { dialogue, steps } = this.#session;
    await dialogue.ask(steps.rset, "RSET");
  }
}
