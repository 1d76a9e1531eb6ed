import {
  addToken,
  addUser,
  changeRole,
  endBrowsers,
  noteBrowserSeen,
  noteFilePasswords,
  noteTokenUsed,
  redeemCode,
  removeToken,
  removeUser,
  setPassword,
  setUserCode,
} from "./operations/access.ts";
import {
  createFirstOwner,
  endWebSessions,
  forgetFact,
  putUser,
  putWebSession,
  rememberFact,
} from "./operations/admin.ts";
import { dismissRefusedClient, forgetRefusedClients, noteRefusedClients } from "./operations/devices.ts";
import { noteAudit, orderRoutes, purgeAudit, putEntry, removeEntry } from "./operations/entries.ts";
import {
  deleteMailboxMessages,
  emptyMailbox,
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
import { claimIndexing, dropKept, emptyMailIndex, indexMail, mergeMailIndex } from "./operations/mail-index.ts";
import { appendChunk, discardSpool } from "./operations/spool.ts";
import { readdress, sendBy, takeOut } from "./operations/owner.ts";
import { giveUpClaim, passOver, putOff, wakeLine } from "./operations/turn.ts";
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
  putOff,
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
  emptyMailbox,
  hideMailboxMessages,
  restoreMailboxMessages,
  requestMessages,
  resendMailboxMessages,
  markRead,
  evictMessages,
  removeMailboxMessages,
  dropKept,
  claimIndexing,
  indexMail,
  mergeMailIndex,
  emptyMailIndex,
  recordTelemetry,
  pruneTelemetry,
  noteRefusedClients,
  forgetRefusedClients,
  dismissRefusedClient,
  rememberFact,
  forgetFact,
  putEntry,
  removeEntry,
  orderRoutes,
  noteAudit,
  purgeAudit,
  putUser,
  createFirstOwner,
  putWebSession,
  endWebSessions,
  addUser,
  changeRole,
  setPassword,
  setUserCode,
  redeemCode,
  removeUser,
  endBrowsers,
  noteFilePasswords,
  noteBrowserSeen,
  addToken,
  removeToken,
  noteTokenUsed,
} as const;

/** The name of a write. */
export type OperationName = keyof typeof operations;
