import type { AwaitedModel, Explained, MessageDetail, MessageModel, RecipientModel } from "../../web/models.ts";
import { texts } from "../../web/texts.ts";
import { formatId } from "../store/ids.ts";
import { showClock, showCount, showDue, showOctets, showSender, showTime } from "./output/figures.ts";
import { cut, layOutFacts, oneLine, WIDTH, wrap } from "./output/table.ts";

const INDENT = "  ";

/** How much waits. */
export interface QueueSize {
  readonly waitingMessages: number;
  readonly heldMessages: number;
  readonly octets: number;
}

/** The list of `waypost queue list`: for each message who to whom, and why it waits. Pure. */
export function describeQueue(size: QueueSize, messages: readonly MessageModel[], now: number): string {
  const all = size.waitingMessages + size.heldMessages;
  if (all === 0) return "The queue is empty.\n";
  const held = size.heldMessages > 0 ? ` (${size.heldMessages} held)` : "";
  const more = messages.length < all ? `, ${messages.length} of them shown` : "";
  return [
    ...messages.map((message) => describeQueued(message, now)),
    `${showCount(all, "message")}${held}, ${showOctets(size.octets)}${more}\n`,
  ].join("\n");
}

function describeQueued(message: MessageModel, now: number): string {
  const { id, size, receivedAt, sender } = message;
  const waiting = message.recipients.filter(({ state }) => state === "waiting" || state === "held");
  const head = `${formatId(id)}  ${showTime(receivedAt)}  ${showOctets(size).padStart(7)}  `;
  const groups = Map.groupBy(waiting, (recipient) => stateOf(recipient, now));
  const lines = [...groups].flatMap(([state, recipients]) => [
    ...wrap(`to ${recipients.map(({ address }) => address).join(", ")}`, WIDTH - INDENT.length),
    ...wrap(state, WIDTH - 2 * INDENT.length).map((line) => `${INDENT}${line}`),
  ]);
  return [
    `${head}${cut(`from ${oneLine(showSender(sender))}`, WIDTH - head.length)}`,
    ...lines.map((line) => `${INDENT}${line}`),
    "",
  ].join("\n");
}

function stateOf(recipient: RecipientModel, now: number): string {
  const { state, attempts, nextAttemptAt, lastReply, trying, turn, awaits } = recipient;
  if (state === "held") return `held${lastReply === null ? "" : `; ${outcomeOf(recipient)}`}`;
  if (turn) return `${turn.upstream}: ${texts.turn(turn.perMinute)}`;
  if (trying) return `being tried now, attempt ${attempts}`;
  const next = awaits
    ? `, ${showAwaited(awaits, now)}`
    : nextAttemptAt === null
    ? ""
    : `, next attempt ${showDue(nextAttemptAt, now)}`;
  if (lastReply === null) return `waits${next}`;
  return `${outcomeOf(recipient)} (${showCount(attempts, "attempt")}${next})`;
}

/** When mail goes whose upstream is away. */
export function showAwaited({ upstream, askedAt }: AwaitedModel, now: number): string {
  const asked = askedAt <= now ? "being asked now" : `asked again at ${showClock(askedAt)}`;
  return `as soon as ${upstream} answers, ${asked}`;
}

/** What a server said, or what kept Waypost from asking it. */
function outcomeOf({ upstream, lastReply, lastReplyBy }: RecipientModel): string {
  const noted = lastReply ?? "";
  const who = lastReplyBy === "waypost" ? texts.notSent(upstream, noted) : upstream ?? "";
  return `${who === "" ? "" : `${who}: `}${oneLine(noted)}`;
}

/** The page of `waypost queue show`. Pure. */
export function describeMessage(message: MessageDetail, now: number): string {
  const facts: [string, string][] = [
    ["message", formatId(message.id)],
    ["from", showSender(message.sender)],
    ["subject", message.subject === "" ? "(none)" : message.subject],
    ["Message-ID", message.messageIdField === "" ? "(none)" : `<${message.messageIdField}>`],
    ["size", showOctets(message.size)],
    ["accepted", `${showTime(message.receivedAt)}, ${cameFrom(message)}`],
    ["done", message.doneAt === null ? "not yet" : showTime(message.doneAt)],
  ];
  const recipients = message.recipients.flatMap((recipient) => [
    `${INDENT}${recipient.address}: ${recipient.state}`,
    ...wrap(detailOf(recipient, now), WIDTH - 2 * INDENT.length).filter((line) => line !== "")
      .map((line) => `${INDENT}${INDENT}${line}`),
  ]);
  const events = message.journey.flatMap(({ at, title, words, explained }) => [
    ...wrap(`${showTime(at)}  ${title}`, WIDTH - INDENT.length).map((line) => `${INDENT}${line}`),
    ...[...words, ...explanationOf(explained)].flatMap((line) => wrap(line, WIDTH - 2 * INDENT.length))
      .map((line) => `${INDENT}${INDENT}${line}`),
  ]);
  return `${layOutFacts(facts)}\nRecipients\n${recipients.join("\n")}\n\nHistory\n${events.join("\n")}\n`;
}

/** What a reply means and what to do, a sentence each. */
export function explanationOf(explained: Explained | null | undefined): string[] {
  return explained ? [`${explained.meaning}.`, `To do: ${explained.mending}.`] : [];
}

function cameFrom({ origin, account, device, clientAddress }: MessageDetail): string {
  if (origin === "bounce") return "a report made here";
  const without = device === null ? "without a login" : `without a login, device ${device}`;
  return `from ${clientAddress}, ${account === null ? without : `by ${account}`}`;
}

function detailOf(recipient: RecipientModel, now: number): string {
  const { state, lastReply } = recipient;
  if (state === "waiting" || state === "held") return stateOf(recipient, now);
  return lastReply === null ? "" : outcomeOf(recipient);
}
