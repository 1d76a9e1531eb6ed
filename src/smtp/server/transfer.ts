import { type Answer, verbsOf } from "../../dialogue/verb.ts";
import { type ArgumentProblem, parseMailArguments, parseRcptArguments, type PathArguments } from "../../wire/path.ts";
import type { ReportRequest } from "../envelope.ts";
import { reply, type SmtpReply } from "../reply.ts";
import { parseChunk, takeChunk } from "./chunks.ts";
import { receiveData } from "./data.ts";
import { mailParameters, rcptParameters } from "./extensions.ts";
import { tooLarge } from "./message-intake.ts";
import { largestMessage, refuseProtection, senderByAddress } from "./sender-rules.ts";
import { abandonMessage, ANY_STATE, countChatter, mayLogIn } from "./state.ts";
import { type MailTransaction, type SmtpContext, type SmtpState, submissionStart, withoutMail } from "./state.ts";

type SmtpAnswer = Answer<SmtpState, SmtpReply>;

const verb = verbsOf<SmtpState, SmtpContext, SmtpReply>();

/** RFC 6531 section 3.5. */
const NEEDS_SMTPUTF8 = reply(553, "5.6.7", "An address beyond ASCII needs MAIL with the parameter SMTPUTF8");

/** The verbs of the phase mail transfer, those that are allowed at any time, and QUIT. */
export const transferVerbs = [
  verb({
    name: "MAIL",
    in: ["ready"],
    phase: "transfer",
    rfc: "RFC 5321 section 4.1.1.2",
    parse: (text) => argumentsOf(parseMailArguments(text, mailParameters)),
    run: (state, path, context) => beginMail(state, path, context),
  }),
  verb({
    name: "RCPT",
    // Behind a MAIL that was refused, whom it was for is noted; it is out of sequence all the same.
    in: ["ready", "mail", "recipients"],
    rfc: "RFC 5321 section 4.1.1.3",
    parse: (text) => argumentsOf(parseRcptArguments(text, rcptParameters)),
    run: (state, path, context) =>
      state.at === "ready" ? noteRecipient(state, path, context) : addRecipient(state, path, context),
  }),
  verb({
    name: "DATA",
    in: ["recipients"],
    rfc: "RFC 5321 section 4.1.1.4",
    parse: noArguments("DATA"),
    run: (state, _args, context) => takeMessage(state, context),
  }),
  verb({
    name: "BDAT",
    // Its octets follow in any state and must be read: the handler says what is out of sequence.
    in: ANY_STATE,
    rfc: "RFC 3030 section 2",
    parse: (text) => ({ args: parseChunk(text) }),
    run: (state, chunk, context) => takeChunk(state, chunk, context),
  }),
  verb({
    name: "RSET",
    in: ANY_STATE,
    rfc: "RFC 5321 section 4.1.1.5",
    parse: noArguments("RSET"),
    run: async (state, _args, context) => {
      countChatter(context);
      await abandonMessage(context);
      return { reply: reply(250, "2.0.0", "Begin anew"), state: withoutMail(state) };
    },
  }),
  verb({
    name: "NOOP",
    in: ANY_STATE,
    rfc: "RFC 5321 section 4.1.1.9",
    parse: (text) => ({ args: text }),
    run: (_state, _args, context) => {
      countChatter(context);
      return { reply: reply(250, "2.0.0", "Still here") };
    },
  }),
  verb({
    name: "VRFY",
    // Before EHLO too (RFC 5321 section 4.1.4).
    in: ANY_STATE,
    rfc: "RFC 5321 section 4.1.1.6",
    parse: (text) => text === "" ? { reply: reply(501, "5.5.4", "VRFY takes an address") } : { args: text },
    run: (_state, _args, context) => {
      countChatter(context);
      // A relay cannot tell without asking further on (RFC 5321 section 7.3).
      return { reply: reply(252, "2.1.5", "Cannot verify, but send the message and it will be tried") };
    },
  }),
  verb({
    name: "EXPN",
    in: ANY_STATE,
    rfc: "RFC 5321 section 4.1.1.7",
    parse: (text) => ({ args: text }),
    run: (_state, _args, context) => {
      countChatter(context);
      return { reply: reply(502, "5.5.1", "EXPN is not offered here: there are no lists") };
    },
  }),
  verb({
    name: "HELP",
    in: ANY_STATE,
    rfc: "RFC 5321 section 4.1.1.8",
    parse: (text) => ({ args: text }),
    run: (_state, _args, context) => {
      countChatter(context);
      return {
        reply: {
          code: 214,
          enhanced: "2.0.0",
          lines: ["EHLO HELO STARTTLS AUTH MAIL RCPT DATA BDAT RSET NOOP VRFY HELP QUIT", "RFC 5321"],
        },
      };
    },
  }),
  verb({
    name: "QUIT",
    in: [...ANY_STATE, "turned-away"],
    phase: "termination",
    rfc: "RFC 5321 section 4.1.1.10",
    parse: noArguments("QUIT"),
    run: (_state, _args, { policy }) => ({
      reply: reply(221, "2.0.0", `${policy.hostname} says goodbye`),
      end: "completed",
    }),
  }),
];

