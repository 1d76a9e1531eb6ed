import { Buffer } from "node:buffer";
import { timingSafeEqual } from "node:crypto";
import { negative } from "../reply.ts";
import type { LoginOutcome, Mailboxes, OpenMailbox } from "./ports.ts";

/** A message that lives in memory. */
export interface MemoryMessage {
  readonly uidl: string;
  readonly octets: Uint8Array;
}

/** A mailbox that lives in memory: messages may be added while no session or any session is open. */
export interface MemoryMailbox {
  readonly password: string;
  messages: MemoryMessage[];
}

/** Octets of a piece: what a message is read in. */
const PIECE_OCTETS = 64 * 1024;

/** Mailboxes in memory, for demonstrations and tests. One session at a time has a mailbox; a second gets [IN-USE]. */
export function memoryMailboxes(byLogin: ReadonlyMap<string, MemoryMailbox>): Mailboxes {
  const open = new Set<string>();
  return {
    authenticate({ login, password }): Promise<LoginOutcome> {
      const mailbox = byLogin.get(login);
      if (!mailbox || !sameText(mailbox.password, password.reveal())) {
        return Promise.resolve({ reply: negative("wrong login or password", "AUTH") });
      }
      if (open.has(login)) {
        return Promise.resolve({ reply: negative("another session has the mailbox open", "IN-USE") });
      }
      open.add(login);
      return Promise.resolve({ mailbox: openMailbox(login, mailbox, () => open.delete(login)) });
    },
  };
}

function openMailbox(account: string, mailbox: MemoryMailbox, close: () => void): OpenMailbox {
  const messages = [...mailbox.messages];
  let isOpen = true;
  return {
    account,
    messages: {
      length: messages.length,
      octetsOf: (index) => messages[index]!.octets.length,
      uidlOf: (index) => messages[index]!.uidl,
    },
    open: (index) => inPieces(messages[index]!.octets),
    retrieved: () => undefined,
    remove(indexes) {
      const removed = new Set(indexes.map((index) => messages[index]));
      mailbox.messages = mailbox.messages.filter((message) => !removed.has(message));
      return Promise.resolve();
    },
    close() {
      if (isOpen) close();
      isOpen = false;
    },
  };
}

async function* inPieces(octets: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < octets.length; at += PIECE_OCTETS) yield octets.subarray(at, at + PIECE_OCTETS);
}

function sameText(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
