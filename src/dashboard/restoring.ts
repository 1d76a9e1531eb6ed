/** Serving messages again that mail programs deleted: done, and noted in the log of changes. */
import { formatId } from "../store/ids.ts";
import { texts } from "../../web/texts.ts";
import type { MailboxModel } from "../../web/models.ts";
import { isOrphan } from "../../web/views/mailbox-facts.ts";
import { DashboardError } from "./errors.ts";
import type { DashboardPorts } from "./ports.ts";

type Ports = Pick<DashboardPorts, "store" | "audit">;

/** Messages that are restored with one commit. */
const AT_A_TIME = 500;
/** More than any mailbox has. */
const NO_LIMIT = 2 ** 31;

/** Restores a message. @returns false: it was not deleted, or there is none of that id */
export async function restoreOne({ store, audit }: Ports, id: number, actor: string): Promise<boolean> {
  const restored = await store.write("restoreMailboxMessages", { ids: [id] });
  if (restored > 0) await audit({ kind: "mailbox", name: await nameOf(store, id), action: "restored" }, actor);
  return restored > 0;
}

/** Why a message was not restored. @throws DashboardError 404 it is not here, 409 it is not deleted */
export async function refuseRestoring({ store }: Pick<Ports, "store">, id: number): Promise<never> {
  const found = await store.read("mailboxMessageHistory", { id });
  if (!found) throw new DashboardError(404, "NOT_FOUND", texts.message.gone);
  const why = found.message.deletedBy === "replaced" ? texts.message.replaced : texts.message.notDeleted;
  throw new DashboardError(409, "NOT_DELETED", why);
}

/** Restores messages of a mailbox. @param wanted the only one; absent: all that can be. @returns how many */
export async function restoreIn(
  { store, audit }: Ports,
  mailboxId: number,
  wanted: number | undefined,
  actor: string,
): Promise<number> {
  const rows = await store.read("restorableMessages", { mailboxIds: [mailboxId], limit: NO_LIMIT });
  const ids = rows.map(({ message }) => message.id).filter((id) => wanted === undefined || id === wanted);
  let restored = 0;
  for (let from = 0; from < ids.length; from += AT_A_TIME) {
    restored += await store.write("restoreMailboxMessages", { ids: ids.slice(from, from + AT_A_TIME) });
  }
  if (restored === 0) return 0;
  const detail = { note: texts.messages(restored) };
  await audit({ kind: "mailbox", name: await nameOf(store, ids[0]!), action: "restored", detail }, actor);
  return restored;
}

/** "alice@example.net, home" */
async function nameOf(store: Ports["store"], messageId: number): Promise<string> {
  const found = await store.read("mailboxMessageHistory", { id: messageId });
  return found ? `${found.mailbox.account}, ${found.mailbox.source}` : formatId(messageId);
}

/**
 * Deletes what a mailbox holds that no source fills any more, for as long as deleted mail can be restored, and notes it.
 * @returns how many messages were served
 * @throws DashboardError 409 where a source fills it: it is removed with that
 */
export async function emptyOrphan(
  { store, audit, clock }: Pick<DashboardPorts, "store" | "audit" | "clock">,
  box: MailboxModel,
  actor: string,
): Promise<number> {
  if (box.id === null || !isOrphan(box)) throw new DashboardError(409, "HAS_SOURCE", texts.mailboxes.hasSource);
  const removed = await store.write("emptyMailbox", { mailboxId: box.id, now: clock.now() });
  if (removed === 0) return 0;
  const detail = { note: texts.messages(removed) };
  await audit({ kind: "mailbox", name: `${box.account}, ${box.source}`, action: "emptied", detail }, actor);
  return removed;
}
