import type { Directory } from "../identity/directory.ts";
import type { EnvelopeRecipient } from "../smtp/envelope.ts";
import type { Envelope } from "../store/operations/queue.ts";
import { StoreError } from "../store/errors.ts";
import { formatId, type NextId } from "../store/ids.ts";
import { Spooler } from "../store/spooler.ts";
import type { Store } from "../store/store.ts";
import { priorityFields, priorityOf } from "./priority.ts";
import { reply, type SmtpReply } from "../smtp/reply.ts";
import type { Submission, SubmissionStart } from "../smtp/server/ports.ts";
import type { Clock } from "../wire/clock.ts";
import { countReceivedBy, createHeaderReader, readFields } from "../wire/header.ts";
import { HeaderMender } from "../wire/header-mender.ts";
import { isBeyondAscii } from "../wire/ascii.ts";
import { LineForm } from "../wire/line-form.ts";
import { formatReceived } from "../wire/received.ts";
import { resolveAliases } from "./aliases.ts";
import { mendingOf } from "./mending.ts";

/** What taking a message needs. */
export interface IntakePorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly nextId: NextId;
  readonly hostname: () => string;
  /** For recipients that stand for somebody. */
  readonly directory: () => Directory;
  /** What Received fields say, and how many of them are too many. */
  readonly received: () => ReceivedPolicy;
  readonly queue: AcceptingQueue;
}

