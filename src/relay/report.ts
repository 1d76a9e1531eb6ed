import { Buffer } from "node:buffer";
import { isIP } from "node:net";
import type { Directory } from "../identity/directory.ts";
import type { Envelope } from "../store/operations/queue.ts";
import { formatId, type NextId } from "../store/ids.ts";
import { Spooler } from "../store/spooler.ts";
import type { Store } from "../store/store.ts";
import { wantsReport } from "../smtp/envelope.ts";
import { showReply } from "../smtp/reply.ts";
import type { Clock } from "../wire/clock.ts";
import { matchAddress } from "../wire/address.ts";
import { isAscii } from "../wire/ascii.ts";
import { createHeaderReader, readFields } from "../wire/header.ts";
import { isPlainText } from "../wire/mime-encoding.ts";
import { buildBounce, maxReturnedHeaderOctets, type ReportedRecipient } from "./bounce.ts";
import type { Job } from "./job.ts";
import { reportPriority } from "./priority.ts";
import type { Attempt, AttemptEnd, Delayed, GivenUp, HandedOn } from "./settlement.ts";

/** What writing a report needs. */
export interface ReportPorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly nextId: NextId;
  readonly hostname: () => string;
  /** For the owners of devices. */
  readonly directory: () => Directory;
}

/** A report that is ready to be queued with the settlement that caused it. */
export interface Report {
  readonly envelope: Envelope;
  /** The whole report when it is small; null when it is in the spool. */
  readonly octets: Uint8Array | null;
}

/** Whom a report may tell of. */
export interface Told extends Pick<AttemptEnd, "givenUp" | "handedOn" | "delayed"> {
  /** When those that wait will be given up. Milliseconds since the epoch. */
  readonly retryUntilAt: number;
}

/** Largest message that a report returns whole where its sender asked for that by RET=FULL, in octets. */
export const maxReturnedMessageOctets = 262_144;

/**
 * Writes the report on an attempt, or gives null where there is nobody to tell: the message was a report itself
 * (RFC 5321 section 4.5.5), or nothing happened to a recipient that its sender wants to be told of. One report tells of
 * all recipients: who was given up, and who was handed on to a server that will not tell (RFC 3461 section 5.2.8).
 * @throws StoreError
 */
export async function writeReport(
  ports: ReportPorts,
  job: Job,
  attempt: Attempt,
  { givenUp, handedOn, delayed, retryUntilAt }: Told,
): Promise<Report | null> {
  const { message } = job;
  const failed = givenUp.filter(({ recipient }) => wantsReport(recipient, "FAILURE"));
  if (failed.length + handedOn.length + delayed.length === 0 || message.sender === "") return null;
  const { store, clock, nextId, hostname, directory } = ports;
  const reader = readerOf(message, directory());
  const id = nextId();
  const now = clock.now();
  const asked = { startedAt: attempt.startedAt, server: serverOf(attempt.upstream, directory()) };
  const report = buildBounce({
    kind: failed.length > 0 ? "failed" : delayed.length > 0 ? "delayed" : "relayed",
    hostname: hostname(),
    id: formatId(message.id),
    unique: formatId(id),
    sender: reader,
    envelopeId: message.envelopeId ?? undefined,
    arrivedAt: message.receivedAt,
    retryUntilAt,
    now,
    recipients: [
      ...failed.map((given) => describeFailed(given, asked)),
      ...delayed.map((late) => describeDelayed(late, asked)),
      ...handedOn.map((handed) => describeRelayed(handed, asked)),
    ],
    header: await headerOf(store, job),
    message: failed.length > 0 ? await wholeMessage(store, job) : undefined,
  });
  const spooler = new Spooler(store, id);
  await spooler.write(report);
  const octets = await spooler.finish();
  return { envelope: envelopeOf(id, job, reader, report, now), octets };
}

/**
 * Who reads the report: the sender. A device reads nothing; where its sender is no address that an account has for its
 * own, its owner does.
 */
