import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type MemoryMailbox, memoryMailboxes } from "../pop3/server/memory.ts";
import type { Mailboxes, OpenMailbox } from "../pop3/server/ports.ts";
import type { Store } from "../store/store.ts";
import { Secret } from "../wire/secret.ts";
import { fetchSource } from "./fetch.ts";
import { readLedger } from "./ledger-store.ts";
import { type FetchRequest, NOTHING_DONE } from "./report.ts";
import { fetchPorts, listedIds, sourceOf, temporaryStore } from "./support.ts";

let store: Store;
let remove: () => Promise<void>;
let upstream: MemoryMailbox;
let mailboxId: number;

beforeAll(async () => {
  ({ store, remove } = await temporaryStore());
});

afterAll(() => remove());

/** Each test has a mailbox of its own. */
let tests = 0;
beforeEach(async () => {
  upstream = { password: "secret", messages: [] };
  mailboxId = await store.write("ensureMailbox", { id: ++tests, account: "alice", source: `source ${tests}` });
});

const message = (uidl: string, text: string) => ({ uidl, octets: Buffer.from(text, "latin1") });
const keep = sourceOf();
const atOnce = sourceOf({ mode: "delete", deleteAfterMs: 0 });

function request(source = keep, changes: Partial<FetchRequest> = {}): FetchRequest {
  const { signal } = new AbortController();
  return { account: "alice", source, mailboxId, brakeReleased: false, signal, ...changes };
}

/** Ports to the upstream mailbox; `changes` make its server behave otherwise. */
function ports(changes: Partial<OpenMailbox> = {}) {
  const mailboxes = memoryMailboxes(new Map([["mrose", upstream]]));
  const changed: Mailboxes = {
    async authenticate(attempt) {
      const outcome = await mailboxes.authenticate(attempt);
      return "mailbox" in outcome ? { mailbox: { ...outcome.mailbox, ...changes } } : outcome;
    },
  };
  return fetchPorts(store, () => changed);
}

async function textsHere(): Promise<string[]> {
  return await Promise.all((await listedIds(store, [mailboxId])).map(async (id) => {
    const pieces: Uint8Array[] = [];
    for await (const piece of store.octets(id)) pieces.push(piece);
    return Buffer.concat(pieces).toString("latin1");
  }));
}

async function ledger(): Promise<Record<string, string>> {
  const rows = await readLedger({ store }, mailboxId);
  return Object.fromEntries(rows.map(({ uidl, state }) => [uidl, state]));
}

const nothing = NOTHING_DONE;

test("keep mode: everything is stored octet by octet, the source keeps it, a second poll fetches nothing", async () => {
  const texts = [
    "Message-ID: <1@x>\r\nFrom: a@example.net\r\nSubject: one\r\n\r\nhello\r\n",
    "",
    "..\r\n.a\r\n\0\xff\r\n",
    `Subject: large\r\n\r\n${randomBytes(300_000).toString("latin1")}\r\n`,
    `${"x".repeat(65_534)}\r\n`,
  ];
  upstream.messages = texts.map((text, index) => message(`u${index}`, text));
  expect(await fetchSource(request(), ports())).toEqual({ ...nothing, fetched: 5 });
  expect((await textsHere()).sort()).toEqual([...texts].sort());
  expect(Object.values(await ledger())).toEqual(Array(5).fill("stored"));
  expect(await fetchSource(request(), ports())).toEqual(nothing);
  expect(upstream.messages.length).toBe(5);
  const [first] = await store.read("mailboxMessagesByMessageId", { messageId: "1@x" });
  expect(first?.message).toMatchObject({ sender: "a@example.net", subject: "one", size: texts[0]!.length });
  expect(first?.message.uidl).toMatch(/^[\x21-\x7e]{1,70}$/);
});

test("delete mode at once: what is stored is removed in the same session, and what came in part is not", async () => {
  upstream.messages = [message("a", "one\r\n"), message("b", "two\r\n")];
  const server = ports();
  expect(await fetchSource(request(atOnce), server)).toEqual({ ...nothing, fetched: 2, removed: 2 });
  expect(upstream.messages).toEqual([]);
  expect(await ledger()).toEqual({ a: "delete-confirmed", b: "delete-confirmed" });
  expect(server.records[0]).toMatchObject({ outcome: "completed", messages: 2, account: "alice", peerName: "private" });
  expect(server.records[0]!.phases.map(({ phase }) => phase)).toEqual(["authorization", "transaction", "update"]);
  expect(JSON.stringify(server.records)).not.toContain('secret"');
  expect(await fetchSource(request(atOnce), ports())).toEqual(nothing);
  expect(await ledger()).toEqual({ a: "gone", b: "gone" });
  expect((await textsHere()).length).toBe(2);
});

