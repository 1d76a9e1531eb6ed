import { runPart } from "./command.ts";
import { asCommand } from "./command.ts";
import { exportMailbox } from "./mailbox-export.ts";
import { importMailbox } from "./mailbox-import.ts";
import { listMailboxes } from "./mailbox-list.ts";
import { listRemoved, resendMessages, saveMessage } from "./mailbox-removed.ts";
import { listDeleted, restoreDeleted } from "./mailbox-restore.ts";

const parts = {
  list: listMailboxes,
  import: importMailbox,
  export: exportMailbox,
  deleted: listDeleted,
  restore: restoreDeleted,
  removed: listRemoved,
  save: saveMessage,
  resend: resendMessages,
};

/** `waypost mailbox`. @returns 0 done, 1 it failed, 2 the command line is wrong */
export const run = asCommand("mailbox", (args, io) => runPart("mailbox", parts, args, io));
