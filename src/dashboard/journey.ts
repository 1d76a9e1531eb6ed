import { timeOfId } from "../store/ids.ts";
import type { QueryResult } from "../store/queries.ts";
import type { JourneyEvent, JourneyKind } from "../../web/models.ts";
import { texts } from "../../web/texts.ts";
import { awaitedBy, type KnownOfWaiting } from "./awaited.ts";
import type { Configured } from "./ports.ts";
import { explain, speakerOf } from "./upstreams.ts";

type MessageHistory = NonNullable<QueryResult<"messageHistory">>;
type CachedHistory = NonNullable<QueryResult<"mailboxMessageHistory">>;

const KIND_OF_OUTCOME: Readonly<Record<MessageHistory["deliveries"][number]["outcome"], JourneyKind>> = {
  delivered: "delivered",
  deferred: "waits",
  refused: "failed",
  unknown: "waits",
  mixed: "waits",
};

/** A message's life as one line of events, the oldest first. Pure. */
export function journeyOf(
  history: Omit<MessageHistory, "transcripts">,
  configured: Pick<Configured, "upstreams">,
  known: KnownOfWaiting = {},
): JourneyEvent[] {
  const { message, recipients } = history;
  const events = [
    receivedEvent(history),
    ...history.deliveries.map((row) => deliveryEvent(row, recipients, configured)),
  ];
  for (const row of recipients) {
    const about = { hop: null, words: [], sessionId: null, durationMs: null };
    if (row.state === "held" || row.state === "removed") {
      events.push({ ...about, at: row.changedAt, kind: row.state, title: texts.journey[row.state](row.address) });
    }
  }
  for (const { at, actor, action, detail } of history.actions) {
    const title = texts.journey.owner(actor, texts.journey.ownerActions[action]);
    const kind = action === "hold" ? "held" : action === "remove" || action === "bounce" ? "removed" : "received";
    events.push({ ...event(at, kind, title), words: detail === null ? [] : [detail] });
  }
  for (const report of history.reports) {
    const title = texts.journey.reported(report.subject);
    events.push({ ...event(report.receivedAt, "made", title), messageId: report.id });
  }
  if (message.doneAt !== null) {
    events.push(event(message.doneAt, "done", texts.journey.done));
  }
  events.sort((a, b) => a.at - b.at);
  return [...events, ...aheadOf(recipients, known)];
}

/** What is to come: for those who wait for the same upstream, and for the others. */
function aheadOf(recipients: MessageHistory["recipients"], { turn, awaited }: KnownOfWaiting): JourneyEvent[] {
  const waiting = recipients.filter((row) => row.state === "waiting");
  const groups = Map.groupBy(waiting, (row) => awaitedBy(row, awaited)?.upstream ?? "");
  return [...groups].map(([upstream, rows]) => {
    const asked = awaitedBy(rows[0]!, awaited);
    if (asked) return event(asked.askedAt, "waits", texts.journey.awaits(upstream, rows.length));
    const at = Math.min(...rows.map((row) => row.nextAttemptAt));
    const isTrying = rows.some((row) => row.leaseOwner !== null);
    const trying = turn ? texts.journey.turn(turn.upstream, turn.perMinute) : texts.journey.trying;
    return event(at, "waits", isTrying ? trying : texts.journey.nextAttempt(rows.length));
  }).sort((a, b) => a.at - b.at);
}

/** The life of a mailbox message. Pure. */
export function cachedJourneyOf({ message, mailbox, ledger }: CachedHistory): JourneyEvent[] {
  const events: JourneyEvent[] = [{
    ...event(message.fetchedAt, "received", titleOfArrival(message, mailbox)),
    hop: "pop3-client",
    sessionId: message.sessionId,
  }];
  if (message.readBySessionId !== null) {
    events.push({
      // An id tells its time: the session's beginning.
      ...event(timeOfId(message.readBySessionId), "read", texts.journey.read),
      hop: "pop3-server",
      sessionId: message.readBySessionId,
    });
  }
  if (message.deletedAt !== null) {
    events.push(event(message.deletedAt, "removed", texts.journey.deletedBy[message.deletedBy ?? "client"]));
  }
  if (ledger && ledger.state !== "stored" && ledger.state !== "announced") {
    events.push({ ...event(ledger.changedAt, "done", texts.journey.ledger[ledger.state]), hop: "pop3-client" });
  }
  return events.sort((a, b) => a.at - b.at);
}

function titleOfArrival(
  { noticeOctets }: CachedHistory["message"],
  { source, account }: CachedHistory["mailbox"],
): string {
  return noticeOctets === null ? texts.journey.fetched(source, account) : texts.journey.noticed(source, account);
}

function receivedEvent({ message, sessions }: Omit<MessageHistory, "transcripts">): JourneyEvent {
  if (message.origin === "bounce") {
    return { ...event(message.receivedAt, "made", texts.journey.bounceMade), messageId: message.aboutId };
  }
  const session = sessions.find((row) => row.id === message.sessionId);
  const from = session?.peerName ? `${session.peerName} (${message.clientAddress})` : message.clientAddress;
  return {
    ...event(message.receivedAt, "received", texts.journey.received(from, message.account)),
    hop: "smtp-server",
    sessionId: message.sessionId,
  };
}

function deliveryEvent(
  row: MessageHistory["deliveries"][number],
  recipients: MessageHistory["recipients"],
  configured: Pick<Configured, "upstreams">,
): JourneyEvent {
  const own = (JSON.parse(row.recipients) as [position: number, reply: string][])
    .map(([position, reply]) => `${recipients[position]?.address ?? position}: ${reply}`);
  return {
    at: row.startedAt,
    kind: KIND_OF_OUTCOME[row.outcome],
    hop: "smtp-client",
    title: titleOfAttempt(row),
    words: [row.reply, ...own],
    explained: row.outcome === "delivered" ? null : explain(configured, row.upstream, row.reply),
    sessionId: row.sessionId,
    durationMs: row.durationMs,
  };
}

function titleOfAttempt({ outcome, upstream, reply }: MessageHistory["deliveries"][number]): string {
  const isOurs = speakerOf(reply) === "waypost" && outcome !== "delivered" && outcome !== "mixed";
  return isOurs ? texts.notSent(upstream, reply) : texts.journey.attempt[outcome](upstream);
}

function event(at: number, kind: JourneyKind, title: string): JourneyEvent {
  return { at, kind, hop: null, title, words: [], sessionId: null, durationMs: null };
}
