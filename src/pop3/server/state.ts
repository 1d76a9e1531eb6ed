import type { ServerDialogue } from "../../dialogue/server.ts";
import type { TlsAcceptor } from "../../net/tls.ts";
import { negative, type Pop3Reply } from "../reply.ts";
import type { Maildrop } from "./maildrop.ts";
import type { Mailboxes, OpenMailbox } from "./ports.ts";

/** Where a session stands, RFC 1939 section 3. The update state is QUIT at work, no state in which commands come. */
export type Pop3State =
  /** Nobody has said who they are. */
  | { readonly at: "authorization" }
  /** USER was given, PASS is due. */
  | { readonly at: "password"; readonly login: string }
  | { readonly at: "transaction"; readonly maildrop: Maildrop };

/** The states before a login. */
export const BEFORE_LOGIN = ["authorization", "password"] as const;
/** The states in which CAPA, NOOP-like verbs and QUIT are allowed. */
export const ANY_STATE = ["authorization", "password", "transaction"] as const;

/** How a listener protects what passes. */
export type ListenerTls =
  | { readonly mode: "off" }
  | { readonly mode: "starttls" | "implicit"; readonly acceptor: TlsAcceptor };

/** What a listener allows. */
export interface Pop3ServerPolicy {
  readonly tls: ListenerTls;
  /** Whether a client may log in without TLS. */
  readonly loginWithoutTls: boolean;
  /** How long a TLS handshake may take. */
  readonly tlsTimeoutMs: number;
  /** Days for which mail is kept here at least, null: nothing is promised; absent: for ever. RFC 2449 section 6.7. */
  readonly expireDays?: number | null | undefined;
  /** Seconds between two logins of an account; absent: 0, none. RFC 2449 section 6.5. */
  readonly loginDelaySeconds?: number;
}

/** What the handlers of one session share. */
export interface Pop3Context {
  readonly dialogue: ServerDialogue<Pop3Reply>;
  readonly mailboxes: Mailboxes;
  readonly policy: Pop3ServerPolicy;
  /** The mailbox that this session has open, to be given back however the session ends. */
  held: OpenMailbox | null;
  /** The client has said UTF8, RFC 6856 section 2. */
  utf8: boolean;
  /** When the client last did something; by the monotonic clock, milliseconds. */
  activeAt: number;
}

/** Whether a password may be sent now. */
export function mayLogIn({ dialogue, policy }: Pop3Context): boolean {
  return policy.loginWithoutTls || dialogue.connection.tls !== null;
}

/** Whether a client may prove that it knows a password without telling it. */
export function offersScram({ mailboxes }: Pop3Context): boolean {
  return mailboxes.scram?.offered() ?? false;
}

/** Whether the client can still turn the connection into a TLS one. */
export function offersStls({ dialogue, policy }: Pop3Context): boolean {
  return policy.tls.mode === "starttls" && dialogue.connection.tls === null;
}

/** Refuses a login that would send a password in the clear (RFC 8314 section 3). */
export function clearLoginRefused(context: Pop3Context): Pop3Reply {
  const remedy = offersStls(context) ? "send STLS first" : "use a port with TLS";
  return negative(`login is allowed under TLS only: ${remedy}`, "AUTH");
}
