import type { ScramChallenge } from "../../dialogue/login.ts";
import type { Endpoint, TlsInfo } from "../../net/connection.ts";
import type { Secret } from "../../wire/secret.ts";
import type { EnvelopeRecipient, ReportRequest } from "../envelope.ts";
import type { SmtpReply } from "../reply.ts";

/** Who sends: an account that has logged in, or a client that its network address lets in. */
export interface Sender {
  /** The account's login; null for a client that did not log in. */
  readonly account: string | null;
  /** What records call it: the login, or the name of a device. */
  readonly name: string;
  /** The device that it is, with rules of its own; absent: it is none. */
  readonly device?: SenderDevice | undefined;
}

/** What holds for one device alone. */
export interface SenderDevice {
  readonly name: string;
  /** The address that its mail goes out with, whatever it says; absent: what it says. */
  readonly from?: string | undefined;
  /** Largest message that is taken from it, octets; absent: as from all. */
  readonly maxMessageSize?: number | undefined;
  /** The oldest version of TLS that it may send with; "off": it may send in the clear. */
  readonly minTls: "off" | "1.0" | "1.1" | "1.2" | "1.3";
  /** Its lines may end with a bare LF. */
  readonly bareLf: boolean;
}

/** What a client wanted that was refused because nobody knows it. */
export interface RefusedAttempt {
  readonly address: string;
  /** The name that it gave itself. */
  readonly helo: string;
  /** The reverse-path, "" for the null one. */
  readonly sender: string;
  /** The recipient, told when the client went on although MAIL was refused; null before. */
  readonly recipient: string | null;
}

/** Who wants to log in, and from where. */
export interface LoginAttempt {
  readonly login: string;
  readonly password: Secret;
  readonly peer: Endpoint;
}

/** Logins by SCRAM (RFC 5802), in which the password is not told. */
export interface ScramLogins {
  /** Whether every account that can log in has keys: clients choose what is best of the offer, whoever they are. */
  offered(): boolean;
  /** The keys of a login; of an unknown one, keys that nothing fits. */
  challenge(attempt: Omit<LoginAttempt, "password">): Promise<ScramChallenge | { readonly reply: SmtpReply }>;
  /** Takes what came of the exchange. */
  settle(
    attempt: Omit<LoginAttempt, "password"> & { readonly proven: boolean },
  ): Promise<{ readonly sender: Sender } | { readonly reply: SmtpReply }>;
}

/** What a client has said about a message before its data. */
export interface SubmissionStart extends ReportRequest {
  readonly sender: Sender;
  /** The reverse-path, "" for the null one. */
  readonly reversePath: string;
  /** At least one. */
  readonly recipients: readonly EnvelopeRecipient[];
  /** What MAIL said the data is (RFC 6152, RFC 3030). */
  readonly body: "7bit" | "8bitmime" | "binarymime";
  /** MAIL said that addresses and the header may hold UTF-8 (RFC 6531). */
  readonly smtpUtf8: boolean;
  /** Octets that the client announced (RFC 1870), or null. */
  readonly announcedOctets: number | null;
  readonly sessionId: number;
  readonly peer: Endpoint;
  /** The name that the client gave itself. */
  readonly helo: string;
  /** It said EHLO, not HELO. */
  readonly esmtp: boolean;
  readonly tls: TlsInfo | null;
}

/** A message on its way in. Exactly one of `commit` and `abort` ends it. */
export interface Submission {
  /** Takes octets of the message, without dot-stuffing; they are the caller's again afterwards. A promise: wait before giving more. */
  write(octets: Uint8Array): Promise<void> | void;
  /** The message is whole. Resolves after the commit that makes a 250 true, or with the reply that refuses it. Never throws. */
  commit(): Promise<SmtpReply>;
  /** The message will never be whole. Never throws. */
  abort(): Promise<void>;
}

/** What MAIL has said about a message that may go straight through. */
export type PassageStart =
  & Pick<
    SubmissionStart,
    "sender" | "reversePath" | "body" | "smtpUtf8" | "announcedOctets" | "returnContent" | "envelopeId"
  >
  & { readonly peer: Endpoint };

/**
 * The direct way through, for one message: its upstream listens while the client speaks. Whatever the upstream cannot do
 * at this moment, the queue takes over, and the client is not told. `begin` or `abandon` ends it.
 */
export interface Passage {
  /** Offers a recipient: the upstream's refusal for good, or null when it, or the queue, takes the recipient. */
  recipient(recipient: EnvelopeRecipient): Promise<SmtpReply | null>;
  /** Whether the upstream listens: nothing of the message will be stored. */
  readonly isLive: boolean;
  /** The message's data follows. @returns where to, or the upstream's refusal for good. Never throws. */
  begin(start: SubmissionStart): Promise<Submission | { readonly refusal: SmtpReply }>;
  /** There will be no data. Never throws. */
  abandon(): Promise<void>;
}

/** What the server needs from those who know accounts and keep mail. */
export interface Submissions {
  /** Whom a client is taken for that has not logged in; null: it must log in. */
  senderWithoutLogin(peer: Endpoint): Sender | null;
  /** Checks a password. */
  authenticate(attempt: LoginAttempt): Promise<{ readonly sender: Sender } | { readonly reply: SmtpReply }>;
  /** Absent: passwords only. */
  readonly scram?: ScramLogins;
  /** Why the sender may not use this reverse-path, or null. */
  refuseReversePath(sender: Sender, reversePath: string): SmtpReply | null;
  /** Whether a recipient without a domain stands for somebody; absent: none does. */
  knowsLocalName?(name: string): boolean;
  /** Why mail for this recipient is not taken, or null. */
  refuseRecipient(sender: Sender, recipient: string): SmtpReply | null;
  /** Why nothing can be taken at this moment (the disk is full), or null. */
  refuseForNow(octets: number): SmtpReply | null;
  /** Why the sender must wait before it sends another message, or null: then the message counts. Absent: nobody must. */
  refusePace?(sender: Sender): SmtpReply | null;
  /** A client was refused that has not logged in and is not let in by its address. */
  noteRefused?(attempt: RefusedAttempt): void;
  /** Begins a message; its data follows. */
  begin(start: SubmissionStart): Submission;
  /** Begins a message that is to go straight through. Absent: all go by the queue. */
  passage?(start: PassageStart): Passage;
}
