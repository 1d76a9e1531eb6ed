import { createReadStream, type Stats } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { hasErrorCode } from "../../net/files.ts";
import { looksLikeMbox, type MboxNotes, type MboxQuoting, readMbox } from "./mbox-reader.ts";
import { looksLikeMessage, readMessageFile } from "./message-file.ts";
import { Gatherer, type MessageSink } from "./sink.ts";

/** What mail is kept in. */
export type ArchiveFormat = "mbox" | "maildir" | "eml";

/** Mail that is to be imported. */
export interface ArchivePlace {
  readonly format: ArchiveFormat;
  /** The files, in the order in which their messages came; of an mbox: itself. */
  readonly files: readonly string[];
  /** Messages that are left out: those of a Maildir that are marked as trash. */
  readonly trashed: number;
  /** Folders within a Maildir, which are left out. */
  readonly folders: readonly string[];
}

/** A path where there is no mail that we can read. */
export class ArchiveError extends Error {
  override readonly name = "ArchiveError";
}

/** Names in their order; those that begin with a number, which is a word of its own, by its value. */
function byNumbers(one: string, other: string): number {
  const [a, b] = [numberOf(one), numberOf(other)];
  return a !== b && !Number.isNaN(a) && !Number.isNaN(b) ? a - b : one < other ? -1 : 1;
}

function numberOf(name: string): number {
  return Number(/^(\d+)(?![A-Za-z0-9])/.exec(name)?.[1] ?? NaN);
}

const READ_OCTETS = 256 * 1024;
/** What is read of a file to tell what it is: the name of a header field is not longer than a line may be. */
const BEGINNING_OCTETS = 1024;

/** Finds out what a path holds. @throws ArchiveError */
export async function findArchive(path: string): Promise<ArchivePlace> {
  const found = await stat(path).catch((error: unknown) => {
    if (hasErrorCode(error, "ENOENT")) throw new ArchiveError(`${path} does not exist`);
    throw error;
  });
  if (!found.isDirectory()) return await fileOf(path, found);
  const names = await readdir(path);
  if (names.includes("cur") && names.includes("new")) return await maildirOf(path, names);
  const files = names.filter((name) => name.toLowerCase().endsWith(".eml"))
    .sort(byNumbers).map((name) => join(path, name));
  if (files.length === 0) {
    throw new ArchiveError(`${path} is neither a Maildir (with "cur" and "new") nor a folder of .eml files`);
  }
  return { format: "eml", files, trashed: 0, folders: [] };
}

/** Reads all messages of a place. @throws what the sink throws, and the system's errors */
export async function readArchive(
  { format, files }: ArchivePlace,
  quoting: MboxQuoting,
  sink: MessageSink,
): Promise<MboxNotes | null> {
  if (format === "mbox") return await readMbox(piecesOf(files[0]!), quoting, sink);
  const gatherer = new Gatherer((octets) => sink.take(octets));
  for (const file of files) await readMessageFile(piecesOf(file), file, sink, gatherer);
  return null;
}

async function fileOf(path: string, found: Stats): Promise<ArchivePlace> {
  if (!found.isFile()) throw new ArchiveError(`${path} is neither a file nor a folder`);
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(BEGINNING_OCTETS), 0, BEGINNING_OCTETS, 0);
    const beginning = buffer.subarray(0, bytesRead);
    const isMbox = looksLikeMbox(beginning);
    if (!isMbox && !path.toLowerCase().endsWith(".eml") && !looksLikeMessage(beginning)) {
      throw new ArchiveError(
        `${path} is neither an mbox, which begins with "From ", nor a message, which begins with a header field ` +
          'as "Subject: …"; a message without one must be named .eml',
      );
    }
    return { format: isMbox ? "mbox" : "eml", files: [path], trashed: 0, folders: [] };
  } finally {
    await file.close();
  }
}

async function maildirOf(path: string, names: readonly string[]): Promise<ArchivePlace> {
  const found: { readonly name: string; readonly file: string }[] = [];
  let trashed = 0;
  for (const folder of ["cur", "new"]) {
    for (const name of await readdir(join(path, folder))) {
      if (name.startsWith(".")) continue;
      if (/:2,[A-Za-z]*T/.test(name)) trashed++;
      else found.push({ name, file: join(path, folder, name) });
    }
  }
  // A name begins with the second in which the message came.
  found.sort((one, other) => byNumbers(one.name, other.name));
  const folders = names.filter((name) => name.startsWith(".") && name.length > 1);
  return { format: "maildir", files: found.map(({ file }) => file), trashed, folders };
}

async function* piecesOf(file: string): AsyncGenerator<Uint8Array> {
  for await (const piece of createReadStream(file, { highWaterMark: READ_OCTETS })) yield piece as Uint8Array;
}
