import { asCommand, printJson, readCommandLine, settingsOf } from "./command.ts";
import { readStatus, serverOf } from "./status-read.ts";
import { describeStatus } from "./status-text.ts";
import { withReader } from "./stores.ts";

/** `waypost status`: one screen. @returns 0 shown, 1 there is nothing to read, 2 the command line is wrong */
export const run = asCommand("status", async (args, io) => {
  const { values } = readCommandLine(args, {});
  const settings = settingsOf(values.config, io);
  const server = await serverOf(settings);
  const status = await withReader(settings, (store) => readStatus(store, settings, server, io));
  if (values.json) printJson(io, status);
  else io.stdout(describeStatus(status, Date.now()));
  return 0;
});