function noArguments(name: string) {
  return (text: string) => text === "" ? { args: null } : { reply: reply(501, "5.5.4", `${name} takes no argument`) };
}

function argumentsOf(result: PathArguments | ArgumentProblem) {
  return result.ok ? { args: result } : { reply: reply(result.code, result.enhanced, result.text) };
}

function beginMail(state: Extract<SmtpState, { at: "ready" }>, path: PathArguments, context: SmtpContext): SmtpAnswer {
  const { policy, submissions } = context;
  if (policy.maxMessages > 0 && context.begun >= policy.maxMessages) {
    const text = `At most ${policy.maxMessages} messages of one connection: connect anew for the others`;
    const cause = `${context.begun} messages have come, as many as one connection may bring`;
    return { reply: reply(421, "4.7.0", text, cause), end: "refused" };
  }
  const sender = state.login ?? senderByAddress(context);
  if (sender === null) {
    context.refusedPath = path.address;
    noteRefused(state, null, context);
    return { reply: loginFirst(context) };
  }
  const smtpUtf8 = path.parameters.has("SMTPUTF8");
  if (path.needsSmtpUtf8 && !smtpUtf8) return { reply: NEEDS_SMTPUTF8 };
  const size = path.parameters.get("SIZE");
  const announcedOctets = typeof size === "string" ? Number(size) : null;
  const most = largestMessage(context, sender);
  const refusal = refuseProtection(context, sender) ??
    (path.isLocalName && sender.device?.from === undefined ? noDomain(path) : null) ??
    (announcedOctets !== null && announcedOctets > most ? tooLarge(most) : null) ??
    submissions.refuseReversePath(sender, path.address) ?? refuseForNow(context, announcedOctets) ??
    submissions.refusePace?.(sender);
  if (refusal) return { reply: refusal };
  context.begun++;
  context.refusedPath = null;
  const mail = {
    reversePath: path.address,
    body: bodyOf(valueOf(path, "BODY")),
    smtpUtf8,
    announcedOctets,
    sender,
    ...reportRequest(path),
  };
  if (policy.mode === "direct") {
    context.passage = submissions.passage?.({ ...mail, peer: context.dialogue.connection.peer }) ?? null;
  }
  return {
    reply: reply(250, "2.1.0", "Sender accepted"),
    state: { at: "mail", hello: state.hello, login: state.login, mail },
  };
}

/** Why nothing can be stored at this moment. What goes straight through is stored nowhere. */
function refuseForNow({ policy, submissions, passage }: SmtpContext, announcedOctets: number | null): SmtpReply | null {
  const isDirect = passage ? passage.isLive : policy.mode === "direct";
  return isDirect ? null : submissions.refuseForNow(announcedOctets ?? 0);
}

function bodyOf(value: string | null): MailTransaction["body"] {
  if (value === "BINARYMIME") return "binarymime";
  return value === "8BITMIME" ? "8bitmime" : "7bit";
}

