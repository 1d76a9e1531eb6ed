import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BESIDE, createIds } from "../../store/ids.ts";
import type { Store } from "../../store/store.ts";
import { systemClock } from "../../wire/clock.ts";
import { temporaryStore } from "../support.ts";
import { randomUidl } from "../uidl.ts";
import { exportMessages, type LineEnds } from "./exporter.ts";
import { Importer } from "./importer.ts";
import { type ArchiveFormat, findArchive, readArchive } from "./places.ts";

let store: Store;
let remove: () => Promise<void>;
const folder = mkdtempSync(join(tmpdir(), "waypost-archive-"));
const nextId = createIds(systemClock, 0, 0, BESIDE);
let names = 0;

beforeAll(async () => {
  ({ store, remove } = await temporaryStore());
});
afterAll(async () => {
  await remove();
  rmSync(folder, { recursive: true, force: true });
});

const path = () => join(folder, `place-${++names}`);

/** What POP3 may have brought: whole lines, and little else that can be relied on. */
const ODD = [
  "Subject: plain\r\nMessage-ID: <a@b>\r\n\r\nbody\r\n",
  "Subject: quoted\r\n\r\nFrom here\r\n>From there\r\n>>From nowhere\r\n\r\nFrom the end\r\n",
  `From: "A. B." <alice@example.net>\r\n\r\n${"x".repeat(100_000)}\r\n\r\n\r\n`,
  `Subject: large\r\n\r\n${`${"y".repeat(70)}\r\n`.repeat(5_000)}`,
  "Subject: dots\r\n\r\n.\r\n..\r\n",
  "\r\n",
  "",
  "Subject: \xe4\xff\r\n\r\n\0\x01\r\n",
  "Subject: twice\r\n\r\nthe same\r\n",
  "Subject: twice\r\n\r\nthe same\r\n",
  "From nobody Tue Nov 24 09:00:00 2026\r\nSubject: begins like an mbox\r\n\r\n",
];
/** What LF alone as a line end cannot carry. */
const ODDER = ["Subject: bare\r\n\r\na\nb\rc\r\r\nd\n\r\n"];

async function mailbox(): Promise<number> {
  return await store.write("ensureMailbox", { id: nextId(), account: `a${++names}`, source: "s" });
}

async function importFrom(place: string, mailboxId: number): Promise<Importer> {
  const ports = { store, clock: systemClock, nextId, newUidl: randomUidl, hasRoom: () => true };
  const importer = await Importer.open(mailboxId, ports);
  await readArchive(await findArchive(place), "mboxrd", importer);
  await importer.settle();
  return importer;
}

async function filled(texts: readonly string[]): Promise<number> {
  const place = path();
  mkdirSync(place);
  texts.forEach((text, index) => writeFileSync(join(place, `${index}.eml`), Buffer.from(text, "latin1")));
  const mailboxId = await mailbox();
  await importFrom(place, mailboxId);
  return mailboxId;
}

async function textsOf(mailboxId: number): Promise<string[]> {
  const rows = await store.read("messagesAfter", { mailboxIds: [mailboxId], after: 0, limit: 1000 });
  return await Promise.all(rows.map(async ({ id, size }) => {
    let text = "";
    for await (const piece of store.octets(id)) text += Buffer.from(piece).toString("latin1");
    expect(text.length).toBe(size);
    return text;
  }));
}

const forms: [ArchiveFormat, LineEnds][] = [
  ["mbox", "lf"],
  ["mbox", "crlf"],
  ["maildir", "lf"],
  ["maildir", "crlf"],
  ["eml", "lf"],
  ["eml", "crlf"],
];

test.each(forms)(
  "out as %s with %s and in again: the same messages, octet for octet, in their order",
  async (format, lineEnds) => {
    const texts = lineEnds === "crlf" && format !== "mbox" ? [...ODD, ...ODDER] : ODD;
    const from = await filled(texts);
    expect(await textsOf(from)).toEqual(texts);
    const place = path();
    const report = await exportMessages(store, { mailboxIds: [from], format, lineEnds, path: place });
    expect(report).toMatchObject({ exported: texts.length, known: 0, odd: 0 });
    const to = await mailbox();
    const imported = await importFrom(place, to);
    expect([imported.imported, imported.known]).toEqual([texts.length, 0]);
    expect(await textsOf(to)).toEqual(texts);
    const again = await importFrom(place, to);
    expect([again.imported, again.known]).toEqual([0, texts.length]);
    expect(await textsOf(to)).toEqual(texts);
  },
);

