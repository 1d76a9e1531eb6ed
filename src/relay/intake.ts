import type { Envelope } from "../store/operations/queue.ts";
import { StoreError } from "../store/errors.ts";
import { formatId } from "../store/ids.ts";
import { Spooler } from "../store/spooler.ts";
import type { Store } from "../store/store.ts";
import { reply, type SmtpReply } from "../smtp/reply.ts";
import type { Submission, SubmissionStart } from "../smtp/server/ports.ts";
import { IncomingMessage, type IncomingPorts } from "./incoming.ts";

/** What taking a message needs. */
export interface IntakePorts extends IncomingPorts {
  readonly store: Store;
  readonly queue: AcceptingQueue;
  /** Whether the disk has room for a message of this size; 0: for more of one that is under way. */
  readonly hasRoom: (octets: number) => boolean;
}

/** What a client is told when the disk has no room for its message. */
export const NEARLY_FULL = reply(452, "4.3.1", "The disk is nearly full, try again later", "disk nearly full");

/** So many octets of a message are taken before the disk is looked at once more. */
const LOOK_EVERY_OCTETS = 1_000_000;

/** The queue, as far as taking a message concerns it. */
export interface AcceptingQueue {
  /** Reserves memory and an immediate first attempt for a small message, or says that it has to wait its turn. */
  reserve(octets: number): FirstAttempt | null;
  /** A message is durable. `octets` is given where its first attempt was reserved. */
  accepted(envelope: Envelope, octets: Uint8Array | null): void;
  /** A reserved message did not come to be. */
  unreserve(octets: number): void;
}

/** The claim with which a message is written whose first attempt follows at once. */
export interface FirstAttempt {
  readonly owner: string;
  readonly until: number;
}

/** One message on its way into the queue. */
export class Intake implements Submission {
  readonly #ports: IntakePorts;
  readonly #message: IncomingMessage;
  readonly #spooler: Spooler;
  /** What must be waited for before more octets come. */
  #pressure: Promise<void> | void = undefined;
  #octetsToLook = LOOK_EVERY_OCTETS;
  /** The disk has become too full for the rest of the message. */
  #isFull = false;

  constructor(start: SubmissionStart, ports: IntakePorts) {
    this.#ports = ports;
    this.#message = new IncomingMessage(start, ports);
    this.#spooler = new Spooler(ports.store, this.#message.id);
    // The first octets of a message: far too few to be waited for.
    void this.#spooler.write(Buffer.from(this.#message.receivedField()));
  }

  write(octets: Uint8Array): Promise<void> | void {
    this.#pressure = undefined;
    this.#message.push(octets, this.#take);
    return this.#pressure;
  }

  readonly #take = (octets: Uint8Array): void => {
    this.#octetsToLook -= octets.length;
    if (this.#octetsToLook < 0 && !this.#isFull) {
      this.#octetsToLook = LOOK_EVERY_OCTETS;
      this.#isFull = !this.#ports.hasRoom(0);
    }
    if (this.#isFull) return;
    // The last promise is kept when all before it are.
    this.#pressure = this.#spooler.write(octets) ?? this.#pressure;
  };

  async commit(): Promise<SmtpReply> {
    const loop = this.#message.finish(this.#take);
    const refusal = loop ?? (this.#isFull ? NEARLY_FULL : null);
    if (refusal) {
      await this.abort();
      return refusal;
    }
    try {
      await this.#store();
      return reply(250, "2.0.0", `Queued as ${formatId(this.#message.id)}`);
    } catch (error) {
      await this.abort();
      return refusalOf(error);
    }
  }

  abort(): Promise<void> {
    return this.#spooler.abort();
  }

  async #store(): Promise<void> {
    const { store, queue } = this.#ports;
    const octets = await this.#spooler.finish();
    const first = octets ? queue.reserve(octets.length) : null;
    const envelope = claimed(this.#message.envelope(this.#spooler.size), first);
    try {
      await store.write("acceptMessage", { ...envelope, octets });
    } catch (error) {
      if (first && octets) queue.unreserve(octets.length);
      throw error;
    }
    queue.accepted(envelope, first ? octets : null);
  }
}

/** An envelope whose first attempt has begun. */
function claimed({ message, recipients }: Envelope, first: FirstAttempt | null): Envelope {
  if (!first) return { message, recipients };
  const { owner, until } = first;
  return {
    message,
    recipients: recipients.map((row) => ({ ...row, attempts: 1, nextAttemptAt: until, leaseOwner: owner })),
  };
}

/** What a client is told when the store fails: its message is not lost, it still has it. */
function refusalOf(error: unknown): SmtpReply {
  const cause = error instanceof Error ? error.message : String(error);
  const full = error instanceof StoreError && error.code === "SQLITE_FULL";
  return full
    ? reply(452, "4.3.1", "The disk is full, try again later", cause)
    : reply(451, "4.3.0", "The message could not be stored, try again later", cause);
}
