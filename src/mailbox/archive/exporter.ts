import { randomBytes } from "node:crypto";
import { type FileHandle, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { hasErrorCode } from "../../net/files.ts";
import { formatId } from "../../store/ids.ts";
import type { Store } from "../../store/store.ts";
import { linesOf } from "./lines.ts";
import { ArchiveError, type ArchiveFormat } from "./places.ts";
import { endLine, Gatherer } from "./sink.ts";

/** How lines end in what is written: as in the message, or with LF alone, as programs on Unix want it. */
export type LineEnds = "crlf" | "lf";

/** What is to be exported, and where to. */
export interface ExportRequest {
  readonly mailboxIds: readonly number[];
  readonly format: ArchiveFormat;
  readonly lineEnds: LineEnds;
  readonly path: string;
}

/** What an export came to. */
export interface ExportReport {
  exported: number;
  octets: number;
  /** Messages whose files were there already. */
  known: number;
  /** Messages with line ends other than CRLF, which LF alone cannot tell from the others. */
  odd: number;
}

/** A message as it is listed. */
type Row = Awaited<ReturnType<typeof rowsAfter>>[number];

const PRIVATE_FILE = 0o600;
const PRIVATE_FOLDER = 0o700;
const ROWS_AT_A_TIME = 500;
const LF = 10;
const CR = 13;
const GT = 62;
const FROM = [70, 114, 111, 109, 32];

/**
 * Writes mailboxes out, the oldest message first. An mbox must not be there yet; in a Maildir or a folder of .eml files
 * what is there already is left out, so that an export that is repeated brings what is new.
 * @throws ArchiveError, StoreError, the system's errors
 */
export async function exportMessages(store: Store, request: ExportRequest): Promise<ExportReport> {
  const report: ExportReport = { exported: 0, octets: 0, known: 0, odd: 0 };
  const place = await openPlace(request);
  try {
    for await (const row of allRows(store, request.mailboxIds)) {
      if (place.has(row)) {
        report.known++;
        continue;
      }
      const odd = await place.write(row, store.octets(row.id));
      report.exported++;
      report.octets += row.size;
      if (odd) report.odd++;
    }
    await place.close();
    return report;
  } catch (error) {
    await place.drop();
    throw error;
  }
}

/** Where messages are written to. */
interface Place {
  has(row: Row): boolean;
  /** Writes a message; gives whether it has line ends that this form cannot keep. */
  write(row: Row, octets: AsyncIterable<Uint8Array>): Promise<boolean>;
  close(): Promise<void>;
  /** Ends it where something has failed. */
  drop(): Promise<void>;
}

function openPlace(request: ExportRequest): Promise<Place> {
  if (request.format === "mbox") return openMbox(request);
  return request.format === "maildir" ? openMaildir(request) : openFolder(request);
}

async function openMbox({ path, lineEnds }: ExportRequest): Promise<Place> {
  const file = await open(path, "wx", PRIVATE_FILE).catch((error: unknown) => {
    if (hasErrorCode(error, "EEXIST")) throw new ArchiveError(`${path} is there already; an mbox is not added to`);
    throw error;
  });
  const lineEnd = lineEnds === "crlf" ? "\r\n" : "\n";
  const gatherer = new Gatherer((octets) => writeAll(file, octets));
  return {
    has: () => false,
    async write(row, octets) {
      await gatherer.put(Buffer.from(`From ${senderOf(row)} ${asctime(row.fetchedAt)}${lineEnd}`, "latin1"));
      const odd = await putMessage(octets, gatherer, lineEnds, true);
      await gatherer.put(Buffer.from(lineEnd));
      return odd;
    },
    async close() {
      await gatherer.flush();
      await file.close();
    },
    async drop() {
      await file.close();
      await rm(path, { force: true });
    },
  };
}

async function openMaildir({ path, lineEnds }: ExportRequest): Promise<Place> {
  for (const folder of ["", "tmp", "new", "cur"]) {
    await mkdir(join(path, folder), { recursive: true, mode: PRIVATE_FOLDER });
  }
  const writeFile = fileWriter(lineEnds);
  const there = new Set<string>();
  for (const folder of ["new", "cur"]) {
    for (const name of await readdir(join(path, folder))) there.add(name.split(":", 1)[0]!);
  }
  // The same each time: the second in which the message came, and our own id of it.
  const nameOf = ({ fetchedAt, id }: Row) => `${Math.floor(fetchedAt / 1000)}.${formatId(id)}.waypost`;
  return {
    has: (row) => there.has(nameOf(row)),
    async write(row, octets) {
      const name = nameOf(row);
      const target = row.readBySessionId === null ? join("new", name) : join("cur", `${name}:2,S`);
      return await writeFile(join(path, "tmp", name), join(path, target), octets);
    },
    close: () => Promise.resolve(),
    drop: () => Promise.resolve(),
  };
}

async function openFolder({ path, lineEnds }: ExportRequest): Promise<Place> {
  await mkdir(path, { recursive: true, mode: PRIVATE_FOLDER });
  const writeFile = fileWriter(lineEnds);
  const there = new Set(await readdir(path));
  const nameOf = ({ id }: Row) => `${formatId(id)}.eml`;
  return {
    has: (row) => there.has(nameOf(row)),
    async write(row, octets) {
      const temporary = join(path, `.${randomBytes(6).toString("hex")}.tmp`);
      return await writeFile(temporary, join(path, nameOf(row)), octets);
    },
    close: () => Promise.resolve(),
    drop: () => Promise.resolve(),
  };
}

/** Makes what writes one message into a file of its own, which has its name once it is whole. */
function fileWriter(lineEnds: LineEnds) {
  let file: FileHandle;
  const gatherer = new Gatherer((piece) => writeAll(file, piece));
  return async (temporary: string, target: string, octets: AsyncIterable<Uint8Array>): Promise<boolean> => {
    file = await open(temporary, "w", PRIVATE_FILE);
    try {
      const odd = await putMessage(octets, gatherer, lineEnds, false);
      await gatherer.flush();
      await file.close();
      await rename(temporary, target);
      return odd;
    } catch (error) {
      await file.close();
      await rm(temporary, { force: true });
      throw error;
    }
  };
}

/** Writes a message's octets; gives whether it has line ends that LF alone cannot keep. */
async function putMessage(
  octets: AsyncIterable<Uint8Array>,
  gatherer: Gatherer,
  lineEnds: LineEnds,
  quoted: boolean,
): Promise<boolean> {
  if (lineEnds === "crlf" && !quoted) {
    for await (const piece of octets) await gatherer.put(piece);
    return false;
  }
  let odd = false;
  gatherer.last = -1;
  for await (const parts of linesOf(octets)) {
    for (const { octets: line, from, to, begins, ends } of parts) {
      if (quoted && begins && isFromLine(line, from, to)) await gatherer.put(QUOTE);
      const isEnded = ends && line[to - 1] === LF;
      const hasCr = isEnded && to - 2 >= from && line[to - 2] === CR;
      if (isEnded && (!hasCr || line[to - 3] === CR && to - 3 >= from)) odd = true;
      const end = lineEnds === "lf" && hasCr ? to - 2 : to;
      await put(gatherer, line, from, end);
      if (end < to) await put(gatherer, line, to - 1, to);
    }
  }
  if (quoted) {
    if (lineEnds === "crlf") await endLine(gatherer);
    else if (gatherer.last !== LF && gatherer.last !== -1) await gatherer.put(LINE_FEED);
  }
  return odd && lineEnds === "lf";
}

const QUOTE = new Uint8Array([GT]);
const LINE_FEED = new Uint8Array([LF]);

function put(gatherer: Gatherer, octets: Uint8Array, from: number, to: number): Promise<void> | void {
  if (!gatherer.hasRoomFor(to - from)) return gatherer.put(octets.subarray(from, to));
  gatherer.putNow(octets, from, to);
}

/** "From ", ">From ", ">>From " …: what mboxrd puts a ">" before. */
function isFromLine(octets: Uint8Array, from: number, to: number): boolean {
  let at = from;
  while (at < to && octets[at] === GT) at++;
  return to - at >= FROM.length && FROM.every((octet, index) => octets[at + index] === octet);
}

async function writeAll(file: FileHandle, octets: Uint8Array): Promise<void> {
  for (let from = 0; from < octets.length;) from += (await file.write(octets, from)).bytesWritten;
}

async function* allRows(store: Store, mailboxIds: readonly number[]): AsyncGenerator<Row> {
  for (let after = 0;;) {
    const rows = await rowsAfter(store, mailboxIds, after);
    yield* rows;
    if (rows.length < ROWS_AT_A_TIME) return;
    after = rows.at(-1)!.id;
  }
}

function rowsAfter(store: Store, mailboxIds: readonly number[], after: number) {
  return store.read("messagesAfter", { mailboxIds, after, limit: ROWS_AT_A_TIME });
}

/** The address in a From field; what cannot stand between messages is left out. */
function senderOf({ sender }: Row): string {
  const address = /<([^<>\s]+@[^<>\s]+)>/.exec(sender)?.[1] ?? /[^\s<>"(),;]+@[^\s<>"(),;]+/.exec(sender)?.[0];
  return address !== undefined && /^[\x21-\x7e]+$/.test(address) ? address : "MAILER-DAEMON";
}

/** "Tue Nov 24 09:00:00 2026", in UTC. */
function asctime(ms: number): string {
  const [, weekday, day, month, year, time] = /^(\w+), (\d+) (\w+) (\d+) (\S+)/.exec(new Date(ms).toUTCString())!;
  return `${weekday} ${month} ${String(Number(day)).padStart(2)} ${time} ${year}`;
}
