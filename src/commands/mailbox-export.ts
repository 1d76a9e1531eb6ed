import { resolve } from "node:path";
import { exportMessages, type ExportReport, type LineEnds } from "../mailbox/archive/exporter.ts";
import { type CommandIo, printJson, readCommandLine, settingsOf, UsageError } from "./command.ts";
import { chooseMailbox } from "./mailbox-choice.ts";
import { showCount, showOctets } from "./output/figures.ts";
import { loadDirectory, withReader } from "./stores.ts";

const FORMATS = ["mbox", "maildir", "eml"] as const;
/** What programs that read such files want; .eml files travel to other machines. */
const LINE_ENDS: Readonly<Record<(typeof FORMATS)[number], LineEnds>> = { mbox: "lf", maildir: "lf", eml: "crlf" };

/** `waypost mailbox export`. */
export async function exportMailbox(args: string[], io: CommandIo): Promise<number> {
  const options = { format: { type: "string" }, "line-ends": { type: "string" } } as const;
  const words = { min: 2, max: 2, what: "LOGIN or LOGIN+SOURCE, and PATH" };
  const { values, positionals } = readCommandLine(args, options, words);
  const format = FORMATS.find((one) => one === (values.format ?? "mbox"));
  if (!format) throw new UsageError(`--format ${values.format}: expected ${FORMATS.join(", ")}`);
  const lineEnds = (["lf", "crlf"] as const).find((one) => one === (values["line-ends"] ?? LINE_ENDS[format]));
  if (!lineEnds) throw new UsageError(`--line-ends ${values["line-ends"]}: expected lf or crlf`);
  const path = resolve(positionals[1]!);
  const settings = settingsOf(values.config, io);
  const report = await withReader(settings, async (store) => {
    const { mailboxes } = await chooseMailbox(store, await loadDirectory(store, settings, io), positionals[0]!);
    return await exportMessages(store, { mailboxIds: mailboxes.map(({ id }) => id), format, lineEnds, path });
  });
  if (values.json) printJson(io, { path, format, lineEnds, ...report });
  else io.stdout(describeExported(path, report));
  return 0;
}

/** What `mailbox export` says. Pure. */
export function describeExported(path: string, { exported, octets, known, odd }: ExportReport): string {
  const lines = [`${showCount(exported, "message")} (${showOctets(octets)}) written to ${path}`];
  if (known > 0) lines.push(`${showCount(known, "message")} left out: their files are there already`);
  if (odd > 0) {
    lines.push(
      `${showCount(odd, "message")} with line ends other than CR LF: --line-ends crlf keeps them octet for octet`,
    );
  }
  return `${lines.join("\n")}\n`;
}
