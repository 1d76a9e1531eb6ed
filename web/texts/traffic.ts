/** The words of the traffic by phase, and of the charts. */
import type { Hop, Phase } from "../../src/dialogue/phases.ts";
import type { RangeName } from "../models.ts";
import { count, numbers, phases } from "./words.ts";

const LENGTHS: Readonly<Record<RangeName, { readonly bucket: string; readonly row: string }>> = {
  hour: { bucket: "minute", row: "5 minutes from" },
  day: { bucket: "15 minutes", row: "Hour from" },
  week: { bucket: "2 hours", row: "Day from" },
  month: { bucket: "6 hours", row: "Day from" },
};

/** A part in hundredths: what is not nothing or all does not read as that. */
function percentOf(share: number): string {
  if (share > 0 && share < 0.01) return "<1";
  return share > 0.99 && share < 1 ? ">99" : String(Math.round(share * 100));
}

export const traffic = {
  title: "Traffic by phase",
  hops: "Hop",
  range: "Time",
  ranges: { hour: "Hour", day: "Day", week: "Week", month: "Month" } as Readonly<Record<RangeName, string>>,
  last: (range: RangeName) => `The last ${range}`,
  perBucket: (range: RangeName) => `Messages per ${LENGTHS[range].bucket}`,
  rowFrom: (range: RangeName) => LENGTHS[range].row,
  bucketFrom: "From",
  peers: {
    "smtp-server": "Client",
    "smtp-client": "Upstream",
    "pop3-client": "Source",
    "pop3-server": "Client",
  } as Readonly<Record<Hop, string>>,
  allPeers: "All",
  peerOption: (name: string, sessions: number) => `${name} (${count(sessions, "session")})`,
  show: "Show",
  sessions: (number: number, limit: number | null) =>
    `${limit === null ? "" : "The newest "}${count(number, "session")}`,
  inTheLast: (range: RangeName) => `in the last ${range}`,
  open: (number: number) => `${numbers.format(number)} open now`,
  allCompleted: "all completed",
  unfinished: (number: number) => `${numbers.format(number)} did not complete`,
  counted: "Every session is counted, by the minute in which it ended.",
  kept: (limit: number | null) =>
    `Figures of one peer are counted from the sessions that are kept${
      limit === null ? "" : `, here from the newest ${numbers.format(limit)}: older ones are not in the picture`
    }.`,
  none: "No session ended in this time.",
  share: (share: number) => `${percentOf(share)}\u00a0% of the time`,
  noTime: "no time",
  figures: {
    sessions: "Sessions",
    octets: "In / out",
    commands: "Commands",
    refused: "refused",
    failures: "Ended here",
  },
  median: "median",
  p95: "95th",
  distribution: "How long it took",
  distributionIn: (phase: Phase) => `How long ${phases[phase].toLowerCase()} took, sessions by duration`,
  course: "Over time",
  upTo: (duration: string) => `logarithmic up to ${duration}`,
  medianP95: "Median / 95th",
  duration: "Duration",
  keyMedian: "median",
  keySpread: "to 95th",
  keySessions: "sessions",
  keyFailures: "ended here",
  bucketTells: (at: string, sessions: number, failures: number, median: string, p95: string) =>
    `${at}: ${count(sessions, "session")}, median ${median}, 95th ${p95}${
      failures === 0 ? "" : `, ${numbers.format(failures)} ended here`
    }`,
  atMost: (sessions: number) => `at most ${count(sessions, "session")}`,
  showFailed: (phase: Phase, number: number) =>
    `Show the ${count(number, "session")} that ended in ${phases[phase].toLowerCase()} without completing`,
  numbers: "As numbers",
} as const;
