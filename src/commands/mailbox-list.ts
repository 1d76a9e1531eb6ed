import { texts } from "../../web/texts.ts";
import { isOrphan } from "../../web/views/mailbox-facts.ts";
import { readMailboxes } from "../dashboard/reads-mailboxes.ts";
import { systemClock } from "../wire/clock.ts";
import { type CommandIo, printJson, readCommandLine, settingsOf } from "./command.ts";
import { showOctets } from "./output/figures.ts";
import { layOutTable } from "./output/table.ts";
import { loadDirectory, withReader } from "./stores.ts";

/** `waypost mailbox list`. */
export async function listMailboxes(args: string[], io: CommandIo): Promise<number> {
  const { values } = readCommandLine(args, {});
  const settings = settingsOf(values.config, io);
  const boxes = await withReader(settings, async (store) => {
    const directory = await loadDirectory(store, settings, io);
    return await readMailboxes({ store, describe: () => directory, clock: systemClock }, false);
  });
  const rows = boxes.filter(({ id }) => id !== null).map((box) => {
    const { account, source, messages, unread, octets } = box;
    return { account, source, messages, unread, octets, hasSource: !isOrphan(box) };
  });
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
    readonly hasSource: boolean;
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
    rows.map(({ account, source, messages, unread, octets, hasSource }) => [
      account,
      hasSource ? source : `${source} (${texts.mailboxes.noSource})`,
      String(messages),
      String(unread),
      showOctets(octets),
    ]),
  );
}
