import { Buffer } from "node:buffer";
import * as net from "node:net";
import * as tls from "node:tls";
import { freePort } from "./free-port.ts";
import { stuffDots } from "./raw-smtp.ts";

/** A message in an upstream mailbox. Its octets end with CRLF. */
export interface SourceMessage {
  readonly uidl: string;
  readonly size: number;
  /** The octets as they are sent: dot-stuffed, without the final dot. */
  readonly stuffed: () => Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

/** A POP3 server of a few lines that shares nothing with Waypost's own. One mailbox, any login. */
export interface ScriptedSource {
  readonly port: number;
  /** What is in the mailbox; a test may change it between sessions. */
  messages: SourceMessage[];
  /** Commands of all sessions, in their order, passwords too. */
  readonly commands: readonly string[];
  /** How many sessions have ended by QUIT. */
  sessions(): number;
  /** Closes the port and every connection. */
  stop(): Promise<void>;
}

/** A message that is at hand. */
export function sourceMessage(uidl: string, octets: Uint8Array): SourceMessage {
  return { uidl, size: octets.length, stuffed: () => [stuffDots(octets)] };
}

/** Starts a source on 127.0.0.1; with a certificate it speaks TLS from the first octet. */
export async function startSource(
  messages: SourceMessage[],
  port: number | undefined = undefined,
  certificate: { readonly cert: string; readonly key: string } | null = null,
): Promise<ScriptedSource> {
  const commands: string[] = [];
  const open = new Set<net.Socket>();
  let ended = 0;
  const source = { messages };
  const accept = (socket: net.Socket) => {
    open.add(socket);
    socket.setNoDelay(true);
    socket.on("close", () => open.delete(socket));
    socket.on("error", () => socket.destroy());
    converse(socket, source, commands).then((quit) => ended += quit ? 1 : 0, (error) => socket.destroy(error));
  };
  const server = certificate ? tls.createServer(certificate, accept) : net.createServer(accept);
  const listenAt = port ?? await freePort();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(listenAt, "127.0.0.1", resolve);
  });
  return Object.assign(source, {
    port: (server.address() as net.AddressInfo).port,
    commands,
    sessions: () => ended,
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of open) socket.destroy();
      await closed;
    },
  });
}

/** Runs a session; gives whether it ended with QUIT, which is when deletions take effect. */
async function converse(
  socket: net.Socket,
  mailbox: { messages: SourceMessage[] },
  commands: string[],
): Promise<boolean> {
  const messages = [...mailbox.messages];
  const deleted = new Set<SourceMessage>();
  const say = (text: string) => void socket.write(`${text}\r\n`);
  const list = (what: (message: SourceMessage) => string | number) => {
    const lines = messages.flatMap((message, index) => deleted.has(message) ? [] : [`${index + 1} ${what(message)}`]);
    say(["+OK", ...lines, "."].join("\r\n"));
  };
  say("+OK source.example");
  for await (const line of linesOf(socket)) {
    commands.push(line);
    const [verb = "", argument = ""] = line.split(" ");
    const message = messages[Number(argument) - 1];
    if (verb === "CAPA") say("+OK\r\nUIDL\r\nUSER\r\nTOP\r\nPIPELINING\r\n.");
    else if (verb === "STAT") {
      say(`+OK ${messages.length} ${messages.reduce((sum, one) => sum + one.size, 0)}`);
    } else if (verb === "UIDL") list((one) => one.uidl);
    else if (verb === "LIST") list((one) => one.size);
    else if (verb === "RETR" && message) {
      say("+OK");
      for await (const piece of message.stuffed()) await write(socket, piece);
      say(".");
    } else if (verb === "TOP" && message) {
      say(`+OK\r\n${await headerOf(message)}.`);
    } else if (verb === "DELE" && message) {
      deleted.add(message);
      say("+OK");
    } else if (verb === "QUIT") {
      mailbox.messages = mailbox.messages.filter((one) => !deleted.has(one));
      say("+OK");
      socket.end();
      return true;
    } else say(["USER", "PASS", "NOOP", "RSET"].includes(verb) ? "+OK" : "-ERR what?");
  }
  return false;
}

/** The header with the empty line behind it. */
async function headerOf(message: SourceMessage): Promise<string> {
  let text = "";
  for await (const piece of message.stuffed()) {
    text += Buffer.from(piece).toString("latin1");
    const end = text.indexOf("\r\n\r\n");
    if (end >= 0) return text.slice(0, end + 4);
  }
  return text;
}

async function* linesOf(socket: net.Socket): AsyncGenerator<string> {
  let rest = "";
  for await (const piece of socket) {
    rest += (piece as Buffer).toString("latin1");
    for (let end = rest.indexOf("\r\n"); end >= 0; end = rest.indexOf("\r\n")) {
      yield rest.slice(0, end);
      rest = rest.slice(end + 2);
    }
  }
}

async function write(socket: net.Socket, piece: Uint8Array): Promise<void> {
  if (socket.write(piece)) return;
  await new Promise<void>((resolve) => {
    const go = () => {
      socket.off("drain", go);
      socket.off("close", go);
      resolve();
    };
    socket.on("drain", go);
    socket.on("close", go);
  });
}
