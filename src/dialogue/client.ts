import type { Connection } from "../net/connection.ts";
import { ConnectionError } from "../net/errors.ts";
import type { Line } from "../wire/lines.ts";
import type { Phase } from "./phases.ts";
import type { SessionLog } from "./session.ts";

/** One step of a client, as data: a row says what errors call it, which phase it begins and how long its reply may take. */
export interface Step {
  /** The verb, as errors and transcripts name it. */
  readonly name: string;
  /** The phase that it begins, if it begins one. */
  readonly phase?: Phase;
  /** How long the reply may take. */
  readonly timeoutMs: number;
  /** Where the step and its timeout are specified. */
  readonly rfc: string;
}

/** How a protocol's replies are read. */
export interface ReplyReader<Reply> {
  /**
   * Takes the next line of a reply, without its line end; null: more of them follow.
   * @param before what it keeps of those that came before it: an empty array for the first
   */
  readonly take: (line: string, before: string[]) => Reply | null;
  /** What a transcript shows of it. */
  readonly show: (reply: Reply) => string;
  readonly isRefusal: (reply: Reply) => boolean;
}

/** Longest reply line taken. RFC 5321 section 4.5.3.1.5 allows 512, RFC 1939 section 3 the same; servers are not that careful. */
const REPLY_LINE_OCTETS = 8192;

/** THE client step: every client hop sends its commands and takes its replies through one of these. */
export class ClientDialogue<Reply> {
  readonly connection: Connection;
  readonly log: SessionLog;
  readonly #reader: ReplyReader<Reply>;

  constructor(connection: Connection, log: SessionLog, reader: ReplyReader<Reply>) {
    this.connection = connection;
    this.log = log;
    this.#reader = reader;
    log.attach(connection);
  }

  /**
   * Writes a command; it leaves with the next wait for a reply, so that several can be pipelined.
   * @param line the command without its line end
   * @param shown what the transcript shows instead, where the line holds a secret
   */
  send(step: Step, line: string, shown: string = line): void {
    if (/[\r\n]/.test(line)) throw new TypeError(`${step.name}: a command cannot hold a line end`);
    if (step.phase) this.log.enter(step.phase);
    this.log.command(shown);
    this.connection.write(`${line}\r\n`);
  }

  /**
   * Takes the reply to a step.
   * @throws DeadlineError "timed out while waiting for the reply to RCPT TO", ConnectionError
   */
  async reply(step: Step): Promise<Reply> {
    const before: string[] = [];
    for (;;) {
      // Of a pipelined group the replies come together: all but the first are there already.
      const line = this.connection.takeLine(REPLY_LINE_OCTETS) ?? await this.#readLine(step);
      const reply = this.#reader.take(textOf(line, step), before);
      if (reply === null) continue;
      this.log.reply(this.#reader.show(reply), this.#reader.isRefusal(reply));
      return reply;
    }
  }

  /** Sends one command and takes its reply. */
  ask(step: Step, line: string, shown?: string): Promise<Reply> {
    this.send(step, line, shown);
    return this.reply(step);
  }

  #readLine(step: Step): Promise<Line | null> {
    return this.connection.readLine(REPLY_LINE_OCTETS, step.timeoutMs, awaited(step));
  }
}

/** A line as text; one without its CR is taken as it is, since servers differ. */
function textOf(line: Line | null, step: Step): string {
  if (line === null) throw new ConnectionError(`the server closed the connection while we waited for ${awaited(step)}`);
  if (line.tooLong) throw new ConnectionError(`the server sent a line of more than ${REPLY_LINE_OCTETS} octets`);
  const { buffer, byteOffset, length } = line.octets;
  return Buffer.from(buffer, byteOffset, length).toString("utf8");
}

function awaited({ name }: Step): string {
  return `the reply to ${name}`;
}
