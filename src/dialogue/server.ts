import type { Connection } from "../net/connection.ts";
import * as errors from "../net/errors.ts";
import { beginsWithTls, FOREIGN_CAUSES, type ForeignSpeech, recogniseLine } from "../wire/foreign.ts";
import type { Line } from "../wire/lines.ts";
import { decodeText, shownCommand, wordOf } from "./command-line.ts";
import type { SessionOutcome } from "./phases.ts";
import type { SessionLog } from "./session.ts";
import type { Answer, Verb } from "./verb.ts";

/** What the loop must know of a protocol beside its verbs. */
export interface ServerProtocol<State extends { readonly at: string }, Context, Reply> {
  readonly verbs: ReadonlyMap<string, Verb<State, Context, Reply>>;
  /** The octets of a reply, line ends included. */
  readonly format: (reply: Reply) => string;
  /** Whether the reply refuses. */
  readonly isRefusal: (reply: Reply) => boolean;
  /** Whether a refusal is the client's error, of which it may make a few; absent: every refusal is. */
  readonly isError?: (reply: Reply) => boolean;
  /** What the owner may read of a refusal and the client may not. */
  readonly causeOf: (reply: Reply) => string | null;
  /** The replies that the loop itself gives. */
  readonly replies: {
    readonly unknownVerb: (name: string) => Reply;
    readonly badSequence: (verb: Verb<State, Context, Reply>, state: State) => Reply;
    readonly lineTooLong: Reply;
    readonly bareLf: Reply;
    readonly notText: Reply;
    readonly tooManyErrors: Reply;
    readonly tooManyCommands: Reply;
    /** The client speaks another protocol. */
    readonly foreign: (speech: ForeignSpeech) => Reply;
    readonly timedOut: Reply | null;
    readonly shuttingDown: Reply | null;
    readonly internalError: Reply;
  };
}

/** The loop's limits. */
export interface DialogueLimits {
  /** Longest command line, line end included. */
  readonly lineOctets: number;
  /** How long a client may be silent between commands. */
  readonly commandTimeoutMs: number;
  /** How long it may leave what is sent to it untaken. */
  readonly dataTimeoutMs: number;
  /** Refused commands after which the client is sent away. */
  readonly maxRefusals: number;
}

/** The server's side of a dialogue, for handlers that talk within a command: AUTH, DATA. */
export interface ServerDialogue<Reply> {
  readonly connection: Connection;
  readonly log: SessionLog;
  /** Sends an intermediate reply, through the same exit as all others. */
  readonly say: (reply: Reply) => void;
  /** Sends an intermediate reply and takes the line that answers it; `shown` goes into the transcript instead of it. */
  readonly ask: (reply: Reply, shown: string, maxOctets: number) => Promise<string>;
}

/** Ends the session from within a handler: the reply is sent, then the connection is closed. */
export class EndSession<Reply> extends Error {
  readonly reply: Reply | null;
  readonly outcome: SessionOutcome;
  constructor(outcome: SessionOutcome, cause: string, reply: Reply | null = null) {
    super(cause);
    this.outcome = outcome;
    this.reply = reply;
  }
}

/** One session of a server hop, from the banner to the end. */
export interface ServerSession<State extends { readonly at: string }, Context, Reply> {
  readonly protocol: ServerProtocol<State, Context, Reply>;
  readonly connection: Connection;
  readonly log: SessionLog;
  readonly limits: DialogueLimits;
  /** How long the client may be silent in a state, milliseconds; absent: `limits.commandTimeoutMs` in all of them. */
  readonly silenceIn?: (state: State) => number;
  /** How many commands in a row a client may give in such states; absent: any number. */
  readonly maxCommandsIn?: (state: State) => number;
  /** Whether something is under way in a state that a server which stops lets end; absent: nothing is. */
  readonly isBusy?: (state: State) => boolean;
  /** Command lines may end with a bare LF: the client is known to know no better. */
  readonly takesBareLf?: boolean;
  /** Makes what the handlers get, given the dialogue. */
  readonly context: (dialogue: ServerDialogue<Reply>) => Context;
  /** The banner and the state after it; with `end` the client is sent away at once. */
  readonly greeting: (context: Context) => Promise<Answer<State, Reply> & { readonly state: State }>;
  /** Aborted when the server stops: the session ends at its next wait for a command. */
  readonly signal: AbortSignal;
}

/**
 * THE server loop: every server hop runs in it. Reads a line, finds the verb's row, checks the state, runs the handler,
 * sends the reply through the one exit that formats, logs and counts. Never throws; the session is recorded however it
 * ends, and the connection is closed.
 */
