import { negative, type Pop3Reply } from "../reply.ts";
import type { OpenMailbox, ServedMessage } from "./ports.ts";

/**
 * A mailbox in the transaction state, RFC 1939 section 5: what the client has marked as deleted is invisible from then
 * on, and removed only by the update that QUIT begins.
 */
export class Maildrop {
  readonly mailbox: OpenMailbox;
  readonly #deleted = new Set<number>();
  readonly #allOctets: number;
  #deletedOctets = 0;

  constructor(mailbox: OpenMailbox) {
    this.mailbox = mailbox;
    this.#allOctets = mailbox.messages.reduce((sum, message) => sum + message.octets, 0);
  }

  /** Messages that are not deleted. */
  get count(): number {
    return this.mailbox.messages.length - this.#deleted.size;
  }

  /** Octets of the messages that are not deleted. */
  get octets(): number {
    return this.#allOctets - this.#deletedOctets;
  }

  /** Indexes of the messages that are marked, in their order. */
  get deleted(): number[] {
    return [...this.#deleted].sort((one, other) => one - other);
  }

  /** The message of a number, or the reply that says why there is none. */
  find(number: number): { readonly index: number; readonly message: ServedMessage } | { readonly reply: Pop3Reply } {
    const message = this.mailbox.messages[number - 1];
    if (!message) {
      return { reply: negative(`no such message, ${countOf(this.mailbox.messages.length)} in maildrop`) };
    }
    if (this.#deleted.has(number - 1)) return { reply: negative(`message ${number} is deleted`) };
    return { index: number - 1, message };
  }

  /** Marks a message, which `find` has given. */
  delete(index: number): void {
    this.#deleted.add(index);
    this.#deletedOctets += this.mailbox.messages[index]!.octets;
  }

  /** Takes all marks off. */
  reset(): void {
    this.#deleted.clear();
    this.#deletedOctets = 0;
  }

  /** The messages that are not deleted, with their numbers. */
  *visible(): Generator<readonly [number: number, message: ServedMessage]> {
    const { messages } = this.mailbox;
    for (let index = 0; index < messages.length; index++) {
      if (!this.#deleted.has(index)) yield [index + 1, messages[index]!];
    }
  }
}

/** "1 message", "2 messages". */
export function countOf(messages: number): string {
  return messages === 1 ? "1 message" : `${messages} messages`;
}
