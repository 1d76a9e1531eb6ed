import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { resendMessage } from "../mailbox/owner.ts";
import { randomUidl } from "../mailbox/uidl.ts";
import { hasErrorCode } from "../net/files.ts";
import { formatId, parseId } from "../store/ids.ts";
import { systemClock } from "../wire/clock.ts";
import { CommandError, type CommandIo, printJson, readCommandLine, settingsOf, UsageError } from "./command.ts";
import { chooseMailbox } from "./mailbox-choice.ts";
import { showCount, showOctets, showTime } from "./output/figures.ts";
import { layOutTable } from "./output/table.ts";
import { loadDirectory, withReader, withWriter } from "./stores.ts";

/** Messages that are listed. */
const LISTED = 500;

/** `waypost mailbox removed`: what was deleted on its server at our word and can be had back. */
export async function listRemoved(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = readCommandLine(args, {}, { min: 0, max: 1, what: "LOGIN, LOGIN+SOURCE or nothing" });
  const settings = settingsOf(values.config, io);
  const rows = await withReader(settings, async (store) => {
    const [name] = positionals;
    const chosen = name === undefined
      ? null
      : (await chooseMailbox(store, await loadDirectory(store, settings, io), name)).mailboxes.map(({ id }) => id);
    return await store.read("removedMessages", { mailboxIds: chosen, now: systemClock.now(), limit: LISTED });
  });
  const messages = rows.map(({ message: { id, sender, subject, size, keepUntil, deletedAt }, mailbox }) => ({
    id,
    account: mailbox.account,
    source: mailbox.source,
    sender,
    subject,
    size,
    keepUntilAt: keepUntil,
    deletedAt,
  }));
  if (values.json) printJson(io, { messages });
  else {io.stdout(
      messages.length === 0 ? "Nothing that was deleted on its server can be had back.\n" : describe(messages),
    );}
  return 0;
}

function describe(
  rows: readonly {
    readonly id: number;
    readonly account: string;
    readonly sender: string;
    readonly subject: string;
    readonly size: number;
    readonly keepUntilAt: number | null;
    readonly deletedAt: number | null;
  }[],
): string {
  return layOutTable(
    [
      { title: "ID" },
      { title: "UNTIL" },
      { title: "HERE" },
      { title: "SIZE", align: "right" },
      { title: "ACCOUNT", shrinks: true },
      { title: "FROM", shrinks: true },
      { title: "SUBJECT", shrinks: true },
    ],
    rows.map(({ id, keepUntilAt, deletedAt, size, account, sender, subject }) => [
      formatId(id),
      keepUntilAt === null ? "" : showTime(keepUntilAt),
      deletedAt === null ? "served" : "deleted",
      showOctets(size),
      account,
      sender,
      subject,
    ]),
  );
}

/** `waypost mailbox save`: a message as a file, octet for octet, deleted or not. */
export async function saveMessage(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = readCommandLine(args, {}, { min: 2, max: 2, what: "an ID and a FILE" });
  const id = readId(positionals[0]!);
  const file = positionals[1]!;
  const settings = settingsOf(values.config, io);
  const octets = await withReader(settings, async (store) => {
    const found = await store.read("mailboxMessageHistory", { id });
    if (!found) throw new CommandError(`there is no message ${formatId(id)}, or it was removed for good`);
    // Nothing that is there is written over.
    await pipeline(Readable.from(store.octets(id)), createWriteStream(file, { flags: "wx", mode: 0o600 }))
      .catch((error: unknown) => {
        throw hasErrorCode(error, "EEXIST") ? new CommandError(`${file} is there already`) : error;
      });
    return found.message.size;
  });
  if (values.json) printJson(io, { file, octets });
  else io.stdout(`${showOctets(octets)} written to ${file}\n`);
  return 0;
}

/** `waypost mailbox resend`: messages as new ones, for clients that have lost them. */
export async function resendMessages(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = readCommandLine(args, {}, { min: 1, max: 1000, what: "IDs" });
  const ids = positionals.map(readId);
  const settings = settingsOf(values.config, io);
  const sent = await withWriter(settings, async (store) => {
    const done: number[] = [];
    for (const id of ids) if (await resendMessage(id, { store, newUidl: randomUidl })) done.push(id);
    return done;
  });
  const missing = ids.filter((id) => !sent.includes(id)).map(formatId);
  if (values.json) printJson(io, { resent: sent.length, missing });
  else io.stdout(`${showCount(sent.length, "message")} sent again: clients get them as new ones at their next login\n`);
  if (missing.length > 0) io.stderr(`no such messages, or notices only: ${missing.join(", ")}\n`);
  return missing.length === 0 ? 0 : 1;
}

function readId(text: string): number {
  const id = parseId(text);
  if (id === null) throw new UsageError(`${text} is no id such as 1Q4W7Z0K8`);
  return id;
}
