import { texts } from "../../web/texts.ts";
import { awaitedBy, type KnownOfWaiting } from "../dashboard/awaited.ts";
import { speakerOf } from "../dashboard/upstreams.ts";
import type { Hop } from "../dialogue/phases.ts";
import { timeOfId } from "../store/ids.ts";
import type { QueryResult } from "../store/queries.ts";
import { oneLine } from "./output/table.ts";

type MessageHistory = NonNullable<QueryResult<"messageHistory">>;
type CachedHistory = NonNullable<QueryResult<"mailboxMessageHistory">>;
type SessionRow = MessageHistory["sessions"][number];

/** A session as a trace names it. */
export interface TracedSession {
  readonly id: number;
  readonly peerAddress: string;
  readonly peerPort: number;
  readonly peerName: string | null;
  readonly account: string | null;
  readonly tls: string | null;
  readonly outcome: string;
  readonly durationMs: number;
}

/** One thing that happened to a message. */
export interface TraceStep {
  readonly at: number;
  /** Where: one of the engines, the queue, a mailbox, or the ledger of a source. */
  readonly place: Hop | "queue" | "mailbox" | "ledger";
  /** What happened, in a sentence. */
  readonly event: string;
  /** What the other side said, word by word. */
  readonly replies: readonly string[];
  readonly durationMs: number | null;
  /** The session in which it happened; it is written some seconds after its end, and forgotten after a while. */
  readonly sessionId: number | null;
  readonly session: TracedSession | null;
}

/** The way of a message that was accepted for delivery, the oldest step first. Pure. */
export function traceQueued(history: Omit<MessageHistory, "transcripts">, known: KnownOfWaiting = {}): TraceStep[] {
  const { message, recipients, deliveries, actions } = history;
  const sessions = new Map(history.sessions.map((row) => [row.id, tracedSession(row)]));
  // Its upstream was spoken to before its data began, which the queue never does.
  const isPassage = deliveries.length > 0 && deliveries.every(({ startedAt }) => startedAt < message.receivedAt);
  const steps = [
    ...(isPassage ? [] : [step(message.receivedAt, "queue", `stored for ${countRecipients(recipients.length)}`)]),
    ...deliveries.map((delivery) => attemptStep(delivery, recipients, sessions)),
    ...recipients.filter(({ state }) => state === "held" || state === "removed").map(({ address, state, changedAt }) =>
      step(changedAt, "queue", `${address}: ${state}`)
    ),
    ...actions.map(({ at, actor, action, detail }) =>
      step(at, "queue", `by ${actor}: ${texts.journey.ownerActions[action]}${detail === null ? "" : `, ${detail}`}`)
    ),
  ];
  if (message.doneAt !== null) steps.push(step(message.doneAt, "queue", `done: ${summary(recipients)}`));
  steps.sort((one, other) => one.at - other.at);
  const received = receivedStep(history, sessions);
  const first = isPassage ? { ...received, event: `${received.event}, straight through: stored nowhere` } : received;
  return [first, ...steps, ...stepsAhead(recipients, known)];
}

/** What is to come: for those who wait for the same upstream, and for the others. */
function stepsAhead(recipients: MessageHistory["recipients"], { turn, awaited }: KnownOfWaiting): TraceStep[] {
  const waiting = recipients.filter(({ state }) => state === "waiting");
  const groups = Map.groupBy(waiting, (row) => awaitedBy(row, awaited)?.upstream ?? "");
  return [...groups].map(([upstream, rows]) => {
    const asked = awaitedBy(rows[0]!, awaited);
    const whom = countRecipients(rows.length);
    if (asked) return step(asked.askedAt, "queue", `asked again; as soon as ${upstream} answers it goes to ${whom}`);
    const at = Math.min(...rows.map(({ nextAttemptAt }) => nextAttemptAt));
    const isTried = rows.some(({ leaseOwner }) => leaseOwner !== null);
    const trying = turn ? `for ${turn.upstream}: ${texts.turn(turn.perMinute)}` : "being tried at this moment";
    const event = isTried ? `${trying}; else tried then` : "next attempt";
    return step(at, "queue", `${event}, ${whom}`);
  }).sort((one, other) => one.at - other.at);
}

