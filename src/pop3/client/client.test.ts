import { expect, test } from "vitest";
import { noRecorder, SessionLog } from "../../dialogue/session.ts";
import type { SessionRecord } from "../../dialogue/session.ts";
import { Connection } from "../../net/connection.ts";
import { pipe } from "../../net/pipe.ts";
import { systemClock } from "../../wire/clock.ts";
import { Secret } from "../../wire/secret.ts";
import type { Pop3Client } from "./dialogue.ts";
import { capabilities, logIn, openSession, type Pop3Target } from "./login.ts";
import {
  deleteAll,
  leave,
  listSizes,
  listUidls,
  quit,
  type Retrieval,
  retrieve,
  retrieveAll,
  stat,
} from "./mailbox.ts";

const timeouts = { commandTimeoutMs: 10_000, dataTimeoutMs: 10_000 };
const target: Pop3Target = { host: "pop.example.net", port: 110, tls: "off", connectTimeoutMs: 1_000, ...timeouts };

/** A log whose record can be awaited. */
function logOf(): { log: SessionLog; record: Promise<SessionRecord> } {
  const { promise, resolve } = Promise.withResolvers<SessionRecord>();
  const start = { id: 1, hop: "pop3-client", peer: { address: "", port: 0 }, localPort: 0 } as const;
  return { log: new SessionLog(start, { ...noRecorder, ended: resolve }, systemClock), record: promise };
}

/**
 * A server that plays a script: "S: …" is sent, "C: …" must have come before it goes on. The script's end closes the
 * connection. `heard` holds what came instead of the expected lines.
 */
function script(text: string, tls: Pop3Target["tls"] = "off") {
  const [client, server] = pipe();
  const unexpected: string[] = [];
  const played = play(server, text, unexpected);
  const { log, record } = logOf();
  const open = () => openSession({ ...target, tls }, log, () => Promise.resolve(client));
  return { open, log, record, unexpected, played };
}

async function play(server: Connection, text: string, unexpected: string[]): Promise<void> {
  for (const line of text.split("\n").map((line) => line.trimStart()).filter((line) => line !== "")) {
    if (line.startsWith("S: ")) server.write(Buffer.from(`${line.slice(3)}\r\n`, "latin1"));
    else {
      const came = await server.readLine(1_000, 5_000, "the client");
      const said = came === null ? "(closed)" : Buffer.from(came.octets).toString();
      if (`C: ${said}` !== line) unexpected.push(said);
    }
  }
  await server.end();
}

/** Opens a session whose server greets and then plays on. */
async function begin(text: string) {
  const scripted = script(`S: +OK hello\n${text}`);
  return { ...scripted, client: await scripted.open() };
}

function collect(): Retrieval & { readonly messages: Map<number, string>; readonly refusals: string[] } {
  const messages = new Map<number, string>();
  const refusals: string[] = [];
  let current = 0;
  let text = "";
  return {
    messages,
    refusals,
    begin: (number) => ([current, text] = [number, ""]),
    take: (octets) => void (text += Buffer.from(octets).toString("latin1")),
    end: () => void messages.set(current, text),
    refused: (number, reply) => void refusals.push(`${number} ${reply.text}`),
  };
}

async function textOf(client: Pop3Client, number: number): Promise<string> {
  let text = "";
  await retrieve(client, number, (octets) => void (text += Buffer.from(octets).toString("latin1")));
  return text;
}

