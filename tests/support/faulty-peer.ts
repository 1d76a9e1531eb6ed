import { Buffer } from "node:buffer";
import type { Connection } from "../../src/net/connection.ts";
import { listen } from "../../src/net/listener.ts";
import { freePort } from "./free-port.ts";

/** How long a peer waits for a client that should act at once. */
const PATIENCE_MS = 10_000;

/** What a peer does at a step: sends these octets, closes the connection ("cut"), or falls silent ("silent"). */
export type Act = string | "cut" | "silent";

/** A server's behaviour by step; for steps that come several times, a list whose last element stays. */
export interface PeerScript {
  readonly greeting?: Act | readonly Act[];
  /** "DATA" is the reply to the command, "message" the one to the message. */
  readonly [verb: string]: Act | readonly Act[] | undefined;
}

/** A server that does what its script says, however wrong that is. */
export interface FaultyPeer {
  readonly port: number;
  /** The command lines that came, over all connections. */
  readonly commands: readonly string[];
  /** The messages that came whole, with their dot-stuffing. */
  readonly messages: readonly string[];
  readonly connections: number;
  close(): Promise<void>;
}

const usual: PeerScript = {
  greeting: "220 peer.test ESMTP\r\n",
  EHLO: "250-peer.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 100000\r\n",
  HELO: "250 peer.test\r\n",
  AUTH: "235 2.7.0 welcome\r\n",
  MAIL: "250 2.1.0 fine\r\n",
  RCPT: "250 2.1.5 fine\r\n",
  DATA: "354 go\r\n",
  BDAT: "250 2.0.0 taken\r\n",
  message: "250 2.0.0 taken\r\n",
  RSET: "250 2.0.0 anew\r\n",
  QUIT: "221 2.0.0 goodbye\r\n",
};

/** Starts a peer; what its script leaves out, it does as a server should. No port: one that stays free when it stops. */
export async function startFaultyPeer(script?: PeerScript, port?: number): Promise<FaultyPeer> {
  const commands: string[] = [];
  const messages: string[] = [];
  const open = new Set<Connection>();
  const counts = new Map<string, number>();
  let connections = 0;
  const actAt = (step: string): Act => {
    const acts = script?.[step] ?? usual[step] ?? "500 5.5.2 unknown\r\n";
    if (typeof acts === "string") return acts;
    const count = counts.get(step) ?? 0;
    counts.set(step, count + 1);
    return acts[Math.min(count, acts.length - 1)]!;
  };
  const serve = async (connection: Connection) => {
    let chunks = "";
    if (!act(connection, actAt("greeting"))) return;
    for (;;) {
      const line = await connection.readLine(100_000, PATIENCE_MS, "a command");
      if (line === null) return;
      const text = Buffer.from(line.octets).toString("latin1");
      commands.push(text);
      const verb = text.split(" ")[0]!.toUpperCase();
      if (verb === "BDAT") {
        chunks += await readChunk(connection, Number(text.split(" ")[1]));
        if (text.endsWith("LAST")) messages.push(chunks);
      } else if (verb === "MAIL") chunks = "";
      const given = actAt(verb);
      if (!act(connection, given)) return;
      if (verb === "QUIT") return;
      if (verb !== "DATA" || !given.startsWith("354")) continue;
      if (actAt("within message") === "cut") {
        await connection.readPiece(PATIENCE_MS, "the message");
        connection.destroy();
        return;
      }
      messages.push(await readMessage(connection));
      if (!act(connection, actAt("message"))) return;
    }
  };
  const listener = await listen({ address: "127.0.0.1", port: port ?? await freePort() }, (connection) => {
    connections++;
    open.add(connection);
    void serve(connection).catch(() => "the client has gone").finally(() => {
      if (!silent.has(connection)) void connection.end();
    });
  });
  return {
    port: listener.endpoint.port,
    commands,
    messages,
    get connections() {
      return connections;
    },
    async close() {
      for (const connection of open) connection.destroy();
      await listener.close();
    },
  };
}

/** Connections that were left open without a word. */
const silent = new WeakSet<Connection>();

/** Does it; false: the session is over. */
function act(connection: Connection, what: Act): boolean {
  if (what === "cut") return false;
  if (what === "silent") {
    silent.add(connection);
    return false;
  }
  connection.write(Buffer.from(what, "latin1"));
  return true;
}

async function readChunk(connection: Connection, octets: number): Promise<string> {
  let text = "";
  while (text.length < octets) {
    const piece = await connection.readPiece(PATIENCE_MS, "the chunk");
    if (piece === null) throw new Error("the client left within a chunk");
    const left = octets - text.length;
    if (piece.length > left) connection.unread(piece.subarray(left));
    text += Buffer.from(piece.subarray(0, left)).toString("latin1");
  }
  return text;
}

async function readMessage(connection: Connection): Promise<string> {
  let text = "";
  for (;;) {
    const line = await connection.readLine(10_000_000, PATIENCE_MS, "the message");
    if (line === null) throw new Error("the client left within a message");
    const shown = Buffer.from(line.octets).toString("latin1");
    if (shown === ".") return text;
    text += `${shown}\r\n`;
  }
}
