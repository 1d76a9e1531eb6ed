import { type DialogueLimits, serve, type ServerProtocol } from "../../dialogue/server.ts";
import type { Answer, Verb } from "../../dialogue/verb.ts";
import type { SessionLog } from "../../dialogue/session.ts";
import type { TurnedAway } from "../../net/admission.ts";
import type { ForeignSpeech } from "../../wire/foreign.ts";
import type { Connection } from "../../net/connection.ts";
import { formatReply, isRefusal, reply, replyLines, type SmtpReply } from "../reply.ts";
import { establishmentVerbs } from "./establishment.ts";
import type { Submissions } from "./ports.ts";
import { abandonMessage, type SmtpContext, type SmtpServerPolicy, type SmtpState } from "./state.ts";
import { transferVerbs } from "./transfer.ts";

/** What one session needs. */
export interface SmtpServerSession {
  readonly connection: Connection;
  readonly log: SessionLog;
  readonly submissions: Submissions;
  readonly policy: SmtpServerPolicy;
  readonly limits: DialogueLimits;
  /** Why the client is sent away instead of greeted (too many connections, a network that may not connect), or null. */
  readonly turnedAway: TurnedAway | null;
  /** Aborted when the server stops: the session ends at its next wait for a command. */
  readonly signal: AbortSignal;
}

/** Serves one SMTP connection to its end, RFC 5321. Never throws. */
export async function serveSmtp(session: SmtpServerSession): Promise<void> {
  const { connection, log, submissions, policy, limits, turnedAway, signal } = session;
  let context: SmtpContext | undefined;
  await serve<SmtpState, SmtpContext, SmtpReply>({
    protocol,
    connection,
    log,
    limits,
    signal,
    silenceIn: ({ at }) => at === "turned-away" ? TURNED_AWAY_MS : limits.commandTimeoutMs,
    isBusy: ({ at }) => at === "mail" || at === "recipients" || at === "chunks",
    takesBareLf: policy.auth !== "required" && submissions.senderWithoutLogin(connection.peer)?.device?.bareLf === true,
    context: (dialogue) =>
      context = { dialogue, submissions, policy, chatter: 0, begun: 0, refusedPath: null, open: null, passage: null },
    greeting: async () => {
      // First of all: before the handshake a client of such a port can read nothing, not even that it is turned away.
      if (policy.tls.mode === "implicit") await policy.tls.acceptor.acceptAtOnce(connection, policy.tlsTimeoutMs);
      if (turnedAway) return turnAway(turnedAway, log);
      return { reply: replyLines(220, [`${policy.hostname} ESMTP Waypost`]), state: { at: "connected" } };
    },
  });
  if (context) await abandonMessage(context);
}

/** How long a client that is not let in may take to say QUIT. */
const TURNED_AWAY_MS = 10_000;

/** With 421 the server leaves; after 554 it must wait for QUIT (RFC 5321 section 3.1). */
function turnAway({ text, cause, forNow }: TurnedAway, log: SessionLog): Answer<SmtpState, SmtpReply> & Standing {
  log.turnAway(cause);
  if (forNow) return { reply: reply(421, "4.7.0", text, cause), state: { at: "turned-away" }, end: "refused" };
  return { reply: reply(554, "5.7.1", text, cause), state: { at: "turned-away" } };
}

interface Standing {
  readonly state: SmtpState;
}

const protocol: ServerProtocol<SmtpState, SmtpContext, SmtpReply> = {
  verbs: new Map([...establishmentVerbs, ...transferVerbs].map((verb) => [verb.name, verb])),
  format: formatReply,
  isRefusal,
  // Recipients beyond the limit are to be sent in another message (RFC 5321 section 4.5.3.1.10): no error to ask for them.
  isError: (given) => isRefusal(given) && given.enhanced !== "4.5.3",
  causeOf: (given) => given.cause ?? null,
  replies: {
    unknownVerb: () => reply(500, "5.5.2", "Unknown command"),
    badSequence: (verb, state) => reply(503, "5.5.1", outOfPlace(verb, state)),
    lineTooLong: reply(500, "5.5.2", "The line is too long"),
    bareLf: reply(500, "5.5.2", "A command line ends with CR LF"),
    notText: reply(500, "5.5.2", "A command line holds text in UTF-8 without control characters"),
    tooManyErrors: reply(421, "4.7.0", "Too many errors, goodbye"),
    tooManyCommands: reply(421, "4.7.0", "Too many commands, goodbye"),
    foreign: (speech) => reply(421, "4.7.0", FOREIGN_TEXTS[speech]),
    timedOut: reply(421, "4.4.2", "You were silent for too long, goodbye"),
    shuttingDown: reply(421, "4.3.2", "The server is shutting down"),
    internalError: reply(421, "4.3.0", "Internal error, try again later"),
  },
};

const FOREIGN_TEXTS: Readonly<Record<ForeignSpeech, string>> = {
  tls: "This port begins in the clear: use STARTTLS, or a port that begins with TLS",
  clear: "This port begins with TLS",
  http: "This is a mail server, it speaks SMTP",
  proxy: "You may not send a PROXY header",
};

function outOfPlace(verb: Verb<SmtpState, SmtpContext, SmtpReply>, state: SmtpState): string {
  if (state.at === "turned-away") return "You may not connect here: send QUIT";
  if (state.at === "connected") return "Send EHLO or HELO first";
  if (state.at === "failed") return "A chunk was refused: send RSET";
  if (state.at === "chunks") return "Chunks of a message have come: send the others by BDAT, or RSET";
  if (verb.name === "MAIL") return "A message is under way already: send RSET to give it up";
  if (verb.name === "RCPT") return "Send MAIL first";
  if (verb.name === "DATA") return state.at === "mail" ? "No recipient was accepted" : "Send MAIL and RCPT first";
  return `${verb.name} is not allowed within a message`;
}
