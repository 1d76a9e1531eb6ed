import { Buffer } from "node:buffer";
import * as net from "node:net";

/** A message of a source, with the octets that it has. */
export interface ModelMessage {
  readonly uidl: string;
  readonly octets: Buffer;
}

/** What goes wrong in the sessions of a source. */
export interface SourceFaults {
  /** The line is cut when so many octets have left, or have come, in this session. */
  readonly cutAfterSent?: number;
  readonly cutAfterHeard?: number;
  /** After so many octets nothing more is said, and the line stays open. */
  readonly silentAfterSent?: number;
  /** What is sent arrives in pieces of so many octets. */
  readonly pieceOctets?: number;
  /** Whole responses to be said instead of the usual ones, by verb; "greeting" too. What they ask for is not done. */
  readonly replies?: Readonly<Record<string, string>>;
  /** What UIDL and LIST say of a message; null: it is left out. */
  readonly uidlOf?: (message: ModelMessage, number: number) => string | null;
  readonly sizeOf?: (message: ModelMessage, number: number) => string | null;
  /** Whether RETR of a message is refused. */
  readonly refuses?: (message: ModelMessage) => boolean;
  /** Messages whose dots are sent as they stand. */
  readonly unstuffed?: (message: ModelMessage) => boolean;
  /** QUIT removes and closes without a word, removes nothing and says +OK, or removes half and says -ERR. */
  readonly atQuit?: "speechless" | "forgetful" | "half";
  /** CAPA does not list PIPELINING, or is unknown. */
  readonly capa?: "plain" | "none";
}