test("a whole session: CAPA, login, UIDL, LIST, RETR, DELE, QUIT", async () => {
  const { client, unexpected, log, record } = await begin(`
    C: CAPA
    S: +OK list follows
    S: pipelining
    S: SASL PLAIN LOGIN
    S: USER
    S: .
    C: USER alice
    S: +OK
    C: PASS a secret
    S: +OK 1 message
    C: STAT
    S: +OK 1 12
    C: UIDL
    S: +OK
    S: 1 whqtswO00WBw418f9t5JxYwZ
    S: .
    C: LIST
    S: +OK
    S: 1 12 trailing words
    S: .
    C: RETR 1
    S: +OK 12 octets
    S: ..dot
    S: end
    S: .
    C: DELE 1
    S: +OK
    C: QUIT
    S: +OK bye`);
  const offered = await capabilities(client);
  expect([...offered]).toEqual([["PIPELINING", []], ["SASL", ["PLAIN", "LOGIN"]], ["USER", []]]);
  await logIn(client, offered, "alice", new Secret("a secret"));
  expect(await stat(client)).toEqual({ messages: 1, octets: 12 });
  expect(await listUidls(client)).toEqual([{ number: 1, uidl: "whqtswO00WBw418f9t5JxYwZ" }]);
  expect(await listSizes(client)).toEqual([{ number: 1, octets: 12 }]);
  expect(await textOf(client, 1)).toBe(".dot\r\nend\r\n");
  expect(await deleteAll(client, [1], 1)).toEqual([1]);
  expect((await quit(client)).text).toBe("bye");
  log.end("completed");
  expect(unexpected).toEqual([]);
  const { phases, transcript, messages } = await record;
  expect(phases.map(({ phase }) => phase)).toEqual(["authorization", "transaction", "update"]);
  expect(messages).toBe(1);
  expect(transcript.map(([, , text]) => text)).toContain("PASS (secret)");
  expect(JSON.stringify(transcript)).not.toContain("a secret");
});

test("errors carry the step's name and the server's response code", async () => {
  const { client } = await begin("C: USER alice\nS: +OK\nC: PASS x\nS: -ERR [AUTH] wrong password");
  await expect(logIn(client, new Map(), "alice", new Secret("x"))).rejects.toMatchObject({
    step: "PASS",
    message: "PASS: -ERR [AUTH] wrong password",
    reply: { ok: false, code: "AUTH" },
  });
  const busy = script("S: -ERR [IN-USE] come back later");
  await expect(busy.open()).rejects.toMatchObject({ step: "greeting", reply: { code: "IN-USE" } });
});

test("a server without USER is logged into by SASL PLAIN, the response out of sight", async () => {
  const response = Buffer.from("\0alice\0x y").toString("base64");
  const { client, unexpected, log, record } = await begin(`C: AUTH PLAIN\nS: + \nC: ${response}\nS: +OK`);
  await logIn(client, new Map([["SASL", ["XOAUTH2", "PLAIN"]]]), "alice", new Secret("x y"));
  expect(unexpected).toEqual([]);
  log.end("completed");
  expect(JSON.stringify((await record).transcript)).not.toContain(response);
});

test("a login or password that the protocol cannot carry is refused before anything is sent", async () => {
  const { client } = await begin("C: QUIT");
  await expect(logIn(client, new Map(), "alice", new Secret("a\r\nDELE 1"))).rejects.toThrow(
    "the source's password holds a control character",
  );
  await expect(logIn(client, new Map(), "", new Secret("a"))).rejects.toThrow("the source's login is empty");
  await leave(client);
});

test("without STLS the session goes no further when TLS is asked for", async () => {
  const { open, played, unexpected } = script("S: +OK\nC: STLS\nS: -ERR unknown command\nC: (closed)", "starttls");
  await expect(open()).rejects.toThrow("the server does not begin TLS (-ERR unknown command); the login would pass");
  await played;
  expect(unexpected).toEqual([]);
});

test("a server without CAPA has no capabilities", async () => {
  const { client } = await begin("C: CAPA\nS: -ERR what?");
  expect((await capabilities(client)).size).toBe(0);
});

test("an empty mailbox has empty lists and an empty message no octets", async () => {
  const { client } = await begin("C: UIDL\nS: +OK\nS: .\nC: RETR 1\nS: +OK\nS: .");
  expect(await listUidls(client)).toEqual([]);
  expect(await textOf(client, 1)).toBe("");
});

