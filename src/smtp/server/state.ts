import type { ServerDialogue } from "../../dialogue/server.ts";
import { EndSession } from "../../dialogue/server.ts";
import type { TlsAcceptor } from "../../net/tls.ts";
import type { LineForm } from "../../wire/line-form.ts";
import type { EnvelopeRecipient, ReportRequest } from "../envelope.ts";
import { reply, type SmtpReply } from "../reply.ts";
import type { MessageIntake } from "./message-intake.ts";
import type { MessagePace, PacePolicy } from "./pace.ts";
import type { Passage, Sender, Submission, Submissions, SubmissionStart } from "./ports.ts";

/** What EHLO or HELO said. */
export interface Hello {
  readonly name: string;
  readonly esmtp: boolean;
}

/** What MAIL said. */
export interface MailTransaction extends ReportRequest {
  readonly reversePath: string;
  readonly body: "7bit" | "8bitmime" | "binarymime";
  /** Addresses and the header may hold UTF-8 (RFC 6531). */
  readonly smtpUtf8: boolean;
  readonly announcedOctets: number | null;
  /** Who is responsible for it. */
  readonly sender: Sender;
}

/** A message that comes in chunks. */
export interface ChunkedMessage {
  readonly submission: Submission;
  readonly intake: MessageIntake;
  readonly pace: MessagePace;
  /** How its lines are, where it must be made of lines; null for a binary one. */
  readonly form: LineForm | null;
}

/** Where a session stands. DATA without a sender or without a recipient cannot be written down. */
export type SmtpState =
  /** The client has not said who it is. */
  | { readonly at: "connected" }
  /** It is not let in: nothing but QUIT is left. */
  | { readonly at: "turned-away" }
  | { readonly at: "ready"; readonly hello: Hello; readonly login: Sender | null }
  /** MAIL was accepted; no recipient yet. */
  | { readonly at: "mail"; readonly hello: Hello; readonly login: Sender | null; readonly mail: MailTransaction }
  /** At least one recipient was accepted. */
  | {
    readonly at: "recipients";
    readonly hello: Hello;
    readonly login: Sender | null;
    readonly mail: MailTransaction;
    readonly recipients: EnvelopeRecipient[];
  }
  /** Chunks of a message have come, but not the last one (RFC 3030). */
  | {
    readonly at: "chunks";
    readonly hello: Hello;
    readonly login: Sender | null;
    readonly message: ChunkedMessage;
  }
  /** A chunk was refused: the message cannot be brought to an end. */
  | { readonly at: "failed"; readonly hello: Hello; readonly login: Sender | null };

/** All states of a client that is let in. */
export const ANY_STATE = ["connected", "ready", "mail", "recipients", "chunks", "failed"] as const;

/** How a listener protects what passes. */
export type ListenerTls =
  | { readonly mode: "off" }
  | { readonly mode: "starttls" | "implicit"; readonly acceptor: TlsAcceptor };

/** What a listener allows, and its limits. */
export interface SmtpServerPolicy extends PacePolicy {
  /** Our own name, for the greeting. */
  readonly hostname: string;
  readonly tls: ListenerTls;
  /** "required": everybody logs in; "optional": those who are not let in by address; "off": nobody can. */
  readonly auth: "required" | "optional" | "off";
  /** Whether a client may log in without TLS. */
  readonly authWithoutTls: boolean;
  /** The way through: 250 once the message is stored, or once the upstream has said it. */
  readonly mode: "queue" | "direct";
  readonly maxMessageOctets: number;
  /** Longest line of a message, line end included. */
  readonly maxDataLineOctets: number;
  readonly maxRecipients: number;
  /** Messages of one connection; 0: no limit. */
  readonly maxMessages: number;
  /** Commands in a row that bring no message forward. */
  readonly maxChatter: number;
  /** How long a client may be silent within a message. */
  readonly dataTimeoutMs: number;
  /** How long a TLS handshake may take. */
  readonly tlsTimeoutMs: number;
}

/** What the handlers of one session share. */
export interface SmtpContext {
  readonly dialogue: ServerDialogue<SmtpReply>;
  readonly submissions: Submissions;
  readonly policy: SmtpServerPolicy;
  /** Commands since the last message that brought none forward. */
  chatter: number;
  /** Messages that were begun: accepted MAIL commands. */
  begun: number;
  /** The reverse-path of a MAIL that was refused because nobody knows the client; null: none was. */
  refusedPath: string | null;
  /** A message that comes in chunks, to be given up should the session end or begin anew. */
  open: Submission | null;
  /** The upstream that listens, while a message that is to go straight through has no data yet. */
  passage: Passage | null;
}

/** Gives up the message that is under way. */
export async function abandonMessage(context: SmtpContext): Promise<void> {
  const { open, passage } = context;
  context.open = null;
  context.passage = null;
  await open?.abort();
  await passage?.abandon();
}

/** The state when the transaction is over. */
export function withoutMail(state: SmtpState): SmtpState {
  return state.at === "connected" || state.at === "turned-away"
    ? state
    : { at: "ready", hello: state.hello, login: state.login };
}

/** What was said about a message before its data. */
export function submissionStart(
  { mail, hello, recipients }: Extract<SmtpState, { at: "recipients" }>,
  { dialogue: { connection, log } }: SmtpContext,
): SubmissionStart {
  return {
    ...mail,
    recipients,
    sessionId: log.id,
    peer: connection.peer,
    helo: hello.name,
    esmtp: hello.esmtp,
    tls: connection.tls,
  };
}

/** Whether a password may be sent now. */
export function mayLogIn({ dialogue, policy }: SmtpContext): boolean {
  return policy.auth !== "off" && (policy.authWithoutTls || dialogue.connection.tls !== null);
}

/** Whether a client may prove that it knows a password without telling it. */
export function offersScram({ submissions }: SmtpContext): boolean {
  return submissions.scram?.offered() ?? false;
}

/** Whether the client can still turn the connection into a TLS one. */
export function offersStartTls({ dialogue, policy }: SmtpContext): boolean {
  return policy.tls.mode === "starttls" && dialogue.connection.tls === null;
}

/** Counts a command that brings no message forward; sends a client away that says nothing else. */
export function countChatter(context: SmtpContext): void {
  if (++context.chatter <= context.policy.maxChatter) return;
  const refusal = reply(421, "4.7.0", "Too many commands without a message, goodbye");
  throw new EndSession("refused", "too many commands without a message", refusal);
}