/** A POP3 server that keeps its word to the letter, or breaks it as it is told. Shares nothing with Waypost's own. */
export interface FaultySource {
  readonly port: number;
  messages: ModelMessage[];
  /** Holds for sessions that begin from now on. */
  faults: SourceFaults;
  /** Awaited at each DELE, before it is answered. */
  onDelete: (message: ModelMessage) => Promise<void> | void;
  /** Commands of all sessions, without passwords. */
  readonly commands: string[];
  /** Octets that left, and came, in the last session. */
  sent: number;
  heard: number;
  /** Resolves when no session is under way. */
  idle(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a source on 127.0.0.1. Any login will do. */
export async function startFaultySource(messages: ModelMessage[] = []): Promise<FaultySource> {
  const open = new Set<Promise<void>>();
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    socket.setNoDelay(true);
    socket.on("error", () => socket.destroy());
    sockets.add(socket);
    const session = converse(socket, source).catch(() => undefined).then(() => {
      sockets.delete(socket);
      open.delete(session);
    });
    open.add(session);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const source: FaultySource = {
    port: (server.address() as net.AddressInfo).port,
    messages,
    faults: {},
    onDelete: () => undefined,
    commands: [],
    sent: 0,
    heard: 0,
    async idle() {
      while (open.size > 0) await Promise.all(open);
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  return source;
}

/** The line was cut, as the faults want it. */
class Cut extends Error {}

/** What is said, octet for octet, up to where it is cut. */
class Mouth {
  readonly #socket: net.Socket;
  readonly #source: FaultySource;
  readonly #faults: SourceFaults;

  constructor(socket: net.Socket, source: FaultySource) {
    this.#socket = socket;
    this.#source = source;
    this.#faults = source.faults;
  }

  async say(text: string): Promise<void> {
    const { cutAfterSent = Infinity, silentAfterSent = Infinity, pieceOctets = Infinity } = this.#faults;
    const limit = Math.min(cutAfterSent, silentAfterSent) - this.#source.sent;
    const octets = Buffer.from(text, "latin1");
    const allowed = octets.subarray(0, Math.max(0, Math.min(limit, octets.length)));
    for (let at = 0; at < allowed.length; at += pieceOctets) {
      await this.#write(allowed.subarray(at, Math.min(allowed.length, at + pieceOctets)));
    }
    this.#source.sent += allowed.length;
    if (this.#source.sent >= cutAfterSent) {
      this.#socket.destroySoon();
      throw new Cut();
    }
  }

  async #write(octets: Buffer): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#socket.write(octets, (error) => error ? reject(error) : resolve());
    });
  }
}

async function converse(socket: net.Socket, source: FaultySource): Promise<void> {
  const { faults } = source;
  [source.sent, source.heard] = [0, 0];
  const mouth = new Mouth(socket, source);
  const listed = [...source.messages];
  const marked = new Set<ModelMessage>();
  try {
    await mouth.say(faults.replies?.["greeting"] ?? "+OK ready\r\n");
    for await (const line of linesOf(socket, source, faults.cutAfterHeard ?? Infinity)) {
      const verb = line.split(" ")[0]!.toUpperCase();
      source.commands.push(verb === "PASS" ? verb : line);
      const given = faults.replies?.[verb];
      await mouth.say(given ?? await answer(verb, line, { source, faults, listed, marked }));
      if (verb === "QUIT") break;
    }
    socket.destroySoon();
  } catch (error) {
    if (!(error instanceof Cut)) socket.destroy();
  }
}

interface Maildrop {
  readonly source: FaultySource;
  readonly faults: SourceFaults;
  readonly listed: readonly ModelMessage[];
  readonly marked: Set<ModelMessage>;
}

async function answer(verb: string, line: string, maildrop: Maildrop): Promise<string> {
  const { source, faults, listed, marked } = maildrop;
  const [, first, second] = line.split(" ");
  const message = listed[Number(first) - 1];
  const here = message && !marked.has(message) ? message : null;
  switch (verb) {
    case "CAPA":
      if (faults.capa === "none") return "-ERR what?\r\n";
      return `+OK\r\nUSER\r\nUIDL\r\nTOP\r\n${faults.capa === "plain" ? "" : "PIPELINING\r\n"}.\r\n`;
    case "STAT": {
      const left = listed.filter((one) => !marked.has(one));
      return `+OK ${left.length} ${left.reduce((sum, { octets }) => sum + octets.length, 0)}\r\n`;
    }
    case "UIDL":
      return listing(first, maildrop, faults.uidlOf ?? (({ uidl }) => uidl));
    case "LIST":
      return listing(first, maildrop, faults.sizeOf ?? (({ octets }) => String(octets.length)));
    case "RETR":
      if (!here || faults.refuses?.(here)) return "-ERR no\r\n";
      return faults.unstuffed?.(here)
        ? `+OK\r\n${here.octets.toString("latin1")}.\r\n`
        : `+OK\r\n${stuffed(here.octets)}`;
    case "TOP":
      return here ? `+OK\r\n${stuffed(topOf(here.octets, Number(second)))}` : "-ERR no\r\n";
    case "DELE":
      if (!here) return "-ERR no\r\n";
      await source.onDelete(here);
      marked.add(here);
      return "+OK\r\n";
    case "QUIT":
      return update(maildrop);
    default:
      return ["USER", "PASS", "NOOP", "RSET"].includes(verb) ? "+OK\r\n" : "-ERR what?\r\n";
  }
}

function listing(
  wanted: string | undefined,
  { listed, marked }: Maildrop,
  what: (message: ModelMessage, number: number) => string | null,
): string {
  const lines = listed.flatMap((message, index) => {
    const value = marked.has(message) ? null : what(message, index + 1);
    return value === null ? [] : [`${index + 1} ${value}`];
  });
  if (wanted === undefined) return ["+OK", ...lines, ".", ""].join("\r\n");
  const line = lines.find((one) => one.startsWith(`${wanted} `));
  return line === undefined ? "-ERR no\r\n" : `+OK ${line}\r\n`;
}

/** RFC 1939 section 6, or what the faults make of it. */
function update({ source, faults, marked }: Maildrop): string {
  const { atQuit } = faults;
  const removed = new Set(atQuit === "half" ? [...marked].slice(0, marked.size >> 1) : marked);
  if (atQuit !== "forgetful") source.messages = source.messages.filter((message) => !removed.has(message));
  if (atQuit === "speechless") throw new Error("closed without a word");
  return atQuit === "half" ? "-ERR some messages were not removed\r\n" : "+OK\r\n";
}

/** RFC 1939 section 3: the lines, stuffed, and the final dot. */
function stuffed(octets: Buffer): string {
  const text = octets.toString("latin1");
  const ended = text === "" || text.endsWith("\r\n") ? text : `${text}\r\n`;
  return `${ended.replace(/(^|\r\n)\./g, "$1..")}.\r\n`;
}

function topOf(octets: Buffer, lines: number): Buffer {
  const text = octets.toString("latin1");
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return octets;
  const body = text.slice(end + 4).split("\r\n").slice(0, lines);
  return Buffer.from(text.slice(0, end + 4) + body.map((line) => `${line}\r\n`).join(""), "latin1");
}

async function* linesOf(socket: net.Socket, source: FaultySource, cutAfterHeard: number): AsyncGenerator<string> {
  let rest = "";
  if (cutAfterHeard === 0) throw new Error("the line is cut");
  for await (const piece of socket) {
    const octets = (piece as Buffer).subarray(0, cutAfterHeard - source.heard);
    source.heard += octets.length;
    rest += octets.toString("latin1");
    for (let end = rest.indexOf("\r\n"); end >= 0; end = rest.indexOf("\r\n")) {
      yield rest.slice(0, end);
      rest = rest.slice(end + 2);
    }
    if (source.heard >= cutAfterHeard) throw new Error("the line is cut");
  }
}
