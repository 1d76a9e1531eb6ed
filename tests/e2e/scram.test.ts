import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type App, startApp } from "../../src/app.ts";
import { SessionLog, type SessionRecord } from "../../src/dialogue/session.ts";
import { connect, listen, type Listener } from "../../src/net/listener.ts";
import { capabilities, logIn, openSession as openPop3 } from "../../src/pop3/client/login.ts";
import { quit } from "../../src/pop3/client/mailbox.ts";
import type { Mailboxes } from "../../src/pop3/server/ports.ts";
import { loadSettings } from "../../src/settings.ts";
import { closeSession, openSession } from "../../src/smtp/client/session.ts";
import { serveOnPipe } from "../conformance/pop3-server/support.ts";
import { encodeBase64 } from "../../src/wire/base64.ts";
import { systemClock } from "../../src/wire/clock.ts";
import { deriveScramKeys, type ScramKeys } from "../../src/wire/scram.ts";
import { Secret } from "../../src/wire/secret.ts";
import { play as playPop3 } from "../conformance/pop3-server/play.ts";
import { play as playSmtp } from "../conformance/smtp-server/play.ts";
import { memorySubmissions, serveConnection } from "../support/smtp-session.ts";

const PATIENCE_MS = 10_000;
const login = { username: "alice@example.net", password: new Secret("correct, horse= f\u00fcnf") };

let folder: string;
let app: App;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "waypost-scram-"));
  const file = join(folder, "waypost.toml");
  writeFileSync(
    file,
    `data_dir = "data"
[dashboard]
listen = "127.0.0.1:0"
[[smtp.listen]]
address = "127.0.0.1:0"
auth_without_tls = true
[[pop3.listen]]
address = "127.0.0.1:0"
[[account]]
login = "${login.username}"
password = "${login.password.reveal()}"`,
  );
  const loaded = loadSettings(file, {});
  if ("errors" in loaded) throw new Error(JSON.stringify(loaded.errors));
  app = await startApp(loaded.settings);
});
afterAll(async () => {
  await app.stop();
  rmSync(folder, { recursive: true, force: true });
});

function portOf(service: string): number {
  const found = app.endpoints.find((endpoint) => endpoint.service === service)!;
  return Number(/:(\d+)$/.exec(found.address)![1]);
}

function recorded(hop: "smtp-client" | "pop3-client") {
  const { promise, resolve } = Promise.withResolvers<SessionRecord>();
  const start = { id: 1, hop, peer: { address: "127.0.0.1", port: 1 }, localPort: 0 } as const;
  return { record: promise, log: new SessionLog(start, { opened: () => undefined, ended: resolve }, systemClock) };
}

/** Logs in to an SMTP server; gives what the transcript holds of it. */
async function logInBySmtp(port: number, secret = login.password, auth = "best"): Promise<string> {
  const { record, log } = recorded("smtp-client");
  const timeouts = { connectMs: PATIENCE_MS, commandMs: PATIENCE_MS, dataMs: PATIENCE_MS, finalReplyMs: PATIENCE_MS };
  const target = { host: "127.0.0.1", port, tls: "off", verify: true, helo: "client.test", timeouts } as const;
  await closeSession(await openSession({ ...target, login: { ...login, password: secret, auth } }, log));
  return JSON.stringify((await record).transcript);
}

async function logInByPop3(
  make: () => Promise<Awaited<ReturnType<typeof connect>>>,
  { name = login.username, password = login.password, auth = "best" } = {},
): Promise<string> {
  const { record, log } = recorded("pop3-client");
  const limits = { connectTimeoutMs: PATIENCE_MS, commandTimeoutMs: PATIENCE_MS, dataTimeoutMs: PATIENCE_MS };
  const client = await openPop3({ host: "127.0.0.1", port: 0, tls: "off", ...limits }, log, make);
  try {
    await logIn(client, await capabilities(client), name, password, auth);
    await quit(client);
  } finally {
    log.end("completed");
    client.dialogue.connection.destroy();
  }
  return JSON.stringify((await record).transcript);
}

const toWaypost = () => connect("127.0.0.1", portOf("pop3"), PATIENCE_MS);

test("the SMTP client logs in to the SMTP server by SCRAM, and the transcript holds no secret", async () => {
  const transcript = await logInBySmtp(portOf("smtp"));
  expect(transcript).toContain("AUTH SCRAM-SHA-256 (secret)");
  expect(transcript).not.toContain(encodeBase64("n,,").slice(0, 4));
  await expect(logInBySmtp(portOf("smtp"), new Secret("wrong"))).rejects.toThrow(
    "535 5.7.8 Login or password is wrong",
  );
});

test("the POP3 client logs in to the POP3 server by SCRAM", async () => {
  expect(await logInByPop3(toWaypost)).toContain("AUTH SCRAM-SHA-256");
  const wrong = { name: login.username, password: new Secret("wrong") };
  await expect(logInByPop3(toWaypost, wrong)).rejects.toThrow("login or password is wrong");
  await expect(logInByPop3(toWaypost, { ...wrong, name: "mallory" })).rejects.toThrow("login or password is wrong");
});