export async function serve<State extends { readonly at: string }, Context, Reply>(
  session: ServerSession<State, Context, Reply>,
): Promise<void> {
  const { connection, log, signal } = session;
  const wait: Wait = { forCommand: false, mostMs: session.limits.commandTimeoutMs };
  // A message that is under way may end: only a wait for the next command is broken off.
  const onAbort = () => {
    if (wait.forCommand) connection.interrupt("shutting down");
  };
  signal.addEventListener("abort", onAbort);
  log.attach(connection);
  try {
    await converse(session, wait);
  } catch (error) {
    farewell(session, error);
  } finally {
    signal.removeEventListener("abort", onAbort);
    await connection.end();
  }
}

const LINE_END_OCTETS: Readonly<Record<Line["ending"], number>> = { crlf: 2, lf: 1 };

interface Wait {
  /** The client has nothing under way: a server that stops need not wait for it. */
  forCommand: boolean;
  /** How long the client may be silent. */
  mostMs: number;
}

async function converse<State extends { readonly at: string }, Context, Reply>(
  session: ServerSession<State, Context, Reply>,
  wait: Wait,
): Promise<void> {
  const { connection, log, limits, protocol, signal, isBusy = () => false } = session;
  const dialogue = dialogueOf(session, wait);
  const context = session.context(dialogue);
  let answer: Answer<State, Reply> = await session.greeting(context);
  let state = answer.state as State;
  const isError = protocol.isError ?? protocol.isRefusal;
  let refusals = 0;
  for (let commands = 0;; commands++) {
    dialogue.say(answer.reply);
    const { body } = answer;
    if (body && Symbol.asyncIterator in body) await sendBody(connection, body, limits.dataTimeoutMs);
    else if (body) { for (const piece of body) connection.write(piece); }
    if (answer.after) await answer.after();
    if (answer.phase) log.enter(answer.phase);
    if (answer.state) state = answer.state;
    if (answer.end) {
      await connection.flush(limits.dataTimeoutMs, "the client to take the last reply");
      return log.end(answer.end, protocol.causeOf(answer.reply));
    }
    if (isError(answer.reply) && ++refusals > limits.maxRefusals) {
      throw new EndSession("refused", "too many refused commands", protocol.replies.tooManyErrors);
    }
    if (commands >= (session.maxCommandsIn?.(state) ?? Infinity)) {
      throw new EndSession("refused", "too many commands without a login", protocol.replies.tooManyCommands);
    }
    const isIdle = !isBusy(state);
    if (signal.aborted && isIdle && !connection.hasLine()) throw new errors.InterruptedError("shutting down");
    // A client that asks and never reads the answers must not fill the memory with them.
    if (connection.wantsFlush) await connection.flush(limits.dataTimeoutMs, "the client to take the replies");
    if (session.silenceIn) wait.mostMs = session.silenceIn(state);
    wait.forCommand = isIdle;
    if (commands === 0 && !connection.tls) await refuseTls(session, wait.mostMs);
    const line = await connection.readLine(limits.lineOctets, wait.mostMs, "a command");
    wait.forCommand = false;
    if (line === null) return log.end("dropped", "the client closed the connection without QUIT");
    answer = await execute(session, state, line, context);
  }
}

/** A client that begins with TLS where it should not would send lines that nobody ends, or a parade of errors. */
async function refuseTls<State extends { readonly at: string }, Context, Reply>(
  { connection, protocol }: ServerSession<State, Context, Reply>,
  timeoutMs: number,
): Promise<void> {
  const expiresAt = Date.now() + timeoutMs;
  for (let octets = 1;; octets++) {
    const opening = await connection.peek(octets, octets, expiresAt, "a command");
    const decided = beginsWithTls(opening);
    if (decided) throw new EndSession("refused", FOREIGN_CAUSES.tls, protocol.replies.foreign("tls"));
    if (decided === false || opening.length < octets) return;
  }
}

