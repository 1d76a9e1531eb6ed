import type { FailedLogins } from "../identity/throttle.ts";
import type { RoomState } from "../store/room.ts";
import type { StoreTrouble } from "../store/trouble.ts";
import type { Health, HealthLevel, HopFigures, MailboxModel, QueueFigures, Sentence } from "../../web/models.ts";
import { octets } from "../../web/format.ts";
import { texts } from "../../web/texts.ts";

/** What the health line is made of. */
export interface HealthInput {
  readonly now: number;
  /** The figures of the last hour. */
  readonly hops: readonly HopFigures[];
  readonly queue: QueueFigures;
  readonly mailboxes: readonly MailboxModel[];
  readonly room: RoomState;
  readonly storeTrouble: StoreTrouble | null;
  /** What is wrong with the certificate of the mail servers, or null. */
  readonly certificate: string | null;
  /** Addresses and logins that are refused for failed logins. */
  readonly failedLogins: readonly FailedLogins[];
  /** Clients of the LAN that were refused and wait to be allowed as devices. */
  readonly waitingDevices: number;
  /** There is an upstream. */
  readonly hasUpstream: boolean;
}

/** Mail that has waited for an upstream for this long is trouble: the owner has to look. */
const TROUBLE_AFTER_MS = 30 * 60_000;
/** Polls that fail in a row before a source is trouble. */
const TROUBLE_FAILURES = 3;
/** Bans that the health line names; the page of logins has all. */
const BANS_SHOWN = 3;

type Detail = Health["details"][number];

/** Says in plain words whether mail is moving. Pure. */
export function healthOf(input: HealthInput): Health {
  const details = detailsOf(input);
  const level = input.room.isFull || input.storeTrouble
    ? "trouble"
    : LEVELS.find((candidate) => details.some((detail) => detail.level === candidate)) ?? "ok";
  const relayed = messagesOf(input, "smtp-client");
  const fetched = messagesOf(input, "pop3-client");
  return {
    level,
    headline: headlineOf(input, level, relayed + fetched > 0),
    summary: texts.health.lastHour(relayed, fetched),
    details,
  };
}

/** The whole health line as one text, times in UTC. */
export function healthText({ headline, summary, details }: Health): string {
  return [headline, summary, ...details.map((detail) => sentenceText(detail.sentence))].join(" ");
}

/** The gravest first. */
const LEVELS: readonly HealthLevel[] = ["trouble", "waiting", "unset", "ok"];

function sentenceText(sentence: Sentence): string {
  return sentence.map((part) => typeof part === "string" ? part : texts.utcTime(part.at)).join("");
}

function messagesOf(input: HealthInput, hop: HopFigures["hop"]): number {
  return input.hops.find((figures) => figures.hop === hop)?.messages ?? 0;
}

function headlineOf(input: HealthInput, level: HealthLevel, moved: boolean): string {
  if (input.room.isFull) return roomText(input.room);
  if (input.storeTrouble) return troubleText(input.storeTrouble);
  const waits = input.queue.reasons.some((reason) => reason.upstream !== null);
  if (level === "unset") return moved ? texts.health.unsetMoving : texts.health.unset;
  if (level === "ok") return moved ? texts.health.moving : texts.health.quiet;
  if (waits) return moved ? texts.health.partlyWaiting : texts.health.waiting;
  if (!input.mailboxes.some((box) => mailboxDetail(box).length > 0)) return texts.health.certificate;
  return moved ? texts.health.movingButSource : texts.health.source;
}

/** That there is no room for new mail. */
export function roomText({ freeOctets, reserveOctets }: Omit<RoomState, "isFull">): string {
  const figure = (number: number) => octets(number).replace("\u00a0", " ");
  return texts.health.diskFull(figure(freeOctets), figure(reserveOctets));
}

