import { ConnectionError } from "../../net/errors.ts";
import { DotDecoder } from "../../wire/dot-stuffing.ts";
import { reply, replyLines, type SmtpReply } from "../reply.ts";
import type { Submission } from "./ports.ts";
import type { SmtpContext } from "./state.ts";

const LF = 10;

const BARE_LF = reply(
  550,
  "5.6.0",
  "A line of the message ends with a bare LF; lines must end with CR LF",
  "the message holds a bare LF",
);
const BARE_CR = reply(
  550,
  "5.6.0",
  "The message holds a bare CR; lines must end with CR LF",
  "the message holds a bare CR",
);

/**
 * Takes the data of a message, from the 354 to the end of data, and gives the final reply (RFC 5321 section 4.1.1.4).
 *
 * Bad data is read to its end marker before it is refused, so that both sides stay in step and no part of a message is
 * ever taken for commands.
 * @throws ConnectionError when the client goes away or falls silent; the message is given up then
 */
export async function receiveData(
  context: SmtpContext,
  submission: Submission,
  tooLarge: SmtpReply,
): Promise<SmtpReply> {
  const { dialogue: { say, log }, policy } = context;
  say(replyLines(354, ["Send the message, end it with a line of one dot"]));
  const intake = new Intake(submission, policy.maxMessageOctets, policy.maxDataLineOctets, tooLarge);
  const decoder = new DotDecoder();
  try {
    await readToEnd(context, decoder, intake);
  } catch (error) {
    await submission.abort();
    throw error;
  }
  log.note(`(${intake.octets} octets of message)`);
  const refusal = intake.refusal ?? (decoder.sawBareLf ? BARE_LF : decoder.sawBareCr ? BARE_CR : null);
  if (!refusal) return await submission.commit();
  await submission.abort();
  return refusal;
}

async function readToEnd(context: SmtpContext, decoder: DotDecoder, intake: Intake): Promise<void> {
  const { dialogue: { connection }, policy } = context;
  for (;;) {
    const piece = await connection.readPiece(policy.dataTimeoutMs, "the message");
    if (piece === null) throw new ConnectionError("the client closed the connection within a message");
    const taken = decoder.decode(piece, intake.take);
    if (intake.pressure) await intake.pressure;
    if (taken < 0) continue;
    connection.unread(piece.subarray(taken));
    return;
  }
}

/** Passes decoded octets on while nothing is wrong with them, and goes on counting when something is. */
class Intake {
  octets = 0;
  refusal: SmtpReply | null = null;
  /** What must be waited for before more octets come. */
  pressure: Promise<void> | null = null;
  readonly #submission: Submission;
  readonly #maxOctets: number;
  readonly #maxLineOctets: number;
  readonly #tooLarge: SmtpReply;
  #lineOctets = 0;

  constructor(submission: Submission, maxOctets: number, maxLineOctets: number, tooLarge: SmtpReply) {
    this.#submission = submission;
    this.#maxOctets = maxOctets;
    this.#maxLineOctets = maxLineOctets;
    this.#tooLarge = tooLarge;
  }

  readonly take = (octets: Uint8Array): void => {
    this.octets += octets.length;
    if (this.octets > this.#maxOctets) this.refusal = this.#tooLarge;
    if (this.refusal) return;
    this.#countLines(octets);
    if (this.refusal) return;
    const wait = this.#submission.write(octets);
    if (wait) this.pressure = this.pressure ? Promise.all([this.pressure, wait]).then(() => undefined) : wait;
  };

  /** Looks for a line that is too long. In a piece that is shorter than the limit only the lines at its ends can be. */
  #countLines(octets: Uint8Array): void {
    let from = octets.indexOf(LF) + 1;
    if (from === 0) return this.#countLine(octets.length);
    this.#countLine(from);
    if (octets.length > this.#maxLineOctets) {
      for (let end = octets.indexOf(LF, from) + 1; end > 0; end = octets.indexOf(LF, from) + 1) {
        this.#lineOctets = 0;
        this.#countLine(end - from);
        from = end;
      }
    }
    this.#lineOctets = 0;
    this.#countLine(octets.length - octets.lastIndexOf(LF) - 1);
  }

  /** Adds to the line that is under way. */
  #countLine(octets: number): void {
    this.#lineOctets += octets;
    if (this.#lineOctets <= this.#maxLineOctets) return;
    this.refusal ??= reply(554, "5.6.0", `A line of the message is longer than ${this.#maxLineOctets} octets`);
  }
}
