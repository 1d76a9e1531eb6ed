import { expect, test } from "vitest";
import { memoryMailboxes } from "../../../src/pop3/server/memory.ts";
import type { Mailboxes } from "../../../src/pop3/server/ports.ts";
import type { Pop3ServerPolicy } from "../../../src/pop3/server/state.ts";
import { Secret } from "../../../src/wire/secret.ts";
import { play } from "./play.ts";
import { mailboxOf, openPolicy, sendAll, serveOnPipe } from "./support.ts";

const MESSAGE = `Subject: one\r\n\r\n${"x".repeat(32)}\r\n`;
const mailboxes = (login = "mrose") => memoryMailboxes(new Map([[login, mailboxOf([MESSAGE])]]));

async function promised(policy: Partial<Pop3ServerPolicy>): Promise<string[]> {
  const { client } = serveOnPipe(mailboxes(), { policy: { ...openPolicy, ...policy } });
  const lines = (await sendAll(client, "CAPA\r\nQUIT\r\n")).split("\r\n");
  return lines.filter((line) => /^(EXPIRE|LOGIN-DELAY)/.test(line));
}

test("EXPIRE and LOGIN-DELAY say what the settings make true", async () => {
  expect(await promised({})).toEqual(["EXPIRE NEVER"]);
  expect(await promised({ expireDays: 90, loginDelaySeconds: 60 })).toEqual(["EXPIRE 90", "LOGIN-DELAY 60"]);
  // Where room is made by size or number nothing is promised.
  expect(await promised({ expireDays: null })).toEqual([]);
});

test("UTF8 comes before the login and after STLS; logins may be in UTF-8 with or without it", async () => {
  const { client } = serveOnPipe(mailboxes("käthe"));
  const transcript = `S: +OK…
    C: UTF8 now
    S: -ERR UTF8 takes no argument
    C: UTF8
    S: +OK…
    C: USER käthe
    S: +OK…
    C: PASS secret
    S: +OK…
    C: UTF8
    S: -ERR UTF8 is not allowed after the login
    C: QUIT
    S: +OK…`;
  expect(await play(client, transcript)).toEqual([]);
});

test("a session that reads beside another refuses DELE and changes nothing", async () => {
  const inner = mailboxes();
  const reading: Mailboxes = {
    async authenticate(attempt) {
      const outcome = await inner.authenticate(attempt);
      return "mailbox" in outcome ? { mailbox: { ...outcome.mailbox, readOnly: true } } : outcome;
    },
  };
  const transcript = `S: +OK…
    C: USER mrose
    S: +OK…
    C: PASS secret
    S: +OK…
    C: DELE 1
    S: -ERR another session has the mailbox open: this one reads
    C: STAT
    S: +OK 1 50
    C: QUIT
    S: +OK goodbye (1 message left)`;
  expect(await play(serveOnPipe(reading).client, transcript)).toEqual([]);
});

test("how long a client has been silent is known, and a session that is dropped removes nothing", async () => {
  const inner = mailboxes();
  const lines: { silentMs(): number; drop(why: string): void }[] = [];
  const watched: Mailboxes = {
    authenticate(attempt) {
      lines.push(attempt.line!);
      return inner.authenticate(attempt);
    },
  };
  const { client, record } = serveOnPipe(watched);
  expect(await play(client, "S: +OK…\nC: USER mrose\nS: +OK…\nC: PASS secret\nS: +OK…\nC: DELE 1\nS: +OK…"))
    .toEqual([]);
  const [line] = lines;
  const before = line!.silentMs();
  expect(before).toBeGreaterThanOrEqual(0);
  line!.drop("taken over");
  expect(await record).toMatchObject({ outcome: "dropped" });
  expect((await record).transcript.map(([, , text]) => text)).toContain("taken over");
  // The mailbox is given back right after the session was recorded.
  await new Promise((resolve) => setImmediate(resolve));
  const again = await inner.authenticate({
    login: "mrose",
    password: new Secret("secret"),
    peer: { address: "127.0.0.1", port: 1 },
    sessionId: 2,
  });
  expect("mailbox" in again && again.mailbox.messages.length).toBe(1);
});