test("what LF alone cannot carry is said", async () => {
  const mailboxIds = [await filled([...ODD, ...ODDER])];
  for (const format of ["mbox", "maildir", "eml"] as const) {
    expect(await exportMessages(store, { mailboxIds, format, lineEnds: "lf", path: path() })).toMatchObject({ odd: 1 });
  }
});

test("an export into a Maildir or folder that is repeated writes what is new; an mbox is not overwritten", async () => {
  const mailboxId = await filled(ODD.slice(0, 2));
  for (const format of ["maildir", "eml", "mbox"] as const) {
    const place = path();
    const request = { mailboxIds: [mailboxId], format, lineEnds: "lf", path: place } as const;
    await exportMessages(store, request);
    if (format === "mbox") await expect(exportMessages(store, request)).rejects.toThrow("is there already");
    else expect(await exportMessages(store, request)).toMatchObject({ exported: 0, known: 2 });
  }
});

test("an mbox is quoted as mboxrd, with a line between messages that tells sender and time", async () => {
  const mailboxId = await filled([ODD[1]!]);
  const place = path();
  await exportMessages(store, { mailboxIds: [mailboxId], format: "mbox", lineEnds: "lf", path: place });
  const lines = readFileSync(place, "latin1").split("\n");
  expect(lines[0]).toMatch(/^From MAILER-DAEMON \w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}$/);
  expect(lines.slice(3)).toEqual([">From here", ">>From there", ">>>From nowhere", "", ">From the end", "", ""]);
});

test("a Maildir is read in the order of its names; trash and folders are left out and named", async () => {
  const place = path();
  for (const name of ["cur", "new", "tmp", ".Sent"]) mkdirSync(join(place, name), { recursive: true });
  writeFileSync(join(place, "cur", "20.b:2,S"), "Subject: second\n\n");
  writeFileSync(join(place, "new", "3.c"), "Subject: first\n\n");
  writeFileSync(join(place, "cur", "4.d:2,ST"), "Subject: trash\n\n");
  writeFileSync(join(place, "tmp", "5.e"), "half");
  const found = await findArchive(place);
  expect([found.trashed, found.folders]).toEqual([1, [".Sent"]]);
  const mailboxId = await mailbox();
  await importFrom(place, mailboxId);
  expect(await textsOf(mailboxId)).toEqual(["Subject: first\r\n\r\n", "Subject: second\r\n\r\n"]);
});

test("an import that is broken off leaves nothing half; chunks that were swept are no message", async () => {
  const mailboxId = await mailbox();
  const ports = { store, clock: systemClock, nextId, newUidl: randomUidl, hasRoom: () => true };
  const importer = await Importer.open(mailboxId, ports);
  importer.begin("one");
  await importer.take(new Uint8Array(300_000));
  await store.write("sweepSpool", { before: Number.MAX_SAFE_INTEGER });
  await importer.take(new Uint8Array(10));
  await importer.end();
  await expect(importer.settle()).rejects.toThrow("one could not be stored, a server was started meanwhile");
  await importer.abort();
  expect(await textsOf(mailboxId)).toEqual([]);
});

test("without room on the disk the import stops", async () => {
  const ports = { store, clock: systemClock, nextId, newUidl: randomUidl, hasRoom: () => false };
  const importer = await Importer.open(await mailbox(), ports);
  importer.begin("message 7");
  expect(() => importer.take(new Uint8Array(10))).toThrow(
    "make room, then repeat the import; it goes on with message 7",
  );
  await importer.abort();
});

test("a path without mail is refused with what was expected", async () => {
  await expect(findArchive(join(folder, "nothing"))).rejects.toThrow("does not exist");
  const empty = path();
  mkdirSync(empty);
  expect(readdirSync(empty)).toEqual([]);
  await expect(findArchive(empty)).rejects.toThrow('neither a Maildir (with "cur" and "new") nor a folder of .eml');
});

test("a file that begins as no message does is refused, but for one that is named .eml", async () => {
  const written = (name: string, text: string | Buffer) => {
    const file = `${path()}-${name}`;
    writeFileSync(file, text);
    return file;
  };
  const picture = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  for (
    const [name, text] of [["a.png", picture], ["a.txt", "Dear all,\n\nSubject: no\n"], [
      "a",
      "\nSubject: no\n",
    ]] as const
  ) {
    await expect(findArchive(written(name, text)), name).rejects.toThrow("neither an mbox");
  }
  for (const [name, text] of [["a", "Subject: yes\n"], ["a.txt", "X-Odd :yes\r\n"], ["a.eml", picture]] as const) {
    expect(await findArchive(written(name, text)), name).toMatchObject({ format: "eml" });
  }
});