/** The way of a fetched message, the oldest step first. Pure. */
export function traceFetched({ message, mailbox, ledger }: CachedHistory, rows: readonly SessionRow[]): TraceStep[] {
  const sessions = new Map(rows.map((row) => [row.id, tracedSession(row)]));
  const steps: TraceStep[] = [
    {
      ...step(message.fetchedAt, "pop3-client", `fetched from ${mailbox.source} for ${mailbox.account}`),
      ...inSession(message.sessionId, sessions),
    },
    step(message.fetchedAt, "mailbox", `stored in the mailbox of ${mailbox.account}`),
  ];
  if (message.readBySessionId !== null) {
    const session = sessions.get(message.readBySessionId);
    const reader = session ? ` by ${session.account ?? "somebody"} at ${session.peerAddress}` : "";
    // An id tells its time: that of the session's beginning.
    const at = timeOfId(message.readBySessionId);
    steps.push({
      ...step(at, "pop3-server", `read first${reader}`),
      ...inSession(message.readBySessionId, sessions),
    });
  }
  if (message.deletedAt !== null) {
    steps.push(step(message.deletedAt, "mailbox", DELETED[message.deletedBy ?? "client"]));
  }
  if (ledger) steps.push(step(ledger.changedAt, "ledger", LEDGER[ledger.state]));
  else if (message.noticeOctets === null) {
    steps.push(
      step(message.fetchedAt, "ledger", "no longer known: it has left the source long ago, or the source was removed"),
    );
  }
  return steps.sort((one, other) => one.at - other.at);
}

/** Who deleted a message here, and what that means. */
const DELETED: Readonly<Record<NonNullable<CachedHistory["message"]["deletedBy"]>, string>> = {
  client: "deleted by a client; it can be restored for a while",
  retention: "removed to make room, as the settings say",
  replaced: "replaced by the message that it announced",
  owner: "deleted when its source was removed; it can be restored for a while",
};

/** What each state of the ledger says about the message on its source. */
const LEDGER: Readonly<Record<NonNullable<CachedHistory["ledger"]>["state"], string>> = {
  announced: "it stays on the server, being larger than max_message_size: a notice of it is here",
  stored: "cached here, and on the server still",
  evicted: "it makes room here, and stays on the server",
  "delete-sent": "deletion was asked of the server, not confirmed yet",
  "delete-confirmed": "the server has confirmed its deletion",
  gone: "no longer on the server",
};

function receivedStep(
  { message }: Omit<MessageHistory, "transcripts">,
  sessions: ReadonlyMap<number, TracedSession>,
): TraceStep {
  if (message.origin === "bounce") {
    return step(message.receivedAt, "queue", "a report about another message, made here");
  }
  const device = message.device === null ? "" : `, device ${message.device}`;
  const by = message.account === null ? `without a login${device}` : `by ${message.account}`;
  return {
    ...step(message.receivedAt, "smtp-server", `received from ${message.clientAddress}, ${by}`),
    ...inSession(message.sessionId, sessions),
  };
}

const OUTCOMES: Readonly<Record<MessageHistory["deliveries"][number]["outcome"], string>> = {
  delivered: "took it",
  deferred: "did not take it for now",
  refused: "refused it",
  unknown: "gave no answer after the whole message: it may have taken it",
  mixed: "took it for some recipients",
};

function attemptStep(
  delivery: MessageHistory["deliveries"][number],
  recipients: MessageHistory["recipients"],
  sessions: ReadonlyMap<number, TracedSession>,
): TraceStep {
  const { startedAt, upstream, outcome, reply, durationMs, sessionId } = delivery;
  const own = JSON.parse(delivery.recipients) as [position: number, reply: string][];
  const ofOthers = own.map(([position, said]) => `${recipients[position]?.address ?? position}: ${said}`);
  if (speakerOf(reply) === "waypost" && outcome !== "delivered" && outcome !== "mixed") {
    const event = `${texts.notSent(upstream, reply)}: ${oneLine(reply)}`;
    return {
      ...step(startedAt, "smtp-client", event),
      ...inSession(sessionId, sessions),
      replies: ofOthers,
      durationMs,
    };
  }
  return {
    ...step(startedAt, "smtp-client", `${upstream} ${OUTCOMES[outcome]}`),
    ...inSession(sessionId, sessions),
    replies: [reply, ...ofOthers],
    durationMs,
  };
}

function summary(recipients: MessageHistory["recipients"]): string {
  const states = Map.groupBy(recipients, ({ state }) => state);
  return [...states].map(([state, rows]) => `${state} ${rows.length}`).join(", ");
}

function countRecipients(count: number): string {
  return count === 1 ? "1 recipient" : `${count} recipients`;
}

function step(at: number, place: TraceStep["place"], event: string): TraceStep {
  return { at, place, event, replies: [], durationMs: null, sessionId: null, session: null };
}

function inSession(id: number | null, sessions: ReadonlyMap<number, TracedSession>) {
  return { sessionId: id, session: id === null ? null : sessions.get(id) ?? null };
}

function tracedSession(row: SessionRow): TracedSession {
  const { id, peerAddress, peerPort, peerName, account, tls, outcome, durationMs } = row;
  return { id, peerAddress, peerPort, peerName, account, tls, outcome, durationMs };
}
