import type { Directory } from "../identity/directory.ts";
import { ConnectionError } from "../net/errors.ts";
import type { EnvelopeRecipient } from "../smtp/envelope.ts";
import { needsSmtpUtf8 } from "../smtp/client/fitness.ts";
import { type MessageAhead, StreamedTransaction } from "../smtp/client/streamed.ts";
import { isRefusal, isTransient, type SmtpReply } from "../smtp/reply.ts";
import type { Passage, PassageStart, Submission, SubmissionStart } from "../smtp/server/ports.ts";
import { sameAddress } from "../wire/address.ts";
import { type DirectPorts, DirectSubmission, passedOn } from "./direct.ts";
import { meantBy, reversePathOf } from "./incoming.ts";
import type { Lane } from "./lane.ts";
import type { PooledConnection } from "./pool.ts";
import { isOfMailbox, limitOf } from "./replies.ts";
import { chooseUpstreams } from "./route.ts";
import { mostRecipients } from "./sending.ts";

/** Octets of header fields that may be added on the way. */
const ADDED_OCTETS = 1024;

/** What the direct way through needs. */
export interface PassagePorts extends DirectPorts {
  readonly directory: () => Directory;
  /** The road to an upstream. */
  readonly lane: (name: string) => Lane;
  /** Begins a message that goes by the queue. */
  readonly toQueue: (start: SubmissionStart) => Submission;
}

/** An upstream that listens. */
interface Open {
  readonly lane: Lane;
  readonly connection: PooledConnection;
  readonly transaction: StreamedTransaction;
  /** The upstreams of the first recipient: others must have the same. */
  readonly via: string;
  readonly accepted: EnvelopeRecipient[];
  /** When MAIL was said. */
  readonly startedAt: number;
}

/**
 * The direct way through for one message: the upstream hears of each recipient while the client waits, and its own
 * refusals are passed on. As soon as the upstream is away, is not ready (4xx), or cannot take the message as it comes,
 * the queue takes its place; the client notices nothing of that.
 */
export class DirectPassage implements Passage {
  readonly #start: PassageStart;
  readonly #ports: PassagePorts;
  readonly #reversePath: string;
  /** "new": nobody was asked yet; "queue": the message goes by the queue. */
  #state: Open | "new" | "queue";
  /** What the upstream said to MAIL: it holds for every recipient. */
  #refusal: SmtpReply | null = null;

  constructor(start: PassageStart, ports: PassagePorts) {
    this.#start = start;
    this.#ports = ports;
    this.#reversePath = reversePathOf(start);
    this.#state = start.body === "binarymime" ? "queue" : "new";
  }

  get isLive(): boolean {
    return typeof this.#state === "object" && this.#state.accepted.length > 0;
  }

