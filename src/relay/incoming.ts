import type { Directory } from "../identity/directory.ts";
import type { EnvelopeRecipient } from "../smtp/envelope.ts";
import { reply, type SmtpReply } from "../smtp/reply.ts";
import type { SubmissionStart } from "../smtp/server/ports.ts";
import { formatId, type NextId } from "../store/ids.ts";
import type { Envelope } from "../store/operations/queue.ts";
import { isBeyondAscii } from "../wire/ascii.ts";
import type { Clock } from "../wire/clock.ts";
import { HeaderMender } from "../wire/header-mender.ts";
import { countReceivedBy, createHeaderReader, readFields } from "../wire/header.ts";
import { LineForm } from "../wire/line-form.ts";
import { formatReceived } from "../wire/received.ts";
import { resolveAliases } from "./aliases.ts";
import { mendingOf } from "./mending.ts";
import { priorityFields, priorityOf } from "./priority.ts";

/** What is asked about a message that comes in. */
export interface IncomingPorts {
  readonly clock: Clock;
  readonly nextId: NextId;
  readonly hostname: () => string;
  /** For recipients that stand for somebody. */
  readonly directory: () => Directory;
  /** What Received fields say, and how many of them are too many. */
  readonly received: () => ReceivedPolicy;
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

/** Where the octets of a message go. They are the caller's again afterwards. */
type Emit = (octets: Uint8Array) => void;

/** A message as it comes in, whatever becomes of it: gets its Received field, has its header mended, is looked at. */
export class IncomingMessage {
  readonly id: number;
  readonly receivedAt: number;
  /** What it has as reverse-path: the address that its device's rules give it, or what was said. */
  readonly reversePath: string;
  readonly #start: SubmissionStart;
  readonly #ports: IncomingPorts;
  readonly #mender: HeaderMender;
  readonly #header = createHeaderReader();
  /** Whether a message that was declared binary is one. */
  readonly #form: LineForm | null;
  /** An octet beyond ASCII was seen. */
  #beyondAscii = false;

  constructor(start: SubmissionStart, ports: IncomingPorts) {
    this.#start = start;
    this.#ports = ports;
    this.id = ports.nextId();
    this.receivedAt = ports.clock.now();
    this.reversePath = reversePathOf(start);
    this.#form = start.body === "binarymime" ? new LineForm() : null;
    this.#mender = new HeaderMender(mendingOf({
      from: start.sender.device?.from ?? null,
      reversePath: this.reversePath,
      receivedAt: this.receivedAt,
      messageId: `${formatId(this.id)}@${ports.hostname()}`,
    }));
  }

  /** What stands in front of its own octets. RFC 5321 section 4.4. */
  receivedField(): string {
    const { esmtp, smtpUtf8, tls, sender, helo, peer, recipients } = this.#start;
    // RFC 3848: S with TLS, A with a login; both exist with ESMTP only.
    const security = `${tls ? "S" : ""}${sender.account === null ? "" : "A"}` as const;
    const protocol = esmtp ? `${smtpUtf8 ? "UTF8SMTP" : "ESMTP"}${security}` as const : "SMTP";
    return formatReceived({
      from: this.#ports.received().showsClient ? { helo, address: peer.address } : undefined,
      by: this.#ports.hostname(),
      protocol,
      tls: tls ? `${tls.protocol} ${tls.cipher}` : undefined,
      id: formatId(this.id),
      for: recipients.length === 1 ? recipients[0]!.address : undefined,
      date: this.receivedAt,
    });
  }

  /** Takes octets as they came; gives them out mended. */
  push(octets: Uint8Array, emit: Emit): void {
    this.#mender.push(octets, (mended) => this.#look(mended, emit));
  }

  /** The message has ended: gives out what was held back. @returns why it is not taken (it runs in a loop), or null */
  finish(emit: Emit): SmtpReply | null {
    this.#mender.finish((mended) => this.#look(mended, emit));
    return this.#whyLoop();
  }

  /** Its rows, recipients that wait. To be asked for when it has ended. @param size octets, Received field included */
  envelope(size: number): Envelope {
    const { body, smtpUtf8, sessionId, sender, peer, returnContent, envelopeId } = this.#start;
    const fields = readFields(this.#header.finish().octets, ["message-id", "subject", ...priorityFields]);
    const priority = priorityOf(fields);
    return {
      message: {
        id: this.id,
        origin: "relay",
        sender: this.reversePath,
        size,
        // What is lines of text in fact can be passed on as such.
        body: this.#form?.isText ? "8bitmime" : body,
        messageId: (fields.get("message-id") ?? "").replace(/^<|>$/g, ""),
        subject: fields.get("subject") ?? "",
        receivedAt: this.receivedAt,
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
      recipients: meantBy(this.#start.recipients, this.#ports).map((recipient, position) => ({
        messageId: this.id,
        position,
        address: recipient.address,
        state: "waiting",
        attempts: 0,
        nextAttemptAt: this.receivedAt,
        leaseOwner: null,
        upstream: null,
        lastReply: null,
        changedAt: this.receivedAt,
        notify: recipient.notify ?? null,
        originalRecipient: recipient.originalRecipient ?? null,
        priority,
      })),
    };
  }

  #look(octets: Uint8Array, emit: Emit): void {
    this.#header.push(octets);
    this.#beyondAscii ||= isBeyondAscii(octets);
    this.#form?.push(octets);
    emit(octets);
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

  #eightBit(): "none" | "body" | "header" {
    if (!this.#beyondAscii) return "none";
    const { octets, complete } = this.#header.finish();
    return complete && !isBeyondAscii(octets) ? "body" : "header";
  }
}

/** The reverse-path of a message: the address that its device's rules give it, or what was said. */
export function reversePathOf({ sender, reversePath }: Pick<SubmissionStart, "sender" | "reversePath">): string {
  // The null reverse-path stays: what is sent with it, a report, must never be answered (RFC 5321 section 4.5.5).
  return reversePath === "" ? "" : sender.device?.from ?? reversePath;
}

/** Whom recipients stand for. */
export function meantBy(
  recipients: readonly EnvelopeRecipient[],
  { directory, hostname }: Pick<IncomingPorts, "directory" | "hostname">,
): readonly EnvelopeRecipient[] {
  return resolveAliases(recipients, { aliases: directory().aliases, hostname: hostname() });
}
