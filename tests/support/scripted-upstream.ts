import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import * as net from "node:net";
import * as tls from "node:tls";
import { freePort } from "./free-port.ts";

/** A message that an upstream took. */
export interface TakenMessage {
  readonly from: string;
  readonly to: readonly string[];
  /** Without dot-stuffing; empty when the upstream only counts. */
  readonly octets: Buffer;
  readonly size: number;
  /** SHA-256 of the octets, hex. */
  readonly digest: string;
  /** Which connection brought it, counted from 1. */
  readonly connection: number;
  readonly secured: boolean;
  /** The user name of AUTH, or null. */
  readonly login: string | null;
}

/** How an upstream behaves. */
export interface UpstreamScript {
  /** Absent: a port that stays free when the upstream stops. */
  readonly port?: number;
  /** Offers STARTTLS with this certificate. */
  readonly certificate?: { readonly cert: string; readonly key: string };
  /** Asks for AUTH PLAIN with these. */
  readonly login?: { readonly username: string; readonly password: string };
  /** The reply to MAIL; absent: 250. "" closes the connection instead. */
  readonly sender?: (address: string) => string;
  /** The reply to RCPT; absent: 250. "" closes the connection instead. */
  readonly recipient?: (address: string) => string;
  /** The final reply; "" closes the connection instead, after the message was taken. */
  readonly final?: (message: TakenMessage) => string;
  /** Keeps the octets of messages; otherwise only their size and digest. */
  readonly keep?: boolean;
}

/** An SMTP server of a few lines that shares nothing with Waypost's own. */
export interface ScriptedUpstream {
  readonly port: number;
  readonly messages: readonly TakenMessage[];
  /** Connections so far. */
  connections(): number;
  /** Closes the port and every connection. */
  stop(): Promise<void>;
}

