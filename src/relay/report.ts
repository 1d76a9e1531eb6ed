import type { Envelope } from "../store/operations/queue.ts";
import { formatId, type NextId } from "../store/ids.ts";
import { Spooler } from "../store/spooler.ts";
import type { Store } from "../store/store.ts";
import { showReply } from "../smtp/reply.ts";
import type { Clock } from "../wire/clock.ts";
import { createHeaderReader, readFields } from "../wire/header.ts";
import { buildBounce, maxReturnedHeaderOctets } from "./bounce.ts";
import type { Job } from "./job.ts";
import type { Attempt, GivenUp } from "./settlement.ts";

/** What writing a report needs. */
export interface ReportPorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly nextId: NextId;
  readonly hostname: () => string;
}

/** A report that is ready to be queued with the settlement that caused it. */
export interface Report {
  readonly envelope: Envelope;
  /** The whole report when it is small; null when it is in the spool. */
  readonly octets: Uint8Array | null;
}

/**
 * Writes the bounce for recipients that were given up, or gives null where there is nobody to tell: none was given up,
 * or the message was a report itself (RFC 5321 section 4.5.5).
 * @throws StoreError
 */
export async function writeBounce(
  ports: ReportPorts,
  job: Job,
  attempt: Attempt,
  givenUp: readonly GivenUp[],
): Promise<Report | null> {
  const { message } = job;
  if (givenUp.length === 0 || message.sender === "") return null;
  const { store, clock, nextId, hostname } = ports;
  const id = nextId();
  const now = clock.now();
  const report = buildBounce({
    kind: "failed",
    hostname: hostname(),
    id: formatId(message.id),
    unique: formatId(id),
    sender: message.sender,
    arrivedAt: message.receivedAt,
    now,
    recipients: givenUp.map((given) => describe(given, attempt)),
    header: await headerOf(store, job),
  });
  const spooler = new Spooler(store, id);
  await spooler.write(report);
  const octets = await spooler.finish();
  return { envelope: envelopeOf(id, job, report, now), octets };
}

function describe({ recipient, reply, expired }: GivenUp, attempt: Attempt) {
  const said = showReply(reply);
  return {
    address: recipient.address,
    // RFC 3463: 4.4.7 delivery time expired; otherwise what the server said, or 5.0.0 where it gave no status.
    status: expired ? "4.4.7" : reply.enhanced ?? `${Math.floor(reply.code / 100)}.0.0`,
    remoteMta: reply.local ? undefined : attempt.upstream,
    diagnostic: { type: reply.local ? "x-waypost" : "smtp", text: said } as const,
    lastAttemptAt: attempt.startedAt,
  };
}

async function headerOf(store: Store, { message, octets }: Job): Promise<Uint8Array> {
  const reader = createHeaderReader(maxReturnedHeaderOctets);
  if (octets) reader.push(octets);
  else for await (const chunk of store.octets(message.id)) if (reader.push(chunk)) break;
  return reader.finish().octets;
}

function envelopeOf(id: number, { message }: Job, report: Uint8Array, now: number): Envelope {
  const fields = readFields(report.subarray(0, maxReturnedHeaderOctets), ["message-id", "subject"]);
  return {
    message: {
      id,
      origin: "bounce",
      sender: "",
      size: report.length,
      body: "7bit",
      messageId: (fields.get("message-id") ?? "").replace(/^<|>$/g, ""),
      subject: fields.get("subject") ?? "",
      receivedAt: now,
      sessionId: null,
      account: message.account,
      clientAddress: message.clientAddress,
      doneAt: null,
    },
    recipients: [{
      messageId: id,
      position: 0,
      address: message.sender,
      state: "waiting",
      attempts: 0,
      nextAttemptAt: now,
      leaseOwner: null,
      upstream: null,
      lastReply: null,
      changedAt: now,
    }],
  };
}
