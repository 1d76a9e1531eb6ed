import { Buffer } from "node:buffer";
import * as net from "node:net";
import * as tls from "node:tls";

/** How long a client waits for an answer. */
const PATIENCE_MS = 60_000;

/** What ended a client's connection. */
export class ClosedError extends Error {
  override readonly name = "ClosedError";
}

/**
 * A line client on Node's own sockets that knows nothing of Waypost: what a test says to a server, octet for octet.
 * Good for SMTP and POP3.
 */
export class RawClient {
  #socket: net.Socket;
  #received: Buffer[] = [];
  #wake: (() => void) | null = null;
  #ended: Error | null = null;

  private constructor(socket: net.Socket) {
    this.#socket = socket;
    this.#listen();
  }

  /** Connects in the clear. */
  static async connect({ port, address = "127.0.0.1", from }: Target): Promise<RawClient> {
    const socket = net.connect({ host: address, port, ...(from === undefined ? {} : { localAddress: from }) });
    socket.setNoDelay(true);
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
    return new RawClient(socket);
  }

  /** Runs the TLS handshake; the certificate must be signed by `ca` and carry the address. */
  async secure(ca: string, host = "127.0.0.1"): Promise<void> {
    const plain = this.#socket;
    plain.removeAllListeners("data");
    const secured = tls.connect({ socket: plain, host, ca });
    await new Promise<void>((resolve, reject) => {
      secured.once("secureConnect", resolve);
      secured.once("error", reject);
    });
    this.#socket = secured;
    this.#listen();
  }

  /** Sends octets and waits until the system has taken them when many wait. */
  async write(octets: Uint8Array | string): Promise<void> {
    if (this.#ended) throw this.#ended;
    // On Deno a socket that was written nothing may not drain.
    if (octets.length === 0 || this.#socket.write(octets)) return;
    await new Promise<void>((resolve) => {
      const go = () => {
        this.#socket.off("drain", go);
        this.#socket.off("close", go);
        resolve();
      };
      this.#socket.on("drain", go);
      this.#socket.on("close", go);
    });
  }

  /** The next line without its CRLF, as Latin-1. @throws ClosedError */
  async readLine(): Promise<string> {
    for (;;) {
      const index = this.#received.findIndex((piece) => piece.includes(10));
      if (index >= 0) {
        const joined = Buffer.concat(this.#received.splice(0, index + 1));
        const end = joined.indexOf(10);
        this.#received.unshift(joined.subarray(end + 1));
        return joined.subarray(0, end).toString("latin1").replace(/\r$/, "");
      }
      await this.#more();
    }
  }

  /** Whatever has come, at least one octet. @throws ClosedError */
  async readPiece(): Promise<Buffer> {
    for (;;) {
      const piece = this.#received.shift();
      if (piece === undefined) await this.#more();
      else if (piece.length > 0) return piece;
    }
  }

  /** Puts octets back that were read too far. */
  unread(octets: Buffer): void {
    this.#received.unshift(octets);
  }

  /** Closes at once, in the middle of whatever it is. */
  destroy(): void {
    this.#socket.destroy();
  }

  #listen(): void {
    const socket = this.#socket;
    socket.on("data", (piece: Buffer) => {
      this.#received.push(piece);
      // What is not read stays with the server: that is what backpressure is for.
      if (this.#received.length > 16) socket.pause();
      this.#wake?.();
    });
    const end = (error: Error) => {
      this.#ended ??= error;
      this.#wake?.();
    };
    socket.on("error", (cause) => end(new ClosedError("the connection broke", { cause })));
    socket.on("close", () => end(new ClosedError("the server closed the connection")));
  }

  async #more(): Promise<void> {
    if (this.#ended) throw this.#ended;
    this.#socket.resume();
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("the server does not answer")), PATIENCE_MS);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = null;
        resolve();
      };
    });
  }
}

interface Target {
  readonly port: number;
  readonly address?: string;
  /** The own address, such as 127.0.0.9. */
  readonly from?: string;
}

/** A reply of an SMTP server. */
export interface RawReply {
  readonly code: number;
  readonly lines: readonly string[];
  readonly text: string;
}

/** A minimal SMTP client that shares nothing with Waypost's own. */
export class RawSmtp {
  readonly client: RawClient;

  private constructor(client: RawClient) {
    this.client = client;
  }

  /** Connects and reads the greeting. */
  static async connect(target: Target): Promise<RawSmtp> {
    const smtp = new RawSmtp(await RawClient.connect(target));
    await smtp.expect(220);
    return smtp;
  }

  /** Connects, STARTTLS, AUTH PLAIN. */
  static async logIn(target: Target, ca: string, login: string, password: string): Promise<RawSmtp> {
    const smtp = await RawSmtp.connect(target);
    await smtp.ask(250, "EHLO client.example");
    await smtp.ask(220, "STARTTLS");
    await smtp.client.secure(ca);
    await smtp.ask(250, "EHLO client.example");
    await smtp.ask(235, `AUTH PLAIN ${Buffer.from(`\0${login}\0${password}`).toString("base64")}`);
    return smtp;
  }

  async reply(): Promise<RawReply> {
    const lines: string[] = [];
    for (;;) {
      const line = await this.client.readLine();
      if (!/^\d{3}[ -]/.test(line)) throw new Error(`the server sent ${JSON.stringify(line)} as a reply`);
      lines.push(line.slice(4));
      if (line[3] === " ") return { code: Number(line.slice(0, 3)), lines, text: lines.join("\n") };
    }
  }

  async expect(code: number): Promise<RawReply> {
    const reply = await this.reply();
    if (reply.code !== code) throw new Error(`expected ${code}, the server said ${reply.code} ${reply.text}`);
    return reply;
  }

  /** Sends a command and gives the reply, which must have the code. */
  async ask(code: number, command: string): Promise<RawReply> {
    await this.client.write(`${command}\r\n`);
    return await this.expect(code);
  }

  /** Sends a command and gives the reply, whatever it is. */
  async say(command: string): Promise<RawReply> {
    await this.client.write(`${command}\r\n`);
    return await this.reply();
  }

  /** Hands a message over; gives the text of the final 250. Octets are dot-stuffed and must end with CRLF. */
  async send(from: string, to: readonly string[], octets: Uint8Array | AsyncIterable<Uint8Array>): Promise<string> {
    await this.ask(250, `MAIL FROM:<${from}>`);
    for (const recipient of to) await this.ask(250, `RCPT TO:<${recipient}>`);
    await this.ask(354, "DATA");
    if (octets instanceof Uint8Array) await this.client.write(stuffDots(octets));
    else for await (const piece of octets) await this.client.write(piece);
    await this.client.write(".\r\n");
    return (await this.expect(250)).text;
  }

  async quit(): Promise<void> {
    await this.ask(221, "QUIT");
    this.client.destroy();
  }
}

/** RFC 5321 section 4.5.2, for a whole message. */
export function stuffDots(octets: Uint8Array): Buffer {
  const text = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString("latin1");
  return Buffer.from(text.replaceAll(/^\./gm, ".."), "latin1");
}
