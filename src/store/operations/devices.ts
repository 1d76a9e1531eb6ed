import type { Operation } from "../operation.ts";
import { refusedClient } from "../schema.ts";
import { insertRows } from "../statements.ts";
import { auditIfChanged, type NewAudit } from "./entries.ts";

/** A client that was refused, with how often since it was last written. */
export type RefusedClientRow = Required<typeof refusedClient.$inferInsert>;

/** Clients that were refused, and how many of all are kept. */
export interface RefusedClientNotes {
  /** At least one. */
  readonly rows: readonly RefusedClientRow[];
  readonly keep: number;
}

/** Adds to what is known of clients that were refused, and forgets those that are too many. A dismissed one stays so. */
export const noteRefusedClients: Operation<RefusedClientNotes, void> = {
  unpromised: true,
  statements: (calls) =>
    calls.flatMap(({ rows, keep }) => [
      ...insertRows(
        refusedClient,
        rows,
        `on conflict (address) do update set helo = excluded.helo, sender = excluded.sender,
           recipient = coalesce(excluded.recipient, recipient), attempts = attempts + excluded.attempts,
           last_at = excluded.last_at`,
      ),
      {
        sql: `delete from refused_client where address not in
                (select address from refused_client order by is_private desc, last_at desc limit ?)`,
        args: [keep],
      },
    ]),
};

/** Forgets clients that were refused: they have been allowed. */
export const forgetRefusedClients: Operation<{ readonly addresses: readonly string[] }, void> = {
  statements: (calls) =>
    calls.map(({ addresses }) => ({
      sql: "delete from refused_client where address in (select value from json_each(?))",
      args: [JSON.stringify(addresses)],
    })),
};

/** A client that an owner does not want to be shown as waiting, or wants again; with the row of the log of changes. */
export interface Dismissal {
  readonly address: string;
  /** null: it is shown again. */
  readonly dismissedAt: number | null;
  readonly audit: NewAudit;
}

/** Dismisses clients that were refused; gives for each whether there was such a one. */
export const dismissRefusedClient: Operation<Dismissal, boolean> = {
  statements: (calls) =>
    calls.flatMap(({ address, dismissedAt, audit }) => [
      { sql: "update refused_client set dismissed_at = ? where address = ?", args: [dismissedAt, address] },
      auditIfChanged(audit),
    ]),
  results: (calls, results) => calls.map((_, index) => results[2 * index]!.rowsAffected > 0),
};
