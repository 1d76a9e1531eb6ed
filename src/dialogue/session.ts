import type { Clock } from "../wire/clock.ts";
import type { Connection, Endpoint } from "../net/connection.ts";
import { type Hop, type Phase, phasesOf, type SessionOutcome } from "./phases.ts";

/** What one phase of a session came to. */
export interface PhaseRecord {
  readonly phase: Phase;
  readonly startedAt: number;
  /** Without the time in which a client kept the session open and nothing was under way. */
  readonly durationMs: number;
  /** Octets from and to the peer, without TLS's own. */
  readonly octetsIn: number;
  readonly octetsOut: number;
  /** Commands that were given, by whichever side is the client. */
  readonly commands: number;
  /** Commands that the server refused. */
  readonly refusals: number;
}

/** One line of a transcript: [milliseconds since the session began, who said it, what]. Secrets are redacted. */
export type TranscriptLine = readonly [offsetMs: number, from: "client" | "server" | "note", text: string];

/** A session that has ended. */
export interface SessionRecord {
  readonly id: number;
  readonly hop: Hop;
  readonly startedAt: number;
  readonly durationMs: number;
  readonly peer: Endpoint;
  /** The listener's own port (server hops). */
  readonly localPort: number;
  /** The name of the upstream or source (client hops), or the client's EHLO name (SMTP server). */
  readonly peerName: string | null;
  /** The account that logged in or is served. */
  readonly account: string | null;
  /** "TLSv1.3 TLS_AES_256_GCM_SHA384", or null in the clear. */
  readonly tls: string | null;
  readonly phases: readonly PhaseRecord[];
  /** The phase in which it ended. */
  readonly endedIn: Phase;
  readonly outcome: SessionOutcome;
  /** Why it ended other than completed; for the owner, not for the peer. */
  readonly cause: string | null;
  /** Messages that changed hands. */
  readonly messages: number;
  readonly transcript: readonly TranscriptLine[];
  /** Lines that the transcript no longer holds, because it was full. */
  readonly linesDropped: number;
}

/** Gets every session when it opens and when it has ended. Never waits, never throws: mail does not wait for telemetry. */
export interface Recorder {
  opened(session: SessionLog): void;
  ended(record: SessionRecord): void;
}

/** A recorder that forgets. */
export const noRecorder: Recorder = { opened: () => undefined, ended: () => undefined };

/** Lines kept of one transcript: enough for any mail, bounded for a client that talks for days. */
const TRANSCRIPT_LINES = 400;
/** Characters kept of one line. */
const TRANSCRIPT_CHARACTERS = 512;

interface OpenPhase {
  phase: Phase;
  startedAt: number;
  octetsIn: number;
  octetsOut: number;
  commands: number;
  refusals: number;
  /** Time in which nothing was under way. */
  restedMs: number;
}

/** What a session is known by from its first moment. */
export interface SessionStart {
  readonly id: number;
  readonly hop: Hop;
  readonly peer: Endpoint;
  readonly localPort: number;
  readonly peerName?: string;
  readonly account?: string;
}

/**
 * Writes down one session: its phases, its transcript, its end. The dialogue calls it for every line; handlers only add
 * what they alone know (the account, that a message changed hands).
 */
export class SessionLog {
  readonly id: number;
  readonly hop: Hop;
  readonly startedAt: number;
  readonly peer: Endpoint;
  readonly localPort: number;
  peerName: string | null;
  account: string | null;
  /** Messages that changed hands so far. */
  messages = 0;

  readonly #clock: Clock;
  readonly #recorder: Recorder;
  #connection: Connection | null = null;
  readonly #phases: PhaseRecord[] = [];
  #open: OpenPhase;
  readonly #transcript: TranscriptLine[] = [];
  #linesDropped = 0;
  #ended = false;
  #turnedAway: string | null = null;
  #restingSince: number | null = null;

  constructor(start: SessionStart, recorder: Recorder, clock: Clock) {
    this.id = start.id;
    this.hop = start.hop;
    this.peer = start.peer;
    this.localPort = start.localPort;
    this.peerName = start.peerName ?? null;
    this.account = start.account ?? null;
    this.#clock = clock;
    this.#recorder = recorder;
    this.startedAt = clock.now();
    this.#open = { phase: phasesOf(start.hop)[0]!, startedAt: this.startedAt, ...ZERO };
    recorder.opened(this);
  }

