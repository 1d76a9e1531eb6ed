import type { Step } from "../../dialogue/client.ts";
import { ConnectionError } from "../../net/errors.ts";
import { BareLineEndError, DotEncoder } from "../../wire/dot-stuffing.ts";
import { isRefusal, localFailure, reply, type SmtpReply } from "../reply.ts";
import { whyUnfit } from "./fitness.ts";
import type { OutgoingMessage } from "./message.ts";
import { mailCommand, rcptCommand } from "./parameters.ts";
import type { SmtpClientSession } from "./session.ts";

/** What became of a message. */
export interface TransactionResult {
  /** The reply that decided for each recipient, in their order. */
  readonly recipients: readonly SmtpReply[];
  /** The final dot was sent and its reply never came: the server may have taken the message (RFC 5321 section 4.5.3.2.6). */
  readonly unknown: boolean;
  /** What broke the session, or null when it can be used for another message. */
  readonly broken: unknown;
}

/**
 * Hands one message over: MAIL, RCPT for each recipient, DATA or BDAT, the message. In one group where the server pipelines
 * (RFC 2920). Never throws: a session that breaks gives each undecided recipient a transient local failure.
 */
export async function sendMessage(session: SmtpClientSession, message: OutgoingMessage): Promise<TransactionResult> {
  try {
    return await sendFitting(session, await fitBody(session.extensions, message));
  } catch (error) {
    // It could not be read to be converted: nothing was sent, the session is as it was.
    const failure = localFailure(error);
    return { recipients: message.recipients.map(() => failure), unknown: false, broken: null };
  }
}

/** The message as the server can take it, as far as that is possible without loss. RFC 6152 section 3. */
async function fitBody(offered: ReadonlyMap<string, string>, message: OutgoingMessage): Promise<OutgoingMessage> {
  if (message.body !== "8bitmime" || offered.has("8BITMIME")) return message;
  const converted = await message.toSevenBit?.();
  if (!converted) return message;
  return { ...message, body: "7bit", ...converted };
}

async function sendFitting(session: SmtpClientSession, message: OutgoingMessage): Promise<TransactionResult> {
  const unfit = message.recipients.map((recipient) => whyUnfit(session.extensions, message, recipient));
  const recipients = message.recipients.filter((_, index) => !unfit[index]);
  if (recipients.length === 0) {
    return { recipients: unfit.flatMap((given) => given ?? []), unknown: false, broken: null };
  }
  const result = await transact(session, { ...message, recipients });
  let next = 0;
  return { ...result, recipients: unfit.map((given) => given ?? result.recipients[next++]!) };
}

async function transact(session: SmtpClientSession, message: OutgoingMessage): Promise<TransactionResult> {
  const progress: Progress = { decided: [], sentFinalDot: false };
  try {
    await converse(session, message, progress);
    return { recipients: completed(message, progress, null), unknown: false, broken: null };
  } catch (error) {
    const failure = failureOf(error, progress);
    return { recipients: completed(message, progress, failure), unknown: progress.sentFinalDot, broken: error };
  }
}

/** What an error within a transaction means for those recipients of whom nothing is decided yet. */
function failureOf(error: unknown, { sentFinalDot }: Progress): SmtpReply {
  if (error instanceof BareLineEndError) return { ...reply(554, "5.6.0", `not sent: ${error.message}`), local: true };
  return sentFinalDot ? answerUnknown(error) : localFailure(error);
}

/** The message has been sent whole and nobody knows what became of it. RFC 3463 section 3.5: 4.4.2, bad connection. */
function answerUnknown(error: unknown): SmtpReply {
  const failure = localFailure(error);
  const text = `answer unknown: the message was sent, the reply to it was lost, it may have arrived: ${failure.cause}`;
  return { ...failure, enhanced: "4.4.2", lines: [text] };
}

interface Progress {
  /** By recipient: the reply that decided, where one has. */
  readonly decided: (SmtpReply | undefined)[];
  sentFinalDot: boolean;
}

function completed(message: OutgoingMessage, progress: Progress, failure: SmtpReply | null): SmtpReply[] {
  const missing = failure ?? reply(451, "4.3.0", "the server did not decide");
  return message.recipients.map((_, index) => progress.decided[index] ?? missing);
}

