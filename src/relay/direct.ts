import { InterruptedError } from "../net/errors.ts";
import type { StreamedTransaction } from "../smtp/client/streamed.ts";
import { isRefusal, isTransient, localFailure, noteReply, reply, type SmtpReply } from "../smtp/reply.ts";
import type { EnvelopeRecipient } from "../smtp/envelope.ts";
import type { Submission, SubmissionStart } from "../smtp/server/ports.ts";
import { formatId } from "../store/ids.ts";
import type { Store } from "../store/store.ts";
import { IncomingMessage, type IncomingPorts } from "./incoming.ts";
import type { Lane } from "./lane.ts";
import type { PooledConnection } from "./pool.ts";
import { limitOf } from "./replies.ts";

/** What a message that goes straight through needs. */
export interface DirectPorts extends IncomingPorts {
  readonly store: Store;
  /** Something went wrong that no message's history shows. */
  readonly warn: (text: string, error: unknown) => void;
}

/** An upstream that has said 354. */
export interface Road {
  readonly lane: Lane;
  readonly connection: PooledConnection;
  readonly transaction: StreamedTransaction;
  readonly accepted: readonly EnvelopeRecipient[];
  /** When MAIL was said to it. */
  readonly startedAt: number;
}

/** The text of a reply that is passed on may have no more characters. RFC 5321 section 4.5.3.1.5. */
const MAX_TEXT = 400;

/** A message on its way straight to an upstream: nothing of it is kept here, its history alone is written. */
export class DirectSubmission implements Submission {
  readonly #message: IncomingMessage;
  readonly #road: Road;
  readonly #ports: DirectPorts;
  #size = 0;
  #pressure: Promise<void> | void = undefined;
  /** What broke the connection to the upstream, or null. */
  #broken: unknown = null;

  constructor(start: SubmissionStart, road: Road, ports: DirectPorts) {
    this.#message = new IncomingMessage(start, ports);
    this.#road = road;
    this.#ports = ports;
    this.#pass(Buffer.from(this.#message.receivedField()));
  }

  write(octets: Uint8Array): Promise<void> | void {
    this.#pressure = undefined;
    this.#message.push(octets, this.#pass);
    return this.#pressure;
  }

  readonly #pass = (octets: Uint8Array): void => {
    this.#size += octets.length;
    if (this.#broken) return;
    // The client's data is read to its end whatever has become of the upstream.
    const wait = this.#hand(octets)?.catch((error: unknown) => void (this.#broken = error));
    if (wait) this.#pressure = this.#pressure ? Promise.all([this.#pressure, wait]).then(() => undefined) : wait;
  };

  #hand(octets: Uint8Array): Promise<void> | void {
    try {
      return this.#road.transaction.write(octets);
    } catch (error) {
      this.#broken = error;
    }
  }

  async commit(): Promise<SmtpReply> {
    this.#pressure = undefined;
    const loop = this.#message.finish(this.#pass);
    await this.#pressure;
    if (loop) {
      await this.abort();
      return loop;
    }
    const final = this.#broken ? localFailure(this.#broken) : await this.#end();
    const { lane, connection } = this.#road;
    if (!this.#broken && limitOf(final, connection.upstream) !== null) lane.slowDown();
    lane.giveBack(
      connection,
      this.#broken ?? undefined,
      this.#isUnknown() || !isRefusal(final) ? this.#road.accepted.length : 0,
    );
    this.#writeHistory(final);
    return this.#answer(final);
  }

  abort(): Promise<void> {
    // Half a message is never ended with a dot.
    this.#road.lane.giveBack(this.#road.connection, new InterruptedError("the message was given up"));
    return Promise.resolve();
  }

  async #end(): Promise<SmtpReply> {
    try {
      return await this.#road.transaction.end();
    } catch (error) {
      this.#broken = error;
      return localFailure(error);
    }
  }

  #answer(final: SmtpReply): SmtpReply {
    if (final.local) {
      const text = this.#isUnknown()
        ? "The upstream may have taken the message or not: sent again it may arrive twice"
        : "The connection to the upstream broke: send the message again";
      return reply(451, "4.4.2", text, final.cause);
    }
    if (isRefusal(final)) return passedOn(final);
    return passedOn({ ...final, lines: [`Passed on as ${formatId(this.#message.id)}:`, ...final.lines] });
  }

  #isUnknown(): boolean {
    return this.#broken !== null && this.#road.transaction.hasEnded;
  }

  /** For whoever asks where the message is. Nobody waits for it, and it is lost with the process at worst. */
  #writeHistory(final: SmtpReply): void {
    const { clock, nextId, store, warn } = this.#ports;
    const { connection: { session, upstream }, startedAt } = this.#road;
    const now = clock.now();
    const { message, recipients } = this.#message.envelope(this.#size);
    const state = !isRefusal(final) ? "delivered" : isTransient(final) ? "removed" : "bounced";
    const lastReply = noteReply(final);
    const refused = isTransient(final) ? "deferred" : "refused";
    store.write("recordPassage", {
      message: { ...message, doneAt: now },
      recipients: recipients.map((row) => ({
        ...row,
        state,
        attempts: 1,
        upstream: upstream.name,
        lastReply,
        changedAt: now,
      })),
      delivery: {
        id: nextId(),
        messageId: this.#message.id,
        sessionId: session.dialogue.log.id,
        upstream: upstream.name,
        startedAt,
        durationMs: now - startedAt,
        outcome: this.#isUnknown() ? "unknown" : isRefusal(final) ? refused : "delivered",
        reply: lastReply,
        recipients: "[]",
      },
    }).catch((error: unknown) => warn("the history of a message that was passed on could not be written", error));
  }
}

/**
 * An upstream's reply as a client may be told it: one line of printable ASCII, with an enhanced code. 421 is about the
 * upstream's connection, not about the client's.
 */
export function passedOn({ code, enhanced, lines }: SmtpReply): SmtpReply {
  const text = lines.join(" ").replace(/[^ -~]+/g, "?").slice(0, MAX_TEXT);
  return reply(code === 421 ? 451 : code, enhanced ?? `${Math.floor(code / 100)}.0.0`, text);
}