test("delete mode after an age: it stays until then", async () => {
  upstream.messages = [message("a", "one\r\n")];
  const later = sourceOf({ mode: "delete", deleteAfterMs: 3_600_000 });
  const server = ports();
  expect(await fetchSource(request(later), server)).toMatchObject({ fetched: 1, removed: 0 });
  const clock = { now: () => Date.now() + 3_600_001 };
  expect(await fetchSource(request(later), { ...server, clock })).toMatchObject({ fetched: 0, removed: 1 });
  expect(upstream.messages).toEqual([]);
});

test("a message that breaks off is no message: it is fetched again, and nothing of it stays", async () => {
  upstream.messages = [message("a", "one\r\n"), message("b", `${"x".repeat(200_000)}\r\n`)];
  const broken = ports({
    async *open(index) {
      yield Buffer.from(index === 0 ? "one\r\n" : "x".repeat(150_000));
      if (index === 1) throw new Error("the server's disk broke");
    },
  });
  const report = await fetchSource(request(atOnce), broken);
  expect(report).toMatchObject({ fetched: 1, removed: 0, failure: { ok: false, code: "SYS/TEMP" } });
  expect(broken.records[0]).toMatchObject({ outcome: "dropped", endedIn: "transaction" });
  expect(upstream.messages.length).toBe(2);
  expect(await textsHere()).toEqual(["one\r\n"]);
  expect(await fetchSource(request(atOnce), ports())).toMatchObject({ fetched: 1, removed: 2, failure: null });
  expect((await textsHere()).map((text) => text.length)).toEqual([5, 200_002]);
});

test("a source that does not carry out QUIT is asked again at the next poll", async () => {
  upstream.messages = [message("a", "one\r\n")];
  const report = await fetchSource(request(atOnce), ports({ remove: () => Promise.reject(new Error("read-only")) }));
  expect(report).toMatchObject({ fetched: 1, removed: 0, failure: { ok: false, code: "SYS/TEMP" } });
  expect(await ledger()).toEqual({ a: "delete-sent" });
  expect(await fetchSource(request(atOnce), ports())).toMatchObject({ fetched: 0, removed: 1 });
  expect(await ledger()).toEqual({ a: "delete-confirmed" });
});

test("the brake: a list that is suddenly all new fetches and deletes nothing until the owner lets it", async () => {
  upstream.messages = Array.from({ length: 12 }, (_, index) => message(`a${index}`, "x\r\n"));
  await fetchSource(request(), ports());
  upstream.messages = upstream.messages.map(({ octets }, index) => ({ uidl: `b${index}`, octets }));
  const braked = await fetchSource(request(atOnce), ports());
  expect(braked).toMatchObject({ fetched: 0, removed: 0, failure: null });
  expect(braked.brake).toMatch(/its UIDLs may have changed/);
  expect(upstream.messages.length).toBe(12);
  const released = await fetchSource(request(atOnce, { brakeReleased: true }), ports());
  expect(released).toMatchObject({ fetched: 12, removed: 12, brake: null });
});

test("identical copies under one UIDL are all stored and none is deleted", async () => {
  upstream.messages = [message("same", "x\r\n"), message("same", "x\r\n"), message("other", "y\r\n")];
  expect(await fetchSource(request(atOnce), ports())).toMatchObject({ fetched: 3, removed: 1 });
  expect(await ledger()).toEqual({ same: "stored", "same 2": "stored", other: "delete-confirmed" });
});

test("a wrong password, a source that is away and a stop are told apart", async () => {
  upstream = { ...upstream, password: "another" };
  const refused = ports();
  expect((await fetchSource(request(), refused)).failure).toMatchObject({ code: "AUTH" });
  expect(refused.records[0]).toMatchObject({ outcome: "failed", endedIn: "authorization" });
  const away = { ...ports(), connect: () => Promise.reject(new Error("no route to host")) };
  expect((await fetchSource(request(), away)).failure).toMatchObject({ cause: "no route to host" });
  const stopped = ports();
  const report = await fetchSource(request(keep, { signal: AbortSignal.abort() }), stopped);
  expect(report.failure).toMatchObject({ code: "SYS/TEMP", cause: "fetching was stopped" });
});

test("a source that another session holds says [IN-USE]", async () => {
  const { mailbox } = await openElsewhere();
  expect((await fetchSource(request(), mailbox)).failure).toMatchObject({ code: "IN-USE" });
  expect(mailbox.records[0]!.outcome).toBe("refused");
});

async function openElsewhere() {
  const mailboxes = memoryMailboxes(new Map([["mrose", upstream]]));
  const peer = { address: "192.0.2.9", port: 1 };
  await mailboxes.authenticate({ login: "mrose", password: new Secret("secret"), peer, sessionId: 1 });
  return { mailbox: fetchPorts(store, () => mailboxes) };
}

test("many small messages are stored in groups", async () => {
  upstream.messages = Array.from({ length: 1_000 }, (_, index) => message(`u${index}`, `Subject: ${index}\r\n\r\n`));
  expect(await fetchSource(request(atOnce), ports())).toMatchObject({ fetched: 1_000, removed: 1_000 });
  expect((await textsHere()).length).toBe(1_000);
});
