import { ConnectionError } from "../../net/errors.ts";
import { BareLfMender } from "../../wire/bare-lf.ts";
import { DotDecoder } from "../../wire/dot-stuffing.ts";
import { replyLines, type SmtpReply } from "../reply.ts";
import { BARE_CR, BARE_LF, MessageIntake, tooLarge } from "./message-intake.ts";
import { MessagePace } from "./pace.ts";
import type { Sender, Submission } from "./ports.ts";
import { readPaced } from "./read-paced.ts";
import { largestMessage } from "./sender-rules.ts";
import type { SmtpContext } from "./state.ts";

/**
 * Takes the data of a message, from the 354 to the end of data, and gives the final reply (RFC 5321 section 4.1.1.4).
 *
 * Bad data is read to its end marker before it is refused, so that both sides stay in step and no part of a message is
 * ever taken for commands. From a device that may end its lines with a bare LF they are taken and made CRLF; the data
 * ends as it does for all others.
 * @throws ConnectionError when the client goes away or falls silent, EndSession when it is too slow; the message is given
 * up then
 */
export async function receiveData(
  context: SmtpContext,
  submission: Submission,
  sender: Sender,
): Promise<SmtpReply> {
  const { dialogue: { say, log }, policy } = context;
  say(replyLines(354, ["Send the message, end it with a line of one dot"]));
  const most = largestMessage(context, sender);
  const intake = new MessageIntake(submission, most, policy.maxDataLineOctets, tooLarge(most));
  const decoder = new DotDecoder();
  const mender = sender.device?.bareLf ? new BareLfMender() : null;
  try {
    await readToEnd(context, decoder, intake, mender);
  } catch (error) {
    await submission.abort();
    throw error;
  }
  log.note(`(${intake.octets} octets of message)`);
  const refusal = intake.refusal ?? (decoder.sawBareLf && !mender ? BARE_LF : decoder.sawBareCr ? BARE_CR : null);
  if (!refusal) return await submission.commit();
  await submission.abort();
  return refusal;
}

async function readToEnd(
  context: SmtpContext,
  decoder: DotDecoder,
  intake: MessageIntake,
  mender: BareLfMender | null,
): Promise<void> {
  const { dialogue: { connection }, policy } = context;
  const pace = new MessagePace(policy, Date.now());
  const take = mender ? (octets: Uint8Array) => mender.push(octets, intake.take) : intake.take;
  for (;;) {
    const piece = await readPaced(context, pace, "the message");
    if (piece === null) throw new ConnectionError("the client closed the connection within a message");
    const taken = decoder.decode(piece, take);
    if (intake.pressure) await intake.pressure;
    if (taken < 0) continue;
    connection.unread(piece.subarray(taken));
    return;
  }
}
