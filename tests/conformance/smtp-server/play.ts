import { Buffer } from "node:buffer";
import type { Connection } from "../../../src/net/connection.ts";

/** How long a server may take for a reply. */
const PATIENCE_MS = 20_000;
/** Longest line that a reply may have here. */
const LINE_OCTETS = 8192;

interface Reply {
  readonly code: string;
  readonly lines: readonly string[];
}

/**
 * Plays a script against a server; gives the differences, none when all is well. Lines of a script:
 *
 *     C: NOOP              sends the line with CR LF
 *     C> "a\rb"            sends the octets of a JSON string as they are
 *     S: 250               takes one whole reply, whose code must be this
 *     S: 250 2.1.0         and its enhanced status code
 *     S: 4|550             one of several codes; one digit stands for its class
 *     S: 250 ~ PIPELINING  and a line of the reply must match this pattern
 *     S: 250 !~ STARTTLS   and none may
 *     S: (closed)          the server closes
 *     TLS                  the handshake, as `secure` does it
 */
export async function play(
  client: Connection,
  script: string,
  secure?: (client: Connection) => Promise<void>,
): Promise<string[]> {
  const differences: string[] = [];
  for (const line of script.split("\n").map((text) => text.trim()).filter((text) => text !== "")) {
    const [mark, text] = [line.slice(0, 2), line.slice(3)];
    if (mark === "C:") client.write(Buffer.from(`${text}\r\n`, "utf8"));
    else if (mark === "C>") client.write(Buffer.from(JSON.parse(text) as string, "latin1"));
    else if (line === "TLS" && secure) await secure(client);
    else if (mark === "S:") {
      const reply = await readReply(client, text);
      const why = whyWrong(reply, text);
      if (why) differences.push(why);
    } else throw new Error(`a script has lines with C:, C>, S: and TLS, not "${line}"`);
  }
  return differences;
}

async function readReply(client: Connection, what: string): Promise<Reply | null> {
  const lines: string[] = [];
  for (;;) {
    const line = await client.readLine(LINE_OCTETS, PATIENCE_MS, `"${what}"`);
    if (line === null) return null;
    const text = Buffer.from(line.octets).toString("latin1");
    lines.push(text.slice(4));
    if (!/^\d{3}-/.test(text) || line.ending === "lf") return { code: text.slice(0, 3), lines };
  }
}

function whyWrong(reply: Reply | null, expected: string): string | null {
  const came = reply ? `${reply.code} ${reply.lines.join(" / ")}` : "(closed)";
  const wrong = `expected ${expected}, came ${came}`;
  if (expected === "(closed)" || !reply) return expected === "(closed)" && !reply ? null : wrong;
  const [head = "", mustNot, pattern] = expected.split(/ (!?)~ /);
  const [codes = "", enhanced] = head.trim().split(" ");
  const isExpected = codes.split("|").some((code) => reply.code.startsWith(code));
  if (!isExpected || !/^[2-5]\d\d$/.test(reply.code)) return wrong;
  if (enhanced && !reply.lines.every((line) => line.startsWith(`${enhanced} `))) return wrong;
  if (pattern === undefined) return null;
  const isThere = reply.lines.some((line) => new RegExp(pattern, "i").test(line));
  return isThere === (mustNot === "") ? null : wrong;
}
