import { type CommandIo, printJson, readCommandLine, settingsOf } from "./command.ts";
import { showOctets } from "./output/figures.ts";
import { layOutTable } from "./output/table.ts";
import { withReader } from "./stores.ts";

/** `waypost mailbox list`. */
export async function listMailboxes(args: string[], io: CommandIo): Promise<number> {
  const { values } = readCommandLine(args, {});
  const settings = settingsOf(values.config, io);
  const totals = await withReader(settings, (store) => store.read("mailboxTotals", null));
  const rows = totals.map(({ mailbox: { account, source }, messages, unread, octets }) => ({
    account,
    source,
    messages,
    unread,
    octets,
  }));
  if (values.json) printJson(io, { mailboxes: rows });
  else io.stdout(rows.length === 0 ? "No mailboxes yet.\n" : describe(rows));
  return 0;
}

function describe(
  rows: readonly {
    readonly account: string;
    readonly source: string;
    readonly messages: number;
    readonly unread: number;
    readonly octets: number;
  }[],
): string {
  return layOutTable(
    [
      { title: "ACCOUNT", shrinks: true },
      { title: "SOURCE", shrinks: true },
      { title: "MAIL", align: "right" },
      { title: "NEW", align: "right" },
      { title: "SIZE", align: "right" },
    ],
    rows.map(({ account, source, messages, unread, octets }) => [
      account,
      source,
      String(messages),
      String(unread),
      showOctets(octets),
    ]),
  );
}
