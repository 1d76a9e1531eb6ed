import {
  createFirstOwner,
  endWebSessions,
  forgetFact,
  putEntry,
  putUser,
  putWebSession,
  rememberFact,
  removeEntry,
} from "./operations/admin.ts";
import { forgetRefusedClients, noteRefusedClients } from "./operations/devices.ts";
import {
  deleteMailboxMessages,
  ensureMailbox,
  forgetLedger,
  hideMailboxMessages,
  markLedger,
  markRead,
  noteFetch,
  requestMessages,
  resendMailboxMessages,
  restoreMailboxMessages,
  storeFetched,
  sweepSpool,
} from "./operations/mailbox.ts";
import {
  acceptMessage,
  actOnQueue,
  claim,
  extendClaim,
  purgeMessages,
  recordPassage,
  releaseClaims,
  settle,
} from "./operations/queue.ts";
import { storeImported } from "./operations/archive.ts";
import { evictMessages, removeMailboxMessages } from "./operations/retention.ts";
import { appendChunk, discardSpool } from "./operations/spool.ts";
import { readdress, sendBy, takeOut } from "./operations/owner.ts";
import { giveUpClaim, passOver, wakeLine } from "./operations/turn.ts";
import { pruneTelemetry, recordTelemetry } from "./operations/telemetry.ts";

/**
 * Every write there is. Within a group they run in this order, all calls of one kind together: calls that wait at the
 * same time do not depend on each other, since each caller waits for what it needs.
 */
export const operations = {
  appendChunk,
  acceptMessage,
  recordPassage,
  storeFetched,
  storeImported,
  claim,
  extendClaim,
  settle,
  releaseClaims,
  giveUpClaim,
  passOver,
  wakeLine,
  actOnQueue,
  sendBy,
  readdress,
  takeOut,
  purgeMessages,
  discardSpool,
  sweepSpool,
  ensureMailbox,
  markLedger,
  forgetLedger,
  noteFetch,
  deleteMailboxMessages,
  hideMailboxMessages,
  restoreMailboxMessages,
  requestMessages,
  resendMailboxMessages,
  markRead,
  evictMessages,
  removeMailboxMessages,
  recordTelemetry,
  pruneTelemetry,
  noteRefusedClients,
  forgetRefusedClients,
  rememberFact,
  forgetFact,
  putEntry,
  removeEntry,
  putUser,
  createFirstOwner,
  putWebSession,
  endWebSessions,
} as const;

/** The name of a write. */
export type OperationName = keyof typeof operations;
