import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Authenticator } from "../identity/authenticator.ts";
import type { Directory } from "../identity/directory.ts";
import type { ClientLine, LoginOutcome, OpenMailbox } from "../pop3/server/ports.ts";
import type { Account } from "../settings.ts";
import { createIds } from "../store/ids.ts";
import { Spooler } from "../store/spooler.ts";
import type { Store } from "../store/store.ts";
import { systemClock } from "../wire/clock.ts";
import { Secret } from "../wire/secret.ts";
import { createMailboxes, type ServePolicy } from "./serve.ts";
import { temporaryStore } from "./support.ts";

let store: Store;
let remove: () => Promise<void>;
const nextId = createIds(systemClock, 0);
const warnings: string[] = [];

beforeAll(async () => {
  ({ store, remove } = await temporaryStore());
});

afterAll(() => remove());

/** Each test has accounts of its own. */
let alice: string;
let tests = 0;
let policy: ServePolicy;
beforeEach(() => {
  alice = `alice${++tests}@example.net`;
  policy = { secondSession: "refuse", takeoverAfterMs: 60_000, loginDelayMs: 0, onDelete: "delete" };
});

function mailboxes() {
  const accounts = new Map([alice, `${alice}+plus`].map((login) => [login, { login } as Account]));
  const directory = { account: (login: string) => accounts.get(login.toLowerCase()) } as Directory;
  const authenticator: Authenticator = {
    login({ login, password }) {
      const account = accounts.get(login.toLowerCase());
      if (password.reveal() === "throttled") return Promise.resolve({ ok: false, waitMs: 1_500 });
      return Promise.resolve(
        account && password.reveal() === "secret" ? { ok: true, account } : { ok: false, waitMs: 0 },
      );
    },
  };
  const served = createMailboxes({
    store,
    clock: systemClock,
    authenticator,
    directory: () => directory,
    policy: () => policy,
    warn: (text) => void warnings.push(text),
  });
  return (login: string, password = "secret", address = "192.0.2.1", line: ClientLine | null = null) =>
    served.authenticate({
      login,
      password: new Secret(password),
      peer: { address, port: 1 },
      sessionId: 5,
      ...(line ? { line } : {}),
    });
}

async function addMailbox(source: string, texts: readonly string[]): Promise<void> {
  const mailboxId = await store.write("ensureMailbox", { id: nextId(), account: alice, source });
  for (const text of texts) await addMessage(mailboxId, text);
}

async function addMessage(mailboxId: number, text: string, size = text.length): Promise<number> {
  const id = nextId();
  const spooler = new Spooler(store, id);
  await spooler.write(Buffer.from(text, "latin1"));
  const octets = await spooler.finish();
  const facts = { messageId: "", sender: "", subject: "", fetchedAt: 0, sessionId: null, deletedAt: null };
  const message = { id, mailboxId, uidl: `uidl-${id}`, size, ...facts, readBySessionId: null };
  await store.write("storeFetched", { message, ledger: null, octets });
  return id;
}

/** The mailbox that was opened, with a list of its messages that stays when it is closed. */
function opened(outcome: LoginOutcome) {
  if ("reply" in outcome) throw new Error(outcome.reply.text);
  const { mailbox } = outcome;
  const { length } = mailbox.messages;
  const messages = Array.from({ length }, (_, index) => ({
    octets: mailbox.messages.octetsOf(index),
    uidl: mailbox.messages.uidlOf(index),
  }));
  return { ...mailbox, messages };
}

async function textOf(mailbox: Pick<OpenMailbox, "open">, index: number): Promise<string> {
  const message = await mailbox.open(index);
  const pieces = message instanceof Uint8Array ? [message] : await Array.fromAsync(message);
  return Buffer.concat(pieces).toString("latin1");
}

