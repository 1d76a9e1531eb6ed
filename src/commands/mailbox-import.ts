import { resolve } from "node:path";
import { findServer } from "../control/control.ts";
import { type DataFolderLock, lockDataFolder } from "../control/lock.ts";
import { Importer } from "../mailbox/archive/importer.ts";
import type { MboxNotes, MboxQuoting } from "../mailbox/archive/mbox-reader.ts";
import { type ArchivePlace, findArchive, readArchive } from "../mailbox/archive/places.ts";
import { randomUidl } from "../mailbox/uidl.ts";
import type { Settings } from "../settings.ts";
import { BESIDE, createIds } from "../store/ids.ts";
import { createRoom, NO_ROOM_WITHIN } from "../store/room.ts";
import type { Store } from "../store/store.ts";
import { systemClock } from "../wire/clock.ts";
import { type CommandIo, printJson, readCommandLine, settingsOf, UsageError } from "./command.ts";
import { chooseMailbox } from "./mailbox-choice.ts";
import { showCount, showOctets } from "./output/figures.ts";
import { loadDirectory, withWriter } from "./stores.ts";

/** The mailbox of an account for mail that came from no source. */
const LOCAL_SOURCE = "imported";
const QUOTINGS = ["mboxrd", "mboxo"] as const;
/** How often the count is shown on a terminal. */
const SHOWN_EVERY = 1000;

/** What an import came to. */
interface Imported {
  readonly account: string;
  readonly source: string;
  readonly format: ArchivePlace["format"];
  readonly imported: number;
  readonly octets: number;
  /** Messages that the mailbox had already. */
  readonly known: number;
  /** Messages that a Maildir marks as trash, and its folders: left out. */
  readonly trashed: number;
  readonly folders: readonly string[];
  readonly quoting: MboxQuoting | null;
  readonly notes: MboxNotes | null;
}

/** `waypost mailbox import`. */
export async function importMailbox(args: string[], io: CommandIo): Promise<number> {
  const words = { min: 2, max: 2, what: "LOGIN or LOGIN+SOURCE, and PATH" };
  const { values, positionals } = readCommandLine(args, { quoting: { type: "string" } }, words);
  const quoting = QUOTINGS.find((one) => one === (values.quoting ?? "mboxrd"));
  if (!quoting) throw new UsageError(`--quoting ${values.quoting}: expected ${QUOTINGS.join(" or ")}`);
  const [name, path] = [positionals[0]!, resolve(positionals[1]!)];
  const settings = settingsOf(values.config, io);
  const place = await findArchive(path);
  const result = await withWriter(settings, async (store) => {
    const lock = await lockWithoutServer(settings);
    try {
      return await runImport({ name, place, quoting }, settings, store, io);
    } finally {
      await lock?.release();
    }
  });
  if (values.json) printJson(io, result);
  else io.stdout(describeImported(result));
  return 0;
}

/** Where no server runs none may start: it would take half a message for left-overs. */
async function lockWithoutServer({ dataDir }: Settings): Promise<DataFolderLock | null> {
  return await findServer(dataDir) ? null : await lockDataFolder(dataDir, "mailbox import");
}

async function runImport(
  { name, place, quoting }: {
    readonly name: string;
    readonly place: ArchivePlace;
    readonly quoting: MboxQuoting;
  },
  settings: Settings,
  store: Store,
  io: CommandIo,
): Promise<Imported> {
  const choice = await chooseMailbox(store, await loadDirectory(store, settings, io), name);
  const { account, source } = { ...choice, source: choice.source ?? LOCAL_SOURCE };
  // Beside a server that gives ids as well.
  const nextId = createIds(systemClock, 0, await store.read("newestId", null), BESIDE);
  const mailboxId = await store.write("ensureMailbox", { id: nextId(), account, source });
  const room = createRoom({
    folder: settings.dataDir,
    clock: systemClock,
    changed: () => undefined,
    within: () => store.read("roomWithin", null).catch(() => NO_ROOM_WITHIN),
  });
  const importer = await Importer.open(mailboxId, {
    store,
    clock: systemClock,
    nextId,
    newUidl: randomUidl,
    hasRoom: (octets) => !room.refuses(octets),
    progressed({ imported, known }) {
      if ((imported + known) % SHOWN_EVERY === 0) io.stderr(`${imported} imported, ${known} known already\n`);
    },
  });
  try {
    const notes = await readArchive(place, quoting, importer);
    await importer.settle();
    const { imported, octets, known } = importer;
    const { format, trashed, folders } = place;
    return {
      account,
      source,
      format,
      imported,
      octets,
      known,
      trashed,
      folders,
      quoting: notes ? quoting : null,
      notes,
    };
  } finally {
    await importer.abort();
  }
}

const FORMATS = { mbox: "an mbox", maildir: "a Maildir", eml: ".eml" } as const;

/** What `mailbox import` says. Pure. */
export function describeImported(result: Imported): string {
  const { account, source, format, imported, octets, known, trashed, folders, quoting, notes } = result;
  const lines = [
    `${showCount(imported, "message")} (${showOctets(octets)}) imported from ${
      FORMATS[format]
    } into ${account}+${source}`,
  ];
  if (known > 0) lines.push(`${showCount(known, "message")} left out: the mailbox has them already`);
  if (trashed > 0) lines.push(`${showCount(trashed, "message")} left out: the Maildir marks them as trash`);
  if (folders.length > 0) lines.push(`folders left out: ${folders.join(", ")}; import them by their own paths`);
  if (quoting) lines.push(`taken as ${quoting}`);
  if (notes && notes.doubleQuoted > 0) {
    lines.push(
      `${
        showCount(notes.doubleQuoted, "line")
      } ">>From …": mboxrd takes one ">" off, mboxo none. Where that is wrong: ` +
        `--quoting ${quoting === "mboxrd" ? "mboxo" : "mboxrd"}`,
    );
  }
  if (notes && notes.unquoted > 0) {
    lines.push(`${showCount(notes.unquoted, "line")} "From …" without a date taken as text, not as the next message`);
  }
  return `${lines.join("\n")}\n`;
}
