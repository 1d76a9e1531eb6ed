import { Buffer } from "node:buffer";
import { RawClient } from "./raw-smtp.ts";
import { DataReader } from "./scripted-upstream.ts";

/** A message as a client got it. */
export interface GotMessage {
  /** Without dot-stuffing; empty when only its digest was wanted. */
  readonly octets: Buffer;
  readonly size: number;
  /** SHA-256, hex. */
  readonly digest: string;
}

/** A minimal POP3 client that shares nothing with Waypost's own. */
export class RawPop3 {
  readonly client: RawClient;

  private constructor(client: RawClient) {
    this.client = client;
  }

  /** Connects, STLS, USER, PASS. */
  static async logIn(target: { port: number }, ca: string, login: string, password: string): Promise<RawPop3> {
    const pop3 = new RawPop3(await RawClient.connect(target));
    await pop3.ok();
    await pop3.ask("STLS");
    await pop3.client.secure(ca);
    await pop3.ask(`USER ${login}`);
    await pop3.ask(`PASS ${password}`);
    return pop3;
  }

  /** Sends a command that takes one line; gives what stands behind +OK. @throws with the server's words on -ERR */
  async ask(command: string): Promise<string> {
    await this.client.write(`${command}\r\n`);
    return await this.ok();
  }

  /** Sends a command with a multi-line answer; gives its lines, without dot-stuffing. */
  async list(command: string): Promise<string[]> {
    await this.ask(command);
    const lines: string[] = [];
    for (let line = await this.client.readLine(); line !== "."; line = await this.client.readLine()) {
      lines.push(line.startsWith(".") ? line.slice(1) : line);
    }
    return lines;
  }

  /** Takes a message as it is, octet for octet; `keep` false: only size and digest. */
  async retrieve(number: number, keep = true): Promise<GotMessage> {
    await this.ask(`RETR ${number}`);
    const reader = new DataReader(keep);
    for (;;) {
      const piece = await this.client.readPiece();
      const used = reader.take(piece);
      if (used < 0) continue;
      this.client.unread(piece.subarray(used));
      return reader.result();
    }
  }

  /** UIDLs by message number. */
  async uidls(): Promise<string[]> {
    return (await this.list("UIDL")).map((line) => line.split(" ")[1] ?? "");
  }

  async quit(): Promise<void> {
    await this.ask("QUIT");
    this.client.destroy();
  }

  async ok(): Promise<string> {
    const line = await this.client.readLine();
    if (!line.startsWith("+OK")) throw new Error(`the server said ${line}`);
    return line.slice(4);
  }
}
