import { Buffer } from "node:buffer";
import type { Connection } from "../../../src/net/connection.ts";
import { describeError } from "../../../src/net/errors.ts";
import { ScramClient } from "../../support/scram-client.ts";

/** How long a server may take for a line. */
const PATIENCE_MS = 10_000;
const LINE_OCTETS = 1_000_000;
const LOGINS = 40;
const LOGIN_EVERY_MS = 50;

/** The server that a script is played against. */
export interface Stage {
  /** Opens another connection; the first of a script is opened by its first line. */
  readonly connect: () => Promise<Connection>;
  /** Runs the TLS handshake; absent: scripts cannot. */
  readonly secure?: (connection: Connection) => Promise<void>;
  readonly login?: string;
  readonly password?: string;
}

/**
 * Plays a script against a server; gives the differences, none when all is well. Lines of a script:
 *
 *     C: NOOP              sends the line with CR LF
 *     C> "a\rb"            sends the octets of a JSON string as they are
 *     S: +OK               takes a line, which must be this
 *     S: +OK 2 320…        and must begin like this
 *     S: /^1 (?<uid>\S+)$/ and must match; named groups are remembered
 *     S*                   takes the lines up to a dot alone
 *     S* /^UIDL$/          of which one must match
 *     S* !/^STLS$/         of which none may match
 *     S: (closed)          the server closes
 *     C2: and S2:          the same on a second connection
 *     TLS                  begins TLS
 *     SCRAM n,, secret     conducts AUTH SCRAM-SHA-256 with this GS2 header and password, up to its last line
 *     DROP                 closes the connection without a word
 *     LOGIN                logs in on a new connection, as soon as the mailbox is free
 *
 * {login}, {password}, {plain} (the response of SASL PLAIN, see below for more), {base64:text} and remembered groups are
 * filled in.
 */
export async function play(stage: Stage | Connection, script: string): Promise<string[]> {
  const player = new Player("connect" in stage ? stage : { connect: () => Promise.resolve(stage) });
  try {
    for (const line of script.split("\n").map((text) => text.trimStart()).filter((text) => text !== "")) {
      await player.act(line);
    }
  } catch (error) {
    player.differences.push(describeError(error));
  }
  if ("connect" in stage) player.leave();
  return player.differences;
}

/** What a server lists before a login: names of capabilities, and of SASL mechanisms. */
export async function capabilitiesOf(stage: Stage): Promise<Set<string>> {
  const connection = await stage.connect();
  await readLine(connection, "the greeting");
  connection.write("CAPA\r\n");
  const lines = await readLines(connection, "the capabilities");
  connection.destroy();
  const words = lines.map((line) => line.split(" "));
  return new Set(words.flatMap(([name = "", ...mechanisms]) => name === "SASL" ? mechanisms : [name]));
}

class Player {
  readonly differences: string[] = [];
  readonly #stage: Stage;
  readonly #connections = new Map<string, Connection>();
  readonly #opened: Connection[] = [];
  readonly #known = new Map<string, string>();

  constructor(stage: Stage) {
    this.#stage = stage;
    const { login = "mrose", password = "secret" } = stage;
    const words = {
      login,
      password,
      plain: base64(`\0${login}\0${password}`),
      plainForOther: base64(`other\0${login}\0${password}`),
      loginBase64: base64(login),
      passwordBase64: base64(password),
    };
    for (const [name, value] of Object.entries(words)) this.#known.set(name, value);
  }