/** Starts an upstream on 127.0.0.1. */
export async function startUpstream(script: UpstreamScript = {}): Promise<ScriptedUpstream> {
  const messages: TakenMessage[] = [];
  const open = new Set<net.Socket>();
  let connections = 0;
  const { certificate } = script;
  const securing = certificate ? tls.createServer(certificate) : null;
  const waiting = new Map<number, (socket: tls.TLSSocket) => void>();
  securing?.on("secureConnection", (socket) => waiting.get(socket.remotePort ?? -1)?.(socket));
  // A client that does not like the certificate says so by leaving.
  securing?.on("tlsClientError", (_error, socket) => socket.destroy());
  const server = net.createServer((socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    const session = new Session(script, ++connections, (message) => messages.push(message));
    session.secure = securing === null ? null : (raw) => {
      const { remotePort = -1 } = raw;
      waiting.set(remotePort, (secured) => {
        waiting.delete(remotePort);
        session.attach(secured);
      });
      securing.emit("connection", raw);
    };
    session.attach(socket);
    session.say("220 upstream.example ESMTP");
  });
  const port = script.port ?? await freePort();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    port: (server.address() as net.AddressInfo).port,
    messages,
    connections: () => connections,
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

/** One connection: commands line by line, then a message octet by octet. */
class Session {
  /** Begins TLS on the socket, or null when it is not offered. */
  secure: ((raw: net.Socket) => void) | null = null;
  readonly #script: UpstreamScript;
  readonly #connection: number;
  readonly #taken: (message: TakenMessage) => void;
  #socket: net.Socket | null = null;
  #line = "";
  #data: DataReader | null = null;
  #from: string | null = null;
  #to: string[] = [];
  #secured = false;
  #login: string | null = null;

  constructor(script: UpstreamScript, connection: number, taken: (message: TakenMessage) => void) {
    this.#script = script;
    this.#connection = connection;
    this.#taken = taken;
  }

  attach(socket: net.Socket): void {
    this.#secured = this.#socket !== null;
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (piece: Buffer) => this.#take(piece));
    // A peer that is killed resets its connections.
    socket.on("error", () => socket.destroy());
  }

  say(line: string): void {
    this.#socket?.write(`${line}\r\n`);
  }

  #take(piece: Buffer): void {
    let rest = piece;
    while (rest.length > 0) {
      if (this.#data) {
        const used = this.#data.take(rest);
        if (used < 0) return;
        rest = rest.subarray(used);
        this.#finish(this.#data);
      } else {
        const end = rest.indexOf(10);
        this.#line += rest.subarray(0, end < 0 ? rest.length : end + 1).toString("latin1");
        if (end < 0) return;
        rest = rest.subarray(end + 1);
        const line = this.#line.trimEnd();
        this.#line = "";
        this.#obey(line);
      }
    }
  }

  #obey(line: string): void {
    const verb = line.split(/[ :]/)[0]?.toUpperCase() ?? "";
    const { login, recipient } = this.#script;
    switch (verb) {
      case "EHLO":
        return this.#greet();
      case "STARTTLS":
        return this.#startTls();
      case "AUTH":
        return this.say(this.#checkLogin(line) ? "235 2.7.0 Welcome" : "535 5.7.8 Wrong");
      case "MAIL": {
        if (login && !this.#login) return this.say("530 5.7.0 Log in first");
        const from = /<(.*?)>/.exec(line)?.[1] ?? "";
        const answer = this.#script.sender?.(from) ?? "250 2.1.0 OK";
        this.#from = answer.startsWith("2") ? from : null;
        this.#to = [];
        return this.#answer(answer);
      }
      case "RCPT": {
        if (this.#from === null) return this.say("503 5.5.1 No sender");
        const address = /<(.*?)>/.exec(line)?.[1] ?? "";
        const answer = recipient?.(address) ?? "250 2.1.5 OK";
        if (answer.startsWith("2")) this.#to.push(address);
        return this.#answer(answer);
      }
      case "DATA":
        if (this.#to.length === 0) return this.say("554 5.5.1 No recipients");
        this.#data = new DataReader(this.#script.keep === true);
        return this.say("354 Go on");
      case "QUIT":
        this.say("221 2.0.0 Bye");
        return void this.#socket?.end();
      default:
        return this.say("250 2.0.0 OK");
    }
  }

  #greet(): void {
    const offers = ["PIPELINING", "8BITMIME", "SIZE 0", "ENHANCEDSTATUSCODES"];
    if (this.secure && !this.#secured) offers.push("STARTTLS");
    if (this.#script.login && this.#secured) offers.push("AUTH PLAIN");
    const last = offers.pop();
    this.say([...["upstream.example", ...offers].map((line) => `250-${line}`), `250 ${last}`].join("\r\n"));
  }

  #startTls(): void {
    const socket = this.#socket;
    if (!socket || !this.secure) return this.say("502 5.5.1 No");
    socket.removeAllListeners("data");
    socket.pause();
    this.say("220 2.0.0 Go on");
    this.secure(socket);
  }

  #checkLogin(line: string): boolean {
    const [, username = "", password = ""] = Buffer.from(line.split(" ")[2] ?? "", "base64").toString().split("\0");
    const wanted = this.#script.login;
    if (!wanted || username !== wanted.username || password !== wanted.password) return false;
    this.#login = username;
    return true;
  }

  #finish(data: DataReader): void {
    this.#data = null;
    const message = {
      from: this.#from ?? "",
      to: this.#to,
      ...data.result(),
      connection: this.#connection,
      secured: this.#secured,
      login: this.#login,
    };
    const answer = this.#script.final?.(message) ?? "250 2.0.0 Taken";
    if (answer === "" || answer.startsWith("2")) this.#taken(message);
    this.#answer(answer);
  }

  #answer(reply: string): void {
    if (reply === "") this.#socket?.destroy();
    else this.say(reply);
  }
}

/** Takes a message up to CRLF.CRLF and removes dot-stuffing, one octet after the other. */
export class DataReader {
  readonly #hash = createHash("sha256");
  readonly #kept: Buffer[] | null;
  #size = 0;
  /** What the next octet follows: something else, CR, CRLF, CRLF., CRLF.CR */
  #at: "text" | "cr" | "start" | "dot" | "dotcr" = "start";

  constructor(keep: boolean) {
    this.#kept = keep ? [] : null;
  }

  /** Gives how many octets belonged to the message when it ended within them, else -1. */
  take(piece: Buffer): number {
    const out = Buffer.allocUnsafe(piece.length + 1);
    let length = 0;
    for (let index = 0; index < piece.length; index++) {
      const octet = piece[index]!;
      if (this.#at === "start" && octet === 46) {
        this.#at = "dot";
        continue;
      }
      if (this.#at === "dot" && octet === 13) {
        this.#at = "dotcr";
        continue;
      }
      if (this.#at === "dotcr") {
        if (octet === 10) {
          this.#add(out.subarray(0, length));
          return index + 1;
        }
        // "CRLF . CR" that does not end the message: the dot was stuffing, the CR is text.
        out[length++] = 13;
      }
      this.#at = octet === 13 ? "cr" : octet === 10 && this.#at === "cr" ? "start" : "text";
      out[length++] = octet;
    }
    this.#add(out.subarray(0, length));
    return -1;
  }

  result(): { octets: Buffer; size: number; digest: string } {
    return { octets: Buffer.concat(this.#kept ?? []), size: this.#size, digest: this.#hash.digest("hex") };
  }

  #add(octets: Buffer): void {
    this.#size += octets.length;
    this.#hash.update(octets);
    this.#kept?.push(octets);
  }
}
