import type { Operation } from "../operation.ts";
import { hopHour, hopMinute, phaseHour, phaseMinute, session, transcript } from "../schema.ts";
import { insertRows, type Statement } from "../statements.ts";

/** A batch of telemetry. Counters are added to what the minute has already. */
export interface Telemetry {
  readonly sessions: readonly (typeof session.$inferInsert)[];
  readonly transcripts: readonly (typeof transcript.$inferInsert)[];
  readonly phases: readonly (typeof phaseMinute.$inferInsert)[];
  readonly hops: readonly (typeof hopMinute.$inferInsert)[];
}

/** Writes batches of telemetry. */
export const recordTelemetry: Operation<Telemetry, void> = {
  unpromised: true,
  statements: (calls) =>
    calls.flatMap(({ sessions, transcripts, phases, hops }) => [
      ...insertRows(session, sessions, "on conflict do nothing"),
      ...insertRows(transcript, transcripts, "on conflict do nothing"),
      ...addPhases(phases),
      ...addHops(hops),
    ]),
};

// Histograms are short JSON arrays: they are added element by element within the statement, so that a libSQL server that
// several nodes share adds them up as well.
const ADD_PHASE = `do update set
  sessions = sessions + excluded.sessions, failures = failures + excluded.failures,
  commands = commands + excluded.commands, refusals = refusals + excluded.refusals,
  octets_in = octets_in + excluded.octets_in, octets_out = octets_out + excluded.octets_out,
  duration_ms = duration_ms + excluded.duration_ms,
  histogram = (select json_group_array(mine.value + theirs.value)
               from json_each(histogram) as mine join json_each(excluded.histogram) as theirs using (key))`;

function addPhases(phases: Telemetry["phases"]): Statement[] {
  return [
    ...insertRows(phaseMinute, phases, `on conflict (minute, hop, phase) ${ADD_PHASE}`),
    ...insertRows(phaseHour, phases.map(withHour), `on conflict (hour, hop, phase) ${ADD_PHASE}`),
  ];
}

const ADD_HOP = `do update set
  sessions = sessions + excluded.sessions, completed = completed + excluded.completed,
  messages = messages + excluded.messages, octets_in = octets_in + excluded.octets_in,
  octets_out = octets_out + excluded.octets_out, dropped = dropped + excluded.dropped`;

function addHops(hops: Telemetry["hops"]): Statement[] {
  return [
    ...insertRows(hopMinute, hops, `on conflict (minute, hop) ${ADD_HOP}`),
    ...insertRows(hopHour, hops.map(withHour), `on conflict (hour, hop) ${ADD_HOP}`),
  ];
}

function withHour<Row extends { readonly minute: number }>(row: Row): Row & { readonly hour: number } {
  return { ...row, hour: hourOf(row.minute) };
}

/** The hour of a minute, both counted since the epoch. */
function hourOf(minute: number): number {
  return Math.floor(minute / 60);
}

/** What telemetry keeps. */
export interface TelemetryLimits {
  /** Sessions with lower ids, which began before it, are forgotten with their transcripts. */
  readonly firstSession: number;
  /** Transcripts of completed sessions are kept for this many newest sessions. */
  readonly transcripts: number;
  /** Minutes before this are forgotten, and the hours before its own. */
  readonly minutesBefore: number;
}

/** Forgets old telemetry. */
export const pruneTelemetry: Operation<TelemetryLimits, void> = {
  unpromised: true,
  statements: (calls) =>
    calls.flatMap(({ firstSession, transcripts, minutesBefore }) => [
      {
        sql: `delete from transcript where failed = 0 and session_id <=
              (select session_id from transcript where failed = 0 order by session_id desc limit 1 offset ?)`,
        args: [transcripts],
      },
      { sql: "delete from transcript where session_id < ?", args: [firstSession] },
      { sql: "delete from session where id < ?", args: [firstSession] },
      { sql: "delete from phase_minute where minute < ?", args: [minutesBefore] },
      { sql: "delete from hop_minute where minute < ?", args: [minutesBefore] },
      { sql: "delete from phase_hour where hour < ?", args: [hourOf(minutesBefore)] },
      { sql: "delete from hop_hour where hour < ?", args: [hourOf(minutesBefore)] },
    ]),
};
