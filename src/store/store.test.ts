import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import Libsql from "libsql";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { envelope, NOW } from "../../tests/support/envelopes.ts";
import { type TemporaryStore, temporaryStore } from "../../tests/support/store.ts";
import { CHUNK_OCTETS } from "./chunks.ts";
import { StoreError } from "./errors.ts";
import type { Envelope } from "./operations/queue.ts";
import { Spooler } from "./spooler.ts";
import { openStore } from "./store.ts";

let stored: TemporaryStore;
beforeAll(async () => void (stored = await temporaryStore()));
afterAll(() => stored.remove());
afterEach(() =>
  stored.sql("delete from chunk; delete from message; delete from recipient; delete from mailbox_message")
);

const small = () => Buffer.from("abc");
const accept = (id: number, recipients = 1, changes: Partial<Envelope["recipients"][number]> = {}) =>
  stored.store.write("acceptMessage", { ...envelope(id, recipients, changes), octets: small() });
const history = async (id: number) => (await stored.store.read("messageHistory", { id }))!;

async function read(id: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stored.store.octets(id)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/* Opening. */

test("a database is brought to this version's schema once, and opens again as it was", async () => {
  await accept(1);
  const tables = await stored.sql("select sql from sqlite_master order by name");
  await stored.reopen();
  await stored.reopen();
  expect(await stored.sql("select sql from sqlite_master order by name")).toEqual(tables);
  expect((await history(1)).message.id).toBe(1);
});

test("a new database is for its owner alone, in a folder that others may read too", async () => {
  const folder = mkdtempSync(join(tmpdir(), "waypost-store-"));
  const store = await openStore({ url: pathToFileURL(join(folder, "private.db")).href });
  const open = readdirSync(folder).filter((name) => (statSync(join(folder, name)).mode & 0o077) !== 0);
  await store.close();
  rmSync(folder, { recursive: true });
  expect(open).toEqual([]);
});

test("a new database has pages of 8 KB, one that was made with others keeps them", async () => {
  const pageOctets = async (url: string) => {
    const store = await openStore({ url });
    await store.close();
    return readFileSync(fileURLToPath(url)).readUInt16BE(16);
  };
  const made = new URL("older.db", stored.url).href;
  const older = new Libsql(fileURLToPath(made));
  older.exec("pragma page_size = 4096; create table something (it)");
  older.close();
  // Where the SQLite file format says the size of a page: two octets at 16.
  expect([await pageOctets(new URL("new.db", stored.url).href), await pageOctets(made)]).toEqual([8192, 4096]);
});

test("two that open a new database at once both get it", async () => {
  const url = new URL("second.db", stored.url).href;
  const stores = await Promise.all([openStore({ url }), openStore({ url })]);
  expect(await Promise.all(stores.map((store) => store.read("nextDueAt", { after: 0 })))).toEqual([null, null]);
  await Promise.all(stores.map((store) => store.close()));
});

test("a database of a newer version is refused and not touched", async () => {
  await accept(1);
  await stored.store.close();
  await stored.sql("insert into __drizzle_migrations (hash, created_at) values ('newer', 99999999999999)");
  await stored.sql("pragma wal_checkpoint(truncate)");
  const digest = () => createHash("sha256").update(readFileSync(fileURLToPath(stored.url))).digest("hex");
  const before = digest();
  const error = await openStore({ url: stored.url }).catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(StoreError);
  expect(error).toMatchObject({ code: "STORE_NEWER", message: expect.stringContaining("newer version") });
  expect(digest()).toBe(before);
  await stored.sql("delete from __drizzle_migrations where hash = 'newer'");
  await stored.reopen();
});

test("what is no database is an error, not a crash", async () => {
  const url = new URL("./store.test.ts", import.meta.url).href;
  await expect(openStore({ url })).rejects.toThrow(StoreError);
  expect(readFileSync(fileURLToPath(url), "utf8").startsWith("import")).toBe(true);
});

test("a closed store refuses, and closes again", async () => {
  const { store } = stored;
  await store.close();
  await expect(store.write("discardSpool", { spoolId: 1 })).rejects.toMatchObject({ code: "STORE_CLOSED" });
  await expect(store.read("queueSize", null)).rejects.toMatchObject({ code: "STORE_CLOSED" });
  await store.close();
  await stored.reopen();
});

test("what was written before the store closes is there afterwards", async () => {
  const writes = Array.from({ length: 600 }, (_, index) => accept(index + 1));
  const closing = stored.store.close();
  await Promise.all([...writes, closing]);
  await stored.reopen();
  expect((await stored.store.read("queueSize", null)).waitingMessages).toBe(600);
});

/* Groups. */

test("a store that closes leaves no log behind", async () => {
  const folder = mkdtempSync(join(tmpdir(), "waypost-store-"));
  const file = join(folder, "waypost.db");
  const store = await openStore({ url: pathToFileURL(file).href });
  await store.write("acceptMessage", { ...envelope(7), octets: Buffer.alloc(50_000) });
  expect((await store.read("messageHistory", { id: 7 }))?.message.id).toBe(7);
  expect(statSync(`${file}-wal`).size).toBeGreaterThan(50_000);
  await store.close();
  expect(statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0).toBe(0);
  rmSync(folder, { recursive: true });
});

test("one bad write of a group fails alone", async () => {
  await accept(5);
  const results = await Promise.allSettled([accept(1), accept(5), accept(2), accept(3, 0), accept(4)]);
  const rejected = results.flatMap((result, index) => result.status === "rejected" ? [index] : []);
  // Number 5 is there already; a message without a recipient is none of ours to judge.
  expect(rejected).toEqual([1]);
  expect((results[1] as PromiseRejectedResult).reason).toMatchObject({
    code: expect.stringMatching(/^SQLITE_CONSTRAINT/),
  });
  expect(await stored.store.read("queuedMessages", { limit: 100 })).toHaveLength(5);
});

test("each write of a group gets its own result", async () => {
  await Promise.all([accept(1, 2), accept(2, 1), accept(3, 3)]);
  const claim = (messageId: number, positions: number[]) =>
    stored.store.write("claim", { messageId, positions, owner: "me", now: NOW, until: NOW + 10 });
  expect(await Promise.all([claim(1, [1]), claim(2, [0, 9]), claim(3, [0, 2]), claim(4, [0]), claim(1, [0, 1])]))
    .toEqual([[1], [0], [0, 2], [], [0]]);
  const attempts = (await history(3)).recipients.map(({ attempts, leaseOwner }) => [attempts, leaseOwner]);
  expect(attempts).toEqual([[1, "me"], [0, null], [1, "me"]]);
});

/* Octets. */

test.each([0, 1, CHUNK_OCTETS - 1, CHUNK_OCTETS, CHUNK_OCTETS + 1, 3 * CHUNK_OCTETS, 5 * CHUNK_OCTETS + 7])(
  "a message of %i octets is read as it was written",
  async (size) => {
    const octets = Buffer.alloc(size, "0123456789abcdef\r\n");
    const spooler = new Spooler(stored.store, 1);
    for (let from = 0; from < size; from += 10_007) await spooler.write(octets.subarray(from, from + 10_007));
    const whole = await spooler.finish();
    expect(whole === null).toBe(size >= CHUNK_OCTETS);
    await stored.store.write("acceptMessage", { ...envelope(1), octets: whole });
    const found = await read(1);
    expect([found.length, found.equals(octets), spooler.size]).toEqual([size, true, size]);
  },
);

test("many messages are read at once, and a reader that leaves early harms nobody", async () => {
  for (let id = 1; id <= 30; id++) {
    for (let position = 0; position < 3; position++) {
      const octets = Buffer.alloc(CHUNK_OCTETS, id);
      await stored.store.write("appendChunk", { spoolId: id, position, octets });
    }
  }
  for await (const chunk of stored.store.octets(1)) if (chunk.length > 0) break;
  const all = await Promise.all(Array.from({ length: 30 }, (_, index) => read(index + 1)));
  all.forEach((octets, index) => {
    expect(octets.length).toBe(3 * CHUNK_OCTETS);
    expect(octets.every((octet) => octet === index + 1)).toBe(true);
  });
});

test("a blob of more than two megabytes is refused before it is sent anywhere", async () => {
  const octets = new Uint8Array(2 * 1024 * 1024 + 1);
  await expect(stored.store.write("appendChunk", { spoolId: 1, position: 0, octets })).rejects.toMatchObject({
    code: "STORE_TOO_LARGE",
    message: expect.stringContaining("use chunks"),
  });
  await stored.store.write("appendChunk", { spoolId: 1, position: 0, octets: octets.subarray(0, CHUNK_OCTETS) });
});

test("a spool that is given up is empty, and one whose store fails says so", async () => {
  const spooler = new Spooler(stored.store, 1);
  await spooler.write(new Uint8Array(3 * CHUNK_OCTETS));
  await spooler.abort();
  expect((await read(1)).length).toBe(0);
  await stored.store.write("appendChunk", { spoolId: 2, position: 1, octets: small() });
  const second = new Spooler(stored.store, 2);
  await second.write(new Uint8Array(3 * CHUNK_OCTETS));
  await expect(second.finish()).rejects.toMatchObject({ code: expect.stringMatching(/^SQLITE_CONSTRAINT/) });
});

test("a start removes the chunks that no message owns, and no others", async () => {
  const chunk = (spoolId: number) => stored.store.write("appendChunk", { spoolId, position: 0, octets: small() });
  await accept(1);
  await Promise.all([chunk(2), chunk(3), chunk(50)]);
  await stored.store.write("storeFetched", {
    message: {
      id: 3,
      mailboxId: 1,
      uidl: "u",
      size: 3,
      messageId: "",
      sender: "",
      subject: "",
      fetchedAt: NOW,
      sessionId: null,
      deletedAt: null,
      readBySessionId: null,
    },
    ledger: null,
    octets: null,
  });
  await stored.store.write("sweepSpool", { before: 50 });
  expect(await stored.sql("select spool_id from chunk order by spool_id")).toEqual([
    { spool_id: 1 },
    { spool_id: 3 },
    { spool_id: 50 },
  ]);
});