async function converse(session: SmtpClientSession, message: OutgoingMessage, progress: Progress): Promise<void> {
  const { dialogue, steps, extensions } = session;
  const pipelining = extensions.has("PIPELINING");
  dialogue.send(steps.mail, mailCommand(extensions, message));
  if (!pipelining) {
    const refused = refuseAll(await replyTo(session, steps.mail), message, progress);
    if (refused) return void await reset(session);
  }
  for (const [index, recipient] of message.recipients.entries()) {
    dialogue.send(steps.rcpt, rcptCommand(extensions, recipient));
    if (!pipelining) await takeRecipient(session, index, progress);
  }
  const chunked = message.body === "binarymime";
  if (pipelining) {
    if (!chunked) dialogue.send(steps.data, "DATA");
    const refused = refuseAll(await replyTo(session, steps.mail), message, progress);
    for (const index of message.recipients.keys()) await takeRecipient(session, index, progress, refused);
  }
  const allDecided = message.recipients.every((_, index) => progress.decided[index]);
  if (allDecided && (chunked || !pipelining)) return void await reset(session);
  if (chunked) return await handOverChunks(session, message, progress);
  if (!pipelining) dialogue.send(steps.data, "DATA");
  await handOver(session, message, progress);
}

function refuseAll(given: SmtpReply, message: OutgoingMessage, progress: Progress): boolean {
  if (!isRefusal(given)) return false;
  for (const index of message.recipients.keys()) progress.decided[index] ??= given;
  return true;
}

async function takeRecipient(
  session: SmtpClientSession,
  index: number,
  progress: Progress,
  mailRefused = false,
): Promise<void> {
  const given = await replyTo(session, session.steps.rcpt);
  // After a refused MAIL the server refuses RCPT for its sequence: MAIL's own reply says more.
  if (isRefusal(given) && !mailRefused) progress.decided[index] = { ...given, toRecipient: true };
}

async function handOver(session: SmtpClientSession, message: OutgoingMessage, progress: Progress): Promise<void> {
  const { dialogue, steps } = session;
  const go = await dialogue.reply(steps.data);
  const wanted = message.recipients.some((_, index) => !progress.decided[index]);
  if (go.code !== 354) {
    refuseAll(isRefusal(go) ? go : reply(451, "4.5.0", `the server answered DATA with ${go.code}`), message, progress);
    return void await reset(session);
  }
  if (wanted) await sendOctets(session, message, progress);
  else {
    // DATA was pipelined and accepted although nobody was: an empty message ends it (RFC 2920 section 3.1).
    dialogue.connection.write(".\r\n");
  }
  const final = await replyTo(session, steps.message);
  for (const index of message.recipients.keys()) progress.decided[index] ??= final;
  if (!isRefusal(final) && wanted) dialogue.log.messages++;
}

/** Hands the message over in chunks, the next one when the one before was taken. RFC 3030 section 2. */
async function handOverChunks(session: SmtpClientSession, message: OutgoingMessage, progress: Progress): Promise<void> {
  const { dialogue, steps, timeouts } = session;
  const { connection } = dialogue;
  let given = 0;
  for await (const piece of message.octets()) {
    given += piece.length;
    if (given > message.size) break;
    const last = given === message.size;
    const step = last ? steps.message : steps.chunk;
    dialogue.send(step, `BDAT ${piece.length}${last ? " LAST" : ""}`);
    connection.write(piece);
    await connection.flush(timeouts.dataMs, "the server to take the message");
    progress.sentFinalDot = last;
    const answer = await replyTo(session, step);
    if (last) {
      for (const index of message.recipients.keys()) progress.decided[index] ??= answer;
      if (!isRefusal(answer)) dialogue.log.messages++;
      return;
    }
    if (refuseAll(answer, message, progress)) return void await reset(session);
  }
  throw sizeError(given, message);
}

async function sendOctets(session: SmtpClientSession, message: OutgoingMessage, progress: Progress): Promise<void> {
  const { dialogue: { connection, log }, timeouts } = session;
  const encoder = new DotEncoder(true);
  const emit = (octets: Uint8Array) => connection.write(octets);
  let given = 0;
  for await (const piece of message.octets()) {
    given += piece.length;
    encoder.encode(piece, emit);
    if (connection.wantsFlush) await connection.flush(timeouts.dataMs, "the server to take the message");
  }
  // Half a message is never ended with a dot: its owner removed it meanwhile, or the spool is damaged.
  if (given !== message.size) throw sizeError(given, message);
  log.note(`(${message.size} octets of message)`);
  // The final dot leaves with the last octets: apart it would wait for their acknowledgement (Nagle, delayed ACK).
  connection.write(encoder.end());
  progress.sentFinalDot = true;
}

function sizeError(given: number, { size }: OutgoingMessage): Error {
  return new Error(`the message has ${given} octets, ${size} were expected`);
}

/** Takes a reply that accepts or refuses. A 3xx does neither: from such a server on, nothing can be relied upon. */
async function replyTo({ dialogue }: SmtpClientSession, step: Step): Promise<SmtpReply> {
  const given = await dialogue.reply(step);
  if (given.code < 300 || isRefusal(given)) return given;
  throw new ConnectionError(`the server answered ${step.name} with ${given.code}`);
}

async function reset({ dialogue, steps }: SmtpClientSession): Promise<void> {
  await dialogue.ask(steps.rset, "RSET");
}
