import { timeOfId } from "../store/ids.ts";
import type { QueryResult } from "../store/queries.ts";
import type { JourneyEvent, JourneyKind, TurnModel } from "../../web/models.ts";
import { texts } from "../../web/texts.ts";

import type { Configured } from "./ports.ts";
import { explain } from "./upstreams.ts";

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
  turn: TurnModel | null = null,
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
  const waiting = recipients.filter((row) => row.state === "waiting");
  if (waiting.length > 0) {
    const at = Math.min(...waiting.map((row) => row.nextAttemptAt));
    const isTrying = waiting.some((row) => row.leaseOwner !== null);
    const trying = turn ? texts.journey.turn(turn.upstream, turn.perMinute) : texts.journey.trying;
    events.push(event(at, "waits", isTrying ? trying : texts.journey.nextAttempt(waiting.length)));
  }
  return events;
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
    title: texts.journey.attempt[row.outcome](row.upstream),
    words: [row.reply, ...own],
    explained: row.outcome === "delivered" ? null : explain(configured, row.upstream, row.reply),
    sessionId: row.sessionId,
    durationMs: row.durationMs,
  };
}

function event(at: number, kind: JourneyKind, title: string): JourneyEvent {
  return { at, kind, hop: null, title, words: [], sessionId: null, durationMs: null };
}