  async recipient(given: EnvelopeRecipient): Promise<SmtpReply | null> {
    if (this.#state === "queue") return null;
    if (this.#refusal) return this.#refusal;
    const [to = given] = meantBy([given], this.#ports);
    const { sender, peer } = this.#start;
    const via = chooseUpstreams(this.#ports.directory(), {
      sender: this.#reversePath,
      recipient: to.address,
      account: sender.account,
      device: sender.device?.name ?? null,
      clientAddress: peer.address,
    });
    if (this.#state === "new") {
      const opened = await this.#open(via);
      if (opened !== "queue" && "code" in opened) return this.#refusal = opened;
      this.#state = opened;
    }
    return this.#state === "queue" ? null : await this.#offer(this.#state, to, JSON.stringify(via));
  }

  async begin(whole: SubmissionStart): Promise<Submission | { readonly refusal: SmtpReply }> {
    const { toQueue } = this.#ports;
    if (typeof this.#state !== "object") return toQueue(whole);
    const open = this.#state;
    this.#state = "queue";
    try {
      const answer = await open.transaction.data();
      if (answer.code === 354) return new DirectSubmission(whole, open, this.#ports);
      await this.#leave(open);
      return isRefusal(answer) && !isTransient(answer) ? { refusal: passedOn(answer) } : toQueue(whole);
    } catch (error) {
      open.lane.giveBack(open.connection, error);
      return toQueue(whole);
    }
  }

  async abandon(): Promise<void> {
    if (typeof this.#state === "object") await this.#leave(this.#state);
  }

  /** Asks the upstreams in turn, until one of them says something about the sender. */
  async #open(via: readonly string[]): Promise<Open | SmtpReply | "queue"> {
    for (const name of via) {
      const lane = this.#ports.lane(name);
      // A connection that was kept may have been closed by the server meanwhile: that says nothing about the line.
      for (let connection = await lane.borrow(); connection; connection = await lane.borrow()) {
        const wasKept = connection.sent > 1;
        const answer = await this.#sayMail(connection, lane, JSON.stringify(via));
        if (answer !== "broken") return answer;
        if (!wasKept) break;
      }
    }
    return "queue";
  }

  async #sayMail(
    connection: PooledConnection,
    lane: Lane,
    via: string,
  ): Promise<Open | SmtpReply | "queue" | "broken"> {
    const { session, upstream } = connection;
    // Whether the message has 8-bit text is known when it is too late to convert it.
    if (!session.extensions.has("8BITMIME")) {
      lane.giveBack(connection);
      return "queue";
    }
    const transaction = new StreamedTransaction(session);
    const startedAt = this.#ports.clock.now();
    try {
      const answer = await transaction.mail(this.#ahead([], "8bitmime"));
      if (!isRefusal(answer)) return { lane, connection, transaction, via, accepted: [], startedAt };
      if (limitOf(answer, upstream) !== null) lane.slowDown();
      // Where 421 was said, the next command would find the connection closed.
      lane.giveBack(connection, answer.code === 421 ? new ConnectionError("the server said 421") : undefined);
      return isTransient(answer) ? "queue" : passedOn(answer);
    } catch (error) {
      lane.giveBack(connection, error);
      return "broken";
    }
  }

  async #offer(open: Open, to: EnvelopeRecipient, via: string): Promise<SmtpReply | null> {
    const { connection, connection: { session, upstream }, transaction, accepted } = open;
    if (accepted.some(({ address }) => sameAddress(address, to.address))) return null;
    const needsUtf8 = this.#start.smtpUtf8 || needsSmtpUtf8(this.#ahead([to], "7bit"), to);
    const isUnfit = needsUtf8 && !session.extensions.has("SMTPUTF8");
    const isFitting = via === open.via && accepted.length < mostRecipients(connection) && !isUnfit;
    if (!isFitting || !open.lane.offers(connection)) return await this.#leave(open);
    try {
      const answer = await transaction.rcpt(to);
      if (!isRefusal(answer)) {
        accepted.push(to);
        return null;
      }
      if (limitOf(answer, upstream) !== null && !isOfMailbox(answer)) open.lane.slowDown();
      else if (!isTransient(answer)) return passedOn(answer);
      return await this.#leave(open);
    } catch (error) {
      open.lane.giveBack(open.connection, error);
      this.#state = "queue";
      return null;
    }
  }

  #ahead(recipients: readonly EnvelopeRecipient[], body: "7bit" | "8bitmime"): MessageAhead {
    const { smtpUtf8, announcedOctets, returnContent, envelopeId } = this.#start;
    // What the client announced, and room for what is added: RFC 1870 section 6.1 takes an estimate.
    const size = announcedOctets === null ? 0 : announcedOctets + ADDED_OCTETS;
    return { reversePath: this.#reversePath, recipients, size, body, smtpUtf8, returnContent, envelopeId };
  }

  /** The upstream forgets what it heard; the message goes by the queue. */
  async #leave({ transaction, lane, connection }: Open): Promise<null> {
    this.#state = "queue";
    try {
      await transaction.reset();
      lane.giveBack(connection);
    } catch (error) {
      lane.giveBack(connection, error);
    }
    return null;
  }
}
