import type { Answer } from "../../dialogue/verb.ts";
import { ConnectionError } from "../../net/errors.ts";
import { LineForm } from "../../wire/line-form.ts";
import { reply, type SmtpReply } from "../reply.ts";
import { BARE_CR, BARE_LF, MessageIntake, tooLarge } from "./message-intake.ts";
import { MessagePace } from "./pace.ts";
import { readPaced } from "./read-paced.ts";
import { largestMessage } from "./sender-rules.ts";
import {
  abandonMessage,
  type ChunkedMessage,
  countChatter,
  type SmtpContext,
  type SmtpState,
  submissionStart,
  withoutMail,
} from "./state.ts";

/** A chunk that is announced: its octets follow the command. RFC 3030 section 2. */
export interface Chunk {
  readonly octets: number;
  /** It ends the message. */
  readonly last: boolean;
}

const NO_CHUNK = reply(501, "5.5.4", "BDAT takes a number of octets and perhaps LAST: goodbye", "BDAT without a size");

/** Reads what stands behind BDAT. Null: nobody knows how many octets follow. */
export function parseChunk(text: string): Chunk | null {
  const match = /^(\d{1,15})(?:\s+(LAST))?$/i.exec(text);
  return match && { octets: Number(match[1]), last: match[2] !== undefined };
}

/**
 * Takes a chunk. Whatever is wrong, its octets are read before the answer, so that no part of a message is ever taken
 * for commands; where their number cannot be known the session ends. LAST ends the transaction, however it went; a
 * chunk that fails before it fails the message, and those behind it are refused (RFC 3030 section 2).
 * @throws ConnectionError when the client goes away or falls silent, EndSession when it is too slow
 */
export async function takeChunk(
  state: SmtpState,
  chunk: Chunk | null,
  context: SmtpContext,
): Promise<Answer<SmtpState, SmtpReply>> {
  if (chunk === null) return { reply: NO_CHUNK, end: "refused" };
  // An empty chunk brings a message no further.
  if (chunk.octets === 0 && !chunk.last) countChatter(context);
  const message = openMessage(state, context);
  if ("code" in message) {
    await readChunk(context, chunk, new MessagePace(context.policy, Date.now()), () => null);
    return { reply: message, state: afterRefusal(state, chunk) };
  }
  const { intake, form, pace } = message;
  await readChunk(context, chunk, pace, (octets) => {
    form?.push(octets);
    intake.take(octets);
    return intake.pressure;
  });
  const refusal = intake.refusal ?? (chunk.last ? whyNoText(form) : null);
  if (refusal) {
    await abandonMessage(context);
    return { reply: refusal, state: afterRefusal(state, chunk) };
  }
  if (!chunk.last) {
    return { reply: reply(250, "2.0.0", `${chunk.octets} octets taken`), state: inChunks(state, message) };
  }
  context.open = null;
  const result = await message.submission.commit();
  if (result.code < 300) {
    context.dialogue.log.messages++;
    context.chatter = 0;
  }
  return { reply: result, state: withoutMail(state) };
}

/** The message that the chunk belongs to, begun with its first one; or why there is none. */
function openMessage(state: SmtpState, context: SmtpContext): ChunkedMessage | SmtpReply {
  if (state.at === "chunks") return state.message;
  if (state.at === "failed") return reply(503, "5.5.1", "An earlier chunk was refused: send RSET");
  if (state.at === "mail") return reply(503, "5.5.1", "No recipient was accepted");
  if (state.at !== "recipients") return reply(503, "5.5.1", "Send MAIL and RCPT first");
  const { policy, submissions, passage } = context;
  context.passage = null;
  // What comes in chunks goes by the queue. Its RSET need not be waited for.
  void passage?.abandon();
  const full = submissions.refuseForNow(state.mail.announcedOctets ?? 0);
  if (full) return full;
  const binary = state.mail.body === "binarymime";
  const submission = submissions.begin(submissionStart(state, context));
  context.open = submission;
  const lineOctets = binary ? Infinity : policy.maxDataLineOctets;
  const most = largestMessage(context, state.mail.sender);
  const intake = new MessageIntake(submission, most, lineOctets, tooLarge(most));
  const pace = new MessagePace(policy, Date.now());
  return { submission, intake, pace, form: binary ? null : new LineForm() };
}

/** What is passed on by DATA holds no line end that another server could read differently, however it came. */
function whyNoText(form: LineForm | null): SmtpReply | null {
  if (form?.bareLf) return BARE_LF;
  return form?.bareCr ? BARE_CR : null;
}

async function readChunk(
  context: SmtpContext,
  { octets }: Chunk,
  pace: MessagePace,
  take: (octets: Uint8Array) => Promise<void> | null,
): Promise<void> {
  const { connection, log } = context.dialogue;
  for (let left = octets; left > 0;) {
    const piece = await readPaced(context, pace, "the chunk");
    if (piece === null) throw new ConnectionError("the client closed the connection within a chunk");
    if (piece.length > left) connection.unread(piece.subarray(left));
    const part = piece.subarray(0, left);
    left -= part.length;
    const pressure = take(part);
    if (pressure) await pressure;
  }
  log.note(`(${octets} octets of message)`);
}

function inChunks(state: SmtpState, message: ChunkedMessage): SmtpState {
  return state.at === "recipients" ? { ...state, at: "chunks", message } : state;
}

function afterRefusal(state: SmtpState, { last }: Chunk): SmtpState {
  if (state.at !== "recipients" && state.at !== "chunks" && state.at !== "failed") return state;
  return last ? withoutMail(state) : { at: "failed", hello: state.hello, login: state.login };
}
