import * as archive from "./queries/archive.ts";
import * as access from "./queries/access.ts";
import * as admin from "./queries/admin.ts";
import * as commands from "./queries/commands.ts";
import * as dashboardMailboxes from "./queries/dashboard-mailboxes.ts";
import * as dashboardPhases from "./queries/dashboard-phases.ts";
import * as dashboardQueue from "./queries/dashboard-queue.ts";
import * as dashboardSearch from "./queries/dashboard-search.ts";
import * as dashboardTraffic from "./queries/dashboard-traffic.ts";
import * as devices from "./queries/devices.ts";
import * as mailbox from "./queries/mailbox.ts";
import * as mailIndex from "./queries/mail-index.ts";
import * as mailList from "./queries/mail-list.ts";
import * as owner from "./queries/owner.ts";
import * as queue from "./queries/queue.ts";
import * as selection from "./queries/selection.ts";
import * as retention from "./queries/retention.ts";
import type { Database } from "./database.ts";

/** Every read there is: a function of the database and its arguments. They run on a connection and a thread of their own. */
export const queries = {
  ...access,
  ...admin,
  ...archive,
  ...commands,
  ...mailbox,
  ...mailIndex,
  ...mailList,
  ...owner,
  ...queue,
  ...selection,
  ...retention,
  ...devices,
  ...dashboardMailboxes,
  ...dashboardPhases,
  ...dashboardQueue,
  ...dashboardSearch,
  ...dashboardTraffic,
};

/** The name of a read. */
export type QueryName = keyof typeof queries;
/** A read's arguments. */
export type QueryArgs<Name extends QueryName> = (typeof queries)[Name] extends
  (database: Database, args: infer Args) => unknown ? Args : never;
/** What a read gives. */
export type QueryResult<Name extends QueryName> = Awaited<ReturnType<(typeof queries)[Name]>>;
