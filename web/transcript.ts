import type { SessionPhase, TranscriptEntry } from "./models.ts";

/** What is needed of a session. */
interface Phases {
  readonly startedAt: number;
  readonly phases: readonly SessionPhase[];
  readonly linesDropped: number;
}

/**
 * The phase of each line of a transcript, as an index of the session's phases. A phase begins with a command and knows
 * how many it has: that tells apart what happened within one millisecond. Only where lines are missing the times decide.
 */
export function phasesOfLines(session: Phases, lines: readonly TranscriptEntry[]): number[] {
  return session.linesDropped > 0 ? byTime(session, lines) : byCommands(session, lines);
}

function byCommands(session: Phases, lines: readonly TranscriptEntry[]): number[] {
  const { phases } = session;
  const last = phases.length - 1;
  let phase = 0;
  let left = phases[0]?.commands ?? 0;
  return lines.map((line) => {
    if (line.from === "client") {
      while (left === 0 && phase < last) left = phases[++phase]!.commands;
      left--;
    } else {
      // A phase without a command (the end of a session whose client just left) begins by its time.
      const isOver = phase < last && left <= 0 && phases.slice(phase + 1).every((next) => next.commands === 0);
      if (isOver && startOf(session, phase + 1) <= line.offsetMs) phase++;
    }
    return phase;
  });
}

function byTime(session: Phases, lines: readonly TranscriptEntry[]): number[] {
  let phase = 0;
  return lines.map((line) => {
    while (phase < session.phases.length - 1 && startOf(session, phase + 1) <= line.offsetMs) phase++;
    return phase;
  });
}

function startOf({ startedAt, phases }: Phases, phase: number): number {
  return phases[phase]!.startedAt - startedAt;
}