function readerOf({ sender, device }: Job["message"], directory: Directory): string {
  const owner = device === null ? undefined : directory.deviceNamed(device)?.owner;
  if (owner === undefined) return sender;
  const isRead = directory.accounts.some(({ login, addresses }) =>
    [login, ...addresses].some((address) => !address.includes("*") && matchAddress(address, sender))
  );
  return isRead ? sender : owner;
}

/** The name of an upstream's server (RFC 3464 section 2.3.5), which says more to strangers than what it is called here. */
function serverOf(upstream: string, directory: Directory): string {
  const host = directory.upstream(upstream)?.host ?? upstream;
  return isIP(host) > 0 ? `[${host}]` : host;
}

/** The attempt that a report tells of. */
interface Asked {
  readonly startedAt: number;
  /** The server that answered. */
  readonly server: string;
}

function describeFailed({ recipient, reply, expired }: GivenUp, asked: Asked): ReportedRecipient {
  const said = showReply(reply);
  return {
    address: recipient.address,
    originalRecipient: recipient.originalRecipient ?? undefined,
    action: "failed",
    // RFC 3463: 4.4.7 delivery time expired; otherwise what the server said, or 5.0.0 where it gave no status.
    status: expired ? "4.4.7" : reply.enhanced ?? `${Math.floor(reply.code / 100)}.0.0`,
    remoteMta: reply.local ? undefined : asked.server,
    diagnostic: { type: reply.local ? "x-waypost" : "smtp", text: said } as const,
    lastAttemptAt: asked.startedAt,
  };
}

function describeDelayed({ recipient, reply }: Delayed, asked: Asked): ReportedRecipient {
  const { address, originalRecipient } = recipient;
  return {
    address,
    originalRecipient: originalRecipient ?? undefined,
    action: "delayed",
    // Even where the server refused for good, as one whose quota is used up may: it will be asked again.
    status: (reply.enhanced ?? `${Math.floor(reply.code / 100)}.0.0`).replace(/^5/, "4"),
    remoteMta: reply.local ? undefined : asked.server,
    diagnostic: { type: reply.local ? "x-waypost" : "smtp", text: showReply(reply) },
    lastAttemptAt: asked.startedAt,
  };
}

/** RFC 3461 section 5.2.2: the server's final reply is no more than that it has taken the message. */
function describeRelayed({ recipient, reply }: HandedOn, asked: Asked): ReportedRecipient {
  return {
    address: recipient.address,
    originalRecipient: recipient.originalRecipient ?? undefined,
    action: "relayed",
    status: reply.enhanced ?? "2.0.0",
    remoteMta: asked.server,
    diagnostic: { type: "smtp", text: showReply(reply) },
    lastAttemptAt: asked.startedAt,
  };
}

/** The message itself where RET=FULL asked for it and a report can hold it: small, and plain text as a report is. */
async function wholeMessage(store: Store, { message, octets }: Job): Promise<Uint8Array | undefined> {
  if (message.returnContent !== "full" || message.size > maxReturnedMessageOctets) return undefined;
  const chunks: Uint8Array[] = [];
  if (octets) chunks.push(octets);
  else for await (const chunk of store.octets(message.id)) chunks.push(chunk);
  const whole = Buffer.concat(chunks);
  return isPlainText(whole) ? whole : undefined;
}

async function headerOf(store: Store, { message, octets }: Job): Promise<Uint8Array> {
  const reader = createHeaderReader(maxReturnedHeaderOctets);
  if (octets) reader.push(octets);
  else for await (const chunk of store.octets(message.id)) if (reader.push(chunk)) break;
  return reader.finish().octets;
}

function envelopeOf(id: number, { message }: Job, reader: string, report: Uint8Array, now: number): Envelope {
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
      aboutId: message.id,
      // A report is ASCII but for the address that it goes to (bounce.ts).
      smtpUtf8: !isAscii(reader),
      eightBit: isAscii(reader) ? "none" : "header",
      device: message.device,
    },
    recipients: [{
      messageId: id,
      position: 0,
      address: reader,
      state: "waiting",
      attempts: 0,
      nextAttemptAt: now,
      leaseOwner: null,
      upstream: null,
      lastReply: null,
      changedAt: now,
      priority: reportPriority,
    }],
  };
}
