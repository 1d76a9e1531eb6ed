import { negative, type Pop3Reply } from "../reply.ts";
import type { OpenMailbox } from "./ports.ts";

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
    const { messages } = mailbox;
    let octets = 0;
    for (let index = 0; index < messages.length; index++) octets += messages.octetsOf(index);
    this.#allOctets = octets;
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

  /** The index of the message of a number, or the reply that says why there is none. */
  find(number: number): { readonly index: number } | { readonly reply: Pop3Reply } {
    const { length } = this.mailbox.messages;
    if (number < 1 || number > length) return { reply: negative(`no such message, ${countOf(length)} in maildrop`) };
    if (this.#deleted.has(number - 1)) return { reply: negative(`message ${number} is deleted`) };
    return { index: number - 1 };
  }

  /** Marks a message, which `find` has given. */
  delete(index: number): void {
    this.#deleted.add(index);
    this.#deletedOctets += this.mailbox.messages.octetsOf(index);
  }

  /** Takes all marks off. */
  reset(): void {
    this.#deleted.clear();
    this.#deletedOctets = 0;
  }

  /** The indexes of the messages that are not deleted. */
  *visible(): Generator<number> {
    const { length } = this.mailbox.messages;
    for (let index = 0; index < length; index++) if (!this.#deleted.has(index)) yield index;
  }
}

/** "1 message", "2 messages". */
export function countOf(messages: number): string {
  return messages === 1 ? "1 message" : `${messages} messages`;
}
