import { reply, type SmtpReply } from "../reply.ts";
import type { Submission } from "./ports.ts";

const LF = 10;

/** What a message with a bare LF is answered. */
export const BARE_LF = reply(
  550,
  "5.6.0",
  "A line of the message ends with a bare LF; lines must end with CR LF",
  "the message holds a bare LF",
);
/** What a message with a bare CR is answered. */
export const BARE_CR = reply(
  550,
  "5.6.0",
  "The message holds a bare CR; lines must end with CR LF",
  "the message holds a bare CR",
);

/** What a message that is too large is answered. */
export function tooLarge(maxOctets: number): SmtpReply {
  return reply(552, "5.3.4", `The message is larger than the ${maxOctets} octets that are taken here`);
}

/** Passes decoded octets on while nothing is wrong with them, and goes on counting when something is. */
export class MessageIntake {
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
