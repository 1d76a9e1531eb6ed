import type { ScramChallenge } from "../../dialogue/login.ts";
import type { Endpoint } from "../../net/connection.ts";
import type { Secret } from "../../wire/secret.ts";
import type { Pop3Reply } from "../reply.ts";

/** Who wants to log in, and from where. */
export interface LoginAttempt {
  readonly login: string;
  readonly password: Secret;
  readonly peer: Endpoint;
  readonly sessionId: number;
  /** Absent: the session is never made to give way. */
  readonly line?: ClientLine;
}

/** What those who keep the locks of mailboxes may know of a client's line, and do to it. */
export interface ClientLine {
  /** How long nothing has come from the client and nothing was taken by it, milliseconds. */
  silentMs(): number;
  /** Ends the session at once; `why` is for the owner. */
  drop(why: string): void;
}

/** What a login comes to: a mailbox that is open for this session, or the reply that refuses it. */
export type LoginOutcome = { readonly mailbox: OpenMailbox } | { readonly reply: Pop3Reply };

/** Logins by SCRAM (RFC 5802), in which the password is not told. */
export interface ScramLogins {
  /** Whether every account that can log in has keys: clients choose what is best of the offer, whoever they are. */
  offered(): boolean;
  /** The keys of a login; of an unknown one, keys that nothing fits. */
  challenge(attempt: Omit<LoginAttempt, "password">): Promise<ScramChallenge | { readonly reply: Pop3Reply }>;
  /** Takes what came of the exchange; opens the mailbox as `authenticate` does. */
  settle(attempt: Omit<LoginAttempt, "password"> & { readonly proven: boolean }): Promise<LoginOutcome>;
}

/** What the server needs from those who keep accounts and mailboxes. */
export interface Mailboxes {
  /** Checks the password, takes the mailbox's lock and lists its messages. */
  authenticate(attempt: LoginAttempt): Promise<LoginOutcome>;
  /** Absent: passwords only. */
  readonly scram?: ScramLogins;
}

/** The messages of a session in their order. No array of objects: there may be 200,000 of them. */
export interface MessageList {
  readonly length: number;
  /** Octets as RETR sends them: every line end counted as CRLF, dot-stuffing not counted (RFC 1939 section 11). */
  octetsOf(index: number): number;
  /** 1 to 70 characters from 0x21 to 0x7E, the same in every session (RFC 1939 section 7). */
  uidlOf(index: number): string;
}

/** The octets of a message: whole, or in pieces that are read as they are taken. */
export type MessageOctets = Uint8Array | AsyncIterable<Uint8Array>;

/** A mailbox as one session sees it: what arrives later belongs to the next session (RFC 1939 section 4). */
export interface OpenMailbox {
  /** The account's login, for the record. */
  readonly account: string;
  /** Message n of the session stands at n - 1. */
  readonly messages: MessageList;
  /** The message as it is stored, without dot-stuffing. */
  open(index: number): MessageOctets | Promise<MessageOctets>;
  /** The client was sent a whole message. */
  retrieved(index: number): void;
  /** Another session has the lock: nothing can be removed. Absent: false. */
  readonly readOnly?: boolean;
  /** Removes messages. Resolves after the commit; when it throws, nothing is removed. */
  remove(indexes: readonly number[]): Promise<void>;
  /** Gives the lock back. Safe to call twice. */
  close(): void;
}