/** How Received fields are written and counted. */
export interface ReceivedPolicy {
  /** Received fields from which on a message is taken to run in a loop. */
  readonly limit: number;
  /** Those with our own name from which on it is. */
  readonly ownLimit: number;
  /** Whether ours tells who the client was. */
  readonly showsClient: boolean;
}

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
  readonly #start: SubmissionStart;
  readonly #ports: IntakePorts;
  readonly #id: number;
  readonly #receivedAt: number;
  readonly #spooler: Spooler;
  /** What the message has as reverse-path: the address that its device's rules give it, or what was said. */
  readonly #reversePath: string;
  readonly #mender: HeaderMender;
  readonly #header = createHeaderReader();
  /** Whether a message that was declared binary is one. */
  readonly #form: LineForm | null;
  /** An octet beyond ASCII was seen. */
  #beyondAscii = false;
  /** What must be waited for before more octets come. */
  #pressure: Promise<void> | void = undefined;

  constructor(start: SubmissionStart, ports: IntakePorts) {
    this.#start = start;
    this.#ports = ports;
    this.#id = ports.nextId();
    this.#form = start.body === "binarymime" ? new LineForm() : null;
    this.#receivedAt = ports.clock.now();
    this.#spooler = new Spooler(ports.store, this.#id);
    const from = start.sender.device?.from ?? null;
    // The null reverse-path stays: what is sent with it, a report, must never be answered (RFC 5321 section 4.5.5).
    this.#reversePath = start.reversePath === "" ? "" : from ?? start.reversePath;
    this.#mender = new HeaderMender(mendingOf({
      from,
      reversePath: this.#reversePath,
      receivedAt: this.#receivedAt,
      messageId: `${formatId(this.#id)}@${ports.hostname()}`,
    }));
    // The first octets of a message: far too few to be waited for.
    void this.#spooler.write(Buffer.from(this.#receivedField()));
  }

  write(octets: Uint8Array): Promise<void> | void {
    this.#pressure = undefined;
    this.#mender.push(octets, this.#take);
    return this.#pressure;
  }

  readonly #take = (octets: Uint8Array): void => {
    this.#header.push(octets);
    this.#beyondAscii ||= isBeyondAscii(octets);
    this.#form?.push(octets);
    // The last promise is kept when all before it are.
    this.#pressure = this.#spooler.write(octets) ?? this.#pressure;
  };

  async commit(): Promise<SmtpReply> {
    this.#mender.finish(this.#take);
    const loop = this.#whyLoop();
    if (loop) {
      await this.abort();
      return loop;
    }
    try {
      await this.#store();
      return reply(250, "2.0.0", `Queued as ${formatId(this.#id)}`);
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
    const envelope = this.#envelope(first);
    try {
      await store.write("acceptMessage", { ...envelope, octets });
    } catch (error) {
      if (first && octets) queue.unreserve(octets.length);
      throw error;
    }
    queue.accepted(envelope, first ? octets : null);
  }

  #whyLoop(): SmtpReply | null {
    const { limit, ownLimit } = this.#ports.received();
    const { received } = this.#mender;
    const own = received < ownLimit ? 0 : countReceivedBy(this.#header.finish().octets, this.#ports.hostname());
    if (own >= ownLimit) {
      return reply(554, "5.4.6", `The message runs in a loop: it has been here ${own} times, ${ownLimit} are too many`);
    }
    if (received < limit) return null;
    return reply(554, "5.4.6", `The message runs in a loop: it has ${received} Received fields, ${limit} are too many`);
  }

  #envelope(first: FirstAttempt | null): Envelope {
    const { body, smtpUtf8, sessionId, sender, peer, returnContent, envelopeId } = this.#start;
    const fields = readFields(this.#header.finish().octets, ["message-id", "subject", ...priorityFields]);
    const priority = priorityOf(fields);
    return {
      message: {
        id: this.#id,
        origin: "relay",
        sender: this.#reversePath,
        size: this.#spooler.size,
        // What is lines of text in fact can be passed on as such.
        body: this.#form?.isText ? "8bitmime" : body,
        messageId: (fields.get("message-id") ?? "").replace(/^<|>$/g, ""),
        subject: fields.get("subject") ?? "",
        receivedAt: this.#receivedAt,
        sessionId,
        account: sender.account,
        clientAddress: peer.address,
        doneAt: null,
        returnContent,
        envelopeId,
        smtpUtf8,
        eightBit: this.#eightBit(),
        device: sender.device?.name ?? null,
      },
      recipients: this.#recipients().map(({ address, notify = null, originalRecipient = null }, position) => ({
        messageId: this.#id,
        position,
        address,
        state: "waiting",
        attempts: first ? 1 : 0,
        nextAttemptAt: first ? first.until : this.#receivedAt,
        leaseOwner: first ? first.owner : null,
        upstream: null,
        lastReply: null,
        changedAt: this.#receivedAt,
        notify,
        originalRecipient,
        priority,
      })),
    };
  }

  #recipients(): readonly EnvelopeRecipient[] {
    const { directory, hostname } = this.#ports;
    return resolveAliases(this.#start.recipients, { aliases: directory().aliases, hostname: hostname() });
  }

  #eightBit(): "none" | "body" | "header" {
    if (!this.#beyondAscii) return "none";
    const { octets, complete } = this.#header.finish();
    return complete && !isBeyondAscii(octets) ? "body" : "header";
  }

  #receivedField(): string {
    const { esmtp, smtpUtf8, tls, sender, helo, peer, recipients } = this.#start;
    // RFC 3848: S with TLS, A with a login; both exist with ESMTP only.
    const security = `${tls ? "S" : ""}${sender.account === null ? "" : "A"}` as const;
    const protocol = esmtp ? `${smtpUtf8 ? "UTF8SMTP" : "ESMTP"}${security}` as const : "SMTP";
    return formatReceived({
      from: this.#ports.received().showsClient ? { helo, address: peer.address } : undefined,
      by: this.#ports.hostname(),
      protocol,
      tls: tls ? `${tls.protocol} ${tls.cipher}` : undefined,
      id: formatId(this.#id),
      for: recipients.length === 1 ? recipients[0]!.address : undefined,
      date: this.#receivedAt,
    });
  }
}

/** What a client is told when the store fails: its message is not lost, it still has it. */
function refusalOf(error: unknown): SmtpReply {
  const cause = error instanceof Error ? error.message : String(error);
  const full = error instanceof StoreError && error.code === "SQLITE_FULL";
  return full
    ? reply(452, "4.3.1", "The disk is full, try again later", cause)
    : reply(451, "4.3.0", "The message could not be stored, try again later", cause);
}