  async act(line: string): Promise<void> {
    const [, mark = "", rest = ""] = /^(\S+) ?([^]*)$/.exec(line) ?? [];
    const on = mark.includes("2") ? "2" : "";
    if (mark === "LOGIN") return await this.#logIn();
    const connection = await this.#connection(on);
    switch (mark.replace("2", "")) {
      case "C:":
        return connection.write(Buffer.from(`${this.#fill(rest)}\r\n`, "utf8"));
      case "C>":
        return connection.write(Buffer.from(JSON.parse(this.#fill(rest)) as string, "latin1"));
      case "S:":
        return this.#expect(await readLine(connection, rest), rest);
      case "S*":
        return this.#expectOneOf(await readLines(connection, rest), rest);
      case "TLS":
        return await this.#stage.secure!(connection);
      case "SCRAM":
        return await this.#scram(connection, rest);
      case "DROP":
        return connection.destroy();
      default:
        throw new Error(`a script has no lines like "${line}"`);
    }
  }

  /** Closes what was opened. */
  leave(): void {
    for (const connection of this.#opened) connection.destroy();
  }

  async #connection(on: string): Promise<Connection> {
    return this.#connections.get(on) ?? await this.#open(on);
  }

  async #open(on: string): Promise<Connection> {
    const opened = await this.#stage.connect();
    this.#opened.push(opened);
    this.#connections.set(on, opened);
    return opened;
  }

  /** A server may take a moment to see that the last session has gone. */
  async #logIn(): Promise<void> {
    for (let tries = 1;; tries++) {
      const connection = await this.#open("");
      connection.write(this.#fill("USER {login}\r\nPASS {password}\r\n"));
      const lines = [await readLine(connection, "+OK"), await readLine(connection, "+OK")];
      const last = await readLine(connection, "the login");
      if (last.startsWith("+OK")) return;
      connection.destroy();
      if (tries === LOGINS) return void this.differences.push(`no login: ${[...lines, last].join(" / ")}`);
      await new Promise((resolve) => setTimeout(resolve, LOGIN_EVERY_MS));
    }
  }

  #expect(came: string, expected: string): void {
    const pattern = this.#patternOf(expected);
    const text = this.#fill(expected);
    const match = pattern?.exec(came);
    for (const [name, value] of Object.entries(match?.groups ?? {})) this.#known.set(name, value);
    const fits = pattern
      ? match !== null
      : text.endsWith("…")
      ? came.startsWith(text.slice(0, -1).trimEnd())
      : came === text;
    if (!fits) this.differences.push(`expected "${text}", came "${came}"`);
  }

  #expectOneOf(lines: readonly string[], expected: string): void {
    const isUnwanted = expected.startsWith("!");
    const pattern = this.#patternOf(isUnwanted ? expected.slice(1) : expected);
    if (!pattern) return;
    const found = lines.find((line) => pattern.test(line));
    if (isUnwanted === (found === undefined)) return;
    this.differences.push(isUnwanted ? `unwanted: "${found}"` : `no line fits ${pattern} in ${JSON.stringify(lines)}`);
  }

  async #scram(connection: Connection, rest: string): Promise<void> {
    const [header = "", ...password] = this.#fill(rest).split(" ");
    const client = new ScramClient(this.#known.get("login")!, password.join(" "), header);
    connection.write(`AUTH SCRAM-SHA-256 ${base64(client.first())}\r\n`);
    const challenge = await readLine(connection, "the server's first message");
    if (!challenge.startsWith("+ ")) return this.#keep(connection, challenge);
    connection.write(`${base64(client.final(fromBase64(challenge.slice(2))))}\r\n`);
    const proof = await readLine(connection, "the server's final message");
    if (!proof.startsWith("+ ")) return this.#keep(connection, proof);
    if (!client.isProof(fromBase64(proof.slice(2)))) this.differences.push(`the server's proof is wrong: ${proof}`);
    connection.write("\r\n");
  }

  /** The script says what this line has to be. */
  #keep(connection: Connection, line: string): void {
    connection.unread(Buffer.from(`${line}\r\n`, "latin1"));
  }

  #patternOf(text: string): RegExp | null {
    const escape = (value: string) => value.replace(/[^A-Za-z0-9]/g, "\\$&");
    const [, pattern] = /^\/(.*)\/$/.exec(text) ?? [];
    return pattern === undefined ? null : new RegExp(this.#fill(pattern, escape));
  }

  #fill(text: string, escape = (value: string) => value): string {
    return text.replace(/\{base64:([^}]*)\}/g, (_, value: string) => base64(value))
      .replace(/\{([a-z]\w*)\}/g, (whole, name: string) => {
        const value = this.#known.get(name);
        return value === undefined ? whole : escape(value);
      });
  }
}

async function readLine(connection: Connection, what: string): Promise<string> {
  const line = await connection.readLine(LINE_OCTETS, PATIENCE_MS, `"${what}"`);
  if (line === null) return "(closed)";
  return Buffer.from(line.octets).toString("latin1") + (line.ending === "lf" ? " (ended by a bare LF)" : "");
}

async function readLines(connection: Connection, what: string): Promise<string[]> {
  const lines: string[] = [];
  for (;;) {
    const line = await readLine(connection, what);
    if (line === "." || line === "(closed)") return lines;
    lines.push(line);
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

function fromBase64(text: string): string {
  return Buffer.from(text, "base64").toString();
}