function execute<State extends { readonly at: string }, Context, Reply>(
  session: ServerSession<State, Context, Reply>,
  state: State,
  line: Line,
  context: Context,
): Answer<State, Reply> | Promise<Answer<State, Reply>> {
  const { log, protocol } = session;
  const { replies } = protocol;
  if (line.tooLong) return refuse(session, line, "(a line that is too long)", replies.lineTooLong);
  const text = decodeText(line.octets);
  if (text === null) return refuse(session, line, "(a line that is not text)", replies.notText);
  if (line.ending === "lf" && !session.takesBareLf) {
    return refuse(session, line, "(a line ended by a bare LF)", replies.bareLf);
  }
  const word = wordOf(text);
  // In any case, RFC 5321 section 2.4.
  const name = word.toUpperCase().slice(0, 32);
  const verb = protocol.verbs.get(name);
  // Not even its first word is shown: it may be half of a login that has lost its step.
  if (!verb) return refuse(session, line, "(an unknown command)", replies.unknownVerb(name));
  const behind = text.trimStart().slice(word.length);
  const rest = verb.whole ? behind.slice(1) : behind.trim();
  const shown = shownCommand(verb, rest);
  if (!verb.in.includes(state.at)) return refuse(session, line, shown, replies.badSequence(verb, state));
  const phase = typeof verb.phase === "object" ? verb.phase[state.at as State["at"]] : verb.phase;
  // The command that begins a phase belongs to it.
  if (phase) log.enter(phase, line.octets.length + LINE_END_OCTETS[line.ending]);
  log.command(shown);
  return verb.run(state, rest, context);
}

/** A line that is no command of this moment; who speaks another protocol is sent away. */
function refuse<State extends { readonly at: string }, Context, Reply>(
  { log, protocol }: ServerSession<State, Context, Reply>,
  line: Line,
  shown: string,
  reply: Reply,
): Answer<State, Reply> {
  const speech = recogniseLine(line.octets);
  if (speech) throw new EndSession("refused", FOREIGN_CAUSES[speech], protocol.replies.foreign(speech));
  log.command(shown);
  return { reply };
}

function dialogueOf<State extends { readonly at: string }, Context, Reply>(
  session: ServerSession<State, Context, Reply>,
  wait: { readonly mostMs: number },
): ServerDialogue<Reply> {
  const { connection, log, protocol } = session;
  const say = (reply: Reply) => {
    const text = protocol.format(reply);
    connection.write(text);
    const cause = protocol.causeOf(reply);
    log.reply(text.trimEnd(), protocol.isRefusal(reply));
    if (cause !== null) log.note(cause);
  };
  const ask = async (reply: Reply, shown: string, maxOctets: number) => {
    say(reply);
    const line = await connection.readLine(maxOctets, wait.mostMs, "the client's answer");
    if (line === null) throw new errors.ConnectionError("the client closed the connection without QUIT");
    log.note(`C: ${shown}`);
    if (line.tooLong) throw new EndSession("refused", "the answer was too long", protocol.replies.lineTooLong);
    if (line.ending === "lf") {
      throw new EndSession("refused", "the answer ended with a bare LF", protocol.replies.bareLf);
    }
    return decodeText(line.octets) ?? "";
  };
  return { connection, log, say, ask };
}

async function sendBody(connection: Connection, body: AsyncIterable<Uint8Array>, timeoutMs: number): Promise<void> {
  try {
    for await (const piece of body) {
      connection.write(piece);
      if (connection.wantsFlush) await connection.flush(timeoutMs, "the client to take the message");
    }
  } catch (error) {
    if (error instanceof errors.DeadlineError) throw new EndSession("timeout", error.message);
    if (error instanceof errors.ConnectionError) throw error;
    throw new EndSession("failed", `a response broke off: ${errors.describeError(error)}`);
  }
}

/** Says why, as far as the protocol allows it and somebody listens, and records the end. */
function farewell<State extends { readonly at: string }, Context, Reply>(
  session: ServerSession<State, Context, Reply>,
  error: unknown,
): void {
  const { connection, log, protocol } = session;
  const { replies } = protocol;
  const leave = (reply: Reply | null, outcome: SessionOutcome, cause: string) => {
    if (reply !== null) {
      const text = protocol.format(reply);
      connection.write(text);
      log.reply(text.trimEnd(), true);
    }
    log.end(outcome, cause);
  };
  if (error instanceof EndSession) return leave(error.reply, error.outcome, error.message);
  if (error instanceof errors.ClearTextError) return leave(replies.foreign("clear"), "failed", error.message);
  if (error instanceof errors.TlsError) return log.end("failed", errors.describeError(error));
  if (error instanceof errors.DeadlineError) return leave(replies.timedOut, "timeout", error.message);
  if (error instanceof errors.InterruptedError) return leave(replies.shuttingDown, "shutdown", error.message);
  if (error instanceof errors.ConnectionError) return log.end("dropped", errors.describeError(error));
  leave(replies.internalError, "failed", errors.describeError(error));
}
