import type { Step } from "../../dialogue/client.ts";

/** How long a client waits, in milliseconds. */
export interface SmtpClientTimeouts {
  /** For the connection, the TLS handshake and the greeting, each. */
  readonly connectMs: number;
  /** For the reply to a command. */
  readonly commandMs: number;
  /** For each block of the message to be taken. */
  readonly dataMs: number;
  /** For the reply after the final dot. */
  readonly finalReplyMs: number;
}

/** The steps of a client session. */
export type SmtpSteps = Readonly<Record<StepName, Step>>;
type StepName =
  | "greeting"
  | "ehlo"
  | "helo"
  | "startTls"
  | "auth"
  | "mail"
  | "rcpt"
  | "data"
  | "message"
  | "chunk"
  | "rset"
  | "quit";

/** Waiting long for the answer to QUIT helps nobody: the mail has been delivered. */
const QUIT_TIMEOUT_MS = 5_000;

/** The table of steps: what errors call each, which phase it begins, how long its reply may take. */
export function smtpSteps({ connectMs, commandMs, dataMs, finalReplyMs }: SmtpClientTimeouts): SmtpSteps {
  return {
    greeting: { name: "the greeting", timeoutMs: connectMs, rfc: "RFC 5321 section 4.5.3.2.1" },
    ehlo: { name: "EHLO", timeoutMs: commandMs, rfc: "RFC 5321 section 4.1.1.1" },
    helo: { name: "HELO", timeoutMs: commandMs, rfc: "RFC 5321 section 4.1.1.1" },
    startTls: { name: "STARTTLS", timeoutMs: commandMs, rfc: "RFC 3207 section 4" },
    auth: { name: "AUTH", timeoutMs: commandMs, rfc: "RFC 4954 section 4" },
    mail: { name: "MAIL FROM", phase: "transfer", timeoutMs: commandMs, rfc: "RFC 5321 section 4.5.3.2.2" },
    rcpt: { name: "RCPT TO", phase: "transfer", timeoutMs: commandMs, rfc: "RFC 5321 section 4.5.3.2.3" },
    data: { name: "DATA", phase: "transfer", timeoutMs: commandMs, rfc: "RFC 5321 section 4.5.3.2.4" },
    message: { name: "the message", phase: "transfer", timeoutMs: finalReplyMs, rfc: "RFC 5321 section 4.5.3.2.6" },
    chunk: { name: "BDAT", phase: "transfer", timeoutMs: dataMs, rfc: "RFC 3030 section 2" },
    rset: { name: "RSET", timeoutMs: commandMs, rfc: "RFC 5321 section 4.1.1.5" },
    quit: { name: "QUIT", phase: "termination", timeoutMs: QUIT_TIMEOUT_MS, rfc: "RFC 5321 section 4.1.1.10" },
  };
}
