import { formatId, parseId } from "../store/ids.ts";
import type { Store } from "../store/store.ts";
import { CommandError, type CommandIo, printJson, readCommandLine, settingsOf, UsageError } from "./command.ts";
import { chooseMailbox } from "./mailbox-choice.ts";
import { showCount, showOctets, showTime } from "./output/figures.ts";
import { layOutTable } from "./output/table.ts";
import { loadDirectory, withReader, withWriter } from "./stores.ts";

/** Rows that are listed unless --limit says otherwise. */
const LISTED = 50;
/** Messages that are restored with one commit. */
const AT_A_TIME = 500;
const NO_LIMIT = 1_000_000_000;

/** `waypost mailbox deleted`: what can be restored. */
export async function listDeleted(args: string[], io: CommandIo): Promise<number> {
  const words = { min: 1, max: 1, what: "LOGIN or LOGIN+SOURCE" };
  const { values, positionals } = readCommandLine(args, { limit: { type: "string" } }, words);
  if (values.limit !== undefined && !/^\d{1,6}$/.test(values.limit)) {
    throw new UsageError(`--limit ${values.limit}: expected a number`);
  }
  const limit = Number(values.limit ?? LISTED);
  const settings = settingsOf(values.config, io);
  const rows = await withReader(settings, async (store) => {
    const { mailboxes } = await chooseMailbox(store, await loadDirectory(store, settings, io), positionals[0]!);
    return await deletedOf(store, mailboxes, limit);
  });
  const messages = rows.map(({ message: { id, sender, subject, size, deletedAt }, at }) => ({
    id,
    sender,
    subject,
    size,
    deletedAt: at,
    forAll: deletedAt !== null,
  }));
  if (values.json) printJson(io, { messages });
  else io.stdout(messages.length === 0 ? "Nothing can be restored.\n" : describe(messages));
  return 0;
}

function describe(
  rows: readonly {
    readonly id: number;
    readonly sender: string;
    readonly subject: string;
    readonly size: number;
    readonly deletedAt: number;
    readonly forAll: boolean;
  }[],
): string {
  return layOutTable(
    [
      { title: "ID" },
      { title: "DELETED" },
      { title: "FOR" },
      { title: "SIZE", align: "right" },
      { title: "FROM", shrinks: true },
      { title: "SUBJECT", shrinks: true },
    ],
    rows.map(({ id, deletedAt, forAll, size, sender, subject }) => [
      formatId(id),
      showTime(deletedAt),
      forAll ? "all" : "some",
      showOctets(size),
      sender,
      subject,
    ]),
  );
}

/** `waypost mailbox restore`: serves again what was deleted. */
export async function restoreDeleted(args: string[], io: CommandIo): Promise<number> {
  const words = { min: 1, max: 1000, what: "LOGIN or LOGIN+SOURCE, and IDs or --all" };
  const { values, positionals } = readCommandLine(args, { all: { type: "boolean" } }, words);
  const [name, ...texts] = positionals;
  if ((texts.length === 0) !== (values.all ?? false)) throw new UsageError("expected either IDs or --all");
  const wanted = texts.map((text) => {
    const id = parseId(text);
    if (id === null) throw new UsageError(`${text} is no id such as 1Q4W7Z0K8`);
    return id;
  });
  const settings = settingsOf(values.config, io);
  const restored = await withWriter(settings, async (store) => {
    const { mailboxes } = await chooseMailbox(store, await loadDirectory(store, settings, io), name!);
    const found = (await deletedOf(store, mailboxes, NO_LIMIT)).map(({ message }) => message.id);
    const missing = wanted.filter((id) => !found.includes(id)).map(formatId);
    if (missing.length > 0) throw new CommandError(`not deleted, or removed for good: ${missing.join(", ")}`);
    const ids = values.all ? found : wanted;
    let count = 0;
    for (let from = 0; from < ids.length; from += AT_A_TIME) {
      count += await store.write("restoreMailboxMessages", { ids: ids.slice(from, from + AT_A_TIME) });
    }
    return count;
  });
  if (values.json) printJson(io, { restored });
  else io.stdout(`${showCount(restored, "message")} restored: clients see them at their next login\n`);
  return restored > 0 || values.all ? 0 : 1;
}

function deletedOf(store: Store, mailboxes: readonly { readonly id: number }[], limit: number) {
  return store.read("restorableMessages", { mailboxIds: mailboxes.map(({ id }) => id), limit });
}