test("an account's mailbox joins its sources, oldest message first; login+source gives one", async () => {
  await addMailbox("work", ["one\r\n", ""]);
  await addMailbox("private", [`${"x".repeat(200_000)}\r\n`]);
  const login = mailboxes();
  const all = opened(await login(alice.toUpperCase()));
  expect([all.account, all.messages.map(({ octets }) => octets)]).toEqual([alice, [5, 0, 200_002]]);
  expect(await Promise.all([0, 1, 2].map((index) => textOf(all, index)))).toEqual([
    "one\r\n",
    "",
    `${"x".repeat(200_000)}\r\n`,
  ]);
  all.close();
  const one = opened(await login(`${alice}+private`));
  expect(one.messages).toEqual([all.messages[2]]);
  one.close();
});

test("an account whose own name has a plus is that account", async () => {
  await addMailbox("plus", ["one\r\n"]);
  expect(opened(await mailboxes()(`${alice}+plus`)).messages).toEqual([]);
});

test("wrong passwords and unknown logins look the same; who guesses has to wait", async () => {
  const login = mailboxes();
  const wrong = { ok: false, code: "AUTH", text: "login or password is wrong" };
  for (const attempt of [login(alice, "guess"), login("nobody"), login(`${alice}+nothing`, "guess"), login("+")]) {
    expect(await attempt).toMatchObject({ reply: wrong });
  }
  // Whoever has the password may know.
  expect(await login(`${alice}+nothing`)).toMatchObject({
    reply: { code: "AUTH", text: expect.stringContaining("no source of that name") },
  });
  expect(await login(alice, "throttled")).toMatchObject({
    reply: { ok: false, code: "SYS/TEMP", text: "too many failed logins, try again in 2 s" },
  });
});

test("one session at a time has a mailbox: of the account, of the source, and of both", async () => {
  await addMailbox("work", []);
  await addMailbox("private", []);
  const login = mailboxes();
  const inUse = { reply: { ok: false, code: "IN-USE" } };
  const work = opened(await login(`${alice}+work`));
  expect(await login(alice)).toMatchObject(inUse);
  opened(await login(`${alice}+private`)).close();
  work.close();
  const [first, second] = await Promise.all([login(alice), login(alice)]);
  expect([first, second].filter((outcome) => "reply" in outcome)).toMatchObject([inUse]);
  opened("mailbox" in first ? first : second).close();
  const again = opened(await login(alice));
  again.close();
  again.close();
  expect("mailbox" in await login(alice)).toBe(true);
});

test("deleted messages are served no more, but can be restored; UIDLs stay", async () => {
  await addMailbox("private", ["one\r\n", "two\r\n", "three\r\n"]);
  const login = mailboxes();
  const mailbox = opened(await login(alice));
  await mailbox.remove([0, 2]);
  mailbox.close();
  const after = opened(await login(alice));
  expect(after.messages).toEqual([mailbox.messages[1]]);
  after.close();
  const ids = [mailbox.messages[0]!.uidl, mailbox.messages[2]!.uidl].map((uidl) => Number(uidl.slice("uidl-".length)));
  expect(await store.write("restoreMailboxMessages", { ids })).toBe(2);
  expect(opened(await login(alice)).messages).toEqual(mailbox.messages);
});

test("which session read a message first is noted when it ends", async () => {
  await addMailbox("private", ["one\r\n", "two\r\n"]);
  const mailbox = opened(await mailboxes()(alice));
  mailbox.retrieved(1);
  mailbox.close();
  // No client waits for the note; a write that comes after it is durable after it.
  await store.write("restoreMailboxMessages", { ids: [] });
  const [box] = (await store.read("mailboxes", null)).filter(({ account }) => account === alice);
  const messages = await store.read("newestMailboxMessages", { mailboxId: box!.id, limit: 10 });
  expect(messages.map(({ readBySessionId }) => readBySessionId)).toEqual([5, null]);
  expect(warnings).toEqual([]);
});