/** That nothing can be written to the store, why, and what to do. */
export function troubleText({ code, message }: Pick<StoreTrouble, "code" | "message">): string {
  const known = Object.entries(texts.health.storeWhy).find(([begin]) => code.startsWith(begin))?.[1];
  return texts.health.storeTrouble(known ?? `${code}, ${message}.`);
}

function detailsOf(input: HealthInput): Detail[] {
  const { now, queue, mailboxes, certificate, failedLogins, waitingDevices } = input;
  const details = [
    ...missingDetail(input),
    ...queue.reasons.map((reason) => waitingDetail(reason, now)),
    ...mailboxes.flatMap(mailboxDetail),
  ];
  if (certificate !== null) details.push({ level: "trouble", sentence: [texts.health.certificateIs(certificate)] });
  if (queue.heldMessages > 0) details.push({ level: "ok", sentence: [texts.health.held(queue.heldMessages)] });
  if (waitingDevices > 0) details.push({ level: "ok", sentence: [texts.health.waitingDevices(waitingDevices)] });
  details.push(...bannedDetails(failedLogins));
  return details.sort((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level));
}

/** That nothing can go out. A box that fetches mail may have been meant for that alone. */
function missingDetail({ hasUpstream, mailboxes }: HealthInput): Detail[] {
  if (hasUpstream) return [];
  const mending = { path: "/upstreams/new", words: texts.health.addUpstream };
  return [{ level: mailboxes.length > 0 ? "ok" : "unset", sentence: [texts.health.noUpstream], mending }];
}

function waitingDetail(reason: QueueFigures["reasons"][number], now: number): Detail {
  const { upstream, messages, sinceAt } = reason;
  if (upstream === null) return { level: "ok", sentence: [texts.health.untried(messages)] };
  const why = shorten(reason.lastReply ?? "");
  const begin = upstream === "" ? texts.health.wait(messages, why) : texts.health.waitFor(messages, upstream, why);
  const end = reason.explained
    ? `. ${reason.explained.meaning}. ${texts.upstreams.toDo}: ${reason.explained.mending}.`
    : ".";
  if (sinceAt === null) return { level: "waiting", sentence: [`${begin}${end}`] };
  const level = now - sinceAt > TROUBLE_AFTER_MS ? "trouble" : "waiting";
  return { level, sentence: [`${begin}, ${texts.since} `, { at: sinceAt }, end] };
}

/** Who is refused, addresses first: others may stand behind them. */
function bannedDetails(failedLogins: readonly FailedLogins[]): Detail[] {
  const banned = failedLogins.filter((row) => row.bannedUntilAt !== null)
    .sort((a, b) => Number(a.address === null) - Number(b.address === null));
  const details = banned.slice(0, BANS_SHOWN).map(({ address, login, bannedUntilAt }): Detail => {
    const what = address === null ? texts.health.bannedLogin(login ?? "") : texts.health.bannedAddress(address);
    return { level: "ok", sentence: [texts.health.until, { at: bannedUntilAt! }, what] };
  });
  const more = banned.length - details.length;
  return more > 0 ? [...details, { level: "ok", sentence: [texts.health.moreBanned(more)] }] : details;
}

function mailboxDetail(box: MailboxModel): Detail[] {
  const { account, source, failures } = box;
  if (box.pausedBecause !== null) {
    return [{ level: "trouble", sentence: [texts.health.paused(account, source, box.pausedBecause)] }];
  }
  if (failures === 0) return [];
  const why = shorten(box.lastOutcome ?? "");
  const level = failures >= TROUBLE_FAILURES || box.needsPerson === true ? "trouble" : "waiting";
  return [{ level, sentence: [texts.health.fetchFails(account, source, failures, why)] }];
}

/** A reply within a sentence: its first line, without the full stop. */
function shorten(reply: string): string {
  const line = reply.split(/\r?\n/, 1)[0]!.trim().replace(/\.$/, "");
  return line.length > 90 ? `${line.slice(0, 89)}…` : line;
}
