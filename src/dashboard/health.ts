import type { Health, HealthLevel, HopFigures, MailboxModel, QueueFigures, Sentence } from "../../web/models.ts";
import { texts } from "../../web/texts.ts";

/** What the health line is made of. */
export interface HealthInput {
  readonly now: number;
  /** The figures of the last hour. */
  readonly hops: readonly HopFigures[];
  readonly queue: QueueFigures;
  readonly mailboxes: readonly MailboxModel[];
}

/** Mail that has waited for an upstream for this long is trouble: the owner has to look. */
const TROUBLE_AFTER_MS = 30 * 60_000;
/** Polls that fail in a row before a source is trouble. */
const TROUBLE_FAILURES = 3;

/** Says in plain words whether mail is moving. Pure. */
export function healthOf(input: HealthInput): Health {
  const level = levelOf(input);
  const moved = messagesOf(input, "smtp-client") + messagesOf(input, "pop3-client");
  return { level, headline: headlineOf(input, level, moved > 0), details: detailsOf(input) };
}

/** The whole health line as one text, times in UTC. */
export function healthText({ headline, details }: Health): string {
  return [headline, ...details.map(sentenceText)].join(" ");
}

function sentenceText(sentence: Sentence): string {
  return sentence.map((part) => typeof part === "string" ? part : texts.utcTime(part.at)).join("");
}

function messagesOf(input: HealthInput, hop: HopFigures["hop"]): number {
  return input.hops.find((figures) => figures.hop === hop)?.messages ?? 0;
}

function levelOf({ now, queue, mailboxes }: HealthInput): HealthLevel {
  const tried = queue.reasons.filter((reason) => reason.upstream !== null);
  const isLongAgo = (at: number | null) => at !== null && now - at > TROUBLE_AFTER_MS;
  const isTrouble = tried.some((reason) => isLongAgo(reason.sinceAt)) ||
    mailboxes.some((box) => box.pausedBecause !== null || box.failures >= TROUBLE_FAILURES);
  if (isTrouble) return "trouble";
  return tried.length > 0 || mailboxes.some((box) => box.failures > 0) ? "waiting" : "ok";
}

function headlineOf(input: HealthInput, level: HealthLevel, moved: boolean): string {
  const waits = input.queue.reasons.some((reason) => reason.upstream !== null);
  if (level === "ok") return moved ? texts.health.moving : texts.health.quiet;
  if (waits) return moved ? texts.health.partlyWaiting : texts.health.waiting;
  return moved ? texts.health.movingButSource : texts.health.source;
}

function detailsOf(input: HealthInput): Sentence[] {
  const { queue, mailboxes } = input;
  const relayed = messagesOf(input, "smtp-client");
  const fetched = messagesOf(input, "pop3-client");
  const details: Sentence[] = [[texts.health.lastHour(relayed, fetched)]];
  for (const reason of queue.reasons) {
    if (reason.upstream === null) {
      details.push([texts.health.untried(reason.messages)]);
      continue;
    }
    const begin = texts.health.waitFor(reason.messages, reason.upstream, shorten(reason.lastReply ?? ""));
    details.push(reason.sinceAt === null ? [`${begin}.`] : [`${begin}, ${texts.since} `, { at: reason.sinceAt }, "."]);
  }
  if (queue.heldMessages > 0) details.push([texts.health.held(queue.heldMessages)]);
  for (const box of mailboxes) {
    if (box.pausedBecause !== null) details.push([texts.health.paused(box.account, box.source, box.pausedBecause)]);
    else if (box.failures > 0) {
      details.push([texts.health.fetchFails(box.account, box.source, box.failures, shorten(box.lastOutcome ?? ""))]);
    }
  }
  return details;
}

/** A reply within a sentence: its first line, without the full stop. */
function shorten(reply: string): string {
  const line = reply.split(/\r?\n/, 1)[0]!.trim().replace(/\.$/, "");
  return line.length > 90 ? `${line.slice(0, 89)}…` : line;
}