  /** The phase in which the session is. */
  get phase(): Phase {
    return this.#open.phase;
  }

  /** Counts octets of this connection from now on. A client's session begins before it has one. */
  attach(connection: Connection): void {
    this.#connection = connection;
  }

  /**
   * Moves to a phase. A session never goes back: moving to an earlier phase or the same one changes nothing. What came
   * and was not read yet counts in the phase that reads it.
   * @param begunBy octets of the command that begins it, where it was read already
   */
  enter(phase: Phase, begunBy = 0): void {
    const order = phasesOf(this.hop);
    if (order.indexOf(phase) <= order.indexOf(this.#open.phase)) return;
    const connection = this.#connection;
    const octetsIn = connection ? connection.octetsIn - connection.unreadOctets - begunBy : 0;
    this.#closePhase(octetsIn);
    const now = this.#clock.now();
    this.#open = {
      phase,
      startedAt: now,
      octetsIn,
      octetsOut: connection?.octetsOut ?? 0,
      commands: 0,
      refusals: 0,
      restedMs: 0,
    };
  }

  /**
   * A client keeps the session open although nothing is under way: the time until the next command counts in no phase, or
   * a kept connection would look like a slow server.
   */
  rest(): void {
    this.#restingSince ??= this.#clock.now();
  }

  /** A command was given. Pass it with its secrets taken out. */
  command(text: string): void {
    this.#wake();
    this.#open.commands++;
    this.#write("client", text);
  }

  /** A reply was given. */
  reply(text: string, refused: boolean): void {
    if (refused) this.#open.refusals++;
    this.#write("server", text);
  }

  /** Something that was not said: a handshake, octets of a message, a decision. */
  note(text: string): void {
    this.#write("note", text);
  }

  /** The client is not let in: however the session ends, that is what came of it. */
  turnAway(cause: string): void {
    this.#turnedAway = cause;
  }

  /** Ends the session and hands it to the recorder; later calls change nothing. */
  end(how: SessionOutcome, why: string | null = null): void {
    if (this.#ended) return;
    this.#ended = true;
    if (why !== null) this.note(why);
    const cause = this.#turnedAway ?? why;
    const outcome = this.#turnedAway === null ? how : "refused";
    const endedIn = this.#open.phase;
    this.#closePhase(this.#connection?.octetsIn ?? 0);
    const tls = this.#connection?.tls;
    this.#recorder.ended({
      id: this.id,
      hop: this.hop,
      startedAt: this.startedAt,
      durationMs: this.#clock.now() - this.startedAt,
      peer: this.peer,
      localPort: this.localPort,
      peerName: this.peerName,
      account: this.account,
      tls: tls ? `${tls.protocol} ${tls.cipher}` : null,
      phases: this.#phases,
      endedIn,
      outcome,
      cause,
      messages: this.messages,
      transcript: this.#transcript,
      linesDropped: this.#linesDropped,
    });
  }

  #wake(): void {
    if (this.#restingSince === null) return;
    this.#open.restedMs += this.#clock.now() - this.#restingSince;
    this.#restingSince = null;
  }

  /** @param octetsIn how many octets had come in all when it ended */
  #closePhase(octetsIn: number): void {
    this.#wake();
    const open = this.#open;
    const connection = this.#connection;
    this.#phases.push({
      phase: open.phase,
      startedAt: open.startedAt,
      durationMs: this.#clock.now() - open.startedAt - open.restedMs,
      octetsIn: octetsIn - open.octetsIn,
      octetsOut: (connection?.octetsOut ?? 0) - open.octetsOut,
      commands: open.commands,
      refusals: open.refusals,
    });
  }

  #write(from: TranscriptLine[1], text: string): void {
    if (this.#transcript.length >= TRANSCRIPT_LINES) {
      // The beginning tells who it was, the end why it ended: the middle goes.
      this.#transcript.splice(TRANSCRIPT_LINES / 2, 1);
      this.#linesDropped++;
    }
    const shown = text.length > TRANSCRIPT_CHARACTERS ? `${text.slice(0, TRANSCRIPT_CHARACTERS)}…` : text;
    this.#transcript.push([this.#clock.now() - this.startedAt, from, shown]);
  }
}

const ZERO = { octetsIn: 0, octetsOut: 0, commands: 0, refusals: 0, restedMs: 0 };
