import { roomText } from "../dashboard/health.ts";
import { speakerOf } from "../dashboard/upstreams.ts";
import { explanationOf, showAwaited } from "./queue-text.ts";
import type { BudgetModel } from "../../web/models.ts";
import type { Status, UpstreamStatus } from "./status-read.ts";
import { showCount, showDistance, showDue, showDuration, showOctets, showTime } from "./output/figures.ts";
import { resumeHint } from "./output/hints.ts";
import { layOutTable, oneLine, wrap } from "./output/table.ts";

const INDENT = "  ";
const WIDTH = 78;

/** The screen of `waypost status`. Pure. */
export function describeStatus(status: Status, now: number): string {
  const parts = [
    ["Server", ...serverLines(status, now)],
    ["Line", ...lineLines(status, now)],
    ["Queue", ...queueLines(status, now)],
    ["Mailboxes", ...mailboxLines(status, now)],
    ["Disk", ...diskLines(status)],
  ];
  return `${parts.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

function indent(text: string): string[] {
  return text.trimEnd().split("\n").map((line) => `${INDENT}${line}`);
}

function sentence(text: string): string[] {
  return wrap(text, WIDTH).map((line) => `${INDENT}${line}`);
}

function serverLines({ server }: Status, now: number): string[] {
  if (server.state === "stopped") return sentence('not running. To start it: "npm start"');
  const by = server.pid === null ? "" : ` (process ${server.pid})`;
  if (server.state === "unready") return sentence(`starting or stopping${by}: ask again in a moment`);
  if (server.state === "silent") {
    return sentence(
      `runs${by}, but did not answer in time: very busy, or stuck. Ask again; if that stays so, restart it and read its log`,
    );
  }
  const since = `running since ${showTime(server.startedAt!)} (${showDuration(now - server.startedAt!)})`;
  return [
    ...sentence(`${since}, process ${server.pid}`),
    ...indent(layOutTable(
      [{ title: "SERVICE" }, { title: "LISTENS ON" }, { title: "TLS" }],
      server.endpoints.map(({ service, address, tls }) => [service, address, tls]),
      WIDTH,
    )),
  ];
}

function lineLines({ upstreams }: Status, now: number): string[] {
  if (upstreams.length === 0) {
    return sentence('no upstream: mail waits. To add one: "waypost upstream add", or [[upstream]] in the settings');
  }
  const table = indent(layOutTable(
    [{ title: "UPSTREAM" }, { title: "LAST DELIVERY" }, { title: "LAST ANSWER", shrinks: true }],
    upstreams.map((upstream) => [
      upstream.name,
      upstream.deliveredAt === null ? "none" : showDistance(upstream.deliveredAt, now),
      lastAnswer(upstream, now),
    ]),
    WIDTH,
  ));
  return [...table, ...upstreams.flatMap(({ name, pace }) => pace ? sentence(`${name}: ${paceText(pace, now)}`) : [])];
}

/** What is unusual about an upstream's pace; nothing is said of one that takes mail as fast as it comes. */
function paceText(pace: NonNullable<UpstreamStatus["pace"]>, now: number): string {
  const { down, slowedAt, connections, maxConnections, perMinute, sentInDay, perDay } = pace;
  const { recipientsInDay, recipientsPerDay } = pace;
  if (down?.isAsked) return `takes nothing, asked again at ${showTime(down.untilAt)}: ${oneLine(down.reply)}`;
  if (down) return `takes nothing until ${showTime(down.untilAt)}: ${oneLine(down.reply)}`;
  const parts = [
    ...(slowedAt === null ? [] : [
      `slowed down ${showDistance(slowedAt, now)}, ${connections} of ${showCount(maxConnections, "connection")}` +
      `${perMinute === null ? "" : `, ${perMinute} messages a minute`}`,
    ]),
    ...(perDay === 0 ? [] : [`${sentInDay} of ${perDay} messages in 24 hours`]),
    ...(recipientsPerDay === 0 ? [] : [`${recipientsInDay} of ${recipientsPerDay} recipients in 24 hours`]),
  ];
  return parts.join("; ");
}

function lastAnswer({ last }: UpstreamStatus, now: number): string {
  if (!last) return "not used lately";
  const isOurs = speakerOf(last.reply) === "waypost";
  return `${isOurs ? "not sent" : last.outcome} ${showDistance(last.startedAt, now)}: ${oneLine(last.reply)}`;
}

function queueLines({ queue }: Status, now: number): string[] {
  const { waitingMessages, heldMessages, octets, oldestAt, reasons } = queue;
  if (waitingMessages + heldMessages === 0) return sentence("empty");
  const oldest = oldestAt === null ? "" : `, the oldest from ${showTime(oldestAt)} (${showDistance(oldestAt, now)})`;
  const held = heldMessages > 0 ? `, ${heldMessages} held` : "";
  return [
    ...sentence(`${showCount(waitingMessages, "message")} waiting${held}, ${showOctets(octets)}${oldest}`),
    ...reasons.flatMap((reason) => {
      const count = showCount(reason.messages, "message");
      const next = reason.awaits
        ? showAwaited(reason.awaits, now)
        : `next attempt ${showDue(reason.nextAttemptAt, now)}`;
      if (reason.upstream === null) return sentence(`${count}: not tried yet, ${next}`);
      const since = reason.sinceAt === null ? "" : ` since ${showTime(reason.sinceAt)}`;
      const name = reason.upstream === "" ? "an upstream that may take them" : reason.upstream;
      return [
        ...sentence(`${count} for ${name}${since}: ${oneLine(reason.lastReply ?? "no answer")}; ${next}`),
        ...explanationOf(reason.explained).flatMap(sentence),
      ];
    }),
  ];
}

function mailboxLines({ mailboxes }: Status, now: number): string[] {
  if (mailboxes.length === 0) return sentence("no source: nothing is fetched");
  return [
    ...indent(layOutTable(
      [
        { title: "ACCOUNT", shrinks: true },
        { title: "SOURCE", shrinks: true },
        { title: "MAIL", align: "right" },
        { title: "NEW", align: "right" },
        { title: "SIZE", align: "right" },
        { title: "FETCHED" },
        { title: "NEXT" },
      ],
      mailboxes.map((box) => [
        box.account,
        box.source,
        String(box.messages),
        String(box.unread),
        showOctets(box.octets),
        lastFetchText(box, now),
        box.pausedBecause !== null ? "paused" : box.nextFetchAt === null ? "-" : showDue(box.nextFetchAt, now),
      ]),
      WIDTH,
    )),
    ...mailboxes.flatMap((box) =>
      box.budget === null ? [] : sentence(`${box.account}, ${box.source}: ${budgetText(box.budget)}`)
    ),
    ...mailboxes.filter((box) => box.lastOutcome !== null && box.lastOutcome !== "ok").flatMap((box) => {
      if (box.pausedBecause !== null) {
        return sentence(
          `${box.account}, ${box.source}: paused: ${oneLine(box.pausedBecause)}. ${resumeHint(box.account)}`,
        );
      }
      const times = box.failures > 1 ? ` (${box.failures} times in a row)` : "";
      return sentence(`${box.account}, ${box.source}: ${oneLine(box.lastOutcome ?? "")}${times}`);
    }),
  ];
}

function lastFetchText({ filledBy, lastFetchAt }: Status["mailboxes"][number], now: number): string {
  if (filledBy !== null) return `with ${filledBy}`;
  return lastFetchAt === null ? "never" : showDistance(lastFetchAt, now);
}

/** What is left of a source's budget. */
function budgetText({ messagesPerDay, octetsPerDay, messagesFetched, octetsFetched }: BudgetModel): string {
  const left = [
    ...messagesPerDay === null
      ? []
      : [`${Math.max(0, messagesPerDay - messagesFetched)} of ${showCount(messagesPerDay, "message")}`],
    ...octetsPerDay === null
      ? []
      : [`${showOctets(Math.max(0, octetsPerDay - octetsFetched))} of ${showOctets(octetsPerDay)}`],
  ];
  return `${left.join(", ")} may still be fetched in these 24 hours`;
}

function diskLines({ disk, storeTrouble }: Status): string[] {
  const { dataDir, freeOctets, totalOctets, reserveOctets, databaseOctets, isFull } = disk;
  const room = freeOctets === null || totalOctets === null
    ? "is not there"
    : `${showOctets(freeOctets)} free of ${showOctets(totalOctets)}`;
  const database = databaseOctets === null
    ? "the database is on a libSQL server"
    : `database ${showOctets(databaseOctets)}`;
  return [
    ...(isFull && freeOctets !== null ? sentence(roomText({ freeOctets, reserveOctets })) : []),
    ...(storeTrouble !== null ? sentence(storeTrouble) : []),
    ...sentence(`${dataDir}: ${room}, ${database}`),
  ];
}