test("a message whose octets are not all there is not served as if it were whole", async () => {
  const mailboxId = await store.write("ensureMailbox", { id: nextId(), account: alice, source: "private" });
  await addMessage(mailboxId, "half", 8);
  const mailbox = opened(await mailboxes()(alice));
  await expect(textOf(mailbox, 0)).rejects.toThrow("the spool holds 4 of the 8 octets");
});

test("a session that has been silent gives way to the same client, and to nobody else", async () => {
  await addMailbox("private", ["one\r\n"]);
  const login = mailboxes();
  let silentMs = 59_999;
  const dropped: string[] = [];
  const line = { silentMs: () => silentMs, drop: (why: string) => void dropped.push(why) };
  const lost = opened(await login(alice, "secret", "192.0.2.7", line));
  const inUse = { reply: { ok: false, code: "IN-USE" } };
  expect(await login(alice, "secret", "192.0.2.7")).toMatchObject(inUse);
  silentMs = 60_000;
  expect(await login(alice, "secret", "192.0.2.8")).toMatchObject(inUse);
  expect(dropped).toEqual([]);
  const next = opened(await login(alice, "secret", "192.0.2.7"));
  expect(dropped).toMatchObject([/same address/]);
  // The lost session's end must not free what is no longer its own.
  lost.close();
  expect(await login(alice)).toMatchObject(inUse);
  next.close();
});

test("where the settings let it, a second session reads; the lock goes to whoever comes after the first has ended", async () => {
  await addMailbox("private", ["one\r\n"]);
  policy = { ...policy, secondSession: "read" };
  const login = mailboxes();
  const first = opened(await login(alice));
  const second = opened(await login(alice));
  expect([first.readOnly, second.readOnly, second.messages]).toEqual([false, true, first.messages]);
  expect(await textOf(second, 0)).toBe("one\r\n");
  second.close();
  expect(opened(await login(alice)).readOnly).toBe(true);
  first.close();
  expect(opened(await login(alice)).readOnly).toBe(false);
});

test("between two logins of an account the set time passes", async () => {
  policy = { ...policy, loginDelayMs: 60_000 };
  const login = mailboxes();
  opened(await login(alice)).close();
  expect(await login(alice.toUpperCase())).toMatchObject({
    reply: { ok: false, code: "LOGIN-DELAY", text: "the last login was just now, try again in 60 s" },
  });
  // A wrong password tells nothing of it.
  expect(await login(alice, "guess")).toMatchObject({ reply: { code: "AUTH" } });
});

test("where deleting hides, a message is gone for the client that deleted it, and stays for the others", async () => {
  await addMailbox("private", ["one\r\n", "two\r\n"]);
  policy = { ...policy, onDelete: "hide" };
  const login = mailboxes();
  const listed = async (name: string, address?: string) => {
    const mailbox = opened(await login(name, "secret", address));
    mailbox.close();
    return mailbox.messages.map(({ octets }) => octets);
  };
  const phone = opened(await login(`${alice}/phone`));
  await phone.remove([0]);
  await phone.remove([0]);
  phone.close();
  expect(await listed(`${alice}/PHONE`, "192.0.2.99")).toEqual([5]);
  expect(await listed(`${alice}+private/phone`)).toEqual([5]);
  expect(await listed(`${alice}/desk`)).toEqual([5, 5]);
  const unnamed = opened(await login(alice, "secret", "192.0.2.5"));
  await unnamed.remove([0, 1]);
  unnamed.close();
  expect(await listed(alice, "192.0.2.5")).toEqual([]);
  expect(await listed(alice, "192.0.2.6")).toEqual([5, 5]);
  const ids = unnamed.messages.map(({ uidl }) => Number(uidl.slice("uidl-".length)));
  expect(await store.write("restoreMailboxMessages", { ids })).toBe(2);
  expect(await listed(alice, "192.0.2.5")).toEqual([5, 5]);
});