test("where the settings want another way to log in, it is taken", async () => {
  expect(await logInBySmtp(portOf("smtp"), login.password, "plain")).toContain("AUTH PLAIN (secret)");
  expect(await logInBySmtp(portOf("smtp"), login.password, "login")).toContain("AUTH LOGIN");
  expect(await logInByPop3(toWaypost, { auth: "plain" })).toContain("AUTH PLAIN");
  expect(await logInByPop3(toWaypost, { auth: "user" })).toContain(`USER ${login.username}`);
  const peer = serveOnPipe({ authenticate: () => expect.unreachable() });
  const wanted = logInByPop3(() => Promise.resolve(peer.client), { auth: "scram-sha-256" });
  await expect(wanted).rejects.toThrow("the server offers no scram-sha-256, which the settings want: PLAIN LOGIN");
});

test("both servers offer SCRAM first, refuse what is broken, and let a client cancel", async () => {
  const smtp = await connect("127.0.0.1", portOf("smtp"), PATIENCE_MS);
  const first = encodeBase64("n,,n=alice@example.net,r=abc");
  const script = `S: 220\nC: EHLO a\nS: 250 ~ ^AUTH SCRAM-SHA-256 PLAIN LOGIN$\nC: AUTH SCRAM-SHA-256 ${first}\nS: 334
    C: *\nS: 501 5.7.0\nC: AUTH scram-sha-256\nS: 334\nC: ${encodeBase64("p=x,,n=a,r=b")}\nS: 501 5.5.2
    C: AUTH SCRAM-SHA-256-PLUS\nS: 504\nC: QUIT\nS: 221`;
  expect(await playSmtp(smtp, script)).toEqual([]);
  smtp.destroy();
  const pop3 = await toWaypost();
  const transcript = `S: +OK …\nC: AUTH SCRAM-SHA-256 ${first}\nS: + …\nC: *\nS: -ERR …\nC: QUIT\nS: +OK …`;
  expect(await playPop3(pop3, transcript)).toEqual([]);
  pop3.destroy();
});

/** Keys that a server made up: the client's proof may be right, the server's is not. */
async function madeUpKeys(): Promise<ScramKeys> {
  const keys = await deriveScramKeys(login.password.reveal(), new Uint8Array(16), 4096);
  return { ...keys, serverKey: new Uint8Array(32) };
}

test("the SMTP client does not go on with a server that cannot prove that it knows the password", async () => {
  const keys = await madeUpKeys();
  const sender = { account: login.username, name: login.username };
  const submissions = memorySubmissions({
    scram: {
      offered: () => true,
      challenge: () => Promise.resolve({ keys, nonce: "once" }),
      settle: ({ proven }) => {
        expect(proven).toBe(true);
        return Promise.resolve({ sender });
      },
    },
  });
  const listener: Listener = await listen({ address: "127.0.0.1", port: 0 }, (connection) => {
    serveConnection(connection, { submissions });
  });
  await expect(logInBySmtp(listener.endpoint.port)).rejects.toThrow("has not proven that it knows the password");
  await listener.close();
});

test("the POP3 client does not go on with such a server either, and the mailbox is given back", async () => {
  const keys = await madeUpKeys();
  let closed = 0;
  const mailbox = {
    account: login.username,
    messages: { length: 0, octetsOf: () => 0, uidlOf: () => "" },
    open: () => expect.unreachable(),
    retrieved: () => undefined,
    remove: () => Promise.resolve(),
    close: () => void closed++,
  };
  const mailboxes: Mailboxes = {
    authenticate: () => expect.unreachable(),
    scram: {
      offered: () => true,
      challenge: () => Promise.resolve({ keys, nonce: "once" }),
      settle: () => Promise.resolve({ mailbox }),
    },
  };
  const served = serveOnPipe(mailboxes);
  const open = () => Promise.resolve(served.client);
  await expect(logInByPop3(open)).rejects.toThrow("has not proven that it knows the password");
  await served.record;
  expect(closed).toBeGreaterThan(0);
});

test.each([["SMTP"], ["POP3"]])("a server that lets in without any proof is not believed (%s)", async (protocol) => {
  const greeting = protocol === "SMTP" ? "220 peer\r\n" : "+OK peer\r\n";
  const answers: Record<string, string> = {
    EHLO: "250-peer\r\n250 AUTH SCRAM-SHA-256\r\n",
    CAPA: "+OK\r\nSASL SCRAM-SHA-256\r\n.\r\n",
    AUTH: protocol === "SMTP" ? "235 2.7.0 welcome\r\n" : "+OK welcome\r\n",
  };
  const listener = await listen({ address: "127.0.0.1", port: 0 }, async (connection) => {
    connection.write(greeting);
    for (;;) {
      const line = await connection.readLine(10_000, PATIENCE_MS, "a command").catch(() => null);
      if (line === null) return;
      const verb = Buffer.from(line.octets).toString().split(/\s/)[0]!;
      connection.write(answers[verb] ?? "500 what\r\n");
    }
  });
  const { port } = listener.endpoint;
  const attempt = protocol === "SMTP" ? logInBySmtp(port) : logInByPop3(() => connect("127.0.0.1", port, PATIENCE_MS));
  await expect(attempt).rejects.toThrow("without proving that it knows the password");
  await listener.close();
});