function reportRequest(path: PathArguments): ReportRequest {
  const returned = valueOf(path, "RET");
  return {
    returnContent: returned === null ? null : returned === "FULL" ? "full" : "headers",
    envelopeId: valueOf(path, "ENVID"),
  };
}

/** The value of a parameter, or null when it was not given. */
function valueOf({ parameters }: PathArguments, keyword: string): string | null {
  const value = parameters.get(keyword);
  return typeof value === "string" ? value : null;
}

function loginFirst(context: SmtpContext): SmtpReply {
  if (context.policy.auth === "off") return reply(550, "5.7.1", "Your address is not allowed to send here");
  if (mayLogIn(context)) return reply(530, "5.7.0", "Log in first: send AUTH");
  return reply(530, "5.7.0", "Log in first: send STARTTLS, then AUTH");
}

/** Only where something else takes its place, a name alone is an address. */
function noDomain({ verb }: PathArguments): SmtpReply {
  return verb === "MAIL"
    ? reply(553, "5.1.7", "The sender address has no domain")
    : reply(553, "5.1.3", "The recipient address has no domain");
}

/** A client that goes on after its MAIL was refused says whom it wanted to write to. */
function noteRecipient(
  state: Extract<SmtpState, { at: "ready" }>,
  path: PathArguments,
  context: SmtpContext,
): SmtpAnswer {
  if (context.refusedPath !== null) noteRefused(state, path.address, context);
  return { reply: reply(503, "5.5.1", "Send MAIL first") };
}

function noteRefused(
  { hello }: Extract<SmtpState, { at: "ready" }>,
  recipient: string | null,
  { dialogue: { connection }, submissions, refusedPath }: SmtpContext,
): void {
  const attempt = { address: connection.peer.address, helo: hello.name, sender: refusedPath ?? "", recipient };
  submissions.noteRefused?.(attempt);
}

function addRecipient(
  state: Extract<SmtpState, { at: "mail" | "recipients" }>,
  path: PathArguments,
  { policy, submissions, passage }: SmtpContext,
): SmtpAnswer | Promise<SmtpAnswer> {
  const recipients = state.at === "recipients" ? state.recipients : [];
  if (recipients.length >= policy.maxRecipients) {
    return {
      reply: reply(452, "4.5.3", `At most ${policy.maxRecipients} recipients: send the rest in another message`),
    };
  }
  if (path.needsSmtpUtf8 && !state.mail.smtpUtf8) return { reply: NEEDS_SMTPUTF8 };
  if (path.isLocalName && !submissions.knowsLocalName?.(path.address)) return { reply: noDomain(path) };
  const refusal = submissions.refuseRecipient(state.mail.sender, path.address);
  if (refusal) return { reply: refusal };
  const recipient = {
    address: path.address,
    notify: valueOf(path, "NOTIFY"),
    originalRecipient: valueOf(path, "ORCPT"),
  };
  const accept = (): SmtpAnswer => {
    // The same array grows: copying it for each of a thousand recipients would make them a million.
    recipients.push(recipient);
    return { reply: reply(250, "2.1.5", "Recipient accepted"), state: { ...state, at: "recipients", recipients } };
  };
  if (!passage) return accept();
  return passage.recipient(recipient).then((refused) => refused ? { reply: refused } : accept());
}

async function takeMessage(state: Extract<SmtpState, { at: "recipients" }>, context: SmtpContext): Promise<SmtpAnswer> {
  const { dialogue: { log }, submissions } = context;
  if (state.mail.body === "binarymime") return { reply: reply(503, "5.5.1", "BODY=BINARYMIME needs BDAT") };
  const full = refuseForNow(context, state.mail.announcedOctets);
  if (full) return { reply: full };
  const start = submissionStart(state, context);
  const { passage } = context;
  context.passage = null;
  const submission = passage ? await passage.begin(start) : submissions.begin(start);
  if ("refusal" in submission) return { reply: submission.refusal, state: withoutMail(state) };
  const result = await receiveData(context, submission, state.mail.sender);
  if (result.code < 300) {
    log.messages++;
    context.chatter = 0;
  }
  return { reply: result, state: withoutMail(state) };
}