test("a message that is cut off is an error, wherever it is cut", async () => {
  for (const tail of ["Subject: x", "body\nS: ..", "half\nS: .x"]) {
    const { client } = await begin(`C: RETR 1\nS: +OK 100 octets\nS: ${tail}`);
    await expect(textOf(client, 1)).rejects.toThrow(
      "closed the connection while we waited for the rest of the response",
    );
  }
});

test("a server's breach of the protocol is named", async () => {
  const uidls: readonly [string, string][] = [
    ["S: 1", 'the server sent the line "1", expected a number'],
    ["S: 1 two words", 'the line "1 two words"'],
    [`S: 1 ${"x".repeat(71)}`, "expected a number, a space and 1 to 70 characters"],
    ["S: 1 caf\xe9", 'the line "1 caf?"'],
    ["S: 0 a", "listed a message 0"],
    ["S: 1 a\nS: 1 b", "listed message 1 twice"],
  ];
  for (const [lines, error] of uidls) {
    const { client } = await begin(`C: UIDL\nS: +OK\n${lines}\nS: .`);
    await expect(listUidls(client)).rejects.toThrow(error);
  }
  const { client } = await begin("C: LIST\nS: +OK\nS: 1 many\nS: .");
  await expect(listSizes(client)).rejects.toThrow('LIST: the server sent the line "1 many", expected two numbers');
  const smtp = script("S: 220 smtp.example.net ESMTP");
  await expect(smtp.open()).rejects.toThrow('the server sent "220 smtp.example.net ESMTP", expected +OK or -ERR');
});

test("identical copies may share a UIDL", async () => {
  const { client } = await begin("C: UIDL\nS: +OK\nS: 1 same\nS: 2 same\nS: .");
  expect((await listUidls(client)).map(({ uidl }) => uidl)).toEqual(["same", "same"]);
});

test("pipelined retrieval keeps the window, and a refused message does not disturb the others", async () => {
  const { client, unexpected } = await begin(`
    C: RETR 1
    C: RETR 2
    C: RETR 3
    S: +OK
    S: one
    S: .
    S: -ERR gone
    C: RETR 4
    C: RETR 5
    S: +OK
    S: .
    S: +OK
    S: ....
    S: .
    S: +OK
    S: five
    S: .
    C: QUIT`);
  const retrieval = collect();
  await retrieveAll(client, [1, 2, 3, 4, 5], 3, retrieval);
  await leave(client);
  expect(unexpected).toEqual([]);
  expect([...retrieval.messages]).toEqual([[1, "one\r\n"], [3, ""], [4, "...\r\n"], [5, "five\r\n"]]);
  expect(retrieval.refusals).toEqual(["2 gone"]);
});

test("without pipelining each message is asked for when the one before has come", async () => {
  const { client, unexpected } = await begin("C: RETR 1\nS: +OK\nS: .\nC: RETR 2\nS: +OK\nS: .\nC: QUIT");
  await retrieveAll(client, [1, 2], 1, collect());
  await leave(client);
  expect(unexpected).toEqual([]);
});

test("DELE tells which messages were marked", async () => {
  const { client } = await begin("C: DELE 1\nC: DELE 2\nS: +OK\nS: -ERR no such message\nC: QUIT");
  expect(await deleteAll(client, [1, 2], 10)).toEqual([1]);
  await leave(client);
});

test("an answer to QUIT that does not come leaves the deletion unknown", async () => {
  const { client } = await begin("C: QUIT");
  await expect(quit(client)).rejects.toThrow("closed the connection while we waited for the reply to QUIT");
  const refused = await begin("C: QUIT\nS: -ERR some deleted messages not removed");
  await expect(quit(refused.client)).rejects.toMatchObject({ step: "QUIT", reply: { ok: false } });
});

test("a server that is silent is named with the step that waited", async () => {
  const { client } = await begin("C: RETR 1\nC: never");
  const impatient = { name: "RETR", timeoutMs: 1, rfc: "RFC 1939 section 5" };
  await expect(client.dialogue.ask(impatient, "RETR 1")).rejects.toThrow(
    "timed out while waiting for the reply to RETR",
  );
  client.dialogue.connection.destroy();
});
