import type { Database } from "../database.ts";
import type { OwnerActionName } from "../operations/owner.ts";
import { queuedIds, type QueueFilter } from "./filter.ts";

export type { QueueFilter } from "./filter.ts";

const STATES: Readonly<Record<OwnerActionName, readonly ("waiting" | "held")[]>> = {
  retry: ["waiting"],
  hold: ["waiting"],
  release: ["held"],
  remove: ["waiting", "held"],
  bounce: ["waiting", "held"],
  "send-by": ["waiting", "held"],
  readdress: ["waiting", "held"],
};

/** The most messages of one selection. */
const MAX_SELECTED = 1_000_000;

/** The ids of the messages that an owner's action is for, the oldest first. */
export async function messagesForAction(
  { client }: Database,
  args: { readonly action: OwnerActionName; readonly filter?: QueueFilter; readonly limit?: number },
): Promise<number[]> {
  const { filter = {}, limit = MAX_SELECTED } = args;
  const states = STATES[args.action].filter((state) => filter.state === undefined || filter.state === state);
  if (states.length === 0) return [];
  const { sql, args: values } = queuedIds(states, filter);
  const { rows } = await client.execute({ sql: `${sql} limit ?`, args: [...values, limit] });
  return rows.map((row) => Number(row.id));
}

/** Who sent messages; those that are gone are missing. */
export async function sendersOf({ client }: Database, args: { readonly ids: readonly number[] }) {
  const { rows } = await client.execute({
    sql: "select id, sender from message where id in (select value from json_each(?))",
    args: [JSON.stringify(args.ids)],
  });
  return rows.map((row) => ({ id: Number(row.id), sender: String(row.sender) }));
}
